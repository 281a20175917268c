"""Counts the synapses of a projection, border-exact, in time linear in its map and its kernel."""

from __future__ import annotations

from dataclasses import dataclass

from ._layout import POOLS, ProjectionField
from .types import PopulationInfo


@dataclass(frozen=True)
class _Axis:
    """Windows along an axis: ``count`` of them over places 0…size − 1."""

    count: int
    size: int
    kernel: int
    stride: int
    dilation: int
    offset: int

    def taps_on(self, window: int) -> int:
        """Taps of one window that lie on the map."""
        start = window * self.stride - self.offset
        first = max(0, -(start // self.dilation))
        last = min(self.kernel - 1, (self.size - 1 - start) // self.dilation)
        return max(0, last - first + 1)


def _pairs(windows: _Axis, pooling: _Axis | None) -> int:
    """Pairs of a window and a tap that meet a place of the map, over all places.

    Where those are windows of a sum pooling, each counts as often as it has taps on what is pooled.
    """
    total = 0
    # Taps a stride apart meet the same places: of each such set, those that belong to a window follow each other.
    for tap in range(min(windows.kernel, windows.stride)):
        start = tap * windows.dilation - windows.offset
        most = (windows.kernel - 1 - tap) // windows.stride
        window = max(0, -(start // windows.stride))
        for place in range(start + window * windows.stride, windows.size, windows.stride):
            first = 0 if window < windows.count else (window - windows.count) // windows.dilation + 1
            if first > most:
                break
            last = min(most, window // windows.dilation)
            if last >= first:
                total += (last - first + 1) * (pooling.taps_on(place) if pooling else 1)
            window += 1
    return total


def count_synapses(record: list[int], source: PopulationInfo, target: PopulationInfo) -> int:
    """Operations of a projection if every neuron, after a max pooling, spiked once."""
    if target.kind == "synchronous":
        return source.neurons
    pool = POOLS[record[ProjectionField.POOL]]

    def along(across: int, size: int) -> int:
        """The fields of an axis; those across follow those down."""

        def field(which: int) -> int:
            return record[which + across]

        pooling = _Axis(
            count=field(ProjectionField.POOL_HEIGHT),
            size=size,
            kernel=field(ProjectionField.POOL_KERNEL_H),
            stride=field(ProjectionField.POOL_STRIDE_H),
            dilation=field(ProjectionField.POOL_DILATION_H),
            offset=_signed(field(ProjectionField.POOL_OFFSET_H)),
        )
        windows = _Axis(
            count=field(ProjectionField.HEIGHT),
            size=size if pool == "none" else pooling.count,
            kernel=field(ProjectionField.KERNEL_H),
            stride=field(ProjectionField.STRIDE_H),
            dilation=field(ProjectionField.DILATION_H),
            offset=_signed(field(ProjectionField.OFFSET_H)),
        )
        return _pairs(windows, pooling if pool == "sum" else None)

    channels = record[ProjectionField.SOURCE_COUNT] * (
        record[ProjectionField.TARGET_COUNT] // record[ProjectionField.GROUPS]
    )
    return along(0, source.height) * along(1, source.width) * channels


def _signed(value: int) -> int:
    return value - 2**32 if value >= 2**31 else value
