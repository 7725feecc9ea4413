"""What the programs of this folder share: workloads, data, a reference gradient, and the clock.

A program calls `prepare()` before it imports its numerical library (that fixes the threads) and `main(Peer)` at the end.
`Peer(workload, data, weights, dtype, threads)` has `gradient()`, `advance()` (a chunk of steps, noise and update included,
waiting for the result) and `weights()`; particles are (particles, d, p) for nets and (particles, d) for potentials.
"""

import argparse
import json
import math
import os
import resource
import sys
import time
from dataclasses import dataclass, replace

S = 0.05
LAMBDA = 0.13
EIGENVALUES = (1.0, 2.0)


@dataclass(frozen=True)
class Workload:
    """Sizes as in benches/shared/workloads.rs; kind is sigmoid, tanh, sgd, well or quadratic."""

    name: str
    kind: str
    d: int
    p: int
    n: int
    b: int
    particles: int
    dt: float
    observe_every: int
    chunk: int

    @property
    def is_net(self):
        return self.n > 0

    @property
    def activation(self):
        return "tanh" if self.kind == "tanh" else "sigmoid"


A = Workload("A", "sigmoid", 10, 16, 512, 0, 256, 0.125, 0, 100)
WORKLOADS = {
    "A": A,
    "B": replace(A, name="B", kind="tanh", p=128, n=1024, particles=64, chunk=20),
    "C": replace(A, name="C", d=784, p=12, n=2048, particles=16, chunk=10),
    "D": replace(A, name="D", kind="sgd", b=32, particles=1024, dt=S),
    "E1": replace(A, name="E1", kind="well", d=1, p=1, n=0, particles=1_000_000, dt=1 / 64, chunk=64),
    "E2": replace(A, name="E2", kind="quadratic", d=2, p=1, n=0, particles=1_000_000, dt=1 / 64, chunk=64),
    "F": replace(A, name="F", observe_every=10),
}


def arguments():
    parser = argparse.ArgumentParser(description="Particle-steps a second of a workload, as JSON.")
    parser.add_argument("workload", choices=list(WORKLOADS))
    parser.add_argument("dtype", choices=["f64", "f32"])
    parser.add_argument("threads", type=int)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a measurement")
    parser.add_argument("--serve", action="store_true", help="measure once for every line of standard input")
    parser.add_argument("--variant", default="", help="form of the program, where it has several")
    return parser.parse_args()


def prepare():
    """Parses the arguments and keeps every library to the same cores."""
    options = arguments()
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[: options.threads])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(options.threads))
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    return options


def centred(first, count):
    """Numbers `first` to `first + count` of the sequence of SplitMix64 from state 0, in [-1/2, 1/2)."""
    import numpy as np

    z = np.arange(first + 1, first + 1 + count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5


@dataclass
class Data:
    """Rows of unit norm, labels by the sign of x_0 - x_1 + x_2 - ..., outer layer +-1/sqrt(p)."""

    inputs: object
    labels: object
    outer: object


def data(w):
    import numpy as np

    signs = np.where(np.arange(max(w.d, w.p)) % 2 == 0, 1.0, -1.0)
    x = centred(0, w.n * w.d).reshape(w.n, w.d)
    labels = np.where(x @ signs[: w.d] >= 0, 1.0, -1.0)
    inputs = x / np.sqrt((x * x).sum(axis=1, keepdims=True))
    return Data(inputs, labels, signs[: w.p] / math.sqrt(w.p))


def start(w):
    shape = (w.particles, w.d, w.p) if w.is_net else (w.particles, w.d)
    return centred(1 << 40, math.prod(shape)).reshape(shape)


def reference_gradient(w, data, weights):
    """The gradient of one particle by the definition, in plain Python; the first b rows are the minibatch of SGD."""
    if w.kind == "well":
        return [x**3 - x for x in weights]
    if w.kind == "quadratic":
        return [theta * x for theta, x in zip(EIGENVALUES, weights)]
    gradient = [[LAMBDA * weights[k][j] for j in range(w.p)] for k in range(w.d)]
    rows = w.b if w.kind == "sgd" else w.n
    for x, y in zip(data.inputs[:rows].tolist(), data.labels[:rows].tolist()):
        z = [sum(x[k] * weights[k][j] for k in range(w.d)) for j in range(w.p)]
        if w.activation == "tanh":
            value = [math.tanh(v) for v in z]
            slope = [1 - v * v for v in value]
        else:
            value = [1 / (1 + math.exp(-v)) for v in z]
            slope = [v * (1 - v) for v in value]
        output = sum(a * v for a, v in zip(data.outer.tolist(), value))
        g = -y / (1 + math.exp(y * output)) / rows
        for k in range(w.d):
            for j in range(w.p):
                gradient[k][j] += g * data.outer[j] * slope[j] * x[k]
    return gradient


def check(peer_class, w, dtype, options):
    """Largest error of the program's own gradient at a small size, relative to the largest entry."""
    import numpy as np

    small = w
    if w.is_net:
        small = replace(w, d=3, p=4, n=8, b=4 if w.b else 0, particles=4)
    else:
        small = replace(w, particles=8)
    rows, weights = data(small), start(small)
    peer = peer_class(small, rows, weights, dtype, options)
    got = np.asarray(peer.gradient(), dtype=np.float64)
    want = np.array([reference_gradient(small, rows, particle.tolist()) for particle in weights])
    if got.shape != want.shape:
        raise SystemExit(f"the gradient has shape {got.shape}, not {want.shape}")
    error = float(np.abs(got - want).max() / np.abs(want).max())
    if not error < (1e-12 if dtype == "f64" else 1e-5):
        raise SystemExit(f"the gradient is off by {error:e}")
    return error


def mean_squared_norm(peer, w):
    import numpy as np

    weights = np.asarray(peer.weights(), dtype=np.float64)
    return float((weights * weights).sum() / w.particles)


def main(peer_class, options, program):
    w = WORKLOADS[options.workload]
    head = {"program": program, "workload": w.name, "dtype": options.dtype, "threads": options.threads}
    error = check(peer_class, w, options.dtype, options)
    peer = peer_class(w, data(w), start(w), options.dtype, options)
    peer.advance()  # compiles; every program compares its weights after this many steps
    norm = mean_squared_norm(peer, w)
    say({**head, "ready": True, "gradient_error": error, "mean_squared_norm": norm})
    peer.advance()
    if not options.serve:
        say(measure(peer, w, options.seconds, head))
        return
    for _ in sys.stdin:
        say(measure(peer, w, options.seconds, head))


def say(message):
    print(json.dumps(message), flush=True)


def measure(peer, w, seconds, head):
    begin = time.perf_counter()
    steps, elapsed = 0, 0.0
    while elapsed < seconds:
        peer.advance()
        steps += w.chunk
        elapsed = time.perf_counter() - begin
    return {
        **head,
        "particle_steps_per_second": steps * w.particles / elapsed,
        "steps": steps,
        "seconds": elapsed,
        "mean_squared_norm": mean_squared_norm(peer, w),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
