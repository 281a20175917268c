#!/bin/sh
# Runs a WASI component in jco, below the current folder: `sh run-jco.sh bsnn.component.wasm MODEL < image`.
exec jco run --jco-import "$(dirname "$0")/jco-preopens.mjs" "$@"
