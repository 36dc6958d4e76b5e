#!/usr/bin/env python3
"""What a newcomer or a contributor runs, with nothing but Python 3.11 or later.

    python3 dev.py demo      fit a model on real data and print the report
    python3 dev.py test      run the tests            (further words go to pytest)
    python3 dev.py check     run the other checks     (or some: lint format types typing ...)
    python3 dev.py browser   run the tests that need Chromium, or skip them where there is none
    python3 dev.py docs      build the documentation site in build/site, and check its links
                             (--serve shows it in the browser, built anew as pages change)

Each first makes or mends the virtual environment .venv beside this file and installs what it
needs there, unless that has been done already and nothing that is compiled has changed.  A C++
compiler is used if there, not needed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "softlearn-installed.json"
NATIVE = "src/softlearn/kernels/native"
OLDEST = (3, 11)
VERSION = sys.version_info[:2]

FIT = "softlearn fit examples/data/penguins.csv --target species -o penguins.softlearn"
KERNELS = """
from softlearn.kernels.dispatch import describe
facts = describe()
why = facts["why_no_native"]
print(f"Kernels in use: {facts['chosen']}" + (f", because {why}." if why else "."), flush=True)
"""
CHECKS = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "typing": ["-m", "basedpyright", "--pythonpath", str(PYTHON)],  # what users' scripts see
    "imports": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "docs": ["-m", "pytest", "-q", "tests/test_docs.py"],
}


SITE = ["-m", "mkdocs", "build", "--quiet"]
SERVE = ["-m", "mkdocs", "serve", "--no-strict"]
SITE_CHECKS = ["tools/site/checks.py"]


def main(words: Sequence[str]) -> int:
    """Run one command; return the exit status."""
    if VERSION < OLDEST:
        raise Stop(f"softlearn needs Python 3.11 or later, but this is {_dotted(VERSION)}.")
    command, rest = (words[0], list(words[1:])) if words else ("help", [])
    if command == "demo" and not rest:
        install("cli")
        print(f"$ {FIT}", flush=True)
        return run(["-m", *FIT.split()])
    if command == "test":
        install("dev")
        return run(["-m", "pytest", "-n", str(_cores()), *rest], OMP_NUM_THREADS="1")
    if command == "browser":
        install("dev")
        only = ["-m", "browser", "tests/playground"]
        return run(["-m", "pytest", "-n", str(_cores()), *only, *rest], OMP_NUM_THREADS="1")
    if command == "docs" and rest in ([], ["--serve"]):
        return docs(serve=bool(rest))
    if command == "check":
        return check(rest or list(CHECKS))
    print(__doc__)
    return 0 if command in ("help", "-h", "--help") else 2


def check(names: Sequence[str]) -> int:
    """Run the named checks, all of them even when one fails; return 0 if none did."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        raise Stop(f"There is no check {unknown[0]!r}; there are: {' '.join(CHECKS)}.")
    install("dev")
    failed = []
    for name in names:
        print(f"== {name}", flush=True)
        if run(CHECKS[name]) != 0:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}." if failed else "Every check passed.", flush=True)
    return 1 if failed else 0


def docs(*, serve: bool) -> int:
    """Build the documentation site and check it, or serve it; return the exit status."""
    install("docs")
    quiet = {"NO_MKDOCS_2_WARNING": "1"}  # pyproject.toml keeps MkDocs below 2
    if serve:
        return run(SERVE, **quiet)
    return run(SITE, **quiet) or run(SITE_CHECKS)


# ---------------------------------------------------------------- the virtual environment


def install(extra: str) -> None:
    """Make .venv usable and install softlearn with an extra, unless that has been done."""
    if not _usable():
        _make()
    wanted, done = _fingerprint(), _stamp()
    current = done.get("fingerprint") == wanted
    had = set(done.get("extras", []))
    if current and extra in (had | {"cli"} if "dev" in had else had):
        return
    extras = sorted(had | {extra})
    print(f"Installing softlearn[{','.join(extras)}] into {VENV} (a minute or two) ...", flush=True)
    pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if "dev" in extras:  # tests run the kernels of every instruction set
        pip.append("--config-settings=cmake.define.SOFTLEARN_SETS=all")
    # What is compiled already is not compiled again to have the packages of one more extra.
    compiled = current and extra != "dev"
    what = _requirements(extra) if compiled else ["--editable", f".[{','.join(extras)}]"]
    if run([*pip, *what]) != 0:
        raise Stop("pip could not install softlearn: its message is above. Mend that, run again.")
    STAMP.write_text(json.dumps({"fingerprint": wanted, "extras": extras}), encoding="utf-8")
    if not compiled:
        run(["-c", KERNELS])


def _requirements(extra: str) -> list[str]:
    """Return what an extra of pyproject.toml asks for, the extras that it names included."""
    import tomllib  # which older Pythons, whose users get a sentence, do not have

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = []
    for requirement in project["optional-dependencies"][extra]:
        named = re.fullmatch(r"softlearn\[(\w+)\]", requirement)
        found += _requirements(named[1]) if named else [requirement]
    return found


def run(arguments: Sequence[str], **environment: str) -> int:
    """Run the environment's Python from the root of the project; return its exit status."""
    env = {**environment, **os.environ, "PYTHONUTF8": "1"}
    return subprocess.run([str(PYTHON), *arguments], cwd=ROOT, env=env, check=False).returncode


def _usable() -> bool:
    """Say whether .venv holds a whole environment of this version of Python."""
    ask = "import sys, pip; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [str(PYTHON), "-c", ask], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return answer.stdout.split() == [str(n) for n in VERSION]


def _make() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Stop(
            "This Python comes without venv or ensurepip, which make virtual environments; install "
            f"them (Debian and Ubuntu: apt install python{_dotted(VERSION)}-venv) and run again."
        )
    if VENV.exists():
        print(f"{VENV} is incomplete, or of another version of Python: making it anew.")
    make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(make, check=False).returncode != 0:
        raise Stop(f"No virtual environment could be made in {VENV}: the message above says why.")


def _fingerprint() -> str:
    """Return what an installation depends on, as one word."""
    parts = [str(ROOT).encode(), _dotted(VERSION).encode()]
    files = [ROOT / p for p in ("pyproject.toml", "CMakeLists.txt", "src/softlearn/_version.py")]
    files += sorted(p for p in (ROOT / NATIVE).iterdir() if p.suffix in (".cpp", ".hpp"))
    parts += [part for p in files for part in (p.name.encode(), p.read_bytes())]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _stamp() -> dict[str, Any]:
    try:
        done = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return done if isinstance(done, dict) else {}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


class Stop(Exception):
    """Nothing more can be done; the message says why in a sentence."""


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as reason:
        sys.exit(f"dev.py: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
