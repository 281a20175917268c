"""Runs the WASI component in wasmtime, below the current folder: `python run_wasmtime_component.py COMPONENT MODEL < pixels`."""

import sys

from wasmtime import Config, Engine, ExitTrap, Store, WasiConfig
from wasmtime.component import Component, Linker

config = Config()
config.wasm_component_model = True
engine = Engine(config)
component = Component.from_file(engine, sys.argv[1])

wasi = WasiConfig()
wasi.argv = ["bsnn.wasi.wasm", *sys.argv[2:]]
wasi.preopen_dir(".", ".")
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()

store = Store(engine)
store.set_wasi(wasi)
linker = Linker(engine)
linker.add_wasip2()
instance = linker.instantiate(store, component)
run = next(name for name in component.type.exports(engine) if name.startswith("wasi:cli/run@"))
index = instance.get_export_index(store, "run", instance.get_export_index(store, run))
try:
    sys.exit(instance.get_func(store, index)(store) is not None)
except ExitTrap as exit:
    sys.exit(exit.code)
