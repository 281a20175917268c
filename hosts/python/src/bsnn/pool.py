"""Many inputs at once: a network in each of several threads, behind one queue."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any

import numpy as np

from ._arguments import whole
from .errors import BsnnError
from .loading import Source, check_limits, load, read
from .network import Network
from .types import CoreBuild, PoolResult, Samples

MOST_WORKERS = 256


class Pool:
    """One model in several threads, each with an instance of its own; the core runs without Python's lock.

    What a run gives is the same, to the bit, as from one network.
    """

    def __init__(self, networks: list[Network]) -> None:
        self._networks = networks
        self._free: SimpleQueue[Network] = SimpleQueue()
        for network in networks:
            self._free.put(network)
        self._disposed = False
        self._threads = ThreadPoolExecutor(len(networks), thread_name_prefix="bsnn")
        self.workers: int = len(networks)
        self.build: CoreBuild = networks[0].build

    def run(self, samples: Samples, *, activity: bool = False, **options: Any) -> Future[PoolResult]:
        """Runs an input (H, W, C) or a batch (N, H, W, C) on a worker that is free, or on the first that will be.

        Takes what ``Network.run`` takes; samples are checked and copied at the call. With ``activity`` it counts too.
        """
        if self._disposed:
            raise BsnnError("disposed", "the pool has been disposed of")
        rows, batch = self._networks[0]._inputs.flat(samples)
        return self._threads.submit(self._work, rows.copy() if batch else rows[0].copy(), activity, options)

    def _work(self, samples: Any, activity: bool, options: dict[str, Any]) -> PoolResult:
        if self._disposed:
            raise BsnnError("disposed", "the pool has been disposed of")
        network = self._free.get()
        try:
            begin = time.perf_counter()
            result = network.run(samples, **options)
            milliseconds = 1000 * (time.perf_counter() - begin)
            counts = network.activity() if activity else None
        finally:
            self._free.put(network)
        return PoolResult(**vars(result), milliseconds=milliseconds, activity=counts)

    def map(self, inputs: Iterable[Samples], **options: Any) -> Iterator[PoolResult]:
        """Runs many inputs, or batches, and gives their results in order.

        Inputs are taken as they are needed, a few ahead of the results: they need not all fit into memory.
        """
        waiting: deque[Future[PoolResult]] = deque()
        for samples in inputs:
            waiting.append(self.run(samples, **options))
            if len(waiting) > 2 * self.workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def logits(self, samples: Samples, *, batch_size: int = 64, **options: Any) -> np.ndarray[Any, Any]:
        """Values of the first output for a batch (N, H, W, C), split among the workers: (N, classes)."""
        size = whole(batch_size)
        if size is None or size < 1:
            raise BsnnError("bad-input", f"batch_size must be an integer ≥ 1, found {batch_size!r}")
        rows, _ = self._networks[0]._inputs.flat(samples)
        parts = (rows[i : i + size] for i in range(0, len(rows), size))
        found = [result.logits for result in self.map(parts, **options)]
        return np.concatenate(found) if found else np.empty((0, self._networks[0]._outputs[0].neurons), np.float32)

    def dispose(self) -> None:
        """Ends the workers. Runs that have not begun raise a BsnnError of code ``disposed``, and so do later ones."""
        self._disposed = True
        self._threads.shutdown(wait=True)
        for network in self._networks:
            network.dispose()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()


def processors() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load_pool(source: Source, *, workers: int | None = None, **options: Any) -> Pool:
    """Loads a model in several threads.

    :param source: as for ``load``, and so are the other options.
    :param workers: 1…256; as many as there are processors unless given.
    """
    count = whole(min(MOST_WORKERS, processors()) if workers is None else workers)
    if count is None or not 1 <= count <= MOST_WORKERS:
        raise BsnnError("bad-input", f"workers must be an integer in 1…{MOST_WORKERS}, found {workers!r}")
    limit, _ = check_limits(options.get("max_memory"), options.get("max_synapses"))
    file = read(source, limit)
    return Pool([load(file, **options) for _ in range(count)])
