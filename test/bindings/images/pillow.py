"""Writes images that Pillow has made, and what Pillow sees in them, into a folder: pillow.py FOLDER."""

import io
import json
import random
import sys
from pathlib import Path

from PIL import Image, ImageOps

folder = Path(sys.argv[1])
chance = random.Random(14)
cases: list[dict] = []
SIZES = [(1, 1), (1, 17), (17, 1), (8, 8), (15, 16), (17, 33), (33, 17), (65, 49)]
BANDS = {"1": 1, "L": 1, "LA": 2, "P": 1, "RGB": 3, "RGBA": 4, "CMYK": 4}


def noise(mode: str, size: tuple[int, int]) -> Image.Image:
    """An image of random samples; of mode 1 as it comes out of grey."""
    width, height = size
    if mode == "1":
        return noise("L", size).convert("1")
    image = Image.frombytes(mode, size, chance.randbytes(width * height * BANDS[mode]))
    if mode == "P":
        image.putpalette(chance.randbytes(768))
    return image


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def seen(file: bytes) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")


def write(file: bytes, expected: Image.Image | None, to: tuple[int, int] | None = None) -> None:
    """A case: a file, what is expected of it (None: that it is refused), and a size that it is resized to."""
    name = str(len(cases))
    (folder / name).write_bytes(file)
    if expected is not None:
        (folder / f"{name}.rgb").write_bytes(expected.tobytes())
    cases.append({"name": name, "size": expected and expected.size, "isResized": to is not None})


def scans(file: bytes) -> list[bytes]:
    """The segments of a JPEG, a scan's data with it."""
    parts, at = [], 2
    while file[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(file[at + 2 : at + 4], "big")
        if file[at + 1] == 0xDA:
            while file[end] != 0xFF or file[end + 1] == 0 or 0xD0 <= file[end + 1] <= 0xD7:
                end += 1
        parts.append(file[at:end])
        at = end
    return parts


for size in SIZES:
    jpegs = [
        encoded(noise("RGB", size), "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
        for quality in (20, 95)
        for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1")
        for progressive in (False, True)
    ]
    for progressive in (False, True):
        more = {"progressive": progressive}
        jpegs.append(encoded(noise("L", size), "JPEG", **more))
        jpegs.append(encoded(noise("RGB", size), "JPEG", keep_rgb=True, **more))
        jpegs += [encoded(noise("RGB", size), "JPEG", restart_marker_blocks=n, **more) for n in (1, 2, 7)]
        jpegs.append(encoded(noise("RGB", size), "JPEG", restart_marker_rows=1, optimize=True, **more))
    pngs = [encoded(noise(mode, size), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")]
    pngs += [encoded(noise("P", size).quantize(2**bits), "PNG", bits=bits) for bits in (1, 2, 4)]
    pngs.append(encoded(noise("P", size), "PNG", transparency=3))
    pngs.append(encoded(noise("L", size), "PNG", transparency=3, icc_profile=chance.randbytes(200)))
    for orientation in range(10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        jpegs.append(encoded(noise("RGB", size), "JPEG", exif=exif.tobytes()))
        pngs.append(encoded(noise("RGB", size), "PNG", exif=exif.tobytes()))
    for file in jpegs + pngs:
        write(file, seen(file))
    for file in (jpegs[0], pngs[0]):
        write(file + chance.randbytes(100), seen(file))
    write(encoded(noise("CMYK", size), "JPEG"), None)

frames = [noise("RGB", (20, 15)) for _ in range(3)]
write(encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=10), frames[0])
for kind in ("WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "ICO", "PPM", "TGA"):
    write(encoded(noise("RGB", (32, 32)), kind), None)

for mode in ("RGB", "L"):
    parts = scans(encoded(noise(mode, (31, 17)), "JPEG", progressive=True))
    places = [place for place, part in enumerate(parts) if part[1] == 0xDA]
    for place in places:
        write(b"\xff\xd8" + b"".join(parts[:place] + parts[place + 1 :]) + b"\xff\xd9", None)
        twice = parts[: place + 1] + parts[place:]
        write(b"\xff\xd8" + b"".join(twice) + b"\xff\xd9", None)

for size in [(1, 1), (1, 1000), (1000, 1), (1, 65536), (3, 5000), (28, 28), (301, 299), (2, 131073)]:
    image = noise("RGB", size)
    for to in [(1, 1), (1, 28), (28, 1), (32, 32), (7, 300), (300, 7)]:
        write(encoded(image, "PNG"), image.resize(to, Image.Resampling.BILINEAR), to)

(folder / "cases.json").write_text(json.dumps(cases))
