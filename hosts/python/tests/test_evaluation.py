"""Evaluations have the figures of the command, in one process and on a Ray cluster whose workers are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from conftest import PROJECT

import bsnn

METHODS = {"period": {}, "early": {"delay": 2}, "exact": {"delay": "exact", "registers": 2}}


@pytest.fixture(scope="module")
def labels(digits) -> np.ndarray:
    # Two of them wrong, so that not everything is right.
    found = bsnn.load(PROJECT / "models/digits.bsnn.gguf").run(digits).logits.argmax(axis=1)
    found[[3, 8]] = (found[[3, 8]] + 1) % 10
    return found


def test_figures_are_those_of_the_command(model, digits, labels, tmp_path) -> None:
    np.save(tmp_path / "x.npy", digits)
    np.save(tmp_path / "y.npy", labels)
    paths = ["--data", str(tmp_path / "x.npy"), "--data-labels", str(tmp_path / "y.npy")]
    command = ["node", str(PROJECT / "dist/cli.js"), "eval", str(model), *paths, "--json"]
    stated = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    found = bsnn.evaluate(model, digits, labels)["period"]
    assert found.top1 == stated["top1"] == 0.9
    assert found.top5 == stated["top5"]
    assert found.digest == stated["digest"]
    assert found.steps == stated["steps"]
    assert found.spikes_per_image == pytest.approx(stated["spikesPerImage"], rel=1e-12)
    assert found.synaptic_operations_per_image == pytest.approx(stated["synapticOperationsPerImage"], rel=1e-12)
    early = json.loads(
        subprocess.run([*command, "--mode", "step", "--delay", "2"], capture_output=True, text=True, check=True).stdout
    )
    assert bsnn.evaluate(model, digits, methods={"two": {"delay": 2}})["two"].digest == early["digest"]


def test_without_labels_and_counts(model, digits) -> None:
    found = bsnn.evaluate(model, digits, activity=False, batch_size=7)["period"]
    assert (found.inputs, found.top1, found.spikes_per_image, found.agreement) == (20, None, None, 1.0)
    with pytest.raises(bsnn.BsnnError, match="labels"):
        bsnn.evaluate(model, digits, [1, 2])
    with pytest.raises(bsnn.BsnnError, match="no input"):
        bsnn.evaluate(model, digits[:0])
    with pytest.raises(bsnn.BsnnError, match="methods"):
        bsnn.evaluate(model, digits, methods={})


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=200 * 2**20)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield ray
    ray.shutdown()


def test_on_a_cluster(cluster, model, digits, labels) -> None:
    import bsnn.ray

    assert bsnn.ray.evaluate(model, (digits, labels), methods=METHODS, batch_size=4) == bsnn.evaluate(
        model, digits, labels, methods=METHODS
    )


def test_datasets(cluster, model, digits) -> None:
    import bsnn.ray

    def draw(batch):
        return {"at": batch["id"], "pixels": digits[batch["id"]], "twice": batch["id"] // 2}

    dataset = cluster.data.range(20, override_num_blocks=3).map_batches(draw)
    options = {"column": "pixels", "label": None, "workers": 1}
    expected = bsnn.evaluate(model, digits)
    assert bsnn.ray.evaluate(model, dataset, index="at", **options) == expected
    with pytest.raises(bsnn.BsnnError, match="two rows"):
        bsnn.ray.evaluate(model, dataset, index="twice", **options)


def test_map_batches(cluster, model, digits, net) -> None:
    import bsnn.ray

    images = cluster.data.from_numpy(digits).rename_columns({"data": "samples"})
    one = cluster.data.ActorPoolStrategy(size=1)
    rows = images.map_batches(
        bsnn.ray.Predictor, fn_constructor_args=[str(model)], compute=one, batch_size=8
    ).take_all()
    found = {row["samples"].tobytes(): row["label"] for row in rows}
    expected = net.run(digits).logits.argmax(axis=1)
    assert [found[image.tobytes()] for image in digits] == expected.tolist()


def test_killed_workers_are_survived(cluster, model, digits, labels) -> None:
    import bsnn.ray

    images, classes = np.tile(digits, (20, 1, 1, 1)), np.tile(labels, 20)
    expected = bsnn.evaluate(model, images, classes, methods={"step": {"mode": "step"}})
    killed: list[int] = []
    over = threading.Event()

    def kill() -> None:
        """Kills the process of a worker, and a little later that of another."""
        while len(killed) < 2 and not over.is_set():
            time.sleep(1 if killed else 0.1)
            actors = [actor for actor in _actors() if actor not in killed]
            if actors:
                os.kill(actors[0], signal.SIGKILL)
                killed.append(actors[0])

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = bsnn.ray.evaluate(model, (images, classes), methods={"step": {"mode": "step"}}, batch_size=20)
    finally:
        over.set()
        killer.join()
    assert len(killed) >= 1, "no worker was killed: the run was too short"
    assert found == expected


def _actors() -> list[int]:
    """Processes of this machine's Ray that are at work on the evaluation."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    title = file.read().decode("utf-8", "replace")
            except OSError:
                continue
            # Ray names a process by the actor in it.
            if title.startswith("ray::") and "_Measure" in title and _belongs_to_us(int(entry)):
                found.append(int(entry))
    return found


def _belongs_to_us(pid: int) -> bool:
    """Whether a process descends from this one: others may run a Ray of their own."""
    while pid > 1:
        if pid == os.getpid():
            return True
        try:
            with open(f"/proc/{pid}/stat") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return False
