"""The tensors that outputs stand for: their shapes, and where each value stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from ._core import Core
from ._layout import Key
from .errors import BsnnError
from .types import PopulationInfo


@dataclass(frozen=True)
class OutputTensor:
    """A tensor, and the outputs that hold its elements: one, or several where it joins maps."""

    outputs: tuple[PopulationInfo, ...]
    shape: tuple[int, ...]
    """Sizes of the axes, the batch of one included."""
    order: NDArray[np.uint32] | None
    """Which element, row-major, each value of the outputs is, channels last; None where they are in order."""

    @property
    def name(self) -> str:
        """Of joined outputs, which are named NAME[0] and so on, NAME."""
        name = self.outputs[0].name
        return name if len(self.outputs) == 1 else name.removesuffix("[0]")

    @property
    def map(self) -> tuple[int, int, int]:
        """Height, width and channels; of joined outputs as one position."""
        return self.outputs[0].shape if len(self.outputs) == 1 else (1, 1, sum(info.neurons for info in self.outputs))

    def in_order(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The tensor's elements, row-major, of (N, values) as its outputs hold them."""
        if self.order is None:
            return values
        ordered = np.empty_like(values)
        ordered[:, self.order] = values
        return ordered


def read_output_tensors(core: Core, outputs: Sequence[PopulationInfo]) -> tuple[OutputTensor, ...]:
    """What the file says of its outputs' tensors; a batch of one, channels last, where it says nothing.

    Raises BsnnError: ``bad-model`` where shapes or places are not those of the outputs' values.
    """
    shapes, places = _numbers(core, Key.OUTPUT_SHAPE), _numbers(core, Key.OUTPUT_PLACE)
    tensors: list[OutputTensor] = []
    axis = place = first = 0
    while first < len(outputs):
        info = outputs[first]
        shape: tuple[int, ...] = (1, info.channels) if info.height * info.width == 1 else (1, *info.shape)
        if shapes is not None:
            rank = shapes[axis] if axis < len(shapes) else 0
            shape = tuple(shapes[axis + 1 : axis + 1 + rank])
            axis += 1 + rank
        size = prod(shape)
        joined: list[PopulationInfo] = []
        while sum(one.neurons for one in joined) < size and first < len(outputs):
            joined.append(outputs[first])
            first += 1
        if size == 0 or sum(one.neurons for one in joined) != size or axis > len(shapes or ()):
            raise BsnnError("bad-model", f"the shape of output '{info.name}' is not that of its values: {list(shape)}")
        order = None
        if places is not None:
            count = sum(sum(one.shape) for one in joined)
            order = _order_of(joined, places[place : place + count], size)
            place += count
            if order is None:
                raise BsnnError("bad-model", f"output '{info.name}' needs another place below {size} for every value")
        tensors.append(OutputTensor(tuple(joined), shape, order))
    if axis != len(shapes or ()) or place != len(places or ()):
        raise BsnnError("bad-model", "the shapes or places of outputs are more than there are outputs for")
    return tuple(tensors)


def _order_of(outputs: Sequence[PopulationInfo], places: Sequence[int], size: int) -> NDArray[np.uint32] | None:
    """Places of all values of some outputs; None where two have one, or one has none."""
    parts = []
    at = 0
    for info in outputs:
        axes = []
        for count in info.shape:
            axes.append(np.asarray(places[at : at + count], np.int64))
            at += count
        if [len(axis) for axis in axes] != list(info.shape):
            return None
        y, x, c = axes
        parts.append((y[:, None, None] + x[None, :, None] + c[None, None, :]).reshape(-1))
    order = np.concatenate(parts)
    if not np.array_equal(np.sort(order), np.arange(size)):
        return None
    return order.astype(np.uint32)


def _numbers(core: Core, key: int) -> list[int] | None:
    found = core.key(key)
    return [int(value) for value in core.copy(found[0], found[1], "<u4")] if found else None
