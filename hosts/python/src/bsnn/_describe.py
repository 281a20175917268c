"""What the core knows about a network, in the words of the API."""

from __future__ import annotations

import math

import numpy as np

from ._core import Core
from ._layout import KEY_NAMES, KINDS, POOLS, Key, PopulationField, ProjectionField
from ._synapses import count_synapses
from .errors import BsnnError
from .types import FITS, Fit, InputInfo, PopulationInfo, Preprocessing, ProjectionInfo


def describe_population(core: Core, index: int) -> PopulationInfo:
    record = core.population(index)
    return PopulationInfo(
        index=index,
        name=core.text(int(record[PopulationField.NAME]), int(record[PopulationField.NAME_SIZE])),
        kind=KINDS[record[PopulationField.KIND]],
        height=int(record[PopulationField.HEIGHT]),
        width=int(record[PopulationField.WIDTH]),
        channels=int(record[PopulationField.CHANNELS]),
        depth=int(record[PopulationField.DEPTH]),
    )


def describe_projection(core: Core, index: int, populations: tuple[PopulationInfo, ...]) -> ProjectionInfo:
    record = [int(value) for value in core.projection(index)]
    kernel = (record[ProjectionField.KERNEL_H], record[ProjectionField.KERNEL_W])
    bits = record[ProjectionField.WEIGHT_BITS]
    weights = (
        record[ProjectionField.TARGET_COUNT]
        * record[ProjectionField.SOURCE_COUNT]
        * kernel[0]
        * kernel[1]
        // record[ProjectionField.GROUPS]
    )
    source, target = record[ProjectionField.SOURCE], record[ProjectionField.TARGET]
    return ProjectionInfo(
        index=index,
        source=source,
        target=target,
        kernel=kernel,
        stride=(record[ProjectionField.STRIDE_H], record[ProjectionField.STRIDE_W]),
        groups=record[ProjectionField.GROUPS],
        pool=POOLS[record[ProjectionField.POOL]],
        weight_bits=bits,
        weights=weights if bits else 0,
        synapses=count_synapses(record, populations[source], populations[target]),
    )


def describe_input(core: Core, population: PopulationInfo) -> InputInfo:
    signed, bounds = core.key(Key.SIGNED), core.key(Key.RANGE)
    reals = None
    if bounds:
        low, high = core.copy(bounds[0], 2, "<f8").tolist()
        reals = (low, high)
    fit = core.key(Key.FIT)
    return InputInfo(
        height=population.height,
        width=population.width,
        channels=population.channels,
        coding="phase" if core.value("phaseCoded") else "current",
        signed=signed is not None and bool(core.copy(signed[0], 1, np.uint8)[0]),
        range=reals,
        fit=None if bounds else _checked_fit(core.text(*fit)) if fit else "stretch",
    )


def _checked_fit(found: str) -> Fit:
    if found in FITS:
        return found
    raise BsnnError("bad-model", f"key '{KEY_NAMES[Key.FIT]}' must be one of {', '.join(FITS)}, found '{found}'")


def describe_labels(core: Core, classes: int) -> tuple[str, ...]:
    """The labels of the classes, none where the file has none.

    Raises BsnnError: ``bad-model`` where there are labels, but not one for each.
    """
    found = core.key(Key.LABELS)
    if found is None:
        return ()
    if found[1] != classes:
        needed = f"must have {classes} elements, one per value of the first output"
        raise BsnnError("bad-model", f"key '{KEY_NAMES[Key.LABELS]}' {needed}, found {found[1]}")
    labels = []
    for index in range(classes):
        at = core.call("label", index) & 0xFFFFFFFF
        labels.append(core.text(at + 8, int(core.copy(at, 1, "<u4")[0])))
    return tuple(labels)


def describe_preprocessing(core: Core, channels: int) -> Preprocessing | None:
    """What was folded into the weights; what the file leaves out changes nothing (scale 1, mean 0, std 1).

    Raises BsnnError: ``bad-model`` where it has another number of values, or some that cannot be computed with.
    """
    order, scale = core.key(Key.CHANNEL_ORDER), core.key(Key.SCALE)
    mean, std = _values(core, Key.MEAN, channels), _values(core, Key.STD, channels)
    if scale is None and mean is None and std is None and order is None:
        return None
    return Preprocessing(
        scale=_checked(Key.SCALE, float(core.copy(scale[0], 1, "<f8")[0])) if scale else 1.0,
        mean=mean or (0.0,) * channels,
        std=std or (1.0,) * channels,
        channel_order="bgr" if order and core.text(*order) == "bgr" else "rgb",
    )


def _values(core: Core, key: int, channels: int) -> tuple[float, ...] | None:
    found = core.key(key)
    if found is None:
        return None
    if found[1] != channels:
        needed = f"must have {channels} elements, one per channel of the input"
        raise BsnnError("bad-model", f"key '{KEY_NAMES[key]}' {needed}, found {found[1]}")
    return tuple(_checked(key, value) for value in core.copy(found[0], channels, "<f8").tolist())


def _checked(key: int, value: float) -> float:
    if math.isfinite(value) and (value != 0 or key == Key.MEAN):
        return value
    needed = "finite" if key == Key.MEAN else "finite and not 0"
    raise BsnnError("bad-model", f"key '{KEY_NAMES[key]}' must be {needed}, found {value}")
