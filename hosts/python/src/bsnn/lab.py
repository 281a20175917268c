"""bsnn for research: early firing, and the neurons of earlier conversions, in a build of the core of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._arguments import RunOptions, check_count, check_options, whole
from ._core import Core, module
from ._layout import Key
from .errors import BsnnError
from .loading import DEFAULT_MEMORY, Source, read
from .network import Network, Run, Step, StepReader
from .types import Activity, Mode, Output, PopulationInfo, PopulationRef, Result, Samples

ScheduleName = Literal["exact", "close", "fast"]
SCHEDULE_NAMES: tuple[ScheduleName, ...] = ("exact", "close", "fast")
HALF = 8
"""Shares of a spike's worth are in sixteenths; at half, the least, fewest neurons stay unsettled."""
USUAL = 9
"""The share of schedules that are one delay: saves a tenth of the spikes."""
FIGURES = 7
"""Figures of a population (assembly/engine/early-counts.ts)."""


@dataclass(frozen=True)
class Schedule:
    """When and how the neurons of each depth fire."""

    delays: tuple[int, ...]
    """Steps a depth begins to fire after its sources, 1…K; of depths 1…L in order."""
    shares: tuple[int, ...]
    """Share of a spike's worth that makes a neuron of each depth spike, in sixteenths, 8…16."""
    corrections: int = 0
    """Steps of firing beyond K, with spikes worth one level: 0 or 1."""


Delay = Union[int, str, Schedule]
"""A schedule of the file (``exact``, ``close``, ``fast``), one of your own, or one delay; K is the gated network."""


@dataclass(frozen=True)
class LabResult(Result):
    steps_per_layer: int = 0
    """Steps that a neuron fires for one answer: what most papers call T."""


@dataclass(frozen=True)
class Settling:
    """How a bistable population did in a run of early firing."""

    population: int
    neurons: int
    unsettled: int
    """Neurons that have not emitted, in the last presentation, the level that their whole input calls for."""
    at_limit: int
    """Settled neurons that could not have mended one level more, in the last presentation."""
    squared_error: float
    squared_levels: float
    spikes: int
    negative_spikes: int
    inactivated: int
    """Neurons whose level in the gated network is 0."""
    spiking_inactivated: int
    """How many of them spiked in the last presentation."""


ComparisonNeuron = Literal["phase", "alternating", "integrate-and-fire"]
"""Neurons for comparison (docs/comparison.md)."""
COMPARISON_NEURONS: tuple[ComparisonNeuron, ...] = ("phase", "alternating", "integrate-and-fire")
"""In the order of their numbers in the core (assembly/neurons/comparison.ts)."""
MOST_LEVELS = 65535
"""Highest threshold of an integrate-and-fire neuron, in levels."""


@dataclass(frozen=True)
class InactivatedSpikes:
    """What a population of comparison neurons does that gated ones do not."""

    population: int
    neurons: int
    inactivated: int
    """Neurons whose level is 0: those that do not spike in the bistable network."""
    spiking_inactivated: int
    """How many of those spiked."""
    inactivated_spikes: int
    """Spikes of those, in the whole run."""
    spikes: int
    """Spikes of all its neurons."""


def load(source: Source) -> LabNetwork:
    """Loads a model for research; the build is always ``baseline``.

    :raises BsnnError: as ``bsnn.load``, and ``bad-model`` where the schedules of the file do not fit its network.
    """
    core = Core(module("lab"))
    core.load(read(source, DEFAULT_MEMORY), DEFAULT_MEMORY)
    return LabNetwork(core)


@dataclass(frozen=True)
class _Early:
    schedule: Schedule
    options: RunOptions


