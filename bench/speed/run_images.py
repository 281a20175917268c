"""Runs images of a model when told to: ``python run_images.py MODEL SAMPLES clock``, where bsnn is installed.

With ``processor`` times are those of all threads of the process instead of the clock's. For each line read it prints
one: ``time N`` gives the milliseconds that image N took, ``answer N`` its outputs too.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

import bsnn


def main(model: str, samples: str, clock: str) -> None:
    now = time.process_time if clock == "processor" else time.perf_counter
    net = bsnn.load(model)
    images = np.fromfile(samples, np.uint8).reshape(-1, *net.input.shape)
    for line in sys.stdin:
        what, number = line.split()
        begin = now()
        result = net.run(images[int(number)])
        said: dict[str, object] = {"ms": 1000 * (now() - begin)}
        if what == "answer":
            said["logits"] = result.logits.tolist()
            said["potentials"] = [output.potentials.ravel().tolist() for output in result.outputs]
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
