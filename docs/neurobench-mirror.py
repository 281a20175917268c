"""Runs a bsnn model under NeuroBench: a torch mirror of the network, time step by time step.

    pip install neurobench torch torchaudio gguf
    python docs/neurobench-mirror.py MODEL.bsnn.gguf SAMPLES.npy LABELS.npy

Prints what the `neurobench` package counts, as one JSON document; docs/neurobench.md has the numbers of `bsnn eval --neurobench`
beside it. For models of current-coded images with a zero point of 0, whose convolutions are padded symmetrically.
"""

import json
import sys

import gguf
import numpy as np
import snntorch
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import (
    ActivationSparsity,
    ClassificationAccuracy,
    MembraneUpdates,
    SynapticOperations,
)
from neurobench.models import NeuroBenchModel
from torch import nn
from torch.nn import functional


class Convolution(nn.Conv2d):
    """A projection: weights as the file stores them, sums in 64 bits, so that no count is rounded."""

    def __init__(self, weight, groups, **window):
        out, kh, kw, per_group = weight.shape
        super().__init__(per_group * groups, out, (kh, kw), groups=groups, bias=False, **window)
        self.weight = nn.Parameter(torch.from_numpy(weight.transpose(0, 3, 1, 2).copy()), requires_grad=False)

    def forward(self, x):
        return self._conv_forward(x.double(), self.weight.double(), None)


class Neurons(snntorch.SpikingNeuron):
    """A population. NeuroBench takes what `mem` is before and after a call for the membrane potential."""

    def __init__(self, kind, depth, phases, tensors):
        nn.Module.__init__(self)  # none of the buffers that snnTorch's own neurons have
        self.init_hidden, self.output = True, False
        self.kind, self.depth, self.phases = kind, depth, phases
        for name, values in tensors.items():
            self.register_buffer(name, torch.from_numpy(values.copy()))

    def reset(self, shape):
        self.mem = torch.zeros(shape, dtype=torch.float64)
        if self.kind == "bistable":
            self.mem = self.mem + self.initial.double().view(1, -1, 1, 1)

    def at(self, time):
        self.period, self.phase = divmod(time, self.phases)

    def forward(self, x):
        worth = 2 ** (self.phases - 1 - self.phase)
        silent = torch.zeros_like(self.mem)
        if self.period == self.depth - 1:
            mem = self.mem + x * worth
            if self.phase == self.phases - 1 and self.kind != "synchronous":
                bias = self.bias.double()
                mem = mem + (bias.view(1, -1, 1, 1) if bias.dim() == 1 else bias.permute(2, 0, 1).unsqueeze(0))
            self.mem = mem
            return silent
        if self.period == self.depth and self.kind != "output":
            level = 2.0 ** self.shift.double().view(1, -1, 1, 1) if self.kind == "bistable" else 1.0
            spikes = (self.mem >= level * worth).double()
            self.mem = self.mem - spikes * level * worth
            return spikes
        return silent


