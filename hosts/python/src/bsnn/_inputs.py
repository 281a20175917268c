"""Several inputs of one network: what the file says of them, and where their samples lie in the input population."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._arguments import check_samples, whole
from ._core import Core
from ._layout import KEY_NAMES, Key
from .errors import BsnnError
from .types import Fit, InputInfo, NamedInputInfo, PopulationInfo, Preprocessing

_NUMBERS = 6
"""Numbers of ``bsnn.inputs.place`` for an input."""


class Inputs:
    """How what a network is given becomes rows of samples of its input population; here of its one input."""

    def __init__(self, population: PopulationInfo, info: InputInfo, preprocessing: Preprocessing | None) -> None:
        self._info = info
        image = preprocessing if info.range is None else None
        self.infos: tuple[NamedInputInfo, ...] = (
            NamedInputInfo(**vars(info), name=population.name, preprocessing=image),
        )

    def rows(self, samples: Any) -> tuple[NDArray[np.uint8], bool]:
        """Inputs as rows, and whether they are a batch."""
        return check_samples(samples, self._info)

    def flat(self, samples: Any) -> tuple[NDArray[np.uint8], bool]:
        """The same as the caller could give it again."""
        return self.rows(samples)


class SeveralInputs(Inputs):
    def __init__(
        self,
        population: PopulationInfo,
        infos: tuple[NamedInputInfo, ...],
        places: NDArray[np.int64],
        zero_point: NDArray[np.uint8],
    ) -> None:
        self.infos = infos
        self._places = places
        self._background = np.tile(zero_point, population.height * population.width)

    def rows(self, samples: Any) -> tuple[NDArray[np.uint8], bool]:
        flat, batch = self.flat(samples)
        rows = np.tile(self._background, (len(flat), 1))
        rows[:, self._places] = flat
        return rows, batch

    def flat(self, samples: Any) -> tuple[NDArray[np.uint8], bool]:
        """Samples of all inputs side by side. Raises BsnnError: ``bad-input`` that names the input they are none of."""
        if isinstance(samples, Mapping):
            return self._joined(self._by_name(samples))
        if isinstance(samples, (list, tuple)) and any(
            not isinstance(part, (int, float, np.generic)) for part in samples
        ):
            if len(samples) != len(self.infos):
                raise BsnnError(
                    "bad-input", f"samples must be an array for each input, {self._listed}, found {len(samples)}"
                )
            return self._joined(samples)
        size = len(self._places)
        return check_samples(samples, InputInfo(1, 1, size, "current", False), f", those of {self._listed}")

    def _by_name(self, samples: Mapping[Any, Any]) -> list[Any]:
        names = [info.name for info in self.infos]
        for name in samples:
            if name not in names:
                raise BsnnError("bad-input", f"input must be one of {self._listed}, found {name!r}")
        for name in names:
            if name not in samples:
                raise BsnnError(
                    "bad-input", f"samples of '{name}' are missing; the network has the inputs {self._listed}"
                )
        return [samples[name] for name in names]

    def _joined(self, parts: Sequence[Any]) -> tuple[NDArray[np.uint8], bool]:
        found = []
        for part, info in zip(parts, self.infos):
            try:
                found.append(check_samples(part, info))
            except BsnnError as error:
                raise BsnnError(error.code, f"input '{info.name}': {error}") from None
        count, batch = max(len(rows) for rows, _ in found), any(batch for _, batch in found)
        for (rows, own), info in zip(found, self.infos):
            if own != batch or len(rows) != count:
                has = f"a batch of {len(rows)}" if own else "no batch"
                raise BsnnError(
                    "bad-input", f"input '{info.name}' has {has}, another input one of {count}: each has as many"
                )
        return np.concatenate([rows for rows, _ in found], axis=1), batch

    @property
    def _listed(self) -> str:
        return ", ".join(f"'{info.name}'" for info in self.infos)

    def find(self, which: Any) -> NamedInputInfo:
        """Raises BsnnError: ``bad-input`` where there is no such input."""
        if isinstance(which, str):
            for info in self.infos:
                if info.name == which:
                    return info
        index = whole(which)
        if index is not None and 0 <= index < len(self.infos):
            return self.infos[index]
        raise BsnnError("bad-input", f"input must be one of {self._listed}, or its index, found {which!r}")

    def encode(self, values: NDArray[Any], which: Any) -> NDArray[np.uint8]:
        """Encodes real values (H, W, C) or flat, or a batch of them."""
        info = self.find(which)
        if info.range is None:
            raise BsnnError(
                "bad-input", f"input '{info.name}' takes 8-bit samples: it has no range of real values to encode"
            )
        own = info.channels // 2 if info.signed else info.channels
        shape = (info.height, info.width, own)
        count = math.prod(shape)
        batch = values.ndim > 1 and values.shape != shape
        forms = (shape, (count,))
        if (values.shape[1:] if batch else values.shape) not in forms:
            found = "×".join(map(str, values.shape))
            raise BsnnError(
                "bad-input", f"values of '{info.name}' to encode must be {count} numbers, found {found or 'one'}"
            )
        reals = values.reshape(-1, *shape)
        low, high = info.range
        if info.signed:
            most = max(abs(low), abs(high))
            samples = np.concatenate([_samples(reals / most), _samples(-reals / most)], axis=3)
        else:
            samples = _samples((reals - low) / (high - low))
        return samples if batch else samples[0]


def _samples(shares: NDArray[Any]) -> NDArray[np.uint8]:
    """round(255·x), ties up, x cut to 0…1 (NaN to 0)."""
    cut = np.clip(np.nan_to_num(shares, nan=0.0, posinf=1.0, neginf=0.0), 0, 1)
    samples: NDArray[np.uint8] = np.floor(255 * cut + 0.5).astype(np.uint8)
    return samples


def describe_inputs(
    core: Core, population: PopulationInfo, info: InputInfo, preprocessing: Preprocessing | None
) -> Inputs:
    """Raises BsnnError: ``bad-model`` where the file says what cannot be meant."""
    keys = Key.INPUTS_NAME, Key.INPUTS_PLACE, Key.INPUTS_RANGE
    names_key, place_key, range_key = (core.key(key) for key in keys)
    if names_key is None and place_key is None and range_key is None:
        return Inputs(population, info, preprocessing)
    names = _texts(core, *names_key) if names_key else []
    if len(names) < 2:
        raise _misfit(Key.INPUTS_NAME, "must name two inputs or more")
    if len(set(names)) < len(names):
        raise _misfit(Key.INPUTS_NAME, "must name each input otherwise")
    for key, found, each in ((keys[1], place_key, _NUMBERS), (keys[2], range_key, 2)):
        count = found[1] if found else 0
        if count != each * len(names):
            raise _misfit(key, f"must have {each * len(names)} elements, found {count}")
    assert place_key and range_key
    numbers = core.copy(place_key[0], place_key[1], "<u4").reshape(-1, _NUMBERS).tolist()
    ranges = core.copy(range_key[0], range_key[1], "<f8").reshape(-1, 2).tolist()
    infos, places, free = [], [], 0
    for name, (height, width, values, first, each, pair), (low, high) in zip(names, numbers, ranges):
        is_real = low != 0 or high != 0
        if is_real and not (low < high and math.isfinite(high - low)):
            raise _misfit(Key.INPUTS_RANGE, f"must be lo < hi of '{name}', found {low}, {high}")
        signed = pair == 1
        if signed and not is_real:
            raise _misfit(Key.INPUTS_RANGE, f"must give '{name}' a range, since it has ON/OFF pairs")
        is_spread = height * width == 1 and each < values
        sound = (
            min(height, width, values, each) >= 1
            and pair <= 1
            and (is_spread or each == values)
            and height <= population.height
            and width <= population.width
            and (not is_spread or -(-values // each) <= population.height * population.width)
            and first >= free
        )
        free = first + (2 * each if signed else each)
        if not sound or free > population.channels:
            raise _misfit(Key.INPUTS_PLACE, f"does not place '{name}' in the input population, after what is before it")
        fit: Fit | None = None if is_real else info.fit
        own = None if is_real or preprocessing is None else _of_channels(preprocessing, first, values)
        bounds = (low, high) if is_real else None
        channels = 2 * values if signed else values
        infos.append(NamedInputInfo(height, width, channels, info.coding, signed, bounds, fit, name, own))
        places.append(_places(population, (height, width, values), first, each, signed))
    zero = core.key(Key.ZERO_POINT)
    assert zero is not None
    zero_point = core.copy(zero[0], population.channels, "<u4").astype(np.uint8)
    return SeveralInputs(population, tuple(infos), np.concatenate(places), zero_point)


def _places(
    population: PopulationInfo, shape: tuple[int, int, int], first: int, each: int, signed: bool
) -> NDArray[np.int64]:
    """The neuron of the population that holds each sample of an input."""
    height, width, values = shape
    y, x, c = np.ix_(np.arange(height), np.arange(width), np.arange(2 * values if signed else values))
    value = c % values
    position = y * population.width + x + value // each
    places: NDArray[np.int64] = position * population.channels + first + value % each + np.where(c < values, 0, each)
    return places.reshape(-1)


def _of_channels(whole_of: Preprocessing, first: int, count: int) -> Preprocessing:
    mean, std = whole_of.mean[first : first + count], whole_of.std[first : first + count]
    return Preprocessing(whole_of.scale, mean, std, whole_of.channel_order)


def _texts(core: Core, pointer: int, count: int) -> list[str]:
    """Texts of an array of the file, each after its length."""
    texts = []
    for _ in range(count):
        length = int(core.copy(pointer, 1, "<u8")[0])
        texts.append(core.text(pointer + 8, length))
        pointer += 8 + length
    return texts


def _misfit(key: int, what: str) -> BsnnError:
    return BsnnError("bad-model", f"key '{KEY_NAMES[key]}' {what}")
