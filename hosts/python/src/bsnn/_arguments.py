"""Checks of what is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import BsnnError
from .types import InputInfo, PopulationInfo


@dataclass(frozen=True)
class RunOptions:
    mode: str = "period"
    presentations: int = 1
    carry: bool = False
    registers: int = 1


_USUAL = RunOptions()


def check_options(mode: str, presentations: int, carry: bool, registers: int) -> RunOptions:
    """Raises BsnnError: ``bad-input`` where an option is none."""
    # Numbers of other types, True among them, are looked at more closely.
    plain = type(presentations) is int and type(registers) is int and carry is False and isinstance(mode, str)
    if plain and mode == "period" and presentations == registers == 1:
        return _USUAL
    if not isinstance(mode, str) or mode not in ("period", "step"):
        raise BsnnError("bad-input", f"mode must be 'period' or 'step', found {mode!r}")
    count = check_count("presentations", presentations)
    if whole(registers) not in (1, 2):
        raise BsnnError("bad-input", f"registers must be 1 or 2, found {registers!r}")
    if not isinstance(carry, (bool, np.bool_)):
        raise BsnnError("bad-input", f"carry must be True or False, found {carry!r}")
    return RunOptions(mode, count, bool(carry), int(registers))


def whole(value: Any) -> int | None:
    """A whole number, NumPy's too; None for anything else."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        return None
    return int(value)


def check_count(what: str, count: Any) -> int:
    """Counts are bounded so that time steps stay below 2^32."""
    found = whole(count)
    if found is None or not 1 <= found <= 0xFFFFFF:
        raise BsnnError("bad-input", f"{what} must be an integer in 1…16777215, found {count!r}")
    return found


def check_samples(samples: Any, shape: InputInfo, whose: str = "") -> tuple[NDArray[np.uint8], bool]:
    """Inputs as rows of samples, and whether they are a batch.

    One input is (H, W, C), (H, W) of one channel, or flat; a batch has one axis more in front.
    Raises BsnnError: ``bad-input`` where they are of another type or size.
    """
    array = samples if isinstance(samples, np.ndarray) else _as_array(samples)
    height, width, channels = shape.shape
    size = height * width * channels
    if array.shape == shape.shape and array.dtype == np.uint8 and array.flags.c_contiguous:
        return array.reshape(1, size), False
    if array.dtype != np.uint8:
        raise BsnnError("bad-input", f"samples must be uint8, 0…255, found {array.dtype}")
    forms: list[tuple[int, ...]] = [(height, width, channels), (size,)]
    if channels == 1:
        forms.append((height, width))
    if array.shape in forms:
        return np.ascontiguousarray(array).reshape(1, size), False
    if array.ndim > 1 and array.shape[1:] in forms:
        return np.ascontiguousarray(array).reshape(len(array), size), True
    raise BsnnError(
        "bad-input",
        f"samples must be {height}×{width}×{channels} = {size} samples{whose}, "
        f"or a batch N×{height}×{width}×{channels}, found {'×'.join(map(str, array.shape)) or 'a single value'}",
    )


def _as_array(samples: Any) -> NDArray[Any]:
    if isinstance(samples, (bytes, bytearray, memoryview)):
        return np.frombuffer(samples, np.uint8)
    try:
        return np.asarray(samples)
    except ValueError as error:
        raise BsnnError("bad-input", f"samples must be an array of uint8: {error}") from error


def find_population(which: Any, populations: tuple[PopulationInfo, ...]) -> PopulationInfo:
    """Raises BsnnError: ``bad-input`` where there is no such population."""
    if isinstance(which, PopulationInfo):
        which = which.index
    if isinstance(which, str):
        for population in populations:
            if population.name == which:
                return population
        raise BsnnError("bad-input", f"no population is named '{which}'")
    index = whole(which)
    if index is not None and 0 <= index < len(populations):
        return populations[index]
    last = len(populations) - 1
    raise BsnnError("bad-input", f"population must be an index in 0…{last} or a name, found {which!r}")
