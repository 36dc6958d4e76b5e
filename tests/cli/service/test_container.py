"""The container's command is one that the command line takes."""

import json
import re
from pathlib import Path

import pytest
from running import run

DOCKERFILE = Path(__file__).resolve().parents[3] / "Dockerfile"


@pytest.mark.usefixtures("here")
def test_the_containers_command_serves_a_model_where_one_is_mounted(capsys):
    (line,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    program, *words = json.loads(line)
    assert program == "softlearn"
    said = run(capsys, *words, status=1).err
    assert "/model/model.softlearn does not exist" in " ".join(said.split())
