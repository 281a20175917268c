"""Every misuse is a BsnnError that says what was found and what was expected."""

from __future__ import annotations

import io
import json
import pickle
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires, version

import numpy as np
import pytest
from conftest import PROJECT

import bsnn
from bsnn import lab

ZEROS = np.zeros((28, 28, 1), np.uint8)


def code_of(error: pytest.ExceptionInfo[bsnn.BsnnError]) -> str:
    return error.value.code


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros((28, 28, 1)), "uint8"),
        (np.zeros((28, 28, 1), np.int8), "uint8"),
        (np.zeros((27, 28, 1), np.uint8), "28×28×1"),
        (np.zeros((1, 28, 28), np.uint8)[:, :, :3], "28×28×1"),
        (np.uint8(3), "single"),
        ("seven.png", "uint8"),
        (None, "uint8"),
        ([[1, 2], [3]], "uint8"),
        (b"x" * 783, "783"),
    ],
)
def test_samples(net, samples, words) -> None:
    with pytest.raises(bsnn.BsnnError, match=words) as error:
        net.run(samples)
    assert code_of(error) == "bad-input"


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "fast"},
        {"presentations": 0},
        {"presentations": 1.5},
        {"presentations": True},
        {"presentations": 2**24},
        {"registers": 3},
        {"registers": True},
        {"registers": 2.0},
        {"registers": np.array([1, 2])},
        {"carry": "no"},
        {"carry": np.array([True, False])},
    ],
)
def test_options(net, options) -> None:
    with pytest.raises(bsnn.BsnnError, match=next(iter(options))) as error:
        net.run(ZEROS, **options)
    assert code_of(error) == "bad-input"


def test_populations(net) -> None:
    net.run(ZEROS)
    for which in ("nobody", -1, len(net.populations), 1.0, None):
        with pytest.raises(bsnn.BsnnError, match="population") as error:
            net.levels(which)
        assert code_of(error) == "bad-input"
    with pytest.raises(bsnn.BsnnError, match="is the input"):
        net.potentials(0)
    with pytest.raises(bsnn.BsnnError, match="is an output"):
        net.levels(len(net.populations) - 1)
    with pytest.raises(bsnn.BsnnError, match="only bistable"):
        net.scales(0)
    assert (net.levels(net.populations[1].name) == net.levels(1)).all()


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        (b"", "bad-model", "file"),
        (b"GGUF" + bytes(60), "bad-model", "version"),
        ("no/such/file.gguf", "bad-input", "no/such/file.gguf"),
        (io.StringIO("text"), "bad-input", "rb"),
        (7, "bad-input", "int"),
    ],
)
def test_sources(source, code, words) -> None:
    with pytest.raises(bsnn.BsnnError, match=words) as error:
        bsnn.load(source)
    assert code_of(error) == code


def test_models_come_as_paths_bytes_and_files(model) -> None:
    content = model.read_bytes()
    for source in (model, str(model), content, bytearray(content), memoryview(content), io.BytesIO(content)):
        with bsnn.load(source) as net:
            assert net.name == "digits"
    with open(model, "rb") as file, lab.load(file) as net:
        assert net.name == "digits"
    with bsnn.load(model.as_uri()) as net:
        assert net.name == "digits"


def test_models_are_fetched(model) -> None:
    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args) -> None:
            super().__init__(*args, directory=str(model.parent))

        def log_message(self, *args) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        with bsnn.load(f"{address}/{model.name}") as net:
            assert net.name == "digits"
        with pytest.raises(bsnn.BsnnError, match="404") as error:
            bsnn.load(f"{address}/none.gguf")
        assert code_of(error) == "bad-input"
        with pytest.raises(bsnn.BsnnError, match="longer") as error:
            bsnn.load(f"{address}/digits.onnx", max_memory=65536)
        assert code_of(error) == "unsupported"
        server.shutdown()


def test_damage_is_found(model) -> None:
    content = bytearray(model.read_bytes())
    for at in range(0, 3000, 97):
        damaged = content.copy()
        damaged[at] ^= 0x5A
        try:
            bsnn.load(damaged).dispose()
        except bsnn.BsnnError as error:
            assert error.code in ("bad-model", "unsupported"), at


