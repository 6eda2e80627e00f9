"""Previews: small pictures of big ones. The only place that opens pictures from outside.

Only formats on a list are read, and nothing above `MAX_PIXELS`, so a small file cannot unfold into
gigabytes. Sizes are pixels of the longest side, files are bytes.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF")
MAX_PIXELS: Final = 64_000_000
CARD_EDGE: Final = 512
TILE_EDGE: Final = 384
LIVE_EDGE: Final = 192
SHEET_EDGE: Final = 128
PAGE_EDGE: Final = 384
_OPAQUE: Final = 255
_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""
_CAPS: Final = {CARD_EDGE: 60_000, TILE_EDGE: 32_000, LIVE_EDGE: 9_000, SHEET_EDGE: 4_500}
"""Bytes a preview may take, by its edge. In a notebook base64 adds a third."""
EDGES: Final = frozenset(_CAPS)


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture and its size, and the size of what it was made from."""

    data: bytes
    mime: str
    width: int
    height: int
    full_width: int
    full_height: int
    see_through: bool


def preview(path: Path, edge: int = CARD_EDGE) -> Picture | None:
    """Return a WebP preview for a card; None when the file is missing, broken, foreign or too large."""
    return _cached(path, edge, "webp")


def page_picture(path: Path) -> Picture | None:
    """Return a small JPEG, or PNG where there is transparency, for front ends without HTML (LaTeX, PDF)."""
    return _cached(path, PAGE_EDGE, "page")


def opened(source: Path | bytes, edge: int, most: int = MAX_PIXELS) -> tuple[Image, tuple[int, int]] | None:
    """Open a picture of at most `most` pixels, upright and at most `edge` large, with the size it had; else None.

    JPEG is decoded at a fraction of its size, which is what makes a card of twelve quick.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=_FORMATS) as image:
                full = image.size
                if full[0] * full[1] > most:
                    return None
                image.draft(None, (2 * edge, 2 * edge))
                upright = ImageOps.exif_transpose(image)
                if image.getexif().get(0x0112) in _SIDEWAYS:
                    full = (full[1], full[0])
                return reduced(upright, edge), full
    except Exception:  # noqa: BLE001 - Pillow has no common base for what broken files raise, and a card must not fail
        return None


def reduced(image: Image, edge: int) -> Image:
    """Return a picture as RGB or RGBA, at most `edge` large."""
    has_alpha = image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info
    if image.mode.startswith(("I", "F")):
        image = _toned(image)
    small = image.convert("RGBA" if has_alpha else "RGB")
    small.thumbnail((edge, edge))
    return small


def _toned(image: Image) -> Image:
    """Bring deep greys (depth maps of 16 bits or floats) into 8 bits, from their darkest to their brightest."""
    deep = image.convert("F")
    low, high = deep.getextrema()
    assert isinstance(low, float | int)
    assert isinstance(high, float | int)
    scale = 255 / ((high - low) or 1)
    return deep.point(lambda v: v * scale - low * scale).convert("L")


def see_through(image: Image) -> bool:
    """Tell whether any place of a picture is not opaque."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema()[0] != _OPAQUE


def webp(image: Image, cap: int) -> bytes:
    """Encode as WebP of at most `cap` bytes, lowering the quality until it fits."""
    data = b""
    for quality in (80, 65, 45, 25, 5):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        data = out.getvalue()
        if len(data) <= cap:
            break
    return data


def paged(image: Image) -> tuple[bytes, str]:
    """Encode for a page: JPEG, or PNG if anything shows through. Never WebP, which nbconvert does not take."""
    from PIL.Image import Quantize

    out = io.BytesIO()
    if see_through(image):
        image.quantize(256, Quantize.FASTOCTREE).save(out, "PNG")
        return out.getvalue(), "image/png"
    image.convert("RGB").save(out, "JPEG", quality=82)
    return out.getvalue(), "image/jpeg"


def _cached(path: Path, edge: int, kind: str) -> Picture | None:
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return _made(str(path), edge, kind, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=400)
def _made(path: str, edge: int, kind: str, mtime: int, size: int) -> Picture | None:  # noqa: ARG001 - keys of the cache
    """Make a preview once a file: a live card is redrawn several times a second."""
    found = opened(Path(path), edge)
    if found is None:
        return None
    image, full = found
    data, mime = (webp(image, _CAPS.get(edge, 60_000)), "image/webp") if kind == "webp" else paged(image)
    return Picture(data, mime, image.width, image.height, *full, see_through(image))
