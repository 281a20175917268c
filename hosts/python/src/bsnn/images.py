"""Image files as samples of a network, by Pillow (``pip install bsnn[images]``)."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray

from .errors import BsnnError
from .types import FITS, Fit, InputInfo

if TYPE_CHECKING:
    from PIL.Image import Image

ImageSource = Union[str, "os.PathLike[str]", bytes, bytearray, IO[bytes], "Image"]


def samples(source: ImageSource, input: InputInfo) -> NDArray[np.uint8]:
    """An image as samples for a network, (H, W, C) uint8.

    Grey or RGB as the network needs, turned as its orientation tag says; transparency is ignored. Where its size
    differs it is fitted as ``input.fit`` says and resized with a triangle filter (``BILINEAR``), which agrees with
    ``bsnn run`` to one unit; PNG files of the network's size agree exactly.

    :param source: a path, a file's bytes, an open file or a Pillow image.
    :param input: ``net.input``.
    :raises BsnnError: ``bad-input`` where it is no image, or the network takes none or has an unknown ``fit``,
        ``not-installed`` without Pillow.
    """
    if input.range is not None or input.channels not in (1, 3):
        raise BsnnError("bad-input", "this network takes no images: see its input")
    if input.fit is not None and input.fit not in FITS:
        raise BsnnError("bad-input", f"fit of the input must be {', '.join(FITS)}, found {input.fit!r}")
    module, ops = _pillow()
    try:
        image = source if isinstance(source, module.Image) else module.open(_opened(source))
        image = ops.exif_transpose(image)
        image = _coloured(image, "L" if input.channels == 1 else "RGB", module)
        image = _fitted(image, input, module)
    except (OSError, SyntaxError, ValueError) as error:
        raise BsnnError("bad-input", f"cannot read the image: {error}") from error
    return np.asarray(image, np.uint8).reshape(input.shape)


def _fitted(image: Image, input: InputInfo, module: Any) -> Image:
    """An image of another size as ``input.fit`` says, on whole pixels as docs/format.md defines them."""
    wanted = (input.width, input.height)
    if image.size == wanted:
        return image
    (left, top, width, height), (x, y, to_width, to_height) = _placement(input.fit or "stretch", image.size, wanted)
    part = image.crop((left, top, left + width, top + height))
    if part.size != (to_width, to_height):
        part = part.resize((to_width, to_height), module.Resampling.BILINEAR)
    if part.size == wanted:
        return part
    whole: Image = module.new(part.mode, wanted)
    whole.paste(part, (x, y))
    return whole


_Rectangle = tuple[int, int, int, int]


def _placement(fit: Fit, image: tuple[int, int], wanted: tuple[int, int]) -> tuple[_Rectangle, _Rectangle]:
    """What is taken of an image and where it goes: left, top, width, height each."""
    (width, height), (to_width, to_height) = image, wanted
    wider = width * to_height > height * to_width

    def share(a: int, b: int, c: int) -> int:
        return max(1, (2 * a * b + c) // (2 * c))

    def centred(part: tuple[int, int], whole: tuple[int, int]) -> _Rectangle:
        return (whole[0] - part[0]) // 2, (whole[1] - part[1]) // 2, part[0], part[1]

    if fit == "cover":
        part = (share(height, to_width, to_height), height) if wider else (width, share(width, to_height, to_width))
        return centred(part, image), (0, 0, *wanted)
    if fit == "contain":
        part = (to_width, share(height, to_width, width)) if wider else (share(width, to_height, height), to_height)
        return (0, 0, *image), centred(part, wanted)
    if fit == "crop":
        part = (min(width, to_width), min(height, to_height))
        return centred(part, image), centred(part, wanted)
    return (0, 0, *image), (0, 0, *wanted)


def _pillow() -> Any:
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise BsnnError("not-installed", "reading images needs Pillow: pip install pillow") from error
    return Image, ImageOps


def _opened(source: Any) -> Any:
    return io.BytesIO(source) if isinstance(source, (bytes, bytearray)) else source


def _coloured(image: Image, mode: str, module: Any) -> Image:
    if image.mode.startswith("I"):
        # 16 bits, of which the upper 8 are kept.
        image = module.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if image.mode in ("1", "L", "LA"):
        return image.convert("L").convert(mode)
    return image.convert("RGB").convert(mode)
