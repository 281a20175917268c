"""Quantises an ONNX model as onnxruntime's users do: ``python quantise.py MODEL INPUTS OUTPUT KIND``.

Static, QDQ, 8-bit weights per channel, 8-bit activations by the range that they have on the calibration inputs: float32
tensors of the model's one input, one after the other. KIND is ``u8s8`` (unsigned activations, which the tool's guide
calls fastest), ``u8s7`` (its remedy for processors without VNNI, whose sums of two products saturate: weights of 7
bits) or ``s8s8`` (both signed).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process


class Inputs(CalibrationDataReader):
    def __init__(self, model: str, path: str) -> None:
        declared = ort.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0]
        shape = [size if isinstance(size, int) else 1 for size in declared.shape]
        self._name = declared.name
        self._rest = iter(np.fromfile(path, np.float32).reshape(-1, *shape))

    def get_next(self) -> dict[str, np.ndarray] | None:
        values = next(self._rest, None)
        return None if values is None else {self._name: values}


def main(model: str, inputs: str, output: str, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Folds batch normalisation into convolutions, so that what is quantised is what is executed.
        prepared = str(Path(folder) / "prepared.onnx")
        quant_pre_process(model, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            output,
            Inputs(prepared, inputs),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QInt8 if kind == "s8s8" else QuantType.QUInt8,
            reduce_range=kind == "u8s7",
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
