"""The package gives what every other host gives: the golden digests, and all that the API says on Node."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import subprocess
from typing import Any

import numpy as np
import pytest
from conftest import PROJECT

import bsnn
from bsnn import lab


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), name)


def camel(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


def plain(value: Any) -> Any:
    """A value of the package as Node's JSON has it."""
    if dataclasses.is_dataclass(value):
        return {camel(name): plain(found) for name, found in vars(value).items()}
    if isinstance(value, np.ndarray):
        return value.reshape(-1).tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return value


def options_of(stated: dict[str, Any]) -> dict[str, Any]:
    if isinstance(stated.get("delay"), dict):
        return {**stated, "delay": lab.Schedule(**stated["delay"])}
    return stated


def quietly(read: Any, *args: Any) -> Any:
    try:
        return plain(read(*args))
    except bsnn.BsnnError:
        return None


def inside(net: bsnn.Network) -> dict[str, Any]:
    indices = range(len(net.populations))
    return {
        "levels": [quietly(net.levels, i) for i in indices],
        "potentials": [quietly(net.potentials, i) for i in indices],
        "units": [quietly(net.units, i) for i in indices],
        "scales": [quietly(net.scales, i) for i in indices],
        "activity": plain(net.activity()),
    }


@pytest.mark.parametrize("mode", ["period", "step"])
@pytest.mark.parametrize("build", ["baseline", "relaxed", "lab"])
def test_golden_digest(build: str, mode: str, model, digits, golden) -> None:
    with lab.load(model) if build == "lab" else bsnn.load(model, build=build) as net:
        assert net.build == ("baseline" if build == "lab" else build)
        one_by_one, at_once = hashlib.sha256(), hashlib.sha256()
        for image in digits:
            for output in net.run(image, mode=mode).outputs:
                one_by_one.update(output.potentials.astype("<i4").tobytes())
        at_once.update(net.run(digits, mode=mode).outputs[0].potentials.astype("<i4").tobytes())
    assert one_by_one.hexdigest() == golden["digest"]
    assert at_once.hexdigest() == golden["digest"]


def test_what_the_file_says(net, node) -> None:
    info = node["info"]
    for name, value in info.items():
        found = plain(getattr(net, snake(name)))
        if name == "input":
            found.pop("range")
        assert found == value, name


def test_runs(net, digits, node) -> None:
    for run in node["runs"]:
        assert plain(net.run(digits[0], **run["options"])) == run["result"], run["options"]
        assert inside(net) == run["inside"], run["options"]
        assert plain(net.outputs()) == run["result"]["outputs"]


def test_classify(net, digits, node) -> None:
    assert plain(net.classify(digits[0], top=3)) == node["classes"]
    both = net.classify(digits[:2], top=3)
    assert plain(both[0]) == node["classes"] and len(both) == 2


def test_steps(net, digits, node) -> None:
    populations = range(len(net.populations))
    found = [
        {
            "t": step.t,
            "period": step.period,
            "phase": step.phase,
            "spikes": [plain(step.spikes(i)) for i in populations],
            "potentials": quietly(step.potentials, 1),
            "input": quietly(step.input, 1),
        }
        for step in net.steps(digits[0], presentations=2)
    ]
    assert found == node["steps"]


def test_early_firing(model, digits, node) -> None:
    with lab.load(model) as net:
        assert net.deepest == node["deepest"]
        assert {name: plain(schedule) for name, schedule in net.schedules.items()} == node["schedules"]
        for run in node["early"]:
            options = options_of(run["options"])
            assert plain(net.run(digits[0], **options)) == run["result"], options
            assert inside(net) == run["inside"], options
            if run["settling"] is not None:
                assert plain(net.settling()) == run["settling"], options
        populations = range(len(net.populations))
        steps = [
            {
                "t": step.t,
                "spikes": [plain(step.spikes(i)) for i in populations],
                "signs": [plain(step.signs(i)) for i in populations],
                "potentials": quietly(step.potentials, 1),
            }
            for step in net.steps(digits[0], delay=2)
        ]
        assert steps == node["earlySteps"]