class LabNetwork(Network):
    """A network that can fire early, and run with comparison neurons, beside all that ``Network`` does."""

    deepest: int
    """L, the largest depth of a hidden population; 0 where there is none."""
    schedules: Mapping[str, Schedule] | None
    """The schedules that the file holds; None where it was converted without."""

    def __init__(self, core: Core) -> None:
        super().__init__(core, "baseline")
        self.deepest = max((info.depth for info in self._hidden()), default=0)
        self.schedules = _read_schedules(core, self.deepest, self.phases)
        self._early: Run | None = None
        self._continuous: Run | None = None
        self._kept = False

    def run(
        self,
        samples: Samples,
        *,
        delay: Delay | None = None,
        mode: Mode = "period",
        presentations: int = 1,
        carry: bool = False,
        registers: Literal[1, 2] = 1,
    ) -> LabResult:
        """As ``Network.run``; with ``delay`` early and step by step, each presentation standing alone."""
        with self._lock:
            early = self._early_run(delay, presentations, carry, registers)
            if early is None:
                # Where a delay is asked for, steps are.
                gated = super().run(
                    samples,
                    mode="step" if delay is not None else mode,
                    presentations=presentations,
                    carry=carry,
                    registers=registers,
                )
                return LabResult(**vars(gated), steps_per_layer=self.phases)
            rows, batch = self._inputs.rows(samples)
            potentials = self._room(len(rows))
            for i, row in enumerate(rows):
                run = self._begin_early(row, early)
                self._core.call("runEarly")
                run.finished = True
                self._read(potentials, i)
            core = self._core
            outputs = self._decode(potentials, batch)
            return LabResult(
                self._logits(outputs, batch),
                outputs,
                core.value("answered"),
                core.value("interval"),
                core.value("firing"),
            )

    def steps(
        self,
        samples: Samples,
        *,
        delay: Delay | None = None,
        presentations: int = 1,
        carry: bool = False,
        registers: Literal[1, 2] = 1,
    ) -> Iterator[Any]:
        """As ``Network.steps``; with ``delay`` the steps of early firing (``EarlyStep``)."""
        early = self._early_run(delay, presentations, carry, registers)
        if early is None:
            return super().steps(samples, presentations=presentations, carry=carry, registers=registers)
        return self._advance_early(self._one(samples), early)

    def activity(self) -> Activity:
        with self._lock:
            run = self._last
            if self._continuous is run:
                self._core.call("countContinuous")
            if self._early is run and run.finished and not run.counted:
                run.counted = True
                self._core.call("countEarly", run.options.presentations)
                self._kept = True
            return super().activity()

    def levels(self, population: PopulationRef) -> NDArray[np.uint8]:
        """As ``Network.levels``; after early firing what was emitted."""
        with self._lock:
            if self._early is self._last and not self._kept:
                self._core.call("keepEmitted")
                self._kept = self._last.finished
            return super().levels(population)

    def potentials(self, population: PopulationRef) -> NDArray[np.int32]:
        """As ``Network.potentials``; after early firing all that arrived."""
        with self._lock:
            info = self._population(population)
            if self._early is not self._last or info.kind != "bistable":
                return super().potentials(population)
            core = self._core
            core.call("listEarlyPotentials", info.index)
            return core.copy(core.pointer("listing"), info.neurons, "<i4").reshape(info.shape)

    def settling(self) -> list[Settling]:
        """Whether the neurons of the last run, of early firing, have settled: one entry per bistable population.

        Where none is unsettled, levels, potentials and outputs are those of the gated network.
        """
        with self._lock:
            core = self._core
            if self._early is not self._last:
                raise BsnnError("bad-input", "the last run was none of early firing: run with a delay below K first")
            spikes = self.activity().spikes_by_population
            found = []
            for info in self.populations:
                if info.kind != "bistable":
                    continue
                figures = core.copy(core.call("figuresOf", info.index), FIGURES, "<f8").tolist()
                unsettled, at_limit, negative, inactivated, spiking, error, levels = figures
                found.append(
                    Settling(
                        population=info.index,
                        neurons=info.neurons,
                        unsettled=int(unsettled),
                        at_limit=int(at_limit),
                        squared_error=error,
                        squared_levels=levels,
                        spikes=spikes[info.index],
                        negative_spikes=int(negative) * self._last.options.presentations,
                        inactivated=int(inactivated),
                        spiking_inactivated=int(spiking),
                    )
                )
            return found

    def continuous(
        self,
        samples: Samples,
        *,
        neuron: ComparisonNeuron,
        steps: int,
        thresholds: Sequence[ArrayLike | None] = (),
        initial: float = 0,
    ) -> Iterator[ContinuousStep]:
        """Runs one input with comparison neurons, one time step per iteration; it may be left at any step.

        :param thresholds: of integrate-and-fire neurons, by population index, per channel: levels that a spike is
            worth, whole numbers in 1…65535; where a population has none, 2^K − 1.
        :param initial: of integrate-and-fire neurons, share of the threshold that potentials begin with, 0 or 0.5.
        """
        if neuron not in COMPARISON_NEURONS:
            raise BsnnError("bad-input", f"neuron must be one of {', '.join(COMPARISON_NEURONS)}, found {neuron!r}")
        count = check_count("steps", steps)
        if initial not in (0, 0.5):
            raise BsnnError("bad-input", f"initial must be 0 or 0.5, found {initial!r}")
        levels = {
            info.index: _levels_of(info, thresholds[info.index] if info.index < len(thresholds) else None, self.phases)
            for info in self.populations
            if info.kind == "bistable"
        }
        return self._continue(self._one(samples), COMPARISON_NEURONS.index(neuron), count, levels, initial == 0.5)

    def _continue(
        self, row: NDArray[np.uint8], model: int, steps: int, levels: Mapping[int, list[int]], half: bool
    ) -> Iterator[ContinuousStep]:
        with self._lock:
            # Levels are those of the gated network.
            super().run(row.reshape(self.input.shape))
            core = self._core
            run = self._begin(RunOptions(mode="step"))
            # What it comes to can be asked for at any step.
            run.finished = run.counted = True
            core.require(core.call("planContinuous"))
            for index, own in levels.items():
                for channel, value in enumerate(own):
                    core.call("setLevels", index, channel, value)
            core.require(core.call("beginContinuous", model, int(half)))
            self._continuous = run
        for t in range(steps):
            with self._lock:
                self._require_last(run)
                self._core.call("advanceContinuous")
                run.steps_made = t + 1
            yield ContinuousStep(self, run, t)

    def outputs(self) -> tuple[Output, ...]:
        """As ``Network.outputs``; with comparison neurons the answer so far."""
        with self._lock:
            if self._continuous is self._last:
                self._core.call("answerContinuous")
            return super().outputs()

    def inactivity(self) -> list[InactivatedSpikes]:
        """Counts, in the last run of comparison neurons so far, the neurons that should be silent but spike."""
        with self._lock:
            core = self._core
            if self._continuous is not self._last:
                raise BsnnError("bad-input", "the last run was none of comparison neurons: run with `continuous` first")
            found = []
            for info in self.populations:
                if info.kind != "bistable":
                    continue
                counts = core.copy(core.call("countInactivated", info.index), 4, "<f8")
                found.append(InactivatedSpikes(info.index, info.neurons, *(int(value) for value in counts)))
            return found

    def spike_counts(self, population: PopulationRef) -> NDArray[np.uint32]:
        """Spikes of every neuron of a bistable population, (H, W, C), in the last presentation or run so far."""
        with self._lock:
            info = self._population(population)
            if info.kind != "bistable":
                raise BsnnError(
                    "bad-input", f"population '{info.name}' is {info.kind}: spikes of bistable neurons are counted"
                )
            core = self._core
            core.require(core.call("planContinuous"))
            # Early firing counts them when its activity is asked for.
            if self._early is self._last:
                self.activity()
            counted = self._last is self._early or self._last is self._continuous
            pointer = core.call("spikesOf", info.index, int(counted))
            return core.copy(pointer, info.neurons, "<u4").reshape(info.shape)

    def _hidden(self) -> list[PopulationInfo]:
        return [info for info in self.populations if info.kind in ("bistable", "synchronous")]

    def _early_run(self, delay: Delay | None, presentations: int, carry: bool, registers: int) -> _Early | None:
        """What is asked for, None where it is the gated network."""
        if delay is None or (whole(delay) == self.phases):
            return None
        options = check_options("step", presentations, carry, registers)
        if options.carry:
            raise BsnnError("bad-input", "early firing carries nothing over: each presentation stands alone")
        schedule = delay if isinstance(delay, Schedule) else self._schedule_of(delay)
        fault = _fault_of(schedule, self.deepest, self.phases)
        if fault:
            raise BsnnError("bad-input", f"schedule: {fault}")
        return _Early(schedule, options)

    def _schedule_of(self, delay: int | str) -> Schedule:
        if not isinstance(delay, str):
            steps = whole(delay)
            if steps is None or not 1 <= steps <= self.phases:
                raise BsnnError("bad-input", f"delay must be a whole number in 1…{self.phases}, found {delay!r}")
            return Schedule((steps,) * self.deepest, (USUAL,) * self.deepest)
        schedule = (self.schedules or {}).get(delay)
        if schedule:
            return schedule
        held = f"the file holds {', '.join(self.schedules)}" if self.schedules else "the file holds none"
        raise BsnnError("bad-input", f"delay '{delay}': there is no such schedule; {held}")

    def _begin_early(self, row: NDArray[np.uint8], early: _Early) -> Run:
        core, schedule, options = self._core, early.schedule, early.options
        self._present(row)
        run = self._begin(options)
        core.require(core.call("planEarly", options.registers))
        for depth, (delay, share) in enumerate(zip(schedule.delays, schedule.shares), 1):
            core.call("setDelay", depth, delay, share)
        core.call("beginEarly", options.presentations, options.registers, schedule.corrections)
        self._early = run
        self._kept = False
        return run

    def _advance_early(self, row: NDArray[np.uint8], early: _Early) -> Iterator[EarlyStep]:
        with self._lock:
            run = self._begin_early(row, early)
        t = 0
        while True:
            with self._lock:
                self._require_last(run)
                core = self._core
                if not core.call("advanceEarly"):
                    return
                run.steps_made = t + 1
                run.finished = run.steps_made == core.value("answered")
            yield EarlyStep(self, run, t)
            t += 1