def test_the_checksum_is_compared(model) -> None:
    content = np.frombuffer(model.read_bytes(), np.uint8).copy()
    name = content.tobytes().index(b"bsnn.checksum")
    at = name + 17
    stated = int.from_bytes(content[at : at + 8].tobytes(), "little")
    zeroed = content.copy()
    zeroed[at : at + 8] = 0
    # The sum of docs/format.md, in NumPy.
    words = np.concatenate([[len(zeroed)], np.pad(zeroed, (0, -len(zeroed) % 4)).view("<u4")]).astype(np.uint64)
    weights = 2 * np.arange(len(words), 0, -1, dtype=np.uint64) + np.uint64(1)
    assert int((words * weights).sum(dtype=np.uint64)) == stated
    damaged = content.copy()
    damaged[-5000] ^= 16
    with pytest.raises(bsnn.BsnnError, match="the file is damaged: its checksum is another") as error:
        bsnn.load(damaged.tobytes())
    assert code_of(error) == "bad-model"
    with bsnn.load(content.tobytes()) as net:
        assert net.verified
    renamed = content.copy()
    renamed[name] ^= 1
    with bsnn.load(renamed.tobytes()) as net:
        assert not net.verified


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"build": "fast"}, "bad-input", "build"),
        ({"max_memory": 1}, "bad-input", "max_memory"),
        ({"max_memory": 1.5e9}, "bad-input", "max_memory"),
        ({"max_memory": 65536}, "unsupported", "memory"),
        ({"max_synapses": 10}, "unsupported", "synapses"),
        ({"max_synapses": float("nan")}, "bad-input", "max_synapses"),
    ],
)
def test_limits(model, options, code, words) -> None:
    with pytest.raises(bsnn.BsnnError, match=words) as error:
        bsnn.load(model, **options)
    assert code_of(error) == code


def test_steps_that_are_over(net) -> None:
    steps = net.steps(ZEROS)
    first = next(steps)
    with pytest.raises(bsnn.BsnnError, match="not over"):
        net.activity()
    second = next(steps)
    with pytest.raises(bsnn.BsnnError, match="step 0 is over"):
        first.spikes(1)
    net.run(ZEROS)
    with pytest.raises(bsnn.BsnnError, match="step 1 is over"):
        second.potentials(1)
    with pytest.raises(bsnn.BsnnError, match="another run"):
        next(steps)
    with pytest.raises(bsnn.BsnnError, match="not a batch"):
        net.steps(np.zeros((2, 28, 28, 1), np.uint8))


def test_after_dispose(model) -> None:
    with bsnn.load(model) as net:
        steps = net.steps(ZEROS)
        step = next(steps)
    net.dispose()
    for call in (
        lambda: net.run(ZEROS),
        lambda: net.steps(ZEROS),
        lambda: next(steps),
        lambda: step.spikes(1),
        lambda: net.levels(1),
        lambda: net.outputs(),
        lambda: net.activity(),
        lambda: net.memory,
    ):
        with pytest.raises(bsnn.BsnnError) as error:
            call()
        assert code_of(error) == "disposed"


def test_early_firing(model) -> None:
    with lab.load(model) as net:
        with pytest.raises(bsnn.BsnnError, match="early firing"):
            net.settling()
        for delay in (0, 8, 1.5, "soon", lab.Schedule((1,), (8,)), True):
            with pytest.raises(bsnn.BsnnError, match="delay|schedule") as error:
                net.run(ZEROS, delay=delay)
            assert code_of(error) == "bad-input"
        with pytest.raises(bsnn.BsnnError, match="carries"):
            net.run(ZEROS, delay=2, carry=True)


def test_encoding(net) -> None:
    with pytest.raises(bsnn.BsnnError, match="no range"):
        net.encode(np.zeros((28, 28, 1)))


def test_the_package_needs_two_others_and_is_of_the_projects_version() -> None:
    needed = [line for line in requires("bsnn") if "extra" not in line]
    assert [line.split(">")[0] for line in needed] == ["numpy", "wasmtime"]
    assert version("bsnn") == json.loads((PROJECT / "package.json").read_text())["version"]


def test_errors_cross_processes() -> None:
    error = pickle.loads(pickle.dumps(bsnn.BsnnError("bad-model", "no model")))
    assert (error.code, str(error)) == ("bad-model", "no model")
