#!/bin/sh
# Runs a WASI command in wazero, below the current folder: `sh run-wazero.sh bsnn.wasi.wasm MODEL < image`.
exec wazero run -mount=.:/ "$@"