class EarlyStep(StepReader):
    """One time step of early firing; see ``Step``."""

    t: int
    """Time step, from 0, in which the input is presented."""

    def spikes(self, population: PopulationRef) -> NDArray[np.uint32]:
        """Flat indices (channels last) of the neurons of a population that spiked in this step, ascending."""
        return self._entries(population) >> np.uint32(1)

    def signs(self, population: PopulationRef) -> NDArray[np.int8]:
        """Their signs, 1 or −1, in the same order."""
        return np.where(self._entries(population) & 1, -1, 1).astype(np.int8)

    def potentials(self, population: PopulationRef) -> NDArray[np.int32]:
        """Potentials after this step, less what has been fired, (H, W, C)."""
        with self._network._lock:
            core, info = self._read(population)
            if info.kind in ("input", "synchronous"):
                why = "is the input" if info.kind == "input" else "is left out by early firing"
                raise BsnnError("bad-input", f"population '{info.name}' {why}: it has no potentials")
            core.call("listEarlyMembranes", info.index)
            return core.copy(core.pointer("listing"), info.neurons, "<i4").reshape(info.shape)

    def _entries(self, population: PopulationRef) -> NDArray[np.uint32]:
        return self._listed(population, "listEarlySpikes")


class ContinuousStep(StepReader):
    """One time step of comparison neurons; see ``Step``."""

    t: int
    """Time step, from 0, in which the input is first presented."""

    def spikes(self, population: PopulationRef) -> NDArray[np.uint32]:
        """Flat indices (channels last) of the neurons of a population that spiked in this step, ascending."""
        return self._listed(population, "listContinuousSpikes")

    def potentials(self, population: PopulationRef) -> NDArray[np.int32]:
        """Potentials after this step, (H, W, C); of outputs the mean so far."""
        network = self._network
        with network._lock:
            core, info = self._read(population)
            if info.kind in ("input", "synchronous"):
                why = "is the input" if info.kind == "input" else "hands on what comes"
                raise BsnnError("bad-input", f"population '{info.name}' {why}: it has no potentials")
            if info.kind == "output":
                core.call("answerContinuous")
                return Network.potentials(network, info.index)
            core.call("listIntegrated", info.index)
            return core.copy(core.pointer("listing"), info.neurons, "<i4").reshape(info.shape)

    def outputs(self) -> tuple[Output, ...]:
        """The answer so far."""
        with self._network._lock:
            self._read(0)
            return self._network.outputs()

    def activity(self) -> Activity:
        """Spikes and operations of the run so far."""
        with self._network._lock:
            self._read(0)
            return self._network.activity()


