"""Measures networks on many inputs: accuracy, counts, and the digest by which any two runs are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import lab
from .errors import BsnnError
from .loading import Source, load
from .network import Network

Methods = Mapping[str, Mapping[str, Any]]
"""Options of ``run`` by a name of yours; with ``delay`` in any of them the research build runs them all."""

TOP = 5


@dataclass(frozen=True)
class Evaluation:
    """What a method comes to on all inputs; the figures are those of ``bsnn eval``."""

    inputs: int
    top1: float | None
    """Share of inputs whose class is the best; None without labels."""
    top5: float | None
    """Share whose class is among the five best."""
    agreement: float
    """Share with the same best class as the first method has."""
    steps: int
    """Time steps from the presentation to the answer."""
    spikes_per_image: float | None
    synaptic_operations_per_image: float | None
    digest: str
    """SHA-256 over the output potentials of all inputs in order, int32 little-endian, as every host computes it."""


def open_for(model: Source, methods: Methods) -> Network:
    """The model in the build that the methods need."""
    if not methods:
        raise BsnnError("bad-input", "methods must name at least one")
    early = any("delay" in options for options in methods.values())
    return lab.load(model) if early else load(model)


def measure(network: Network, samples: NDArray[np.uint8], methods: Methods, activity: bool) -> dict[str, NDArray[Any]]:
    """Runs a batch (N, H, W, C) by every method.

    Gives columns of N rows: of the i-th method ``potentials_i`` (all outputs of an input in one row), ``best_i`` (the
    best classes, best first), ``steps_i``, and, where asked for, ``counts_i`` (spikes, synaptic operations).
    """
    columns: dict[str, NDArray[Any]] = {}
    for i, options in enumerate(methods.values()):
        potentials, best, counts, steps = [], [], [], []
        for image in samples:
            result = network.run(image, **options)
            potentials.append(np.concatenate([output.potentials.reshape(-1) for output in result.outputs]))
            best.append(np.argsort(-result.logits, kind="stable")[:TOP])
            steps.append(result.steps)
            if activity:
                counted = network.activity()
                counts.append((counted.spikes, counted.synaptic_operations))
        columns[f"potentials_{i}"] = np.array(potentials, np.int32)
        columns[f"best_{i}"] = np.array(best, np.int64)
        columns[f"steps_{i}"] = np.array(steps, np.int64)
        if activity:
            columns[f"counts_{i}"] = np.array(counts, np.int64)
    return columns


@dataclass
class _Sums:
    inputs: int = 0
    top1: int = 0
    top5: int = 0
    agree: int = 0
    steps: int = 0
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(2, np.int64))
    hash: Any = field(default_factory=hashlib.sha256)


class Totals:
    """Adds up what ``measure`` gives, batch by batch, in the order of the inputs."""

    def __init__(self, methods: Methods) -> None:
        self._sums = {name: _Sums() for name in methods}
        self._labelled = True
        self._counted = True

    def add(self, columns: Mapping[str, NDArray[Any]], labels: NDArray[Any] | None) -> None:
        first = columns["best_0"][:, 0]
        self._labelled &= labels is not None
        for i, sums in enumerate(self._sums.values()):
            best = columns[f"best_{i}"]
            sums.inputs += len(best)
            sums.agree += int((best[:, 0] == first).sum())
            sums.steps = int(columns[f"steps_{i}"][0])
            sums.hash.update(np.ascontiguousarray(columns[f"potentials_{i}"], "<i4").tobytes())
            if labels is not None:
                hits = best == np.asarray(labels).reshape(-1, 1)
                sums.top1 += int(hits[:, 0].sum())
                sums.top5 += int(hits.any(axis=1).sum())
            counts = columns.get(f"counts_{i}")
            self._counted &= counts is not None
            if counts is not None:
                sums.counts += np.asarray(counts).sum(axis=0)

    def evaluations(self) -> dict[str, Evaluation]:
        if any(sums.inputs == 0 for sums in self._sums.values()):
            raise BsnnError("bad-input", "there is no input to evaluate")
        return {
            name: Evaluation(
                inputs=sums.inputs,
                top1=sums.top1 / sums.inputs if self._labelled else None,
                top5=sums.top5 / sums.inputs if self._labelled else None,
                agreement=sums.agree / sums.inputs,
                steps=sums.steps,
                spikes_per_image=float(sums.counts[0]) / sums.inputs if self._counted else None,
                synaptic_operations_per_image=float(sums.counts[1]) / sums.inputs if self._counted else None,
                digest=sums.hash.hexdigest(),
            )
            for name, sums in self._sums.items()
        }


def evaluate(
    model: Source,
    samples: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    methods: Methods | None = None,
    activity: bool = True,
    batch_size: int = 64,
) -> dict[str, Evaluation]:
    """Measures a model on many inputs in this process; ``bsnn.ray.evaluate`` does on a cluster.

    :param samples: (N, H, W, C) uint8.
    :param labels: (N,) class indices.
    :param methods: options of ``run`` by name; one method ``period`` unless given.
    :param activity: whether to count spikes and synaptic operations.
    """
    chosen: Methods = methods if methods is not None else {"period": {}}
    images = np.asarray(samples)
    classes = None if labels is None else np.asarray(labels)
    if classes is not None and classes.shape != (len(images),):
        raise BsnnError("bad-input", f"labels must be one per input, {len(images)}, found {classes.shape}")
    totals = Totals(chosen)
    with open_for(model, chosen) as network:
        for part in _slices(len(images), batch_size):
            columns = measure(network, images[part], chosen, activity)
            totals.add(columns, None if classes is None else classes[part])
    return totals.evaluations()


def _slices(count: int, size: int) -> Iterable[slice]:
    return (slice(i, i + size) for i in range(0, count, size))
