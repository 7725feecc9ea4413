"""Building, installing and talking to the programs that compare.py alternates."""

import json
import queue
import subprocess
import tempfile
import threading
from pathlib import Path


class Failed(Exception):
    """A program that did not do what it should, with the reason in a line."""


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"


class Running:
    """A program in memory that measures whenever it is told to."""

    def __init__(self, command):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def line(self, timeout):
        """The next JSON line."""
        while True:
            try:
                line = self.lines.get(timeout=timeout)
            except queue.Empty:
                raise Failed(f"no answer within {timeout:.0f} s") from None
            if line is None:
                self.process.wait()
                self.errors.seek(0)
                raise Failed(f"exit code {self.process.returncode}: {last_line(self.errors.read())}")
            if line.startswith("{"):
                try:
                    return json.loads(line)
                except ValueError as error:
                    raise Failed(f"not JSON: {error}") from None

    def measure(self, timeout):
        try:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended: `line` says why
        result = self.line(timeout)
        if not result["mean_squared_norm"] < float("inf"):
            raise Failed("the weights are not finite")
        return result

    def stop(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.errors.close()


def build(root, benches):
    """Builds benches as `cargo bench` would and returns their executables."""
    command = ["cargo", "bench", "--locked", "--no-run", "--message-format=json"]
    for name in benches:
        command += ["--bench", name]
    done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("cargo bench --no-run failed")
    built = {}
    for line in done.stdout.splitlines():
        message = json.loads(line) if line.startswith("{") else {}
        if message.get("executable") and message["target"]["name"] in benches:
            built[message["target"]["name"]] = message["executable"]
    missing = [name for name in benches if name not in built]
    if missing:
        raise SystemExit(f"cargo built no {', '.join(missing)}")
    return built


def install(venv, requirements):
    """Installs into the virtual environment; the reason if that fails."""
    import sys

    python = venv / "bin" / "python"
    steps = [] if python.exists() else [[sys.executable, "-m", "venv", str(venv)]]
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps.append([*pip, "--requirement", str(requirements)])
    venv.parent.mkdir(parents=True, exist_ok=True)
    for command in steps:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except OSError as error:
            return f"not installed: {error}"
        if done.returncode != 0:
            return f"not installed: {last_line(done.stderr)}"
    return None


def versions(root, venv):
    """What was compared, in words."""
    words = []
    commands = [["rustc", "--version"]]
    names = "jax jaxlib diffrax torch numpy".split()
    script = (
        "import sys\nfrom importlib.metadata import PackageNotFoundError, version\n"
        f"out = ['Python ' + sys.version.split()[0]]\nfor name in {names}:\n"
        "    try:\n        out.append(name + ' ' + version(name))\n"
        "    except PackageNotFoundError:\n        pass\nprint(', '.join(out))"
    )
    commands.append([str(Path(venv) / "bin" / "python"), "-c", script])
    for command in commands:
        try:
            words.append(subprocess.check_output(command, cwd=root, text=True).strip())
        except (OSError, subprocess.SubprocessError):
            words.append(f"{command[0]}: unknown version")
    try:
        commit = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=root, text=True).strip()
        words.insert(0, f"sgd-sde at {commit}")
    except (OSError, subprocess.SubprocessError):
        words.insert(0, "sgd-sde")
    return ", ".join(words)