def test_comparison_neurons(model, digits, node) -> None:
    with lab.load(model) as net:
        populations = range(len(net.populations))
        for run in node["comparisons"]:
            steps = [
                {
                    "t": step.t,
                    "spikes": [plain(step.spikes(i)) for i in populations],
                    "potentials": [quietly(step.potentials, i) for i in populations],
                    "outputs": plain(step.outputs()),
                }
                for step in net.continuous(digits[0], **run["options"])
            ]
            assert steps == run["steps"], run["options"]
            assert plain(net.activity()) == run["activity"], run["options"]
            assert plain(net.inactivity()) == run["inactivity"], run["options"]
            assert [quietly(net.spike_counts, i) for i in populations] == run["counts"], run["options"]


def test_comparison_options_are_checked(model, digits) -> None:
    with lab.load(model) as net:
        for options, found in (
            ({"neuron": "rate", "steps": 1}, "neuron must be one of"),
            ({"neuron": "phase", "steps": 0}, "steps"),
            ({"neuron": "phase", "steps": 1, "initial": 0.3}, "initial must be 0 or 0.5"),
            ({"neuron": "integrate-and-fire", "steps": 1, "thresholds": [None, [0]]}, "thresholds of population"),
        ):
            with pytest.raises(bsnn.BsnnError, match=found):
                net.continuous(digits[0], **options)
        with pytest.raises(bsnn.BsnnError, match="none of comparison neurons"):
            net.inactivity()


def test_random_networks(tmp_path) -> None:
    """Every kind of population, projection, pooling and coding, as the property tests of the core draw them."""
    script = PROJECT / "test/hosts/python/networks.ts"
    subprocess.run(["node", "--import", "tsx", str(script), str(tmp_path), "40"], cwd=PROJECT, check=True)
    for path in tmp_path.glob("*.json"):
        expected = json.loads(path.read_text())
        samples = np.fromfile(path.with_suffix(".raw"), np.uint8)
        for build in ("relaxed", "baseline"):
            with bsnn.load(path.with_suffix(".bsnn.gguf"), build=build) as net:
                for name, value in expected["info"].items():
                    found = plain(getattr(net, snake(name)))
                    if name == "input" and "range" not in value:
                        found.pop("range")
                    assert found == value, (path.stem, name)
                for run in expected["runs"]:
                    result = net.run(samples, **run["options"])
                    answers = inside(net)
                    assert result.steps == run["steps"]
                    assert [plain(output.values) for output in result.outputs] == run["values"], path.stem
                    for name in ("levels", "potentials", "activity"):
                        assert answers[name] == run[name], (path.stem, name, build)


def test_batches_have_the_shapes_that_are_documented(net, digits) -> None:
    classes = net.populations[-1].channels
    one, many = net.run(digits[3]), net.run(digits)
    assert one.logits.shape == (classes,) and many.logits.shape == (20, classes)
    assert one.outputs[0].potentials.shape == (1, 1, classes)
    assert many.outputs[0].values.shape == (20, classes) and one.outputs[0].shape == (1, classes)
    assert many.outputs[0].potentials.shape == (20, 1, 1, classes)
    assert one.logits.dtype == np.float32 and one.outputs[0].potentials.dtype == np.int32
    assert (many.logits[3] == one.logits).all()
    # Flat, without the channel, of another layout in memory, and empty.
    for form in (digits[3].reshape(-1), digits[3, :, :, 0], np.asfortranarray(digits[3]), bytes(digits[3].tobytes())):
        assert (net.run(form).logits == one.logits).all()
    assert (net.run(digits[::-2, :, ::-1]).logits == net.run(digits[::-2, :, ::-1].copy()).logits).all()
    assert net.run(digits[:0]).logits.shape == (0, classes)


def test_results_stay(net, digits) -> None:
    first = net.run(digits[0])
    kept = first.logits.copy()
    levels = net.levels(1)
    stayed = levels.copy()
    net.run(digits[1])
    assert (first.logits == kept).all() and (levels == stayed).all()
