"""Images become the samples that the command makes of them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bsnn

Image = pytest.importorskip("PIL.Image")
from bsnn import images  # noqa: E402
from bsnn.types import InputInfo  # noqa: E402

COLOUR = InputInfo(height=6, width=9, channels=3, coding="current", signed=False)
GREY = InputInfo(height=6, width=9, channels=1, coding="current", signed=False)
PIXELS = np.random.default_rng(5).integers(0, 256, (6, 9, 3), np.uint8)


def png(image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_the_seven_is_a_seven(net, model) -> None:
    path = model.with_name("seven.png")
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), Image.open(path)):
        assert net.classify(images.samples(source, net.input))[0].label == "7"


def test_colours() -> None:
    assert (images.samples(png(Image.fromarray(PIXELS)), COLOUR) == PIXELS).all()
    red, green, blue = (PIXELS[..., i].astype(np.int64) for i in range(3))
    luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    assert (images.samples(png(Image.fromarray(PIXELS)), GREY)[..., 0] == luma).all()
    alpha = np.concatenate([PIXELS, np.zeros((6, 9, 1), np.uint8)], axis=2)
    assert (images.samples(png(Image.fromarray(alpha)), COLOUR) == PIXELS).all()
    grey = images.samples(png(Image.fromarray(PIXELS[..., 0])), COLOUR)
    assert (grey == PIXELS[..., :1]).all() and grey.shape == (6, 9, 3)
    deep = (PIXELS[..., 0].astype(np.uint16) << 8) + 200
    assert (images.samples(png(Image.fromarray(deep)), GREY)[..., 0] == PIXELS[..., 0]).all()


def test_orientation() -> None:
    for tag, turned in ((1, PIXELS), (3, PIXELS[::-1, ::-1]), (2, PIXELS[:, ::-1]), (6, np.rot90(PIXELS))):
        exif = Image.Exif()
        exif[0x0112] = tag
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(turned)).save(file, "PNG", exif=exif)
        assert (images.samples(file.getvalue(), COLOUR) == PIXELS).all(), tag


FITS = json.loads((Path(__file__).parents[3] / "test/bindings/images/fits.json").read_text())


@pytest.mark.parametrize("case", FITS, ids=lambda case: f"{case['fit']} {case['image']}")
def test_placement_as_on_every_host(case) -> None:
    found = images._placement(case["fit"], tuple(case["image"]), tuple(case["input"]))
    assert [list(part) for part in found] == [case["from"], case["to"]]


def test_fits() -> None:
    wide = np.random.default_rng(6).integers(1, 256, (6, 24, 3), np.uint8)
    fitted = {fit: images.samples(png(Image.fromarray(wide)), replace(COLOUR, fit=fit)) for fit in bsnn.types.FITS}
    assert (fitted["crop"] == wide[:, 7:16]).all()
    assert (fitted["cover"] == wide[:, 7:16]).all()
    assert (fitted["contain"][[0, 1, 4, 5]] == 0).all() and (fitted["contain"][2:4] > 0).all()
    squeezed = Image.fromarray(wide).resize((9, 6), Image.Resampling.BILINEAR)
    assert (fitted["stretch"] == np.asarray(squeezed)).all()


def test_refusals(net) -> None:
    for source in (b"no image", "no/such/file.png", png(Image.fromarray(PIXELS))[:40]):
        with pytest.raises(bsnn.BsnnError, match="image") as error:
            images.samples(source, net.input)
        assert error.value.code == "bad-input"
    with pytest.raises(bsnn.BsnnError, match="takes no images"):
        images.samples(png(Image.fromarray(PIXELS)), InputInfo(6, 9, 2, "current", False))
    for fit in ("squeeze", "Cover", ""):
        with pytest.raises(bsnn.BsnnError, match="must be stretch, cover, contain, crop, found") as error:
            images.samples(png(Image.fromarray(PIXELS)), replace(COLOUR, fit=fit))
        assert error.value.code == "bad-input"
