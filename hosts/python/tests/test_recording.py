"""Recorded spikes are those of the steps, in every form they are written in."""

from __future__ import annotations

import numpy as np
import pytest

import bsnn
from bsnn import lab


def test_dense_and_npz(net, digits, tmp_path) -> None:
    recording = bsnn.record(net, digits[0], presentations=2)
    assert recording.steps == net.run(digits[0], mode="step", presentations=2).steps
    assert list(recording.spikes) == [info.name for info in net.populations[1:-1]]
    name = net.populations[4].name
    dense = recording.to_numpy(name)
    assert dense.shape == (recording.steps, *net.populations[4].shape)
    for step in net.steps(digits[0], presentations=2):
        assert (np.flatnonzero(dense[step.t]) == step.spikes(4)).all()
    # A level is what its spikes are worth: in the last presentation those of a period.
    assert int(abs(dense).sum()) == net.activity().spikes_by_population[4]
    path = tmp_path / "spikes.npz"
    recording.save(path)
    with np.load(path) as file:
        at = list(file["populations"]).index(name)
        again = np.zeros((int(file["steps"]), *file[f"shape_{at}"]), np.int8).reshape(int(file["steps"]), -1)
        again[file[f"t_{at}"], file[f"neuron_{at}"]] = file[f"sign_{at}"]
        assert (again == dense.reshape(again.shape)).all()
    with pytest.raises(bsnn.BsnnError, match="recorded"):
        recording.to_numpy("nobody")
    assert list(bsnn.record(net, digits[0], [4, name]).spikes) == [name]


def test_signs_of_early_firing(model, digits) -> None:
    with lab.load(model) as net:
        recording = bsnn.record(net, digits[0], delay=2)
        assert list(recording.spikes) == [info.name for info in net.populations if info.kind == "bistable"]
        settled = {entry.population: entry for entry in net.settling()}
        for index in (1, 4):
            signs = recording.spikes[net.populations[index].name].sign
            assert len(signs) == settled[index].spikes
            assert (signs < 0).sum() == settled[index].negative_spikes
        assert (recording.to_numpy(net.populations[4].name) < 0).any()


def test_nir(model, net, digits) -> None:
    data_ir = pytest.importorskip("nir.data_ir")
    name = net.populations[1].name
    recording = bsnn.record(net, digits[0], [name, net.populations[-1].name])
    graph = recording.to_nir(dt=0.5)
    events = graph.nodes[name].observables["spikes"]
    assert isinstance(events, data_ir.EventData) and events.n_neurons == net.populations[1].neurons
    dense = events.to_time_gridded(0.5).data[0]
    assert (dense == (recording.to_numpy(name).reshape(recording.steps, -1) != 0)).all()
    assert graph.nodes[net.populations[-1].name].observables["spikes"].idx.shape == (1, 0)
    with lab.load(model) as early:
        signed = bsnn.record(early, digits[0], [4], delay=1).to_nir()
        values = signed.nodes[net.populations[4].name].observables["spikes"]
        assert isinstance(values, data_ir.ValuedEventData) and set(np.unique(values.value)) == {-1.0, 1.0}
