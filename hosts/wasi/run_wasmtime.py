"""Runs the WASI command in wasmtime, below the current folder: `python run_wasmtime.py MODEL < pixels`."""

import sys
from pathlib import Path

from wasmtime import Engine, ExitTrap, Linker, Module, Store, WasiConfig

COMMAND = Path(__file__).parent / "../../dist/bsnn.wasi.wasm"

wasi = WasiConfig()
wasi.argv = ["bsnn.wasi.wasm", *sys.argv[1:]]
wasi.preopen_dir(".", ".")
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()

engine = Engine()
store = Store(engine)
store.set_wasi(wasi)
linker = Linker(engine)
linker.define_wasi()
instance = linker.instantiate(store, Module.from_file(engine, str(COMMAND)))
try:
    instance.exports(store)["_start"](store)
except ExitTrap as exit:
    sys.exit(exit.code)
