"""What the scripts of this folder share: the size of a picture, and how it is written."""

import io
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

HERE = Path(__file__).resolve().parent
COLOURS = 128  # at most: few keep the file small


def new(height):
    """Return an empty figure, 7 inches wide: its letters can be read at 700 pixels."""
    return plt.figure(figsize=(7.0, height), layout="constrained")


def save(script, figure, text):
    """Write the picture of a script and print what it shows.

    It goes to the folder named on the command line, or to docs/images/course.
    """
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "docs/images/course"
    folder.mkdir(parents=True, exist_ok=True)
    pixels = io.BytesIO()
    figure.savefig(pixels, dpi=100)
    plt.close(figure)
    target = folder / f"{Path(script).stem}.png"
    image = Image.open(pixels).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        target, optimize=True
    )
    print(f"{target.name}: {text}")


def areas(display):
    """Return what a display's description says of its classes' shares of the area."""
    told = display.describe().partition("share of the area: ")[2].partition(".")[0]
    return ", ".join(f"class {part}" for part in told.split(", "))
