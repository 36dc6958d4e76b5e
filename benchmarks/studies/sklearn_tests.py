r"""scikit-learn's own tests of LogisticRegression, with one import changed.

    python benchmarks/studies/sklearn_tests.py                 # those of L1 and elastic nets
    python benchmarks/studies/sklearn_tests.py --all --out FILE.md

The test file of the installed scikit-learn is copied; `LogisticRegression` and
`LogisticRegressionCV` in it are `SoftmaxRegression` and `SoftmaxRegressionCV`, and nothing else is
changed.  Tests of L1 and elastic nets are those whose text speaks of them.  Prints how many pass,
and what the others say.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import sklearn

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.results import markdown, write

_FILE = "sklearn.linear_model.tests.test_logistic"
_IMPORT = "from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier"
_OURS = """\
from sklearn.linear_model import SGDClassifier
from softlearn import SoftmaxRegression as LogisticRegression
from softlearn import SoftmaxRegressionCV as LogisticRegressionCV"""
_SPARSE = re.compile(r"""l1_ratios?(=|"|', ).*(?<![\d.])(0\.[1-9]|1\b)|"l1"|elasticnet""")
_CONFTEST = """\
import pytest

@pytest.fixture
def global_random_seed():
    return 42
"""
_LONGEST = 200  # characters of a message


def source() -> str:
    """Return the text of the test file with other estimators."""
    spec = find_spec(_FILE)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text(encoding="utf-8")
    assert text.count(_IMPORT) == 1, "scikit-learn's test file has other imports than 1.9's"
    return text.replace(_IMPORT, _OURS)


def sparse_tests(text: str) -> list[str]:
    """Return the names of the tests of L1 and elastic nets."""
    functions = [f for f in ast.parse(text).body if isinstance(f, ast.FunctionDef)]
    lines = text.splitlines()
    found = []
    for f in functions:
        first = min([f.lineno, *(d.lineno for d in f.decorator_list)]) - 1
        if f.name.startswith("test_") and _SPARSE.search("\n".join(lines[first : f.end_lineno])):
            found.append(f.name)
    return found


def run(names: list[str] | None) -> Iterator[tuple[str, str]]:
    """Yield the name of each case, and why it fails, or ''."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "test_logistic.py").write_text(source(), encoding="utf-8")
        (home / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
        report = home / "report.xml"
        some = [] if names is None else [f"test_logistic.py::{name}" for name in names]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
        command += [f"--junitxml={report}", "--rootdir", folder, "--timeout=120", *some]
        subprocess.run(command, cwd=home, capture_output=True, check=False)
        for case in ElementTree.parse(report).iter("testcase"):
            if case.find("skipped") is not None:
                continue
            problem = case.find("failure")
            problem = case.find("error") if problem is None else problem
            yield case.get("name", ""), "" if problem is None else _reason(problem)


def _reason(problem: ElementTree.Element) -> str:
    message = " ".join((problem.get("message") or "failed").split())
    return message if len(message) <= _LONGEST else message[:_LONGEST] + "..."


def page(cases: list[tuple[str, str]], which: str) -> str:
    """Return the result as Markdown."""
    failed = [(name, why.replace("|", "\\|")) for name, why in cases if why]
    passed = f"{len(cases) - len(failed)} of {len(cases)}"
    said = f"{passed} {which} pass (scikit-learn {sklearn.__version__})."
    if not failed:
        return said
    return f"{said}\n\n{markdown([['case', 'what it says'], *failed])}"


def main() -> None:
    """Run them, and print or write a page."""
    options = parser(__doc__, "out")
    options.add_argument("--all", action="store_true", help="all tests of the file")
    chosen = options.parse_args()
    names = None if chosen.all else sparse_tests(source())
    which = "cases of all tests" if chosen.all else "cases of tests of L1 and elastic nets"
    text = page(list(run(names)), which)
    print(text)
    if chosen.out:
        write(chosen.out, text)


if __name__ == "__main__":
    main()
