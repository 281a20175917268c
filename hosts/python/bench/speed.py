"""Time per image beside Node's: the two take turns, a few images each, and medians are compared.

``python speed.py [--model FILE --samples FILE] [--rounds N] [--node NODE] [--build BUILD]``, where ``bsnn`` is
installed and the project has been built. Samples are raw uint8 images, one after the other.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np

import bsnn

PROJECT = Path(__file__).resolve().parents[3]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=PROJECT / "models/digits.bsnn.gguf")
    parser.add_argument("--samples", default=PROJECT / "test/hosts/digits.raw")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--node", default=PROJECT / "test/hosts/node_modules/node24/bin/node")
    parser.add_argument("--build", default="auto")
    options = parser.parse_args()

    script = Path(__file__).with_suffix(".mjs")
    command = [options.node, script, options.model, options.samples, options.build]
    node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert node.stdin and node.stdout
    net = bsnn.load(options.model, build=options.build)
    images = np.fromfile(options.samples, np.uint8).reshape(-1, *net.input.shape)
    there = node.stdout.readline().strip()
    times: dict[str, list[float]] = {"node": [], "python": [], "python, batch": []}
    for turn in range(options.rounds + 3):
        node.stdin.write("\n")
        node.stdin.flush()
        found = {"node": json.loads(node.stdout.readline()), "python": [], "python, batch": []}
        for image in images:
            begin = time.perf_counter()
            net.run(image)
            found["python"].append(1000 * (time.perf_counter() - begin))
        begin = time.perf_counter()
        net.run(images)
        found["python, batch"].append(1000 * (time.perf_counter() - begin) / len(images))
        # The first turns warm up.
        if turn >= 3:
            for name, values in found.items():
                times[name] += values
    node.stdin.close()
    node.wait()
    reference = statistics.median(times["node"])
    print(f"{net.name}, {options.rounds} rounds of {len(images)} images; builds: node {there}, python {net.build}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:14} median {median:8.3f} ms  fastest {min(values):8.3f} ms  {median / reference:5.2f} × Node")


if __name__ == "__main__":
    main()
