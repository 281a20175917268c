"""The core as the package knows it: its exports, and copies of what lies in its memory."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from wasmtime import Config, Engine, Func, Global, Instance, Memory, Module, Store, WasmtimeError

from ._calls import Call, fast_call
from .errors import BsnnError
from .types import CoreBuild

FILES = {"baseline": "core.wasm", "relaxed": "core.relaxed.wasm", "lab": "core.lab.wasm"}

_compiling = threading.Lock()


@cache
def _engine() -> Engine:
    config = Config()
    config.wasm_simd = True
    config.wasm_relaxed_simd = True
    # Memory that stays where it is need not be looked for after every call.
    config.memory_may_move = False
    return Engine(config)


@cache
def _compiled(name: str) -> Module:
    return Module(_engine(), files(__package__).joinpath(FILES[name]).read_bytes())


def module(name: str) -> Module:
    """The compiled core of a build, compiled once."""
    with _compiling:
        return _compiled(name)


@cache
def _relaxed_agrees() -> bool:
    return bool(Core(module("relaxed")).call("probe"))


def choose_core(build: str) -> tuple[Core, CoreBuild]:
    """An instance of the build asked for, or of the better one that this engine can run.

    Raises BsnnError: ``unsupported`` where it cannot run it.
    """
    if build not in ("auto", "baseline", "relaxed"):
        raise BsnnError("bad-input", f"build must be 'auto', 'baseline' or 'relaxed', found {build!r}")
    if build != "baseline":
        try:
            if _relaxed_agrees():
                return Core(module("relaxed")), "relaxed"
            reason = "the relaxed dot product fails its known-answer test"
        except WasmtimeError as error:
            reason = str(error)
        if build == "relaxed":
            raise BsnnError("unsupported", f"this engine cannot run the relaxed build of the core: {reason}")
    return Core(module("baseline")), "baseline"


class Core:
    """One instance of the core. Not to be used by two threads at once."""

    def __init__(self, compiled: Module) -> None:
        self._store = Store(_engine())
        exports = Instance(self._store, compiled, ()).exports(self._store)
        memory = exports["memory"]
        assert isinstance(memory, Memory)
        self._memory = memory
        self._globals: dict[str, Global] = {}
        self._calls: dict[str, Call] = {}
        for name, value in exports.items():
            if isinstance(value, Func):
                self._calls[name] = fast_call(self._store, value)
            elif isinstance(value, Global):
                self._globals[name] = value
        self._size = 0
        self._view: NDArray[np.uint8] = np.empty(0, np.uint8)

    def call(self, name: str, *values: int) -> Any:
        """Calls an export; pointers come back as they are, and may be negative."""
        return self._calls[name](*values)

    def function(self, name: str) -> Callable[..., Any]:
        """An export that is called often."""
        return self._calls[name]

    def value(self, name: str) -> int:
        """An exported variable."""
        return int(self._globals[name].value(self._store))

    def pointer(self, name: str) -> int:
        """An exported variable that is a pointer or a count."""
        return self.value(name) & 0xFFFFFFFF

    @property
    def memory_size(self) -> int:
        """Linear memory, bytes."""
        return int(self._memory.data_len(self._store))

    def memory(self) -> NDArray[np.uint8]:
        """A view of all memory, valid until it grows."""
        size = self._memory.data_len(self._store)
        if size != self._size:
            address = ctypes.cast(self._memory.data_ptr(self._store), ctypes.c_void_p).value or 0
            self._view = np.frombuffer(memoryview((ctypes.c_ubyte * size).from_address(address)), np.uint8)
            self._size = size
        return self._view

    def copy(self, pointer: int, count: int, dtype: DTypeLike) -> NDArray[Any]:
        """A copy of an array, wherever it lies."""
        kind = np.dtype(dtype)
        at = pointer & 0xFFFFFFFF
        return self.memory()[at : at + count * kind.itemsize].copy().view(kind)

    def text(self, pointer: int, length: int) -> str:
        return bytes(self.copy(pointer, length, np.uint8)).decode("utf-8", "replace")

    def message(self) -> str:
        """Text of the core's last error."""
        return self.text(self.value("messageText"), self.value("messageLength"))

    def require(self, result: int) -> int:
        """Raises the core's last error where a call that reserves memory has returned 0."""
        if result == 0:
            raise BsnnError("unsupported", self.message())
        return result

    def key(self, key: int) -> tuple[int, int] | None:
        """Where a key's value lies and how many elements or bytes it has; None where the file has none."""
        pointer = self.call("keyPointer", key) & 0xFFFFFFFF
        return (pointer, self.call("keyCount", key)) if pointer else None

    def population(self, index: int) -> NDArray[np.uint32]:
        """A population's record, field by field."""
        return self._record("populationRecord", index)

    def projection(self, index: int) -> NDArray[np.uint32]:
        """A projection's record, field by field."""
        return self._record("projectionRecord", index)

    def _record(self, function: str, index: int) -> NDArray[np.uint32]:
        at = self.call(function, index) & 0xFFFFFFFF
        most = min(64, (self.memory_size - at) // 4)
        return self.copy(at, most, "<u4")

    def load(self, file: bytes, max_memory: int) -> None:
        """Copies a model file in, checks it and plans its memory.

        Raises BsnnError: ``bad-model``, or ``unsupported`` where memory ends.
        """
        self._globals["memoryLimit"].set_value(self._store, _int32(max_memory))
        pointer = self.require(self.call("reserveModel", len(file))) & 0xFFFFFFFF
        self.memory()[pointer : pointer + len(file)] = np.frombuffer(file, np.uint8)
        status = self.call("loadModel", _int32(pointer), len(file))
        if status:
            raise BsnnError("bad-model" if status == 1 else "unsupported", self.message())


def _int32(value: int) -> int:
    """A u32 as wasmtime takes it."""
    return value - 2**32 if value >= 2**31 else value
