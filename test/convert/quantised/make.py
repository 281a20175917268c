"""Writes the small quantised networks beside it with onnxruntime's own quantiser.

    pip install onnx==1.23.2 onnxruntime==1.32.0 numpy
    python make.py

A residual network of random weights, as integer operators (static and dynamic) and as QDQ, per tensor and per channel.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

HERE = Path(__file__).parent
SHAPE = [1, 3, 10, 10]
random = np.random.default_rng(8)


def network() -> onnx.ModelProto:
    nodes, constants = [], []

    def constant(*shape: int) -> str:
        fan = np.prod(shape[1:]) if len(shape) > 1 else 16
        values = random.normal(0, (2 / fan) ** 0.5, shape).astype(np.float32)
        constants.append(numpy_helper.from_array(values, f"w{len(constants)}"))
        return constants[-1].name

    def node(op: str, *inputs: str, **attributes) -> str:
        nodes.append(helper.make_node(op, inputs, [f"t{len(nodes)}"], f"n{len(nodes)}", **attributes))
        return nodes[-1].output[0]

    def conv(x: str, inputs: int, outputs: int, kernel: int, stride: int = 1, group: int = 1) -> str:
        weight = constant(outputs, inputs // group, kernel, kernel)
        pads = [kernel // 2] * 4
        return node("Conv", x, weight, constant(outputs), pads=pads, strides=[stride] * 2, group=group)

    x = node("Relu", conv("x", 3, 6, 3))
    y = node("Relu", conv(x, 6, 6, 3))
    x = node("Relu", node("Add", conv(y, 6, 6, 3), x))
    y = node("Relu", conv(x, 6, 8, 3, 2))
    y = node("Relu", conv(y, 8, 8, 3, group=8))
    x = node("Relu", node("Add", conv(y, 8, 8, 1), conv(x, 6, 8, 1, 2)))
    x = node("Concat", x, node("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1]), axis=1)
    x = node("Flatten", node("GlobalAveragePool", x))
    x = node("Relu", node("Gemm", x, constant(12, 16), constant(12), transB=1))
    node("MatMul", x, constant(12, 5))
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, SHAPE)],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


class Images(CalibrationDataReader):
    def __init__(self) -> None:
        self.images = iter(random.uniform(0, 1, SHAPE).astype(np.float32) for _ in range(32))

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"x": image}


def small(path: Path) -> None:
    """Leaves out what only inspection needs."""
    model = onnx.load(path)
    del model.graph.value_info[:]
    model.doc_string = ""
    onnx.save(model, path)
    print(path.name, path.stat().st_size, sorted({node.op_type for node in model.graph.node}))


def main() -> None:
    with TemporaryDirectory() as folder:
        source = Path(folder) / "float.onnx"
        onnx.save(network(), source)
        for name, kind, channels, activation in [
            ("integers", QuantFormat.QOperator, False, QuantType.QUInt8),
            ("integers-per-channel", QuantFormat.QOperator, True, QuantType.QInt8),
            ("qdq-per-channel", QuantFormat.QDQ, True, QuantType.QInt8),
        ]:
            path = HERE / f"{name}.onnx"
            quantize_static(
                source,
                path,
                Images(),
                quant_format=kind,
                per_channel=channels,
                activation_type=activation,
                weight_type=QuantType.QInt8,
            )
            small(path)
        path = HERE / "dynamic.onnx"
        quantize_dynamic(source, path, weight_type=QuantType.QUInt8, op_types_to_quantize=["Conv", "MatMul", "Gemm"])
        small(path)


main()
