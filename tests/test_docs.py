"""Every code block of the README and the docs is run, and prints what the page says it prints.

CONTRIBUTING.md says how blocks are written.  They run in an empty folder with a copy of examples/.
Those of docs/notebooks are run, and compared, where the site is built (tools/site/lessons.py).
"""

import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from unittest import SkipTest

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from sybil import Example
from sybil.document import Document
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from softlearn.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
RUN, SHOWN = {"python", "console"}, {"text", "json", "toml"}

ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1"}
PLAIN = re.compile(  # the program, and little that a shell does
    r"""softlearn (?P<words>(?:[^|&;<>$*`"]|"[^$`"]*")+)"""
    r"""(?: > (?P<file>\S+))?(?: \|\| (?P<echo>echo "exit status \$\?"))?"""
)

TRANSLATIONS = [page for page in PAGES if page.stem.endswith(".ko")]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
each_translation = pytest.mark.parametrize("page", TRANSLATIONS, ids=name_of)
ORIGINALS = [page for page in PAGES if page not in TRANSLATIONS]
each_original = pytest.mark.parametrize(
    "page", [page for page in ORIGINALS if page.parent.name != "notebooks"], ids=name_of
)


def run_console(example: Example) -> None:
    """Run the commands of a console block; compare the output of those that show some."""
    for command, wanted in commands(example.parsed):
        plain = PLAIN.fullmatch(command)
        status, printed = run_here(**plain.groupdict()) if plain else run_in_shell(command)
        assert status == 0, f"$ {command}\nexit status {status}\n{printed}"
        if wanted:
            fits = doctest.OutputChecker().check_output(wanted, printed, FLAGS)
            assert fits, f"$ {command}\nshould print\n{wanted}\nbut prints\n{printed}"


def run_here(words: str, file: str | None, echo: str | None) -> tuple[int, str]:
    """Run softlearn in this process, which has imported it already."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as streams:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr("sys.stdin", streams.enter_context(Path(os.devnull).open()))
        out = streams.enter_context(Path(file).open("w", encoding="utf-8")) if file else printed
        with redirect_stdout(out), redirect_stderr(printed):
            status = main(shlex.split(words))
        if echo and status:
            print(f"exit status {status}", file=printed)
            status = 0
    printed.seek(0)
    return status, printed.read()


def run_in_shell(command: str) -> tuple[int, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command,
        shell=True,
        env={**os.environ, **ENVIRONMENT, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output shown below it."""
    lines = block.splitlines()
    assert lines, "a console block is empty"
    assert lines[0].startswith("$ "), f"a console block begins with '$ ', not with {lines[0]!r}"
    while lines:
        command = lines.pop(0).removeprefix("$ ")
        while command.endswith("\\"):
            command = f"{command[:-1].rstrip()} {lines.pop(0).strip()}"
        wanted = []
        while lines and not lines[0].startswith("$ "):
            wanted.append(lines.pop(0) + "\n")
        yield command, "".join(wanted).rstrip("\n") + "\n" if wanted else ""


PARSERS = (
    PythonCodeBlockParser(doctest_optionflags=FLAGS),
    CodeBlockParser(language="console", evaluator=run_console),
    SkipParser(),
)


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def run_blocks(page: Path) -> None:
    """Run all blocks of a page in the current folder; fail at the first that is not as it says."""
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    document = Document.parse(str(page), *PARSERS)
    absent: list[str] = []  # libraries that a block needs, and that dev does not bring

    def missing(name: str) -> bool:
        if find_spec(name) is None:
            absent.append(name)
        return bool(absent)

    document.namespace["missing"] = missing
    for example in document.examples():
        try:
            example.evaluate()
        except SkipTest:  # left out here because .ci/run runs it, or a library is missing
            if not absent:
                for command, _ in commands(example.parsed):
                    assert command in ci, f"{page} shows '$ {command}', which nothing runs."
            absent.clear()
        except Exception as error:
            message = f"{type(error).__name__} in the block at line {example.line}: {error}"
            pytest.fail(message, pytrace=False)  # a traceback would show the whole page


@each_original
def test_every_code_block_runs_and_prints_what_the_page_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    run_blocks(page)


@each_translation
def test_a_translation_has_the_blocks_of_its_original_which_are_run(page: Path) -> None:
    original = page.with_name(page.name.replace(".ko.", "."))
    ours, theirs = ([t.content for t in tokens(p) if t.type == "fence"] for p in (page, original))
    assert ours == theirs


@pytest.mark.parametrize(
    ("language", "block"),
    [
        ("python", "assert 1 == 2"),
        ("python", ">>> 1 + 1\n3"),
        ("console", "$ exit 3"),
        ("console", "$ echo one\ntwo"),
        ("console", "$ echo one \\\n    two\none"),
    ],
)
def test_a_block_that_is_not_as_it_says_fails(language: str, block: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"A page.\n\n```{language}\n{block}\n```\n", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match=r"in the block at line [34]"):
        run_blocks(page)


def test_a_block_that_is_left_out_must_be_run_by_ci(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    block = "```console\n$ python3 dev.py celebrate\n```\n"
    page.write_text(f'<!-- skip: next "run by .ci/run" -->\n{block}', encoding="utf-8")
    with pytest.raises(AssertionError, match="which nothing runs"):
        run_blocks(page)


@pytest.mark.parametrize("library", ["nowhere_to_be_found", "json"])
def test_a_block_is_left_out_where_its_library_is_missing(library: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    block = "```python\nassert 1 == 2\n```\n"
    skip = f'<!-- skip: next if(missing("{library}"), reason="needs it") -->\n'
    page.write_text(skip + block, encoding="utf-8")
    if library == "json":
        with pytest.raises(pytest.fail.Exception, match="in the block at line 2"):
            run_blocks(page)
    else:
        run_blocks(page)
        page.write_text(skip + block + block, encoding="utf-8")
        with pytest.raises(pytest.fail.Exception, match="in the block at line 5"):
            run_blocks(page)


@each_page
def test_no_code_block_escapes_being_run(page: Path) -> None:
    for token in tokens(page):
        assert token.type != "code_block", f"{page}, line {token.map}: fence this block."
        if token.type == "fence":
            assert token.info in RUN | SHOWN, f"{page}, line {token.map}: {token.info!r}"


@each_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    inline = [child for token in tokens(page) for child in token.children or []]
    links = [str(token.attrGet("href")) for token in inline if token.type == "link_open"]
    for link in links:
        if "://" not in link and not link.startswith("#"):
            assert (page.parent / link.partition("#")[0]).exists(), f"{page} links to {link}"
