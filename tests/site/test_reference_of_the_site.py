"""The API reference holds every public name; docstrings become the Markdown that was meant."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import docstrings
import pytest
import reference

ROOT = Path(__file__).resolve().parents[2]

each_package = pytest.mark.parametrize("package", reference.PUBLIC)


@each_package
def test_every_public_name_of_a_package_is_on_its_page(package: str) -> None:
    page = reference.pages()[f"reference/{package}.md"]
    described = set(re.findall(r'^(?:::: |<a id=")([\w.]+)', page, re.MULTILINE))
    listed = {f"{package}.{name}" for name in import_module(package).__all__}
    assert listed - set(reference.PUBLIC) <= described
    for name in import_module(package).__all__:
        assert f"| [`{name}`](" in page


@each_package
def test_every_public_class_and_function_is_documented(package: str) -> None:
    module = import_module(package)
    assert inspect.getdoc(module)
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) or inspect.isroutine(value):
            assert inspect.getdoc(value), f"{package}.{name}"


def test_what_pages_and_examples_import_is_in_the_reference() -> None:
    texts = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", *ROOT.glob("examples/**/*.py")]
    imported = {
        module
        for path in texts
        for module in re.findall(r"from (softlearn[\w.]*) import", path.read_text(encoding="utf-8"))
    }
    shown_as_inner = {"softlearn.playground.server", "softlearn.reporting.measured"}
    assert imported - shown_as_inner <= set(reference.PUBLIC)
    assert len(imported) > 10


def test_a_function_in_a_module_of_its_name_is_not_taken_for_the_module() -> None:
    page = reference.pages()["reference/softlearn.md"]
    assert '<a id="softlearn.softmax"></a>\n\n::: softlearn.softmax.softmax\n' in page


def test_the_reference_has_a_page_for_each_package_in_the_navigation() -> None:
    listed = [path for entry in reference.nav()[1:] for group in entry.values() for path in group]
    paths = {path for entry in listed for path in entry.values()}
    assert paths | {"reference/index.md"} == set(reference.pages())


@pytest.mark.parametrize("pattern", ["docs/**/*.md", "benchmarks/results/*.md"])
def test_every_page_is_in_the_navigation_of_the_site(pattern: str) -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2].split()
    pages = {path.relative_to(ROOT).as_posix().removeprefix("docs/") for path in ROOT.glob(pattern)}
    assert len(pages) > 10
    assert pages <= set(navigation)


# -- docstrings


def docstring(text: str) -> str:
    return docstrings.as_markdown(inspect.cleandoc(text))


def test_a_doctest_becomes_a_session() -> None:
    text = docstring("""One line.

        >>> 1 + 1
        2

        More.
        """)
    assert text == "One line.\n\n\n```pycon\n>>> 1 + 1\n2\n```\n\n\nMore."


def test_several_attributes_on_one_line_become_one_item() -> None:
    text = docstring("""One line.

        Attributes:
            classes_, coef_: as there,
                and here.
            gap_: what is proven.

        Raises:
            ValueError: always.
        """)
    wanted = "- `classes_`, `coef_`: as there, and here.\n- `gap_`: what is proven.\n"
    assert f"**Attributes:**\n\n{wanted}" in text
    assert text.endswith("Raises:\n    ValueError: always.")


def test_signs_are_no_quotation_and_no_tag_but_stay_in_code() -> None:
    text = docstring("""Return <a, v>, not `<a>`.

            x <y

        Args:
            verbose: > 0 prints.
        """)
    assert text.startswith("Return &lt;a, v>, not `<a>`.\n\n    x <y\n")
    assert text.endswith("verbose: &gt; 0 prints.")


def test_the_scripts_of_the_site_parse_as_python_3_11() -> None:
    for path in (ROOT / "tools").rglob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 11))
