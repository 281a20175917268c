"""A loaded network over an instance of the core."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from types import TracebackType
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._arguments import RunOptions, check_options, find_population, whole
from ._core import Core
from ._describe import (
    describe_input,
    describe_labels,
    describe_population,
    describe_preprocessing,
    describe_projection,
)
from ._inputs import SeveralInputs, describe_inputs
from ._layout import Key, PopulationField
from ._outputs import read_output_tensors
from .errors import BsnnError
from .types import (
    Activity,
    Classification,
    CoreBuild,
    InputInfo,
    Mode,
    NamedInputInfo,
    Output,
    PopulationInfo,
    PopulationRef,
    Preprocessing,
    ProjectionInfo,
    Result,
    Samples,
)

Self = TypeVar("Self", bound="Network")


@dataclass
class Run:
    """The last run, as far as later questions depend on it."""

    options: RunOptions
    finished: bool = False
    counted: bool = False
    steps_made: int = 0


class Network:
    """A loaded network. It does one thing at a time: a second thread waits; for several at once use ``load_pool``.

    ``dispose`` lets go of the core and its memory, as leaving a ``with`` block does.
    """

    name: str
    phases: int
    """K, steps in a period."""
    latency: int
    """Time steps from the presentation to the answer: L·K + 1, or (L + 1)·K with phase-coded input."""
    build: CoreBuild
    input: InputInfo
    """What the input population takes; where there are several inputs, ``inputs`` says what each does."""
    inputs: tuple[NamedInputInfo, ...]
    """The inputs of the ANN, in its order; the input population's, where there is but one."""
    labels: tuple[str, ...]
    classifier: bool
    """Whether the model has one output and that is a list of classes: one position, more than one value."""
    preprocessing: Preprocessing | None
    macs: int | None
    """Multiply-accumulates of the ANN this was converted from, or None if the file does not say."""
    verified: bool
    """Whether the file states a checksum; where it does, it has been compared with the bytes."""
    populations: tuple[PopulationInfo, ...]
    projections: tuple[ProjectionInfo, ...]

    def __init__(self, core: Core, build: CoreBuild) -> None:
        self._loaded: Core | None = core
        self._lock = threading.RLock()
        self._last = Run(RunOptions(), finished=True, counted=True)
        self.build = build
        self.verified = core.key(Key.CHECKSUM) is not None
        self.phases = core.value("phases")
        self.latency = core.call("stepsTo", 1, 1) & 0xFFFFFFFF
        name = core.key(Key.NAME)
        self.name = core.text(*name) if name else ""
        populations = core.value("populationCount")
        self.populations = tuple(describe_population(core, i) for i in range(populations))
        self.projections = tuple(
            describe_projection(core, j, self.populations) for j in range(core.value("projectionCount"))
        )
        self._outputs = tuple(info for info in self.populations if info.kind == "output")
        self._tensors = read_output_tensors(core, self._outputs)
        self._units = tuple(self._unit_array(core, info).astype(np.float64) for info in self._outputs)
        first = self._tensors[0]
        self.classifier = core.call("isClassifier") == 1 and sum(size > 1 for size in first.shape) == 1
        self.labels = describe_labels(core, self._outputs[0].neurons)
        if self.labels and first.order is not None:
            # The file has them in the order of the population's values.
            self.labels = tuple(self.labels[i] for i in np.argsort(first.order))
        self.input = describe_input(core, self.populations[0])
        self.preprocessing = describe_preprocessing(core, self.input.channels)
        self._inputs = describe_inputs(core, self.populations[0], self.input, self.preprocessing)
        self.inputs = self._inputs.infos
        macs = core.key(Key.MACS)
        self.macs = int(core.copy(macs[0], 1, "<u8")[0]) if macs else None
        # Memory never moves, and room for samples and outputs is planned on load, and stays.
        memory, at = core.memory(), core.pointer("samples")
        self._samples = memory[at : at + prod(self.input.shape)]
        self._answers = tuple(
            memory[at : at + 4 * info.neurons].view("<i4")
            for info in self._outputs
            for at in [int(core.population(info.index)[PopulationField.POTENTIALS])]
        )
        place = {info.index: k for k, info in enumerate(self._outputs)}
        self._parts = tuple(tuple(place[info.index] for info in tensor.outputs) for tensor in self._tensors)
        self._steps_to: dict[tuple[int, int], int] = {}
        self._run_periods = core.function("runPeriods")

    def __repr__(self) -> str:
        height, width, channels = self.input.shape
        return f"<bsnn network '{self.name}', {height}×{width}×{channels}, K = {self.phases}, {self.build} build>"

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    def dispose(self) -> None:
        """Releases the core. Any later call raises a BsnnError of code ``disposed``."""
        with self._lock:
            if self._loaded is None:
                return
            self._loaded = None
            # They lead to the core, too.
            del self._run_periods, self._samples, self._answers

    @property
    def memory(self) -> int:
        """Linear memory in use, bytes."""
        return self._core.memory_size

    def encode(self, values: ArrayLike, input: int | str | None = None) -> NDArray[np.uint8]:
        """Encodes real-valued (non-image) input as 8-bit samples; see docs/format.md, *Encoding*.

        Takes (H, W, C) numbers, half as many channels where the input is signed, or a batch of them; gives
        (H, W, C) samples, or (N, H, W, C).

        :param input: of several: which, by index or name.
        """
        with self._lock:
            core = self._core
            several = self._inputs if isinstance(self._inputs, SeveralInputs) else None
            if self.input.range is None and several is None:
                raise BsnnError(
                    "bad-input", "this model takes 8-bit samples: it states no range of real values to encode"
                )
            try:
                array = np.asarray(values, dtype="<f8")
            except (TypeError, ValueError) as error:
                raise BsnnError("bad-input", f"values to encode must be numbers: {error}") from error
            if several:
                return several.encode(array, input)
            height, width, channels = self.input.shape
            shape = (height, width, channels // 2 if self.input.signed else channels)
            count = core.call("valueCount")
            if array.shape in (shape, (count,)):
                rows, batch = array.reshape(1, count), False
            elif array.ndim > 1 and array.shape[1:] in (shape, (count,)):
                rows, batch = array.reshape(len(array), count), True
            else:
                found = "×".join(map(str, array.shape))
                raise BsnnError("bad-input", f"values to encode must be {count} numbers, found {found or 'one'}")
            encoded = np.empty((len(rows), *self.input.shape), np.uint8)
            for row, samples in zip(rows, encoded):
                pointer = core.require(core.call("valuePointer")) & 0xFFFFFFFF
                core.memory()[pointer : pointer + 8 * count] = np.ascontiguousarray(row).view(np.uint8)
                samples.reshape(-1)[:] = core.copy(core.call("encode"), samples.size, np.uint8)
            return encoded if batch else encoded[0]

    def run(
        self,
        samples: Samples,
        *,
        mode: Mode = "period",
        presentations: int = 1,
        carry: bool = False,
        registers: Literal[1, 2] = 1,
    ) -> Result:
        """Runs one input of (H, W, C) uint8 samples, channels last, or a batch (N, H, W, C).

        Of several inputs takes such an array for each, in the order of ``inputs`` or by name, or one flat array.

        :param mode: ``period`` computes a period at once, ``step`` every time step; results are equal to the bit.
        :param presentations: how often an input is shown; values are means over them.
        :param carry: start a presentation from what the one before left in the potentials.
        :param registers: per neuron, in step mode; with two, presentations follow by K steps instead of 2·K.
        :raises BsnnError: ``bad-input``, ``disposed``, or ``unsupported`` where memory ends.
        """
        options = check_options(mode, presentations, carry, registers)
        with self._lock:
            rows, batch = self._inputs.rows(samples)
            potentials = self._room(len(rows))
            run = self._begin(options)
            for i, row in enumerate(rows):
                self._samples[:] = row
                self._finish(options)
                self._read(potentials, i)
            run.finished = True
            return self._result(potentials, batch)

    def classify(self, samples: Samples, *, top: int = 5, **options: Any) -> Any:
        """The ``top`` best classes of the first output, best first; ties go to the lower index.

        Takes what ``run`` takes. Gives a list of ``Classification``, of a batch a list of such lists.
        """
        count = whole(top)
        if count is None or count < 1:
            raise BsnnError("bad-input", f"top must be an integer ≥ 1, found {top!r}")
        logits = self.run(samples, **options).logits
        if logits.ndim == 1:
            return self._best(logits, count)
        return [self._best(row, count) for row in logits]

    def _best(self, logits: NDArray[np.float32], top: int) -> list[Classification]:
        order = np.argsort(-logits, kind="stable")[:top]
        labels = self.labels
        return [Classification(int(i), labels[i] if labels else str(i), float(logits[i])) for i in order]

    def steps(
        self,
        samples: Samples,
        *,
        presentations: int = 1,
        carry: bool = False,
        registers: Literal[1, 2] = 1,
    ) -> Iterator[Step]:
        """The fixed-step engine, one time step per iteration, for one input.

        After the last step ``levels`` and ``outputs`` hold the result. The samples are checked and copied at the
        call; the run begins when the first step is asked for.
        """
        options = check_options("step", presentations, carry, registers)
        return self._advance(self._one(samples), options)

    def _advance(self, row: NDArray[np.uint8], options: RunOptions) -> Iterator[Step]:
        with self._lock:
            core = self._core
            self._present(row)
            run = self._begin(options)
            core.require(core.call("beginSteps", options.presentations, int(options.carry), options.registers))
        t = 0
        while True:
            with self._lock:
                self._require_last(run)
                core = self._core
                if not core.call("advanceStep"):
                    return
                run.steps_made = t + 1
                run.finished = run.steps_made == self._steps()
                step = Step(self, run, t, core.pointer("time") - 1)
            yield step
            t += 1

    def levels(self, population: PopulationRef) -> NDArray[np.uint8]:
        """Levels that a population fired in the last run, 0…2^K − 1, (H, W, C); of current-coded input the samples."""
        with self._lock:
            core, info = self._core, self._population(population)
            if info.kind == "output":
                raise BsnnError("bad-input", f"population '{info.name}' is an output: it fires no levels")
            return core.copy(self._field(info, PopulationField.LEVELS), info.neurons, np.uint8).reshape(info.shape)

    def potentials(self, population: PopulationRef) -> NDArray[np.int32]:
        """Potentials that a bistable population had reached when it began to fire, or an output's answer, (H, W, C).

        In period mode the first call for a hidden population repeats the run once: they are not kept before.
        """
        with self._lock:
            core, info = self._core, self._population(population)
            if info.kind == "input":
                raise BsnnError("bad-input", f"population '{info.name}' is the input: it has no potentials")
            if info.kind == "synchronous":
                return self.levels(info.index).astype(np.int32)
            if info.kind != "output":
                options = self._last.options
                if options.mode == "step":
                    core.call("listIntegrated", info.index)
                    return core.copy(core.pointer("listing"), info.neurons, "<i4").reshape(info.shape)
                if not self._field(info, PopulationField.POTENTIALS):
                    core.require(core.call("keepPotentials"))
                    core.require(core.call("runPeriods", options.presentations, int(options.carry)))
                    self._last.counted = False
            return core.copy(self._field(info, PopulationField.POTENTIALS), info.neurons, "<i4").reshape(info.shape)

    def units(self, population: PopulationRef) -> NDArray[np.float32]:
        """Units of a population's channels, (C,): ANN units per unit of potential."""
        with self._lock:
            return self._unit_array(self._core, self._population(population))

    def scales(self, population: PopulationRef) -> NDArray[np.float32]:
        """Scales of a bistable population's channels, (C,): ANN units per level."""
        with self._lock:
            core, info = self._core, self._population(population)
            pointer = self._field(info, PopulationField.SHIFT)
            if not pointer:
                raise BsnnError("bad-input", f"population '{info.name}' is {info.kind}: only bistable ones have scales")
            shifts = core.copy(pointer, info.channels, np.uint8)
            scales: NDArray[np.float32] = np.ldexp(self._unit_array(core, info), shifts).astype(np.float32)
            return scales

    def outputs(self) -> tuple[Output, ...]:
        """The outputs of the last run again, of a batch those of its last input."""
        with self._lock:
            potentials = self._room(1)
            self._read(potentials, 0)
            return self._decode(potentials, False)

    def activity(self) -> Activity:
        """Counts what the last run caused, of a batch that of its last input.

        :raises BsnnError: ``bad-input`` while the steps of ``steps`` are not over.
        """
        with self._lock:
            core = self._core
            if not self._last.finished:
                raise BsnnError("bad-input", "the last run is not over: its steps must be made before they are counted")
            if not self._last.counted:
                self._last.counted = True
                core.call("countActivity")
            counts = core.copy(core.pointer("counts"), 2 + len(self.populations), "<f8")
            spikes = tuple(int(count) for count in counts[2:])
            return Activity(sum(spikes), int(counts[0]), int(counts[1]), spikes)

    # What follows is for this package.

    @property
    def _core(self) -> Core:
        if self._loaded is None:
            raise _disposed()
        return self._loaded

    def _require_alive(self) -> None:
        if self._loaded is None:
            raise _disposed()

    def _population(self, which: PopulationRef) -> PopulationInfo:
        return find_population(which, self.populations)

    def _field(self, info: PopulationInfo, field: int) -> int:
        return int(self._core.population(info.index)[field])

    def _unit_array(self, core: Core, info: PopulationInfo) -> NDArray[np.float32]:
        pointer = int(core.population(info.index)[PopulationField.UNIT])
        if pointer:
            return core.copy(pointer, info.channels, "<f4")
        raise BsnnError(
            "bad-input", f"population '{info.name}' is {info.kind}: only bistable and output ones have units"
        )

    def _one(self, samples: Samples) -> NDArray[np.uint8]:
        """A copy of one input, checked."""
        self._require_alive()
        rows, batch = self._inputs.rows(samples)
        if batch:
            raise BsnnError("bad-input", "steps go through one input, not a batch")
        row: NDArray[np.uint8] = rows[0].copy()
        return row

    def _present(self, row: NDArray[np.uint8]) -> None:
        self._require_alive()
        self._samples[:] = row

    def _begin(self, options: RunOptions) -> Run:
        self._last = Run(options)
        return self._last

    def _finish(self, options: RunOptions) -> None:
        core = self._core
        if options.mode == "period":
            core.require(self._run_periods(options.presentations, options.carry))
        else:
            core.require(core.call("beginSteps", options.presentations, options.carry, options.registers))
            core.call("runSteps")

    def _require_last(self, run: Run) -> None:
        if self._last is not run:
            raise BsnnError("bad-input", "another run has begun since these steps")

    def _steps(self) -> int:
        """Time steps of the last run."""
        options = self._last.options
        return self._count_steps(options.presentations, options.registers)

    def _count_steps(self, presentations: int, registers: int) -> int:
        asked = presentations, registers
        if asked not in self._steps_to:
            self._steps_to[asked] = self._core.call("stepsTo", *asked) & 0xFFFFFFFF
        return self._steps_to[asked]

    def _room(self, count: int) -> list[NDArray[np.int32]]:
        """Room for the potentials of each output, of so many inputs."""
        self._require_alive()
        return [np.empty((count, info.neurons), "<i4") for info in self._outputs]

    def _read(self, potentials: list[NDArray[np.int32]], i: int) -> None:
        for answer, room in zip(self._answers, potentials):
            room[i] = answer

    def _decode(self, potentials: list[NDArray[np.int32]], batch: bool) -> tuple[Output, ...]:
        """Potential × unit ÷ presentations, as the core decodes them: in doubles, rounded once."""
        presentations = self._last.options.presentations
        outputs = []
        for tensor, parts in zip(self._tensors, self._parts):
            found, values = [], []
            for info, part in zip(tensor.outputs, parts):
                own = potentials[part]
                scaled = own.reshape(-1, info.channels) * self._units[part]
                if presentations > 1:
                    scaled /= presentations
                found.append(own)
                values.append(scaled.astype(np.float32).reshape(own.shape))
            together = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
            ordered = tensor.in_order(values[0] if len(values) == 1 else np.concatenate(values, axis=1))
            height, width, channels = tensor.map
            batched = (len(together),) if batch else ()
            # A batch of one, which nearly all tensors begin with, makes room for the batch that was run.
            axes = tensor.shape[1:] if tensor.shape[0] == 1 else tensor.shape
            outputs.append(
                Output(
                    tensor.name,
                    height,
                    width,
                    channels,
                    tensor.shape,
                    together.reshape(*batched, height, width, channels),
                    ordered.reshape(*batched, *axes),
                )
            )
        return tuple(outputs)

    def _result(self, potentials: list[NDArray[np.int32]], batch: bool) -> Result:
        outputs = self._decode(potentials, batch)
        return Result(self._logits(outputs, batch), outputs, self._steps(), self._steps_per_answer())

    def _logits(self, outputs: tuple[Output, ...], batch: bool) -> NDArray[np.float32]:
        values = outputs[0].values
        return values.reshape(len(values), prod(values.shape[1:])) if batch else values.reshape(-1)

    def _steps_per_answer(self) -> int:
        registers = self._last.options.registers
        return self._count_steps(2, registers) - self._count_steps(1, registers)


class StepReader:
    """Reads the engine as long as it stands at one step of one run."""

    t: int

    def __init__(self, network: Network, run: Run, t: int) -> None:
        self._network = network
        self._run = run
        self.t = t

    def _listed(self, population: PopulationRef, function: str) -> NDArray[np.uint32]:
        """What a function of the core lists of a population, and counts."""
        with self._network._lock:
            core, info = self._read(population)
            count = core.call(function, info.index)
            return core.copy(core.pointer("listing"), count, "<u4")

    def _read(self, population: PopulationRef) -> tuple[Core, PopulationInfo]:
        network = self._network
        core = network._core
        if network._last is not self._run or self._run.steps_made != self.t + 1:
            raise BsnnError("bad-input", f"step {self.t} is over: read it before the next one")
        return core, network._population(population)


class Step(StepReader):
    """One time step of the fixed-step engine.

    What its methods return stays valid; the methods themselves speak of the engine's present state, so they raise
    ``bad-input`` once the next step has been made or another run begun.
    """

    t: int
    """Time step, from 0, in which the input is first presented."""
    period: int
    phase: int

    def __init__(self, network: Network, run: Run, t: int, time: int) -> None:
        super().__init__(network, run, t)
        self.period, self.phase = divmod(time, network.phases)

    def spikes(self, population: PopulationRef) -> NDArray[np.uint32]:
        """Flat indices (channels last) of the neurons of a population that spiked in this step, ascending."""
        return self._listed(population, "listSpikes")

    def potentials(self, population: PopulationRef) -> NDArray[np.int32]:
        """Membrane potentials after this step, (H, W, C)."""
        return self._list(population, "listMembranes")

    def input(self, population: PopulationRef) -> NDArray[np.int32]:
        """Phase-weighted input of the running period so far, (H, W, C); zero where nothing is integrated."""
        return self._list(population, "listInputs")

    def _list(self, population: PopulationRef, function: str) -> NDArray[np.int32]:
        network = self._network
        with network._lock:
            core, info = self._read(population)
            if info.kind == "input":
                raise BsnnError("bad-input", f"population '{info.name}' is the input: it has no potentials")
            core.call(function, info.index)
            return core.copy(core.pointer("listing"), info.neurons, "<i4").reshape(info.shape)


def _disposed() -> BsnnError:
    return BsnnError("disposed", "the network has been disposed of")
