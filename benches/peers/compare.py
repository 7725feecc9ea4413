#!/usr/bin/env python3
"""Runs this library and its peers in alternation on the workloads of docs/performance.md and writes the table of ratios.

Needs only Python's standard library; the peers go into a virtual environment under target/peers (git-ignored). All
programs of a workload are started, compile, and then take turns: a ratio is formed within a round, so that a machine that
drifts does so for both. A peer that fails is shown as failed, with the reason; the others go on.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from running import Failed, Running, build, install, versions

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / "target" / "peers" / "venv"
WORKLOADS = ["A", "B", "C", "D", "E1", "E2", "F"]
# The particle kernels of nets have a 32-bit form; the small potentials have none.
NO_SINGLE = ["E1", "E2"]
# Name: (program, further arguments, requirements).
PEERS = {
    "jax-blocked": ("jax_blocked.py", [], "requirements.txt"),
    "jax-vmap": ("jax_vmap.py", [], "requirements.txt"),
    "diffrax": ("diffrax_euler.py", [], "requirements.txt"),
    "numpy": ("numpy_blocked.py", [], "requirements.txt"),
    "torch": ("torch_eager.py", [], "requirements-torch.txt"),
    "torch-compile": ("torch_eager.py", ["--variant", "compile"], "requirements-torch.txt"),
}
DEFAULT_PEERS = ["jax-blocked", "jax-vmap", "diffrax", "numpy"]
OURS = "sgd-sde"
# Programs draw their own noise: E|W|^2 of a correct one agrees to a few per cent.
TOLERANCE = 0.06


def arguments():
    names = lambda text: text.split(",")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workloads", type=names, default=WORKLOADS, metavar="A,B", help="of " + ",".join(WORKLOADS))
    parser.add_argument("--dtypes", type=names, default=["f64", "f32"], metavar="f64,f32")
    parser.add_argument(
        "--peers",
        type=names,
        default=DEFAULT_PEERS,
        metavar="NAMES",
        help=f"of {','.join(PEERS)}, or all; without torch by default: its package is about 5 GB (with CUDA)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of every program (default 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a turn (default 2)")
    parser.add_argument("--threads", type=int, default=2, help="threads of every program (default 2)")
    parser.add_argument("--no-install", action="store_true", help="take the virtual environment as it is")
    parser.add_argument("--out", type=Path, default=HERE / "last.md", help="default benches/peers/last.md")
    options = parser.parse_args()
    if options.peers == ["all"]:
        options.peers = list(PEERS)
    for given, known in ((options.workloads, WORKLOADS), (options.dtypes, ["f64", "f32"]), (options.peers, PEERS)):
        unknown = [name for name in given if name not in known]
        if unknown:
            parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    if options.rounds < 1 or options.threads < 1 or options.seconds <= 0:
        parser.error("rounds, threads and seconds must be positive")
    return options


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def floor_now(limits, options, workload, dtype):
    """The floor of a workload as the machine is at this moment."""
    command = [limits, "--json", "--threads", str(options.threads), "--rounds", "3", "--milliseconds", "15"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    table = json.loads(done.stdout)["tables"][0]
    return table["floors"][f"{workload} {dtype}"]["particle_steps_per_second"]


def programs(options, built, unavailable, workload, dtype):
    """Starts every program of a workload: (those running, the reasons of the others)."""
    shared = [workload, dtype, str(options.threads), "--serve", "--seconds", str(options.seconds)]
    commands = {OURS: [built["steps"], *shared]}
    failed = {}
    for name in options.peers:
        script, further, requirements = PEERS[name]
        if requirements in unavailable:
            failed[name] = unavailable[requirements]
        else:
            commands[name] = [str(VENV / "bin" / "python"), str(HERE / script), *shared, *further]
    running, norms = {}, {}
    for name, command in commands.items():
        # One after another, so that no check or compilation disturbs another program.
        try:
            program = Running(command)
        except OSError as error:
            failed[name] = str(error)
            continue
        try:
            norms[name] = program.line(timeout=900)["mean_squared_norm"]
            running[name] = program
        except Failed as error:
            failed[name] = str(error)
            program.stop()
    if OURS in norms:
        for name in list(running):
            off = abs(norms[name] / norms[OURS] - 1)
            if not off < TOLERANCE:
                failed[name] = f"E|W|^2 is {norms[name]:.4g}, ours {norms[OURS]:.4g}"
                running.pop(name).stop()
    return running, failed


def compare(options, built, unavailable, workload, dtype):
    """Rates by program and round, floors by round, failures."""
    running, failed = programs(options, built, unavailable, workload, dtype)
    rates = {name: [] for name in running}
    peaks, floors = {}, []
    try:
        for number in range(options.rounds):
            order = list(running) if number % 2 == 0 else list(running)[::-1]
            for name in order:
                try:
                    result = running[name].measure(timeout=300 + 30 * options.seconds)
                    rates[name].append(result["particle_steps_per_second"])
                    peaks[name] = result["peak_mib"]
                except Failed as error:
                    failed[name] = str(error)
                    running.pop(name).stop()
                    rates.pop(name)
            try:
                floors.append(floor_now(built["limits"], options, workload, dtype))
            except (subprocess.SubprocessError, KeyError, ValueError) as error:
                failed["floor"] = str(error)
    finally:
        for program in running.values():
            program.stop()
    return {
        "workload": workload,
        "dtype": dtype,
        "rates": rates,
        "floors": floors,
        "failed": failed,
        "peak_mib": peaks,
    }


def spread(values, digits=2):
    middle = statistics.median(values)
    return f"{middle:.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def large(value):
    return f"{value / 1e6:,.0f} M" if value >= 1e7 else f"{value:,.0f}"


def cells(options, result):
    """One row of the table."""
    rates, floors, failed = result["rates"], result["floors"], result["failed"]
    ours = rates.get(OURS)
    row = [result["workload"], result["dtype"]]
    row.append(large(statistics.median(ours)) if ours else "failed")
    fractions = [100 * rate / floor for rate, floor in zip(ours or [], floors)]
    row.append(spread(fractions, 0) + " %" if fractions and len(floors) == len(ours) else "–")
    for name in options.peers:
        if name in failed:
            row.append("–" if "no form" in failed[name] else "failed")
        elif ours:
            row.append(spread([a / b for a, b in zip(ours, rates[name])]))
        else:
            row.append("–")
    return row


def machine():
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} cores, {platform.system()}"


def report(options, results, about):
    """The Markdown page."""
    lines = ["# Side by side", ""]
    lines += [f"- Machine: {about['machine']}; load average at the start {about['load']}."]
    lines += [f"- {about['versions']}.", f"- Back end {about['backend']}, {options.threads} threads."]
    lines += [
        f"- {options.rounds} alternating rounds of {options.seconds:g} s; {time.strftime('%Y-%m-%d')}. Ratios are ours over the "
        "peer's, formed within a round: median (min–max).",
        "",
    ]
    header = ["workload", "dtype", "sgd-sde (particle-steps/s)", "of the floor", *(f"× {n}" for n in options.peers)]
    lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cells(options, result)) + " |" for result in results]
    lines += ["", "Medians in particle-steps/s, peak memory in MiB:", ""]
    header = ["workload", "dtype", "floor", OURS, *options.peers]
    lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for result in results:
        row = [result["workload"], result["dtype"]]
        row.append(large(statistics.median(result["floors"])) if result["floors"] else "–")
        for name in [OURS, *options.peers]:
            rates = result["rates"].get(name)
            row.append(f"{large(statistics.median(rates))}, {result['peak_mib'][name]:.0f} MiB" if rates else "–")
        lines.append("| " + " | ".join(row) + " |")
    failures = [
        f"- {result['workload']} {result['dtype']}, {name}: {reason}"
        for result in results
        for name, reason in result["failed"].items()
    ]
    if failures:
        lines += ["", "Not measured:", "", *failures]
    return "\n".join(lines) + "\n"


def main():
    options = arguments()
    say("building")
    built = build(ROOT, ["steps", "limits"])
    unavailable = {}
    for requirements in sorted({PEERS[name][2] for name in options.peers}):
        if not options.no_install:
            say(f"installing {requirements} into {VENV.relative_to(ROOT)}")
            reason = install(VENV, HERE / requirements)
            if reason:
                unavailable[requirements] = reason
                say(f"failed: {reason}")
    backend = "unknown"
    try:
        short = [built["limits"], "--json", "--threads", "1", "--rounds", "1", "--milliseconds", "1"]
        backend = json.loads(subprocess.check_output(short, text=True))["backend"]
    except (subprocess.SubprocessError, KeyError, ValueError):
        pass
    load = "{:.2f}".format(os.getloadavg()[0]) if hasattr(os, "getloadavg") else "unknown"
    about = {"machine": machine(), "load": load, "versions": versions(ROOT, VENV), "backend": backend}
    say(f"{about['machine']}; load {load}")
    results = []
    log = ROOT / "target" / "peers" / "last.jsonl"
    log.write_text("")
    for workload in options.workloads:
        for dtype in options.dtypes:
            if workload in NO_SINGLE and dtype == "f32":
                continue
            result = compare(options, built, unavailable, workload, dtype)
            results.append(result)
            with log.open("a") as file:
                file.write(json.dumps(result) + "\n")
            options.out.write_text(report(options, results, about))
            say(" | ".join(cells(options, result)))
    print("\n" + report(options, results, about))
    say(f"written to {options.out}; single rates in {log.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
