"""Commands that must fail: with one sentence, exit status 1 (2 for usage), and no file."""

from pathlib import Path

from softlearn.__main__ import main


def files():
    return {file for file in Path().rglob("*") if file.is_file()}


def fails(capsys, *words, status=1):
    """Run a command that must fail, and return the sentence it says."""
    before = files()
    contents = {file: file.read_bytes() for file in before}
    capsys.readouterr()
    assert main([str(word) for word in words]) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert files() == before, "a file was left"
    assert all(file.read_bytes() == old for file, old in contents.items()), "a file was changed"
    if status == 2:
        return said.err
    lines = said.err.splitlines()
    assert len(lines) == 1, said.err
    assert lines[0].startswith("softlearn: ")
    assert lines[0].endswith((".", "?", ")"))
    assert "SOFTLEARN_DEBUG" not in lines[0], "this mistake has no sentence of its own"
    return lines[0].removeprefix("softlearn: ")


def fit(capsys, source, *words, target="species", output="out.softlearn", status=1):
    target = [] if target is None else ["--target", target]
    return fails(capsys, "fit", source, *target, "-o", output, *words, status=status)