def _levels_of(info: PopulationInfo, given: ArrayLike | None, phases: int) -> list[int]:
    """Thresholds of a population, checked; the highest level where none are given."""
    if given is None:
        return [2**phases - 1] * info.channels
    values = [whole(value) for value in np.asarray(given).reshape(-1).tolist()]
    if len(values) == info.channels and all(value is not None and 1 <= value <= MOST_LEVELS for value in values):
        return [int(value) for value in values if value is not None]
    raise BsnnError(
        "bad-input",
        f"thresholds of population '{info.name}' must be {info.channels} whole numbers in 1…{MOST_LEVELS}",
    )


def _read_schedules(core: Core, deepest: int, phases: int) -> dict[str, Schedule] | None:
    """The schedules of a file, None where it holds none.

    Raises BsnnError: ``bad-model`` where their numbers do not fit the network.
    """
    corrections = _numbers(core, Key.EARLY_CORRECTIONS)
    delays, shares = _numbers(core, Key.EARLY_DELAYS), _numbers(core, Key.EARLY_SHARES)
    if corrections is None and delays is None and shares is None:
        return None
    schedules: dict[str, Schedule] = {}
    for i, name in enumerate(SCHEDULE_NAMES):
        own = slice(i * deepest, (i + 1) * deepest)
        correction = corrections[i] if corrections and i < len(corrections) else -1
        schedule = Schedule(tuple((delays or [])[own]), tuple((shares or [])[own]), correction)
        fault = _fault_of(schedule, deepest, phases)
        if fault:
            raise BsnnError("bad-model", f"schedule '{name}' of early firing: {fault}")
        schedules[name] = schedule
    return schedules


def _numbers(core: Core, key: int) -> list[int] | None:
    found = core.key(key)
    return [int(value) for value in core.copy(found[0], found[1], "<u4")] if found else None


def _fault_of(schedule: Schedule, deepest: int, phases: int) -> str | None:
    """What is wrong with a schedule, None where nothing is."""
    for name, values, low, high in (("delays", schedule.delays, 1, phases), ("shares", schedule.shares, HALF, 16)):
        if len(values) != deepest:
            return f"{name} must be {deepest} numbers, one per depth, found {len(values)}"
        for value in values:
            found = whole(value)
            if found is None or not low <= found <= high:
                return f"{name} must be whole numbers in {low}…{high}, found {value!r}"
    if whole(schedule.corrections) not in (0, 1):
        return f"corrections must be 0 or 1, found {schedule.corrections!r}"
    return None


__all__ = [
    "ComparisonNeuron",
    "ContinuousStep",
    "Delay",
    "EarlyStep",
    "InactivatedSpikes",
    "LabNetwork",
    "LabResult",
    "Schedule",
    "Settling",
    "Step",
    "load",
]
