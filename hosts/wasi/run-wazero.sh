#!/bin/sh
# Runs a WASI command in wazero, below the current folder: `sh run-wazero.sh bsnn.wasi.wasm MODEL < pixels`.
exec wazero run -mount=.:/ "$@"
