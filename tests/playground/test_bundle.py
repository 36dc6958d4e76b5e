"""The page's modules as one: each after those it imports, and nothing else than they say."""

import re
import shutil
import subprocess

import pytest

from softlearn.playground.bundle import STATIC, bundled, in_order

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
FILES = {
    "main": 'import { twice as double } from "./two.js";\nimport * as one from "./one.js";\n'
    "console.log(double(one.ONE), one.half(1));\n",
    "two": 'import {\n  ONE,\n} from "./one.js";\nconst two = 2 * ONE;\n'
    "export function twice(x) {\n  return two * x;\n}\n",
    "one": "export const ONE = 1;\nconst two = 2;\nexport const half = (x) => x / two;\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, source in FILES.items():
        (tmp_path / f"{name}.js").write_text(source)
    return tmp_path


def test_every_module_comes_once_and_after_those_that_it_imports():
    sources = in_order("main")
    assert {f"{name}.js" for name in sources} == {path.name for path in STATIC.glob("*.js")}
    names = list(sources)
    for place, source in enumerate(sources.values()):
        for other in re.findall(r'"\./(\w+)\.js"', source):
            assert other in names[:place]


def test_every_name_that_is_imported_is_exported():
    sources = in_order("main")
    for name, source in sources.items():
        for some, other in re.findall(r'^import \{([^}]*)\} from "\./(\w+)\.js"', source, re.M):
            for wanted in (part.split(" as ")[0].strip() for part in some.split(",")):
                exported = rf"^export (async )?(function|const) {re.escape(wanted)}\b"
                assert not wanted or re.search(exported, sources[other], re.M), (name, wanted)


def test_no_import_or_export_is_left():
    assert not re.findall(r"^(?:import|export)\b.*", bundled("main"), re.M)


def test_modules_that_import_each_other_are_refused(folder):
    (folder / "one.js").write_text('import { twice } from "./two.js";\n')
    with pytest.raises(
        ValueError, match=r"one\.js imports itself by way of|two\.js imports itself"
    ):
        bundled("main", folder)


@needs_node
def test_the_bundle_does_what_the_modules_do(folder):
    (folder / "bundle.mjs").write_text(bundled("main", folder))
    (folder / "package.json").write_text('{"type": "module"}')
    said = [
        subprocess.run(["node", str(folder / name)], capture_output=True, text=True, check=True)
        for name in ("main.js", "bundle.mjs")
    ]
    assert said[0].stdout == said[1].stdout == "2 0.5\n"