class Tournament(nn.Module):
    """Max pooling of spikes that come most significant first: who is silent while another of its window spikes is out."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.kernel, self.stride, self.alive = kernel, stride, None

    def forward(self, spikes, first):
        n, c = spikes.shape[:2]
        windows = functional.unfold(spikes, self.kernel, stride=self.stride).view(n, c, self.kernel[0] * self.kernel[1], -1)
        if first or self.alive is None:
            self.alive = torch.ones_like(windows)
        windows = windows * self.alive
        won = windows.amax(2, keepdim=True)
        self.alive = torch.where(won > 0, windows, self.alive)
        height = (spikes.shape[2] - self.kernel[0]) // self.stride[0] + 1
        return won.view(n, c, height, -1)


class Mirror(nn.Module):
    def __init__(self, path):
        super().__init__()
        reader = gguf.GGUFReader(path)
        key = lambda name: reader.fields[f"bsnn.{name}"].contents()
        tensors = {t.name: np.asarray(t.data).reshape([int(n) for n in t.shape[::-1]]) for t in reader.tensors}
        assert key("input.coding") == "current" and not any(key("input.zero_point"))
        self.phases = key("phases")
        self.shapes = list(zip(key("population.channels"), key("population.height"), key("population.width")))
        self.depths = key("population.depth")
        kinds = [("input", "bistable", "synchronous", "output")[k] for k in key("population.kind")]
        self.populations = nn.ModuleList(
            Neurons(kind, depth, self.phases, {
                name.split(".")[2]: values for name, values in tensors.items() if name.startswith(f"population.{i}.")
            }) if i else nn.Identity()
            for i, (kind, depth) in enumerate(zip(kinds, self.depths))
        )
        pair = lambda name, j: tuple(int(n) for n in key(f"projection.{name}")[2 * j : 2 * j + 2])
        self.links, self.layers, self.pools = [], nn.ModuleList(), nn.ModuleList()
        for j, (source, target) in enumerate(zip(key("projection.source"), key("projection.target"))):
            weight = tensors.get(f"projection.{j}.weight")
            self.links.append((source, target, pair("source_channels", j), pair("target_channels", j)))
            self.layers.append(nn.Identity() if weight is None else Convolution(
                weight, int(key("projection.groups")[j]),
                stride=pair("stride", j), dilation=pair("dilation", j), padding=pair("offset", j),
            ))
            kind, kernel, stride = key("projection.pool")[j], pair("pool_kernel", j), pair("pool_stride", j)
            assert pair("pool_offset", j) == (0, 0)
            self.pools.append([nn.Identity, Tournament, nn.AvgPool2d][kind](
                *[[], [kernel, stride], [kernel, stride]][kind], **({"divisor_override": 1} if kind == 2 else {})
            ))
        self.steps = max(self.depths) * self.phases - (self.phases - 1)
        self.result = kinds.index("output")

    def forward(self, samples):
        n = samples.shape[0]
        for i, shape in enumerate(self.shapes[1:], 1):
            self.populations[i].reset((n, *shape))
        nothing = [torch.zeros((n, *shape), dtype=torch.float64) for shape in self.shapes]
        for step in range(self.steps):
            time = step + self.phases - 1  # the input comes in the last phase of period 0
            sent = [samples.double() if step == 0 else nothing[0], *nothing[1:]]
            # Deeper populations read what the others send in this step.
            for i, population in enumerate(self.populations):
                if i == 0:
                    continue
                x = nothing[i].clone()
                for j, (source, target, (first, count), (to, width)) in enumerate(self.links):
                    if target != i:
                        continue
                    spikes = sent[source][:, first : first + count]
                    pool = self.pools[j]
                    spikes = pool(spikes, time % self.phases == 0) if isinstance(pool, Tournament) else pool(spikes)
                    x[:, to : to + width] += self.layers[j](spikes)
                population.at(time)
                sent[i] = population(x)
        return self.populations[self.result].mem.flatten(1)


class Model(NeuroBenchModel):
    def __init__(self, net):
        super().__init__()
        self.net = net
        self.add_activation_module(snntorch.SpikingNeuron)

    def __call__(self, batch):
        with torch.no_grad():
            return self.net(batch)

    def __net__(self):
        return self.net


def main(model, samples, labels):
    images = torch.from_numpy(np.load(samples))
    images = images.unsqueeze(1) if images.dim() == 3 else images.permute(0, 3, 1, 2)
    data = torch.utils.data.TensorDataset(images, torch.from_numpy(np.load(labels)).long())
    metrics = [
        [Footprint, ConnectionSparsity],
        [ClassificationAccuracy, ActivationSparsity, SynapticOperations, MembraneUpdates],
    ]
    # One by one: a call of several samples would be MACs because of any of them.
    loader = torch.utils.data.DataLoader(data, batch_size=1)
    bench = Benchmark(Model(Mirror(model)), loader, [], [lambda values: values.argmax(1)], metrics)
    print(json.dumps(bench.run(quiet=True), indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
