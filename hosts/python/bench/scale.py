"""Images per second in one process, in threads, and on a local Ray cluster, for docs/scale.md.

``python scale.py MODEL SAMPLES [--images N] [--workers N] [--ray]``. Beside the time on the clock stands the processor
time of this process, threads included, which another program on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import bsnn


def report(name: str, images: int, run: Callable[[], None]) -> None:
    run()
    clock, before = time.perf_counter(), os.times()
    run()
    seconds, after = time.perf_counter() - clock, os.times()
    busy = sum(after[:4]) - sum(before[:4])
    print(f"{name:28} {images / seconds:9.0f} images/s on the clock {1000 * busy / images:9.3f} ms of processor each")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("samples", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--ray", action="store_true")
    options = parser.parse_args()
    with bsnn.load(options.model) as net:
        some = np.fromfile(options.samples, np.uint8).reshape(-1, *net.input.shape)
        images = np.resize(some, (options.images, *net.input.shape))
        few = images[: max(1, len(images) // 50)]
        report("one process, period mode", len(images), lambda: net.run(images))
        report("one process, step mode", len(few), lambda: net.run(few, mode="step"))
        report("one process, with counts", len(images), lambda: bsnn.evaluate(options.model, images))
    for workers in sorted({1, options.workers}):
        with bsnn.load_pool(options.model, workers=workers) as pool:
            report(f"{workers} threads", len(images), lambda pool=pool: pool.logits(images))
    if options.ray:
        import ray

        from bsnn import ray as cluster

        ray.init(num_cpus=options.workers, include_dashboard=False, log_to_driver=False)
        ray.data.DataContext.get_current().enable_progress_bars = False
        clock = time.perf_counter()
        cluster.evaluate(options.model, (images, None), workers=options.workers)
        seconds = time.perf_counter() - clock
        print(f"Ray, {options.workers} workers and their start: {len(images) / seconds:.0f} images/s, {seconds:.1f} s")


if __name__ == "__main__":
    main()
