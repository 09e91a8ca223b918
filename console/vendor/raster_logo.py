"""A logo as it was uploaded, made into the picture that we serve: pixels alone, of a size that fits.

Only what is a PNG, JPEG or WebP by its first bytes is read, by that one decoder; its size in pixels before any is decoded.
What comes out is a PNG that was written here, so that whatever else a file held (places, scripts, a second file behind the first)
is gone.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO

from django.utils.translation import gettext as _

from console.errors import Refused

MOST_BYTES = 512 * 1024
MOST_PIXELS = 4_000_000
LEAST_SIDE = 16
KEPT_WIDTH, KEPT_HEIGHT = 480, 96
"""Twice what the widest place shows."""
BEGINS = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff", "WEBP": b"RIFF"}


@dataclass(frozen=True)
class Raster:
    png: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.png).hexdigest()[:40]


def raster_of(upload: bytes) -> Raster:
    """The picture to serve. Raises Refused with what to do instead."""
    if len(upload) > MOST_BYTES:
        raise Refused(_("The file is larger than 512 kB. Save the logo smaller, and choose it again."), field="logo")
    kind = next((name for name, begin in BEGINS.items() if upload.startswith(begin)), "")
    if not kind or (kind == "WEBP" and upload[8:12] != b"WEBP"):
        raise Refused(_("This is no PNG, JPEG or WebP. Save the logo as one of these, and choose it again."), field="logo")
    try:
        return _decoded(upload, kind)
    except Refused:
        raise
    except Exception as error:  # whatever a decoder says of a broken file
        raise Refused(_("The picture cannot be read. Save it anew as PNG, and choose it again."), field="logo") from error


def _decoded(upload: bytes, kind: str) -> Raster:
    from PIL import Image, ImageOps  # here: no page needs it

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(BytesIO(upload), formats=[kind]) as picture:
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise Refused(_("The picture has more than 4,000,000 pixels. Make it smaller, then choose it."), field="logo")
            if min(width, height) < LEAST_SIDE:
                raise Refused(_("The picture is smaller than 16 pixels. Choose a larger one."), field="logo")
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            if upright.mode == "CMYK":  # as printers' files are
                upright = upright.convert("RGB")
            upright = upright.convert("RGBA")
    upright.thumbnail((KEPT_WIDTH, KEPT_HEIGHT), Image.Resampling.LANCZOS)
    pixels = Image.new("RGBA", upright.size)
    pixels.paste(upright)
    written = BytesIO()
    pixels.save(written, "PNG", optimize=True)
    return Raster(written.getvalue(), *pixels.size)
