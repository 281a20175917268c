"""bsnn on a Ray cluster (``pip install bsnn[ray]``): what outgrows one machine.

Ray Data does the scheduling: it shards, feeds the workers, and gives a batch to another where one is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import BsnnError
from .evaluation import Evaluation, Methods, Totals, measure, open_for
from .loading import DEFAULT_MEMORY, Source, load, read

try:
    import pyarrow
    import ray
    import ray.data
    from ray.data.extensions import ArrowTensorArray
except ImportError as error:
    raise BsnnError("not-installed", "bsnn.ray needs Ray Data: pip install 'ray[data]'") from error


class Predictor:
    """For ``ray.data.Dataset.map_batches``: one network per worker.

    >>> dataset.map_batches(Predictor, fn_constructor_args=[model], compute=ActorPoolStrategy(size=4), batch_size=256)

    Adds to every batch the columns ``logits`` (N, classes) and ``label`` (N,), the best class.
    """

    def __init__(self, model: Source, column: str = "samples", **options: Any) -> None:
        """
        :param model: path of the model file, there on every machine, or its bytes.
        :param column: of the samples, (H, W, C) uint8.
        :param options: of ``Network.run``.
        """
        self._network = load(model)
        self._column = column
        self._options = options

    def __call__(self, batch: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        logits = self._network.run(batch[self._column], **self._options).logits
        return {**batch, "logits": logits, "label": logits.argmax(axis=1)}


class _Measure:
    """A worker of ``evaluate``."""

    def __init__(
        self, file: bytes, methods: Methods, column: str, label: str | None, index: str, activity: bool
    ) -> None:
        self._network = open_for(file, methods)
        self._methods = methods
        self._column = column
        self._label = label
        self._index = index
        self._activity = activity

    def __call__(self, batch: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        columns = measure(self._network, batch[self._column], self._methods, self._activity)
        columns["index"] = batch[self._index]
        return columns if self._label is None else {**columns, "class": batch[self._label]}


class _InOrder:
    """Puts rows back into the order of the dataset: where a worker is lost, Ray gives its rows later than others."""

    def __init__(self) -> None:
        self._next = 0
        self._waiting: dict[int, tuple[dict[str, NDArray[Any]], int]] = {}

    def take(self, columns: dict[str, NDArray[Any]]) -> Iterator[dict[str, NDArray[Any]]]:
        """Takes rows as they come, and gives those whose turn it is."""
        for row, index in enumerate(columns.pop("index").tolist()):
            if index < self._next or index in self._waiting:
                raise BsnnError("bad-input", f"two rows of the dataset have the index {index}")
            self._waiting[index] = columns, row
        ready = []
        while self._next in self._waiting:
            ready.append(self._waiting.pop(self._next))
            self._next += 1
        if ready:
            yield {name: np.stack([source[name][row] for source, row in ready]) for name in columns}

    def end(self) -> None:
        if self._waiting:
            found = f"{self._next} is missing, {min(self._waiting)} is there"
            raise BsnnError("bad-input", f"indices of the dataset must count from 0: {found}")


def evaluate(
    model: Source,
    dataset: ray.data.Dataset | tuple[ArrayLike, ArrayLike | None],
    *,
    column: str = "samples",
    label: str | None = "label",
    index: str = "index",
    methods: Methods | None = None,
    activity: bool = True,
    workers: int = 2,
    batch_size: int = 64,
) -> dict[str, Evaluation]:
    """Measures a model on a dataset, shard by shard, with the figures and the digest of one process.

    A batch whose worker is lost is run again by another.

    :param model: path, or bytes, which Ray carries to the workers.
    :param dataset: a ``ray.data.Dataset``, or arrays ``(samples, labels)``.
    :param column: its column of samples, (H, W, C) uint8.
    :param label: its column of class indices, None where there is none.
    :param index: its column of positions 0…N − 1: Ray keeps no order, and the digest has one.
    :param methods: options of ``run`` by name; one method ``period`` unless given.
    :param workers: networks at work at once, each on one processor.
    """
    chosen: Methods = methods if methods is not None else {"period": {}}
    if isinstance(dataset, tuple):
        samples, labels = dataset
        dataset = _dataset(np.asarray(samples), None if labels is None else np.asarray(labels), workers)
        column, label, index = "samples", None if labels is None else "label", "index"
    measured = dataset.map_batches(
        _Measure,
        fn_constructor_args=(read(model, DEFAULT_MEMORY), dict(chosen), column, label, index, activity),
        batch_size=batch_size,
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    totals, order = Totals(chosen), _InOrder()
    for columns in measured.iter_batches(batch_size=batch_size, batch_format="numpy"):
        for ready in order.take(dict(columns)):
            totals.add(ready, ready.pop("class", None))
    order.end()
    return totals.evaluations()


def _dataset(samples: NDArray[Any], labels: NDArray[Any] | None, workers: int) -> ray.data.Dataset:
    """Arrays as a dataset of several blocks, so that there is something to share out."""
    if len(samples) == 0:
        raise BsnnError("bad-input", "there is no input to evaluate")
    if labels is not None and labels.shape != (len(samples),):
        raise BsnnError("bad-input", f"labels must be one per input, {len(samples)}, found {labels.shape}")
    tables = []
    for rows in np.array_split(np.arange(len(samples)), min(len(samples), 4 * workers)):
        columns = {"index": rows, "samples": ArrowTensorArray.from_numpy(samples[rows])}
        if labels is not None:
            columns["label"] = labels[rows]
        tables.append(pyarrow.table(columns))
    return ray.data.from_arrow(tables)
