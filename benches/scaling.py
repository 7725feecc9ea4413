#!/usr/bin/env python3
"""How the time of a step grows with rows, units, inputs and particles, and with the threads, through the public library.

Slopes are of log(time of a step of all particles) against log(size), by least squares over two decades.
"""

import argparse
import json
import math
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benches" / "peers"))

from running import build

# Size: (workload, values, other sizes).
SIZES = {
    "n": ("A", [128, 400, 1280, 4000, 12800], []),
    "p": ("A", [16, 48, 160, 480, 1600], []),
    "d": ("A", [16, 48, 160, 480, 1600], []),
    "particles": ("A", [64, 192, 640, 1920, 6400], []),
    "b": ("D", [16, 48, 160, 480, 1600], ["--n", 2000]),
}


def rate(steps, seconds, workload, threads, *further):
    command = [steps, workload, "f64", str(threads), "--seconds", str(seconds), *map(str, further)]
    lines = subprocess.check_output(command, text=True).splitlines()
    return json.loads(lines[-1])["particle_steps_per_second"]


def slope(xs, ys):
    xs, ys = [math.log(x) for x in xs], [math.log(y) for y in ys]
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys)) / sum((a - x) ** 2 for a in xs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    steps = build(ROOT, ["steps"])["steps"]
    print("| size | slope | seconds a step of all particles |\n|---|---|---|", flush=True)
    for name, (workload, values, further) in SIZES.items():
        times = {value: [] for value in values}
        for _ in range(options.rounds):
            for value in values:
                particles = value if name == "particles" else 64
                sizes = [f"--{name}", value, "--particles", particles, *further]
                times[value].append(particles / rate(steps, options.seconds, workload, options.threads, *sizes))
        medians = [statistics.median(times[value]) for value in values]
        table = ", ".join(f"{value}: {time:.3g}" for value, time in zip(values, medians))
        print(f"| {name} ({workload}) | {slope(values, medians):.3f} | {table} |", flush=True)
    print("\n| workload | two threads over one: median (min–max) |\n|---|---|", flush=True)
    for workload in "ABCD":
        pairs = [
            rate(steps, options.seconds, workload, 2) / rate(steps, options.seconds, workload, 1)
            for _ in range(options.rounds)
        ]
        print(f"| {workload} | {statistics.median(pairs):.2f} ({min(pairs):.2f}–{max(pairs):.2f}) |", flush=True)


if __name__ == "__main__":
    main()
