"""Spikes of a run as arrays, and as files that other tools read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import BsnnError
from .network import Network
from .types import PopulationInfo, PopulationRef, Samples


@dataclass(frozen=True)
class Spikes:
    """The spikes of a population in the order of time; three arrays of one length."""

    population: PopulationInfo
    t: NDArray[np.int32]
    """Time step of each."""
    neuron: NDArray[np.uint32]
    """Flat index, channels last."""
    sign: NDArray[np.int8]
    """1, or −1 where early firing takes something back."""


@dataclass(frozen=True)
class Recording:
    """The spikes of a run, by name of the population."""

    name: str
    """Of the network."""
    steps: int
    """Time steps of the run."""
    phases: int
    spikes: Mapping[str, Spikes]

    def to_numpy(self, population: str) -> NDArray[np.int8]:
        """Spikes of a population as one array (steps, H, W, C) of 0, 1 and −1."""
        found = self._of(population)
        dense = np.zeros((self.steps, found.population.neurons), np.int8)
        dense[found.t, found.neuron] = found.sign
        return dense.reshape(self.steps, *found.population.shape)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes an NPZ file, compressed.

        It holds ``steps``, ``phases``, ``populations`` (names) and of the i-th of these ``shape_i`` (H, W, C),
        ``t_i``, ``neuron_i`` and ``sign_i``.
        """
        arrays: dict[str, Any] = {
            "steps": np.int64(self.steps),
            "phases": np.int64(self.phases),
            "populations": np.array(list(self.spikes)),
        }
        for i, found in enumerate(self.spikes.values()):
            arrays[f"shape_{i}"] = np.array(found.population.shape)
            arrays[f"t_{i}"], arrays[f"neuron_{i}"], arrays[f"sign_{i}"] = found.t, found.neuron, found.sign
        np.savez_compressed(path, **arrays)

    def to_nir(self, dt: float = 1.0) -> Any:
        """The spikes as ``nir.NIRGraphData``: one node per population with the observable ``spikes``.

        Signed spikes are a ``ValuedEventData``, others an ``EventData``; a time step lasts ``dt``.

        :raises BsnnError: ``not-installed`` without the package ``nir``.
        """
        try:
            from nir import data_ir
        except ImportError as error:
            raise BsnnError("not-installed", "NIR data needs the package nir: pip install nir") from error
        nodes = {}
        for name, found in self.spikes.items():
            events = {
                "idx": found.neuron.astype(np.int64)[None],
                "time": (found.t * float(dt))[None],
                "n_neurons": found.population.neurons,
                "t_max": self.steps * float(dt),
            }
            signed = bool((found.sign < 0).any())
            data = (
                data_ir.ValuedEventData(value=found.sign.astype(float)[None], **events)
                if signed
                else data_ir.EventData(**events)
            )
            nodes[name] = data_ir.NIRNodeData({"spikes": data})
        return data_ir.NIRGraphData(nodes)

    def _of(self, population: str) -> Spikes:
        if population in self.spikes:
            return self.spikes[population]
        raise BsnnError("bad-input", f"no population '{population}' was recorded, but {', '.join(self.spikes)}")


def record(
    network: Network, samples: Samples, populations: Iterable[PopulationRef] | None = None, **options: Any
) -> Recording:
    """Runs one input step by step and keeps the spikes.

    :param populations: by index or name; all that spike unless given: outputs do not, nor does a current-coded input,
        and early firing leaves relays out.
    :param options: those of ``network.steps``; of a network of ``bsnn.lab`` also ``delay``.
    """
    chosen = (
        [network._population(which) for which in populations]
        if populations is not None
        else _spiking(network, early=options.get("delay") not in (None, network.phases))
    )
    parts: dict[str, list[tuple[int, NDArray[np.uint32], NDArray[np.int8]]]] = {info.name: [] for info in chosen}
    count = 0
    for step in network.steps(samples, **options):
        count += 1
        for info in chosen:
            neurons = step.spikes(info.index)
            if len(neurons):
                signs = step.signs(info.index) if hasattr(step, "signs") else np.ones(len(neurons), np.int8)
                parts[info.name].append((step.t, neurons, signs))
    return Recording(
        network.name, count, network.phases, {info.name: _joined(info, parts[info.name]) for info in chosen}
    )


def _spiking(network: Network, early: bool) -> list[PopulationInfo]:
    silent = {"output"}
    if early or network.input.coding == "current":
        silent.add("input")
    if early:
        silent.add("synchronous")
    return [info for info in network.populations if info.kind not in silent]


def _joined(info: PopulationInfo, parts: list[tuple[int, NDArray[np.uint32], NDArray[np.int8]]]) -> Spikes:
    if not parts:
        return Spikes(info, np.empty(0, np.int32), np.empty(0, np.uint32), np.empty(0, np.int8))
    times = [np.full(len(neurons), t, np.int32) for t, neurons, _ in parts]
    return Spikes(
        info,
        np.concatenate(times),
        np.concatenate([neurons for _, neurons, _ in parts]),
        np.concatenate([signs for _, _, signs in parts]),
    )
