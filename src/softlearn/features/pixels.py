"""Image files by Pillow: what size and colours they have, and their pixels as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .dataset import SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["choose_layout", "pixels"]

_MAX_PIXELS = 64 * 64  # larger images are reduced: every pixel is a weight for every class
_GREY = frozenset({"1", "L", "LA", "La", "I", "F"})
_EXIF_ORIENTATION = 0x0112
_ON_THEIR_SIDE = (5, 6, 7, 8)


@contextmanager
def _opened(file: Path | str | BytesIO) -> Iterator[Image]:
    """Open an image file; whatever goes wrong names it."""
    import PIL.Image

    try:
        with PIL.Image.open(file) as image:
            yield image
    except FileNotFoundError as error:
        raise SourceError(f"{file} does not exist.") from error
    except (OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise SourceError(
            f"{file} is damaged or is not an image; repair it or take it away."
        ) from error


def choose_layout(files: Sequence[Path]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the size and mode in which images are read, and notes on how they differ.

    The size [height, width] is that of most images, reduced to 4,096 pixels if there are more; the
    mode is "L" (grey) if all are grey and "RGB" otherwise.
    """
    sizes: Counter[tuple[int, int]] = Counter()
    grey = 0
    for file in files:
        with _opened(file) as image:
            turned = image.getexif().get(_EXIF_ORIENTATION) in _ON_THEIR_SIDE
            sizes[image.size if turned else image.size[::-1]] += 1
            grey += image.mode in _GREY or image.mode.startswith("I;16")
    height, width = usual = sizes.most_common(1)[0][0]
    scale = (_MAX_PIXELS / (height * width)) ** 0.5
    notes = []
    if scale < 1:
        height, width = max(1, int(height * scale)), max(1, int(width * scale))
        notes.append(
            f"Images are reduced to {width} x {height} pixels (most have {usual[1]} x {usual[0]})."
        )
    if len(sizes) > 1:
        other = len(files) - sizes[usual]
        are = "1 image of another size is" if other == 1 else f"{other} images of other sizes are"
        notes.append(f"{are} resized to {width} x {height} pixels, like the rest.")
    mode = "L" if grey == len(files) else "RGB"
    if mode == "RGB" and grey:
        notes.append(f"{grey} of {len(files)} images are grey; they are read as colour images.")
    return {"size": [height, width], "mode": mode}, tuple(notes)


def pixels(
    source: str | BytesIO | NDArray[Any], size: Sequence[int], mode: str
) -> NDArray[np.float32]:
    """Return one image as a row of numbers from 0 to 1.

    Args:
        source: a file by its name or open, or the (h, w) or (h, w, 3 or 4) uint8 array of an image.
        size: (height, width) to bring it to.
        mode: "L" or "RGB".

    Returns:
        (height * width * channels,) row by row, the channels of a pixel side by side.

    Raises:
        SourceError: naming a file that is no image.

    """
    import PIL.Image

    if not isinstance(source, str | BytesIO):
        return _row(PIL.Image.fromarray(np.asarray(source, dtype=np.uint8)), size, mode)
    with _opened(source) as image:
        return _row(image, size, mode)


def _row(image: Image, size: Sequence[int], mode: str) -> NDArray[np.float32]:
    import PIL.Image
    import PIL.ImageOps

    image = PIL.ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):  # Pillow clips these at 255
        scale = 1.0 if image.mode == "F" else 65535.0
        grey = np.clip(np.asarray(image, dtype=np.float64) / scale, 0.0, 1.0) * 255.0
        image = PIL.Image.fromarray(grey.astype(np.uint8))
    if mode == "RGB" and image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    image = image.convert(mode)
    height, width = size
    if image.size != (width, height):
        image = image.resize((width, height), PIL.Image.Resampling.BILINEAR, reducing_gap=3.0)
    return np.asarray(image, dtype=np.float32).reshape(-1) / np.float32(255)
