"""Networks of several inputs answer as on Node, however their inputs are given."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT

import bsnn

COMMAND = ["node", str(PROJECT / "dist/cli.js")]
SHAPES = {"scene": (6, 6, 3), "detail": (4, 3, 1), "encoded": (1, 1, 10)}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    script = PROJECT / "test/hosts/python/several.ts"
    subprocess.run(["node", "--import", "tsx", str(script), str(folder)], cwd=PROJECT, check=True)
    return folder


@pytest.fixture(scope="module")
def node(made) -> dict[str, Any]:
    return json.loads((made / "several.json").read_text())


@pytest.fixture
def net(made) -> Iterator[bsnn.Network]:
    with bsnn.load(made / "several.bsnn.gguf") as network:
        yield network


@pytest.fixture
def given(node) -> dict[str, np.ndarray]:
    """Batches of four by name."""
    stacked = {
        name: np.array([answer[name] for answer in node["answers"]], np.uint8).reshape(-1, *shape)
        for name, shape in SHAPES.items()
    }
    return {"scene": stacked["scene"], "detail": stacked["detail"], "state": stacked["encoded"]}


def test_inputs_are_described_as_on_node(net, node) -> None:
    for found, said in zip(net.inputs, node["inputs"], strict=True):
        assert (found.name, *found.shape, found.signed, found.coding) == tuple(
            said[key] for key in ("name", "height", "width", "channels", "signed", "coding")
        )
        assert (list(found.range) if found.range else None) == said.get("range")
        assert (list(found.preprocessing.mean) if found.preprocessing else None) == (
            said["preprocessing"]["mean"] if said["preprocessing"] else None
        )


def test_by_name_in_order_and_flat(made, net, node, given) -> None:
    expected = np.array([answer["logits"] for answer in node["answers"]], np.float32)
    assert (net.run(given).logits == expected).all()
    assert (net.run(dict(reversed(given.items()))).logits == expected).all()
    assert (net.run(list(given.values())).logits == expected).all()
    flat = np.concatenate([part.reshape(4, -1) for part in given.values()], axis=1)
    assert (net.run(flat).logits == expected).all()
    assert (net.run(flat[1]).logits == expected[1]).all()
    one = {name: part[2] for name, part in given.items()}
    assert (net.run(one).logits == expected[2]).all()
    assert (net.run(one, mode="step").logits == expected[2]).all()
    for _ in net.steps(tuple(one.values())):
        pass
    assert (net.outputs()[0].values == expected[2]).all()
    with bsnn.load_pool(made / "several.bsnn.gguf", workers=2) as pool:
        for same in (given, list(given.values()), flat):
            assert (pool.run(same).result().logits == expected).all()
        assert (pool.logits(given, batch_size=3) == expected).all()


def test_encoding(net, node) -> None:
    reals = np.array([answer["state"] for answer in node["answers"]])
    expected = np.array([answer["encoded"] for answer in node["answers"]], np.uint8).reshape(-1, 1, 1, 10)
    assert (net.encode(reals, "state") == expected).all()
    assert (net.encode(reals[0], 2) == expected[0]).all()
    with pytest.raises(bsnn.BsnnError, match="input 'scene' takes 8-bit samples"):
        net.encode(reals, "scene")
    with pytest.raises(bsnn.BsnnError, match="values of 'state' to encode must be 5 numbers, found 3"):
        net.encode(np.zeros(3), "state")
    with pytest.raises(bsnn.BsnnError, match="input must be one of 'scene', 'detail', 'state'"):
        net.encode(reals)
    for odd in (np.array(["state", "scene"]), np.array(2.5), b"state", True, -1):
        with pytest.raises(bsnn.BsnnError, match="input must be one of 'scene', 'detail', 'state'"):
            net.encode(reals, odd)


def test_what_does_not_fit_is_refused_by_name(net, given) -> None:
    def refused(samples: Any, message: str) -> None:
        with pytest.raises(bsnn.BsnnError, match=message) as error:
            net.run(samples)
        assert error.value.code == "bad-input"

    refused({**given, "odd": given["scene"]}, "input must be one of 'scene', 'detail', 'state', found 'odd'")
    refused({"scene": given["scene"], "state": given["state"]}, "samples of 'detail' are missing")
    refused([given["scene"]], "an array for each input, 'scene', 'detail', 'state', found 1")
    refused({**given, "detail": given["scene"]}, "input 'detail': samples must be 4×3×1")
    refused({**given, "detail": given["detail"][:2]}, "input 'detail' has a batch of 2, another input one of 4")
    one = {name: part[:1] for name, part in given.items()}
    refused({**one, "detail": given["detail"][0]}, "input 'detail' has no batch, another input one of 1")
    refused({**given, "detail": given["detail"].astype(float)}, "input 'detail': samples must be uint8")
    refused(np.zeros(5, np.uint8), "130 samples, those of 'scene', 'detail', 'state'")


def test_conversion_with_calibration_by_name(made, node) -> None:
    arrays = {name: np.array([answer[name] for answer in node["answers"]]) for name in ("scene", "detail", "state")}
    calibration = {
        "state": arrays["state"],
        "scene": arrays["scene"].astype(np.uint8).reshape(-1, 6, 6, 3),
        "detail": arrays["detail"].astype(np.uint8).reshape(-1, 4, 3, 1),
    }
    found = bsnn.convert(made / "several.onnx", calibration, input_range={"state": (-1, 2)}, command=COMMAND)
    with bsnn.load(found.file) as net:
        assert [info.name for info in net.inputs] == ["scene", "detail", "state"]
        assert net.inputs[2].range == (-1.0, 2.0)


def test_what_a_file_states_is_refused_where_it_cannot_be_meant_and_only_there(made):
    odd, sound = (sorted((made / kind).iterdir()) for kind in ("odd", "sound"))
    assert len(odd) > 40 and len(sound) > 10
    for path in odd:
        with pytest.raises(bsnn.BsnnError) as caught:
            bsnn.load(path)
        assert caught.value.code == "bad-model", path.name
    for path in sound:
        bsnn.load(path).dispose()
