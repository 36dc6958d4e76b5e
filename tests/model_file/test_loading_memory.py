"""A file takes as much memory as it has bytes, and too little memory is said as that."""

from __future__ import annotations

import subprocess
import sys

import pytest
from forging import refused

from softlearn.model_file import files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and /proc are Linux's")

UNDER_A_LIMIT = """
import re, resource, sys
from pathlib import Path
import softlearn
softlearn.load(sys.argv[1])  # all libraries are loaded
kib = int(re.search(r"VmSize:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
room = (kib << 10) + (64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (room, room))
print(softlearn.read_metadata(sys.argv[1])["metadata"], type(softlearn.load(sys.argv[1])).__name__)
"""


def test_a_small_file_is_loaded_where_64_mib_are_left(whole, path):
    path.write_bytes(whole)
    done = subprocess.run(
        [sys.executable, "-c", UNDER_A_LIMIT, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "{'rows': 150} Pipeline\n"


def test_too_little_memory_is_not_called_damage(whole, path, monkeypatch):
    def fall(*arguments):
        raise MemoryError

    monkeypatch.setattr(files.json, "loads", fall)
    refused(path, whole, r"m\.softlearn cannot be loaded: there is not enough memory for it\.$")
