"""Conversion of a trained network, by the command of the npm package: the converter is written in TypeScript."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import BsnnError, ConversionError, ErrorCode

INSTALL = "npm install bsnn onnxruntime-web"


@dataclass(frozen=True)
class Conversion:
    """A converted model."""

    file: bytes
    """The model file, to be loaded or written."""
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    report: dict[str, Any]
    """All that ``bsnn convert --json`` says (docs/command.md, *JSON*)."""


def convert(
    model: Any,
    calibration: str | os.PathLike[str] | NDArray[Any] | Mapping[str, str | os.PathLike[str] | NDArray[Any]],
    *,
    output: str | os.PathLike[str] | None = None,
    name: str | None = None,
    phases: int | None = None,
    weight_bits: int | None = None,
    coding: str | None = None,
    fit: str | None = None,
    scale: float | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    channel_order: str | None = None,
    input_range: tuple[float, float] | Mapping[str, tuple[float, float]] | None = None,
    input_shape: Sequence[int] | Mapping[str, Sequence[int]] | None = None,
    outputs: Iterable[str] | None = None,
    labels: Sequence[str] | None = None,
    calibration_labels: Any = None,
    early: bool = False,
    command: Sequence[str] | None = None,
) -> Conversion:
    """Converts a trained ReLU network into a model file, as ``bsnn convert`` does.

    :param model: an ONNX file's path or bytes, an ``onnx.ModelProto``, or a ``torch.nn.Module``, which is exported
        with ``torch.onnx.export`` first and needs ``input_shape`` (N, C, H, W).
    :param calibration: a folder of images, an ``.npy`` file, or an array: uint8 (N, H, W, C) or (N, C, H, W), before
        preprocessing, or with ``input_range`` the real values that the model takes. Of several inputs a mapping from
        their names to such; ``input_range`` and ``input_shape`` may be mappings, too.
    :param calibration_labels: where that is an array or ``.npy`` file, the class index of every input, as one too; the
        model and its preprocessing are checked by them: ``report["ann"]``, and warnings.
    :param output: where to write the model file; not written otherwise.
    :param command: what to run in place of the ``bsnn`` that is found. Without it ``BSNN_COMMAND``, then
        ``node_modules/.bin/bsnn`` of the current folder and those above it, then ``bsnn`` on the path.
    :raises ConversionError: ``bad-input`` with the command's message.
    :raises BsnnError: ``not-installed`` where Node or the npm package is not there, or torch cannot export.
    """
    run = list(command) if command is not None else find_command()
    with tempfile.TemporaryDirectory(prefix="bsnn-") as scratch:
        folder = Path(scratch)
        target = folder / "model.bsnn.gguf"
        source = _model_file(model, input_shape, folder)
        options: list[str] = ["--output", str(target)]
        for at in _calibrations(calibration, folder):
            options += ["--calibration", at]
        given = {
            "--name": name if name is not None else _name_of(model),
            "--phases": phases,
            "--weight-bits": weight_bits,
            "--coding": coding,
            "--fit": fit,
            "--scale": scale,
            "--mean": mean,
            "--std": std,
            "--channel-order": channel_order,
            "--outputs": list(outputs) if outputs is not None else None,
        }
        for option, value in given.items():
            if value is not None:
                # One argument, so that a value may begin with a minus.
                options.append(f"{option}={_text(value)}")
        options += [*_per_input("--input-range", input_range), *_per_input("--input-shape", input_shape)]
        if labels is not None:
            listed = folder / "labels.txt"
            listed.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
            options += ["--labels", str(listed)]
        if calibration_labels is not None:
            options += ["--calibration-labels", str(_array_file(calibration_labels, "calibration_labels", folder))]
        options += ["--early"] * early
        report = _run([*run, "convert", str(source), *options, "--json"])
        file = target.read_bytes()
    if output is not None:
        Path(output).write_bytes(file)
    return Conversion(file, tuple(report.get("notes", ())), tuple(report.get("warnings", ())), report)


def find_command() -> list[str]:
    """The command of the npm package.

    :raises BsnnError: ``not-installed`` where it is not there.
    """
    stated = os.environ.get("BSNN_COMMAND")
    if stated:
        return stated.split()
    here = Path.cwd()
    for folder in (here, *here.parents):
        script = folder / "node_modules" / "bsnn" / "dist" / "cli.js"
        if script.is_file() and shutil.which("node"):
            return ["node", str(script)]
    found = shutil.which("bsnn")
    if found:
        return [found]
    missing = "the npm package bsnn" if shutil.which("node") else "Node 20 or newer and the npm package bsnn"
    raise BsnnError("not-installed", f"converting needs {missing}, which are not found: {INSTALL}")


def _run(command: list[str]) -> dict[str, Any]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    except OSError as error:
        raise BsnnError("not-installed", f"cannot run {command[0]}: {error}; converting needs {INSTALL}") from error
    if done.returncode != 0:
        message = done.stderr.strip() or f"{command[0]} ended with {done.returncode}"
        code: ErrorCode = "not-installed" if "onnxruntime-web" in message and "npm" in message else "bad-input"
        raise ConversionError(code, message)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _text(value: Any) -> str:
    if isinstance(value, (str, int, float)):
        return str(value)
    return ",".join(str(part) for part in value)


def _per_input(option: str, value: Any) -> list[str]:
    """An option for all inputs, or for each by name."""
    if isinstance(value, Mapping):
        return [f"{option}={input_name}={_text(own)}" for input_name, own in value.items()]
    return [] if value is None else [f"{option}={_text(value)}"]


def _name_of(model: Any) -> str | None:
    """What the command would not know, as it is given a file of another name."""
    return None if isinstance(model, (str, os.PathLike)) else type(model).__name__ if _is_module(model) else None


def _model_file(model: Any, input_shape: Sequence[int] | Mapping[str, Sequence[int]] | None, folder: Path) -> Path:
    if isinstance(model, (str, os.PathLike)):
        return Path(model)
    path = folder / "model.onnx"
    if isinstance(model, (bytes, bytearray, memoryview)):
        path.write_bytes(model)
    elif hasattr(model, "SerializeToString"):
        path.write_bytes(model.SerializeToString())
    elif _is_module(model):
        _export(model, input_shape, path)
    else:
        raise BsnnError(
            "bad-input",
            f"a model is an ONNX file's path or bytes, a ModelProto or a torch.nn.Module, found {type(model).__name__}",
        )
    return path


def _is_module(model: Any) -> bool:
    """Told without importing torch, which takes seconds."""
    return any(
        kind.__name__ == "Module" and kind.__module__.partition(".")[0] == "torch" for kind in type(model).__mro__
    )


def _export(model: Any, input_shape: Sequence[int] | Mapping[str, Sequence[int]] | None, path: Path) -> None:
    if input_shape is None:
        raise BsnnError("bad-input", "a torch.nn.Module needs input_shape=(1, channels, height, width) to be exported")
    import torch

    training = model.training
    model.eval()
    try:
        if isinstance(input_shape, Mapping):
            given = tuple(torch.zeros(tuple(shape)) for shape in input_shape.values())
            torch.onnx.export(model, given, str(path), input_names=list(input_shape))
        else:
            torch.onnx.export(model, (torch.zeros(tuple(input_shape)),), str(path))
    except ImportError as error:
        # Its exporter is in packages of its own.
        raise BsnnError("not-installed", f"torch cannot export to ONNX: {error}") from error
    finally:
        model.train(training)


def _calibrations(calibration: Any, folder: Path) -> list[str]:
    """What the command is given: a path, or NAME=PATH for each of several inputs."""
    if not isinstance(calibration, Mapping):
        return [str(_array_file(calibration, "calibration", folder))]
    return [
        f"{name}={_array_file(own, 'calibration', folder, f'calibration{k}.npy')}"
        for k, (name, own) in enumerate(calibration.items())
    ]


def _array_file(values: Any, name: str, folder: Path, file: str | None = None) -> Path:
    if isinstance(values, (str, os.PathLike)):
        return Path(values)
    array = np.asarray(values)
    if array.ndim == 0:
        supported = "a folder, an .npy file or an array" if name == "calibration" else "an .npy file or an array"
        raise BsnnError("bad-input", f"{name} is {supported}, found {values!r}")
    path = folder / (file or f"{name}.npy")
    np.save(path, np.ascontiguousarray(array))
    return path
