"""Runs a WASI component in wasmtime, below the current folder: `python run_wasmtime_component.py bsnn.component.wasm MODEL < image`."""

import sys

from wasmtime import Config, Engine, ExitTrap, Store, WasiConfig
from wasmtime.component import Component, Linker

wasi = WasiConfig()
wasi.argv = sys.argv[1:]
wasi.preopen_dir(".", ".")
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()

config = Config()
config.wasm_component_model = True
engine = Engine(config)
store = Store(engine)
store.set_wasi(wasi)
linker = Linker(engine)
linker.add_wasip2()
component = Component.from_file(engine, sys.argv[1])
instance = linker.instantiate(store, component)
name = next(name for name in component.type.exports(engine) if name.startswith("wasi:cli/run@"))
run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, name)))
try:
    sys.exit(0 if run(store).tag == "ok" else 1)
except ExitTrap as trap:
    # A component can only tell success from failure: 1 where the command leaves with 2.
    sys.exit(trap.code)
