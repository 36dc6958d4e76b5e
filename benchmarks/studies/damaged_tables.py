"""Damages CSV, TSV and JSON lines at random, and runs fit, predict and evaluate on what is left.

    python benchmarks/studies/damaged_tables.py --files 5000 --out FILE.json

Each file begins as a good table (with commas, semicolons, tabs; UTF-8, UTF-16, cp949; JSON lines)
and has one to six pieces put in, replaced or cut out: quotes, marks, line ends, zero bytes, marks
of byte order, numbers that are too large, signatures of other formats and so on.  Counted is what
happens: rows that are read, one sentence with exit status 1, or something worse, which is kept.
"""

from __future__ import annotations

import contextlib
import json
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.harness.arguments import parser
from benchmarks.harness.program import run
from benchmarks.harness.results import write

PIECES = (
    b'"', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\0", b"\x1a", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xff", b"\xc3", b"#", b"sep=;\n", b"# c\n", b"NA", b"inf", b"-inf", b"nan",
    b"1e999", b"-1e-999", b"9" * 400, b"true", b"{", b"}", b"[", b"]", b"\\", b"\\u0000",
    b"\\ud800",
    b"\x1b[31m", b"\xe2\x80\xae", b"\xc2\x85", b"\xe2\x80\xa8", b" ", b"\xc2\xa0", b"2024-13-45",
    b"0001-01-01", b"99999-01-01", b"12:61", b"-", b"--", b"1,234", b"(5)", b"5%", b"=1+1", b"null",
    b"", b"0x1F", b"1_000", b"\xd9\xa3", b"x" * 3000, b'""', b'"\n"', b":", b"1:2", b"kind",
    b"width", b"PK\x03\x04", b"\x1f\x8b",
)  # fmt: skip
OPTIONS = (
    [], [], [], ["--no-header"], ["--drop-unlabelled"], ["--labels-as-written"],
    ["--encoding", "utf-16"], ["--encoding", "latin-1"], ["--encoding", "cp949"],
    ["--encoding", "utf-8"],
)  # fmt: skip


def tables() -> list[tuple[str, bytes]]:
    """Return the names and contents of the good files."""
    rows = [
        (f"{i / 7:.3f}", "xyz"[i % 3], f"2024-0{1 + i % 9}-11", "ab"[i % 3 == 0]) for i in range(30)
    ]
    names = ("width", "island", "when", "kind")
    text = "".join(",".join(row) + "\n" for row in (names, *rows))
    lines = "".join(
        json.dumps({"width": i / 7, "island": "xyz"[i % 3], "kind": "ab"[i % 3 == 0]}) + "\n"
        for i in range(30)
    )
    return [
        ("f.csv", text.encode()),
        ("f.csv", text.replace(",", ";").replace(".", ",").encode()),
        ("f.tsv", text.replace(",", "\t").encode()),
        ("f.jsonl", lines.encode()),
        ("f.csv", text.encode("utf-16")),
        ("f.csv", text.replace("x", "서울").encode("cp949")),
        ("f.csv", text.replace("x", "größe").encode()),
    ]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return a content with one to six pieces put in, replaced or cut out."""
    data = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 3, 6])):
        end = len(data) + 1
        at = rng.choice([0, rng.randrange(end), rng.randrange(min(end, 60))])
        kind = rng.randrange(4)
        gone = [0, 0, rng.randrange(12), rng.randrange(40)][kind]
        data[at : at + gone] = b"" if kind == 3 else rng.choice(PIECES)
    return bytes(data)


def outcome(words: list[str]) -> tuple[str, str]:
    """Run a command; return "read", "a sentence" or "worse", and what it said."""
    ended = run(words)
    if ended.status == 0:
        return "read", ended.err
    one = ended.status == 1 and ended.err.count("\n") == 1 and ended.err.startswith("softlearn: ")
    said = "a sentence" if one and not ended.unexpected else "worse"
    return said, f"{ended.status!r} {ended.err}"


def hunt(files: int, seed: int) -> dict[str, Any]:
    """Damage so many files in the working folder; return the counts and what was worse."""
    rng, counts, worse = random.Random(seed), Counter[str](), list[dict[str, Any]]()

    def tried(command: str, *words: str) -> str:
        what, said = outcome([command, *words])
        counts[f"{command}: {what}"] += 1
        if what == "worse" or (what != "read" and command != "fit"):
            worse.append({"words": [command, *words], "said": said, "content": repr(content)})
        return what

    for _ in range(files):
        name, good = rng.choice(tables())
        content, options = damaged(good, rng), rng.choice(OPTIONS)
        target = rng.choice(["-1", "3", "0"]) if "--no-header" in options else "kind"
        Path(name).write_bytes(content)
        if tried("fit", name, "-t", target, "-o", "m.softlearn", "-q", *options) == "read":
            again = options if "--encoding" in options else []
            if "--drop-unlabelled" not in options:  # what such rows hold, predict must read
                tried("predict", "m.softlearn", name, "-q", "-o", "p.csv", *again)
            again = options if options and options[0] != "--no-header" else []
            again = [] if "--labels-as-written" in options else again
            tried("evaluate", "m.softlearn", name, "-q", *again)
    return {"files": files, "seed": seed, "counts": dict(sorted(counts.items())), "worse": worse}


def main() -> None:
    options = parser(__doc__, "out")
    options.add_argument("--files", type=int, default=5000)
    options.add_argument("--seed", type=int, default=0)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        found = hunt(arguments.files, arguments.seed)
    if arguments.out:
        write(arguments.out, json.dumps(found, indent=1, ensure_ascii=False))
    print(json.dumps(found["counts"], indent=1), f"{len(found['worse'])} worse")


if __name__ == "__main__":
    main()
