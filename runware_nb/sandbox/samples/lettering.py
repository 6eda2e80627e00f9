"""Lettering: the prompt and the SANDBOX badge, on anything made of pixels."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from runware_nb.sandbox.samples.palette import Colour

if TYPE_CHECKING:
    from PIL import Image, ImageFont

_MOST_LINES: Final = 4
_BADGE: Final = "SANDBOX"
_INK: Final[Colour] = (255, 255, 255)
_WIDE_FONTS: Final = (
    "DejaVuSans.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "Arial.ttf",
    "segoeui.ttf",
)
_SAMPLE: Final = "the quick brown fox jumps over a lazy dog "


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font that Pillow ships, at a size in pixels. It has little beyond ASCII."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


@lru_cache(maxsize=64)
def _wide_font(size: int) -> ImageFont.FreeTypeFont | None:
    """Return a font of this machine that has more letters, if there is one."""
    from PIL import ImageFont

    for name in _WIDE_FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def shown(words: str, size: int) -> tuple[str, Any]:
    """Return words on one line, as a font can show them, and that font.

    Without a font of this machine, accents are dropped and other scripts become question marks.
    """
    flat = "".join(c for c in " ".join(words.split()) if c.isprintable())
    if flat.isascii():
        return flat, font(size)
    if wide := _wide_font(size):
        return flat, wide
    return unicodedata.normalize("NFKD", flat).encode("ascii", "replace").decode().replace("??", "?"), font(size)


def wrapped(words: str, columns: int, lines: int = _MOST_LINES) -> list[str]:
    """Break words into a few lines; what does not fit becomes an ellipsis."""
    return textwrap.wrap(words, max(columns, 4), max_lines=lines, placeholder=" …") or [""]


def label(size: tuple[int, int], prompt: str, note: str, accent: Colour, *, solid: bool = False) -> Image.Image:
    """Draw a caption strip and a badge on nothing, to lay over a picture of that size in pixels.

    Parameters
    ----------
    note
        A line in small type under the prompt: the model and the seed.
    accent
        Colour of the badge.
    solid
        Whether the strip hides what is under it, such as another caption.
    """
    from PIL import Image, ImageDraw

    width, height = size
    sheet = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(sheet)
    unit = max(9.0, min(width * 0.030, height * 0.040, 64))
    if min(size) >= 64:  # noqa: PLR2004  (smaller ones have room for the badge alone)
        _caption(draw, size, (prompt, note), unit, 250 if solid else 168)
    _badge(draw, size, accent, unit)
    return sheet


def plate(size: tuple[int, int], prompt: str, note: str, accent: Colour) -> Image.Image:
    """Draw a plate across the middle of a sheet of that size: SANDBOX, the prompt, and a note. For textures."""
    from PIL import Image, ImageDraw

    width, height = size
    sheet = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(sheet)
    (words, big), (small_words, small) = shown(prompt, height // 17), shown(note, height // 30)
    lines = wrapped(words, _columns(draw, width * 0.78, big), 3)
    tall = height * (0.2 + 0.075 * len(lines))
    box = (width * 0.07, (height - tall) / 2, width * 0.93, (height + tall) / 2)
    draw.rounded_rectangle(box, height / 24, fill=(10, 11, 20, 200))
    rows = [(_BADGE, font(height // 14), accent), *((line, big, _INK) for line in lines), (small_words, small, _INK)]
    y = box[1] + height * 0.06
    for words, letters, colour in rows:
        draw.text((width / 2, y), words, (*colour, 255), letters, anchor="mm")
        y += height * 0.075
    return sheet


def _caption(draw: Any, size: tuple[int, int], told: tuple[str, str], unit: float, cover: int) -> None:
    (width, height), (prompt, note) = size, told
    (words, big), (small_words, small) = shown(prompt, round(unit)), shown(note, max(8, round(unit * 0.62)))
    margin, pad, line_height = unit * 0.9, unit * 0.7, unit * 1.28
    room = width - 2 * margin - 2 * pad
    lines = wrapped(words, _columns(draw, room, big), _MOST_LINES if height > 12 * unit else 2) if words else []
    noted = bool(note) and height > 10 * unit
    if not lines and not noted:
        return
    tall = len(lines) * line_height + (unit * 0.95 if noted else 0)
    top = height - margin - tall - 2 * pad
    draw.rounded_rectangle((margin, top, width - margin, height - margin), unit * 0.55, fill=(10, 11, 20, cover))
    for place, line in enumerate(lines):
        draw.text((margin + pad, top + pad + place * line_height - unit * 0.12), line, _INK, big)
    if noted:
        line = wrapped(small_words, _columns(draw, room, small), 1)[0]
        draw.text((margin + pad, height - margin - pad - unit * 0.72), line, (*_INK, 190), small)


def _columns(draw: Any, room: float, letters: Any) -> int:
    """Return how many letters of a font fit into some pixels, with a little to spare."""
    return int(0.96 * room * len(_SAMPLE) / (draw.textlength(_SAMPLE, letters) or 1))


def _badge(draw: Any, size: tuple[int, int], accent: Colour, unit: float) -> None:
    letters = font(max(7, min(round(unit * 0.72), size[0] // 6)))
    wide = draw.textlength(_BADGE, letters)
    tall = unit * 1.5 if size[1] >= 32 else size[1] * 0.8  # noqa: PLR2004
    margin = min(unit * 0.9, max(0.0, (size[0] - wide) / 2 - 2))
    pad = min(unit * 0.7, max(1.0, (size[0] - wide) / 2 - margin))
    box = (margin, margin, margin + wide + 2 * pad, margin + tall)
    draw.rounded_rectangle(
        box, tall / 2, fill=(*accent, 240), outline=(255, 255, 255, 150), width=max(1, round(unit / 18))
    )
    draw.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), _BADGE, (16, 16, 28), letters, anchor="mm")
