"""Many inputs at once: order, digests and ends are those of one network."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import bsnn


def test_results_come_in_order_and_are_those_of_one_network(model, digits, net) -> None:
    expected = net.run(digits).logits
    with bsnn.load_pool(model, workers=3) as pool:
        assert pool.workers == 3
        single = [result.logits for result in pool.map(iter(digits))]
        assert (np.array(single) == expected).all()
        assert (pool.logits(digits, batch_size=3) == expected).all()
        counted = pool.run(digits[0], mode="step", activity=True).result()
        net.run(digits[0], mode="step")
        assert counted.activity == net.activity() and counted.milliseconds > 0
        assert pool.run(digits[0]).result().activity is None


def test_inputs_are_taken_as_they_are_needed(model, digits) -> None:
    taken = 0

    def images():
        nonlocal taken
        for image in np.tile(digits, (5, 1, 1, 1)):
            taken += 1
            yield image

    with bsnn.load_pool(model, workers=2) as pool:
        results = pool.map(images())
        next(results)
        assert taken < 10
        assert sum(1 for _ in results) == 99


def test_samples_are_copied_and_checked_at_the_call(model, digits, net) -> None:
    with bsnn.load_pool(model, workers=1) as pool:
        image = digits[0].copy()
        waiting = [pool.run(image) for _ in range(20)]
        image[:] = 0
        expected = net.run(digits[0]).logits
        assert all((found.result().logits == expected).all() for found in waiting)
        with pytest.raises(bsnn.BsnnError, match="uint8"):
            pool.run(digits[0].astype(float))
        with pytest.raises(bsnn.BsnnError, match="mode"):
            pool.run(digits[0], mode="fast").result()


def test_dispose_ends_what_waits(model, digits) -> None:
    pool = bsnn.load_pool(model, workers=1)
    waiting = [pool.run(digits, mode="step") for _ in range(50)]
    pool.dispose()
    ends = [found.exception() for found in waiting]
    assert any(end is not None and end.code == "disposed" for end in ends)
    with pytest.raises(bsnn.BsnnError) as error:
        pool.run(digits[0])
    assert error.value.code == "disposed"


@pytest.mark.parametrize("workers", [0, 257, 1.5, True])
def test_workers(model, workers) -> None:
    with pytest.raises(bsnn.BsnnError, match="workers"):
        bsnn.load_pool(model, workers=workers)


def test_the_core_runs_without_the_lock_of_python(model, digits) -> None:
    """While a thread is in the core, another counts: with the lock held it could not within one call."""
    with bsnn.load(model) as net:
        begin = time.perf_counter()
        net.run(digits[0], presentations=200)
        alone = time.perf_counter() - begin
        counted, done = 0, threading.Event()

        def run() -> None:
            net.run(digits[0], presentations=1000)
            done.set()

        thread = threading.Thread(target=run)
        thread.start()
        while not done.is_set():
            counted += 1
            time.sleep(alone / 50)
        thread.join()
    assert counted > 20


def test_one_network_in_two_threads_gives_whole_answers(model, digits, net) -> None:
    expected = net.run(digits).logits
    wrong: list[int] = []

    def run(i: int) -> None:
        for _ in range(30):
            if not (net.run(digits[i]).logits == expected[i]).all():
                wrong.append(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
