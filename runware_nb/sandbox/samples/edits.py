"""Edits: real work on real pictures, by light means. Sizes are pixels."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from runware_nb.sandbox.samples import palette
from runware_nb.sandbox.samples.lettering import label

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

_LARGEST: Final = 4096
"""Longest side of an upscaled picture."""
_MOST_PIXELS: Final = 64_000_000
_STORED: Final = 2048
"""Longest side an input is kept at, as the API's docs say."""
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
_NO_SUBJECT: Final = 0.3
"""Mean of a mask's middle below which a picture has no subject that stands out."""
_STANDS_OUT: Final = 60
"""Cover of a cell, 0 to 255, from which on it is part of a detection."""
_LEAST: Final = 8
"""Least side that masks are found at; smaller pictures are enlarged first."""
_WORKED: Final = 512
"""Longest side that masks are found at."""

Box = tuple[int, int, int, int]


def opened(data: bytes) -> Picture | None:
    """Read a picture as RGB or RGBA, made smaller if it is very large; None when it is none."""
    from PIL import Image, ImageOps

    try:
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        if picture.width * picture.height > _MOST_PIXELS:
            return None
        picture.draft("RGB", (_STORED, _STORED))
        turned = ImageOps.exif_transpose(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    turned.thumbnail((_STORED, _STORED))
    return turned.convert("RGBA" if "A" in turned.getbands() or "transparency" in turned.info else "RGB")


def upscaled(picture: Picture, factor: float) -> Picture:
    """Sharpen a little and enlarge with Lanczos' filter, to 4096 pixels at most."""
    from PIL import Image, ImageFilter

    factor = min(max(factor, 1.0), _LARGEST / max(picture.size))
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return stamped(picture.filter(ImageFilter.UnsharpMask(1, 60, 2)).resize(size, Image.Resampling.LANCZOS))


def stamped(picture: Picture) -> Picture:
    """Put the badge on a picture."""
    sheet = label(picture.size, "", "", palette.rgb("ffd166")) if min(picture.size) < 64 else _badge_only(picture.size)  # noqa: PLR2004
    picture.paste(sheet, (0, 0), sheet)
    return picture


def _badge_only(size: tuple[int, int]) -> Picture:
    sheet = label(size, "", "", palette.rgb("ffd166"))
    bottom = size[1] * 3 // 8
    sheet.paste((0, 0, 0, 0), (0, bottom, size[0], size[1]))
    return sheet


def _strangeness(picture: Picture) -> Any:
    """Tell how far each pixel is from the colours of the picture's rim, 0 to 1: high is foreground."""
    import numpy as np

    pixels = np.asarray(picture.convert("RGB"), np.float32)
    rim = np.concatenate([pixels[:6].reshape(-1, 3), pixels[:, :6].reshape(-1, 3), pixels[:, -6:].reshape(-1, 3)])
    sample = rim[:: max(1, len(rim) // 48)]
    far = np.full(pixels.shape[:2], 1e9, np.float32)
    for colour in sample:
        far = np.minimum(far, ((pixels - colour) ** 2).sum(-1))
    return np.clip((np.sqrt(far) - 14) / 46, 0, 1)


def _middle(width: int, height: int) -> Any:
    """Return a mask of a rounded shape in the middle."""
    import numpy as np

    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = (abs(x / width - 0.5) / 0.36) ** 3 + (abs(y / height - 0.5) / 0.4) ** 3
    return np.clip((1 - far) * 12, 0, 1)


def foreground(picture: Picture) -> Picture:
    """Return a feathered mask of what differs from the rim of a picture; the middle, where nothing much does."""
    import numpy as np
    from PIL import Image, ImageFilter

    small = picture.copy()
    small.thumbnail((_WORKED, _WORKED))
    if min(small.size) < _LEAST:
        small = small.resize((max(_LEAST, small.width), max(_LEAST, small.height)))
    strange = _strangeness(small)
    height, width = strange.shape
    if strange[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4].mean() < _NO_SUBJECT:
        strange = _middle(width, height)
    mask = Image.fromarray((strange * 255).astype(np.uint8))
    mask = mask.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(1.5))
    return mask.resize(picture.size, Image.Resampling.BICUBIC)


def cut_out(picture: Picture, *, only_mask: bool, rgba: Any = None) -> Picture:
    """Make the background transparent, or a colour; or give the mask alone."""
    from PIL import Image

    mask = foreground(picture)
    if only_mask:
        return mask
    front = picture.convert("RGBA")
    front.putalpha(mask)
    if isinstance(rgba, list) and len(rgba) == 4 and all(isinstance(v, int) for v in rgba) and rgba[3]:  # noqa: PLR2004
        ground = Image.new("RGBA", picture.size, tuple(max(0, min(255, v)) for v in rgba))
        ground.alpha_composite(front)
        front = ground
    return stamped(front)


def detections(picture: Picture, most: int) -> list[Box]:
    """Find boxes around what stands out, largest first."""
    import numpy as np

    width, height = picture.size
    cells = 24
    mask = np.asarray(foreground(picture).resize((cells, cells)), np.float32) > _STANDS_OUT
    found = sorted(_islands(mask), key=len, reverse=True)[: max(1, most)]
    boxes = [_around(island, width / cells, height / cells) for island in found if len(island) > 1]
    return boxes or [(width // 4, height // 4, width * 3 // 4, height * 3 // 4)]


def _around(island: list[tuple[int, int]], wide: float, tall: float) -> Box:
    ys, xs = [y for y, _ in island], [x for _, x in island]
    return round(min(xs) * wide), round(min(ys) * tall), round((max(xs) + 1) * wide), round((max(ys) + 1) * tall)


def _islands(mask: Any) -> list[list[tuple[int, int]]]:
    """Group the cells of a mask that touch."""
    left = {(int(y), int(x)) for y, x in zip(*mask.nonzero(), strict=True)}
    islands = []
    while left:
        edge = [left.pop()]
        island = []
        while edge:
            y, x = edge.pop()
            island.append((y, x))
            touching = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & left
            left -= touching
            edge += touching
        islands.append(island)
    return islands


def mask(picture: Picture, boxes: list[Box], padding: int, blur: int) -> Picture:
    """Draw a white mask of the foreground within some boxes, on black."""
    from PIL import Image, ImageDraw, ImageFilter

    inside = Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(inside)
    for left, top, right, bottom in boxes:
        draw.ellipse((left - padding, top - padding, right + padding, bottom + padding), fill=255)
    return inside.filter(ImageFilter.GaussianBlur(blur))


def guide(picture: Picture, kind: str, low: float, high: float) -> Picture:
    """Make a ControlNet guide: edges for most kinds, else a simple filter of that name."""
    from PIL import ImageFilter, ImageOps

    grey = ImageOps.grayscale(picture.convert("RGB"))
    if kind == "depth":
        return ImageOps.autocontrast(grey.filter(ImageFilter.GaussianBlur(12)))
    if kind == "normalbae":
        return _normals(grey)
    if kind in {"tile", "shuffle"}:
        return picture.convert("RGB").filter(ImageFilter.GaussianBlur(6))
    if kind == "seg":
        return picture.convert("RGB").filter(ImageFilter.MedianFilter(9)).quantize(8).convert("RGB")
    edges = _edges(grey, low, high)
    return ImageOps.invert(edges) if kind.startswith("lineart") else edges


def _slopes(grey: Picture) -> tuple[Any, Any]:
    """Return how brightness rises to the right and downwards, by Sobel's filter, after a little smoothing."""
    import numpy as np
    from PIL import ImageFilter

    p = np.pad(np.asarray(grey.filter(ImageFilter.GaussianBlur(1)), np.float32), 1, mode="edge")
    right = (p[:-2, 2:] + 2 * p[1:-1, 2:] + p[2:, 2:]) - (p[:-2, :-2] + 2 * p[1:-1, :-2] + p[2:, :-2])
    down = (p[2:, :-2] + 2 * p[2:, 1:-1] + p[2:, 2:]) - (p[:-2, :-2] + 2 * p[:-2, 1:-1] + p[:-2, 2:])
    return right, down


def _edges(grey: Picture, low: float, high: float) -> Picture:
    """Find edges as Canny did: the crests of the slope, strong ones and weak ones that touch them.

    The thresholds are lowered together for a soft picture, whose steepest parts would not reach them.
    """
    import numpy as np
    from PIL import Image, ImageFilter

    right, down = _slopes(grey)
    steep = np.hypot(right, down)
    share = min(1.0, float(np.percentile(steep[::2, ::2], 97)) / max(high, 1))
    low, high = max(low * share, 12), max(high * share, 24)
    around = np.pad(steep, 1)
    flat = np.abs(right) > np.abs(down)
    beside = np.where(
        flat,
        np.maximum(around[1:-1, 2:], around[1:-1, :-2]),
        np.maximum(around[2:, 1:-1], around[:-2, 1:-1]),
    )
    crest = steep >= beside
    strong = crest & (steep >= high)
    weak = crest & (steep >= low)
    reach = np.asarray(Image.fromarray(strong.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(5))) > 0
    return Image.fromarray(((strong | (weak & reach)) * 255).astype(np.uint8))


def _normals(grey: Picture) -> Picture:
    import numpy as np
    from PIL import Image

    right, down = _slopes(grey)
    normal = np.stack([-right, down, np.full_like(right, 160)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return Image.fromarray(((normal + 1) * 127.5).astype(np.uint8))


def described(picture: Picture) -> tuple[int, int, list[palette.Colour]]:
    """Return width, height and the three most common colours of a picture."""
    small = picture.convert("RGB")
    small.thumbnail((96, 96))
    reduced = small.quantize(6)
    table = reduced.getpalette() or []
    counts = sorted(reduced.getcolors() or [], reverse=True)[:3]
    places = [int(place) * 3 for _, place in counts if isinstance(place, int)]
    return picture.width, picture.height, [(table[p], table[p + 1], table[p + 2]) for p in places]
