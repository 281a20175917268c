"""Image files as samples of a network, by Pillow (``pip install bsnn[images]``)."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import NDArray

from .errors import BsnnError
from .types import InputInfo

if TYPE_CHECKING:
    from PIL.Image import Image

ImageSource = Union[str, "os.PathLike[str]", bytes, bytearray, IO[bytes], "Image"]


def samples(source: ImageSource, input: InputInfo) -> NDArray[np.uint8]:
    """An image as samples for a network, (H, W, C) uint8.

    Grey or RGB as the network needs, turned as its orientation tag says; transparency is ignored. Where its size
    differs it is resized with a triangle filter (``BILINEAR``), which agrees with ``bsnn run`` to one unit; PNG files
    of the network's size agree exactly.

    :param source: a path, a file's bytes, an open file or a Pillow image.
    :param input: ``net.input``.
    :raises BsnnError: ``bad-input`` where it is no image or the network takes none, ``not-installed`` without Pillow.
    """
    if input.range is not None or input.channels not in (1, 3):
        raise BsnnError("bad-input", "this network takes no images: see its input")
    module, ops = _pillow()
    try:
        image = source if isinstance(source, module.Image) else module.open(_opened(source))
        image = ops.exif_transpose(image)
        image = _coloured(image, "L" if input.channels == 1 else "RGB", module)
        if image.size != (input.width, input.height):
            image = image.resize((input.width, input.height), module.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError) as error:
        raise BsnnError("bad-input", f"cannot read the image: {error}") from error
    return np.asarray(image, np.uint8).reshape(input.shape)


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
