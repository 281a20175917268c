"""Conversion calls the command, and says what is missing where it cannot."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from conftest import PROJECT

import bsnn

COMMAND = ["node", str(PROJECT / "dist/cli.js")]
ONNX = PROJECT / "models/digits.onnx"


@pytest.fixture(scope="module")
def converted(digits, tmp_path_factory) -> bsnn.Conversion:
    path = tmp_path_factory.mktemp("models") / "own.bsnn.gguf"
    found = bsnn.convert(ONNX, digits, output=path, name="own", phases=6, labels=list("abcdefghij"), command=COMMAND)
    assert path.read_bytes() == found.file
    return found


def test_what_comes_out_runs(converted, digits) -> None:
    with bsnn.load(converted.file) as net:
        assert (net.name, net.phases, net.labels, net.verified) == ("own", 6, tuple("abcdefghij"), True)
        known = bsnn.load(PROJECT / "models/digits.bsnn.gguf")
        assert (net.run(digits).logits.argmax(axis=1) == known.run(digits).logits.argmax(axis=1)).all()
    assert converted.report["phases"] == 6 and isinstance(converted.warnings, tuple)


def test_bytes_and_options_with_a_minus(digits) -> None:
    values = digits.astype(np.float32).transpose(0, 3, 1, 2) / 255 - 0.5
    found = bsnn.convert(
        ONNX.read_bytes(), values, input_range=(-0.5, 0.5), calibration_labels=np.arange(20) % 10, command=COMMAND
    )
    assert found.report["ann"]["inputs"] == 20
    with bsnn.load(found.file) as net:
        assert net.input.range == (-0.5, 0.5) and net.input.signed
        samples = net.encode(np.moveaxis(values, 1, 3))
        assert samples.shape == (20, 28, 28, 2) and samples.dtype == np.uint8
        assert (net.encode(values[0].reshape(-1)) == samples[0]).all()
        assert net.run(samples).logits.shape == (20, 10)


def test_refusals(digits, tmp_path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(bsnn.ConversionError, match="broken.onnx") as error:
        bsnn.convert(broken, digits, command=COMMAND)
    assert error.value.code == "bad-input"
    with pytest.raises(bsnn.BsnnError, match="found int"):
        bsnn.convert(7, digits, command=COMMAND)
    with pytest.raises(bsnn.BsnnError, match="calibration"):
        bsnn.convert(ONNX, 7, command=COMMAND)


def test_without_node(digits, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BSNN_COMMAND", raising=False)
    with pytest.raises(bsnn.BsnnError, match="Node 20 or newer.*npm install bsnn onnxruntime-web") as error:
        bsnn.convert(ONNX, digits)
    assert error.value.code == "not-installed"
    monkeypatch.setenv("BSNN_COMMAND", "no-such-command")
    with pytest.raises(bsnn.BsnnError, match="no-such-command") as error:
        bsnn.convert(ONNX, digits)
    assert error.value.code == "not-installed"


def test_the_package_beside_is_found(monkeypatch, tmp_path) -> None:
    script = tmp_path / "node_modules/bsnn/dist/cli.js"
    script.parent.mkdir(parents=True)
    script.touch()
    below = tmp_path / "notebooks/deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    monkeypatch.delenv("BSNN_COMMAND", raising=False)
    assert bsnn.conversion.find_command() == ["node", str(script)]


def test_modules_of_torch_are_exported(digits, monkeypatch) -> None:
    """With a torch that has no more than what is called of it, as torch itself is too large for a test."""
    torch = types.ModuleType("torch")
    seen: dict[str, object] = {}

    def export(model, inputs, path) -> None:
        seen.update(training=model.training, inputs=inputs)
        with open(path, "wb") as file:
            file.write(ONNX.read_bytes())

    torch.onnx = types.SimpleNamespace(export=export)
    torch.zeros = lambda shape: np.zeros(shape, np.float32)
    monkeypatch.setitem(sys.modules, "torch", torch)

    class Module:
        __module__ = "torch.nn.modules.module"
        training = True

        def eval(self) -> None:
            self.training = False

        def train(self, mode: bool) -> None:
            self.training = mode

    class Digits(Module):
        __module__ = "user"

    own = Digits()
    found = bsnn.convert(own, digits, input_shape=(1, 1, 28, 28), command=COMMAND)
    assert seen["training"] is False and own.training is True
    assert seen["inputs"][0].shape == (1, 1, 28, 28)
    with bsnn.load(found.file) as net:
        assert net.name == "Digits"
    with pytest.raises(bsnn.BsnnError, match="input_shape"):
        bsnn.convert(own, digits, command=COMMAND)
