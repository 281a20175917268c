"""Calls of the core's functions without the conversions of ``wasmtime.Func``, which take too long."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from wasmtime import Func, Store, Trap, WasmtimeError

Call = Callable[..., Any]


def fast_call(store: Store, function: Func) -> Call:
    """A callable over an export whose parameters are int32 and whose result, if there is one, is an int32.

    Where wasmtime has no way around its conversions, they are made.
    """
    kind = function.type(store)
    count, answers = len(kind.params), len(kind.results) > 0
    try:
        from wasmtime import _ffi as ffi

        unchecked, new_slots = ffi.wasmtime_func_call_unchecked, ffi.wasmtime_val_raw_t * max(count, 1)
        context, reference = store._context(), ctypes.byref(function._func)
        trap = ctypes.POINTER(ffi.wasm_trap_t)()
        slots = new_slots()
        slots[0].i32 = 0
    except (AttributeError, ImportError):
        return lambda *values: function(store, *values)
    trap_reference, size = ctypes.byref(trap), len(slots)
    # Each is the same place in `slots`, found once.
    places = tuple(slots[i] for i in range(count))
    first = slots[0]

    def finish(error: Any) -> None:
        if error:
            raise WasmtimeError._from_ptr(error)
        # The pointer is another's from now on.
        taken = ctypes.cast(trap, type(trap))
        ctypes.memset(trap_reference, 0, ctypes.sizeof(trap))
        raise Trap._from_ptr(taken)

    def call(*values: int) -> int | None:
        if len(values) != count:
            raise TypeError(f"the core's function takes {count} values, given {len(values)}")
        for place, value in zip(places, values):
            place.i32 = value
        error = unchecked(context, reference, slots, size, trap_reference)
        if error or trap:
            finish(error)
        return first.i32 if answers else None

    return call
