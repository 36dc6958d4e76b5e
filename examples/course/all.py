"""Makes every picture of docs/course.md: python examples/course/all.py [FOLDER]."""

import runpy

from picture import HERE

OTHERS = {"all", "paths", "picture", "points"}  # which draw nothing by themselves
OTHERS.add("signs")  # which needs photographs that are not here

for script in sorted(HERE.glob("*.py")):
    if script.stem not in OTHERS:
        runpy.run_path(str(script), run_name="__main__")
