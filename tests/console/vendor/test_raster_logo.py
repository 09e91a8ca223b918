"""What may be uploaded as a logo, and that nothing of the file but its pixels is served."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from console.errors import Refused
from console.vendor.raster_logo import KEPT_HEIGHT, KEPT_WIDTH, MOST_BYTES, raster_of


def picture(kind: str = "PNG", size: tuple[int, int] = (120, 40), mode: str = "RGB", **saved: object) -> bytes:
    written = BytesIO()
    Image.new(mode, size, "#1d4ed8" if mode != "CMYK" else (80, 60, 0, 10)).save(written, kind, **saved)
    return written.getvalue()


def png_that_says(width: int, height: int, packed: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_of_each_kind_becomes_a_png_of_ours(kind: str) -> None:
    made = raster_of(picture(kind))
    assert (made.width, made.height) == (120, 40)
    with Image.open(BytesIO(made.png)) as shown:
        assert (shown.format, shown.mode, shown.info) == ("PNG", "RGBA", {})


def test_a_printers_file_is_taken() -> None:
    assert raster_of(picture("JPEG", mode="CMYK")).width == 120


def test_a_large_picture_is_made_to_fit() -> None:
    made = raster_of(picture(size=(1600, 900)))
    assert made.width <= KEPT_WIDTH
    assert made.height == KEPT_HEIGHT


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED = {
    "svg": SVG,
    "svg behind white space": b"\n  " + SVG,
    "gif": picture("GIF"),
    "tiff": picture("TIFF"),
    "html": b"<!doctype html><script>alert(1)</script>",
    "empty": b"",
    "only the beginning of a png": b"\x89PNG\r\n\x1a\n",
    "a cut png": picture()[:60],
    "a wave that begins like a webp": b"RIFF\x00\x00\x00\x00WAVEfmt ",
    "svg after the beginning of a jpeg": b"\xff\xd8\xff" + SVG,
    "says 60,000 x 60,000": png_that_says(60_000, 60_000),
    "says 3,000 x 3,000, in some bytes": png_that_says(3_000, 3_000, zlib.compress(bytes(3_000 * 9_001), 9)),
    "too small": picture(size=(8, 8)),
    "too many bytes": picture() + bytes(MOST_BYTES),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_small_raster_picture_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        raster_of(REFUSED[name])
    assert refused.value.field == "logo"


def test_whatever_else_a_file_held_is_gone() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<script>alert(1)</script>")
    notes.add_itxt("XML:com.adobe.xmp", "<x:secret-place/>")
    made = raster_of(picture(pnginfo=notes) + b"PK\x03\x04 a zip behind it <script>alert(2)</script>")
    assert not {b"script", b"secret-place", b"PK\x03\x04"} & {
        each for each in (b"script", b"secret-place", b"PK\x03\x04") if each in made.png
    }


def test_where_a_photo_was_taken_is_gone_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    made = raster_of(picture("JPEG", exif=exif.tobytes()))
    assert (made.width, made.height) == (32, 96)
    assert b"taken at home" not in made.png
    assert b"eXIf" not in made.png


def test_the_same_pixels_have_the_same_address() -> None:
    assert raster_of(picture()).digest == raster_of(picture() + b"\n").digest
