"""What networks tell about themselves and answer; all of it is immutable, arrays are the caller's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

Fit = Literal["stretch", "cover", "contain", "crop"]
"""How an image of another size becomes input."""
FITS: tuple[Fit, ...] = ("stretch", "cover", "contain", "crop")
Mode = Literal["period", "step"]
Build = Literal["auto", "baseline", "relaxed"]
CoreBuild = Literal["baseline", "relaxed"]
PopulationRef = Union[int, str]
"""A population by its index or its name."""


@dataclass(frozen=True)
class PopulationInfo:
    """A population: neurons of one kind (``input``, ``bistable``, ``synchronous``, ``output``)."""

    index: int
    name: str
    kind: str
    height: int
    width: int
    channels: int
    depth: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels

    @property
    def neurons(self) -> int:
        return self.height * self.width * self.channels


@dataclass(frozen=True)
class ProjectionInfo:
    """The synapses from one population to another."""

    index: int
    source: int
    target: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    groups: int
    pool: str
    weight_bits: int
    """Bits of a weight: 8 or 16; 0 for relays, which have none."""
    weights: int
    """Number of stored weights."""
    synapses: int
    """Pairs of source and target neuron joined, border-exact."""


Samples = Union[ArrayLike, Sequence[ArrayLike], Mapping[str, ArrayLike]]
"""What a network runs on: samples; of several inputs an array for each, in order or by name, or one flat one."""


@dataclass(frozen=True)
class InputInfo:
    """What a network takes."""

    height: int
    width: int
    channels: int
    coding: str
    signed: bool
    range: tuple[float, float] | None = None
    """Of input that is no image: the reals that the samples 0 and 255 stand for."""
    fit: Fit | None = "stretch"
    """Of images: how one of another size is fitted."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels."""
        return self.height, self.width, self.channels


@dataclass(frozen=True)
class Preprocessing:
    """What is folded into the weights: (sample × scale − mean) / std."""

    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    channel_order: str


@dataclass(frozen=True)
class NamedInputInfo(InputInfo):
    """An input by its name in the ANN."""

    name: str = ""
    preprocessing: Preprocessing | None = None
    """Of an image: what is folded into the weights; None where the file does not say."""


@dataclass(frozen=True)
class Output:
    """An output's answer; of a batch with its length N as first axis."""

    name: str
    height: int
    width: int
    channels: int
    shape: tuple[int, ...]
    """Of the original's own output tensor, its batch of one included."""
    potentials: NDArray[np.int32]
    """(H, W, C) or (N, H, W, C); summed over presentations, held within int32."""
    values: NDArray[np.float32]
    """The original's own tensor without its batch of one, in its units: potential × unit ÷ presentations."""


@dataclass(frozen=True)
class Result:
    """What a run gives."""

    logits: NDArray[np.float32]
    """Values of the first output, flat: (classes,), or of a batch (N, classes)."""
    outputs: tuple[Output, ...]
    steps: int
    """Time steps from the first presentation to the answer, per input."""
    steps_per_answer: int
    """Time steps from one presentation to the next: 2·K, or K with two registers."""


@dataclass(frozen=True)
class Classification:
    """A class, its label (its index as text where the model has none), and its value in the ANN's units."""

    index: int
    label: str
    value: float


@dataclass(frozen=True)
class Activity:
    """Counts of the last run, as docs/algorithm.md defines them."""

    spikes: int
    synaptic_operations: int
    input_operations: int
    spikes_by_population: tuple[int, ...]


@dataclass(frozen=True)
class PoolResult(Result):
    """What a run in a pool gives."""

    milliseconds: float = 0.0
    """How long it took in its worker."""
    activity: Activity | None = None
    """Present where it was asked for; of a batch that of its last input."""
