"""Pictures: a scene by chance, blurred shapes and layers of hills, with the prompt on it. Sizes are pixels."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from runware_nb.sandbox.samples import lettering, palette
from runware_nb.sandbox.samples.palette import Brief, Colour

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

_DRAWN: Final = 640
"""Longest side a scene is drawn at; it is enlarged to the size asked, since it has no fine detail."""
_START_SHARE: Final = 0.82
"""How much of a picture that was given shows in the one made from it."""


def picture(brief: Brief, size: tuple[int, int], start: Picture | None = None) -> Picture:
    """Draw a picture of exactly that size, on top of a start picture if there is one."""
    width, height = size
    chance = brief.dice("image")
    shades = palette.colours(brief.prompt, chance)
    drawn = scene(chance, shades, width, height)
    if start is not None:
        drawn = _over(start, drawn)
    note = f"{brief.note}  /  {width} x {height}"
    sheet = lettering.label(drawn.size, brief.prompt, note, shades[3], solid=start is not None)
    drawn.paste(sheet, (0, 0), sheet)
    return drawn


def _over(start: Picture, drawn: Picture) -> Picture:
    from PIL import Image, ImageOps

    fitted = ImageOps.fit(start.convert("RGB"), drawn.size)
    return Image.blend(drawn, fitted, _START_SHARE)


def scene(chance: random.Random, shades: list[Colour], width: int, height: int) -> Picture:
    """Draw a scene without any words."""
    from PIL import Image

    share = min(1.0, _DRAWN / max(width, height))
    small = (max(8, round(width * share)), max(8, round(height * share)))
    draw = chance.choice(SCENES)
    drawn = Image.fromarray(_dithered(draw(chance, shades, *small)))
    return drawn if drawn.size == (width, height) else drawn.resize((width, height), Image.Resampling.BICUBIC)


def _dithered(pixels: Any) -> Any:
    """Round to bytes with a little even noise, so that soft slopes show no bands."""
    import numpy as np

    noise = np.random.default_rng(1).random(pixels.shape[:2], dtype=np.float32)[..., None]
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def slope(stops: list[Colour], share: Any) -> Any:
    """Colour an array of shares, 0 to 1, along some stops."""
    import numpy as np

    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, places, [c[i] for c in stops]) for i in range(3)], axis=-1).astype(np.float32)


def _grid(width: int, height: int) -> tuple[Any, Any]:
    """Return x and y of each pixel, in heights: y runs 0 to 1, x is around 0."""
    import numpy as np

    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / height
    return x - width / height / 2, y


def _hills(chance: random.Random, shades: list[Colour], width: int, height: int) -> Any:
    """Layers of hills under a sun, lighter with distance."""
    import numpy as np

    x, y = _grid(width, height)
    pixels = slope([shades[1], shades[2], shades[3], shades[4]], np.clip(y / 0.72, 0, 1))
    half = width / height / 2
    sun = (chance.uniform(-0.55, 0.55) * half, chance.uniform(0.24, 0.46), chance.uniform(0.07, 0.12))
    far = np.hypot(x - sun[0], y - sun[1])
    pixels += np.exp(-(((far - sun[2]).clip(0) / 0.16) ** 2))[..., None] * (np.array(shades[4]) - pixels) * 0.75
    pixels = _blend(pixels, shades[4], _edge((sun[2] - far) * height))
    for layer in range(5):
        near = layer / 4
        crest = 0.52 + 0.11 * layer + _wave(chance, x, 0.075 - 0.009 * layer, 1.2 + 0.7 * layer)
        tone = palette.mixed(palette.mixed(shades[3], shades[2], near), shades[0], near**0.8)
        haze = np.clip((y - crest) * 3, 0, 1)[..., None]
        body = np.array(tone) * (1 - 0.22 * haze) + np.array(shades[2]) * 0.22 * haze * (1 - near)
        cover = _edge((y - crest) * height)[..., None]
        pixels = pixels * (1 - cover) + body * cover
    return pixels


def _wave(chance: random.Random, x: Any, tall: float, fast: float) -> Any:
    """Add a few sines up to a rolling line."""
    import numpy as np

    line = np.zeros_like(x[0])
    for octave in range(4):
        line += np.sin(x[0] * fast * 2**octave * 3 + chance.uniform(0, 6.3)) * tall * 0.5**octave
    return line[None, :]


def _edge(depth: Any) -> Any:
    """Cover of a shape by its depth in pixels: one pixel of soft edge."""
    import numpy as np

    return np.clip(depth + 0.5, 0, 1)


def _blend(pixels: Any, colour: Colour, cover: Any) -> Any:
    import numpy as np

    cover = cover[..., None]
    return pixels * (1 - cover) + np.array(colour, np.float32) * cover


def _glow(chance: random.Random, shades: list[Colour], width: int, height: int) -> Any:
    """Large soft lights that run into each other, folded like silk."""
    import numpy as np

    x, y = _grid(width, height)
    half = width / height / 2
    bend = 0.10 * np.sin(y * chance.uniform(4, 7) + x * 3 + chance.uniform(0, 6))
    pixels = slope([shades[0], shades[1], shades[2]], np.clip(y + bend, 0, 1))
    for n in range(7):
        cx, cy = chance.uniform(-half, half), chance.uniform(0, 1)
        wide, tall = chance.uniform(0.22, 0.55), chance.uniform(0.16, 0.42)
        light = np.exp(-(((x + bend - cx) / wide) ** 2) - ((y - bend - cy) / tall) ** 2)
        pixels = _blend(pixels, shades[1 + n % 4], light * 0.85)
    swirl = x * 0.9 + y * 0.6 + 0.22 * np.sin(x * 3.1 + chance.uniform(0, 6)) + 0.26 * np.sin(y * 4.3 + x * 1.7)
    folds = np.sin((swirl + bend) * chance.uniform(14, 22)) * 0.5 + 0.5
    return _blend(pixels, shades[4], folds**4 * 0.13)


def _discs(chance: random.Random, shades: list[Colour], width: int, height: int) -> Any:
    """Discs, rings and bars on a quiet ground, as on a poster."""
    import numpy as np

    x, y = _grid(width, height)
    half = width / height / 2
    light = chance.random() < 0.6  # noqa: PLR2004
    ground = [shades[4], palette.mixed(shades[4], shades[3], 0.45)] if light else [shades[0], shades[1]]
    pixels = slope(ground, y)
    for n in range(chance.randint(7, 10)):
        cx, cy, size = chance.uniform(-half, half), chance.uniform(0, 1), chance.uniform(0.08, 0.30)
        far = np.hypot(x - cx, y - cy)
        turn = chance.uniform(0, 3.14)
        along = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        across = -(x - cx) * np.sin(turn) + (y - cy) * np.cos(turn)
        shape = chance.choice(("disc", "disc", "half", "ring", "bar"))
        depth = {
            "disc": size - far,
            "half": np.minimum(size - far, across),
            "ring": size * 0.16 - np.abs(far - size),
            "bar": np.minimum(size * 1.6 - np.abs(along), 0.018 - np.abs(across)),
        }[shape]
        tone = shades[(n + (0 if light else 1)) % 4 if light else 1 + n % 4]
        shade = np.clip(0.86 + across * 0.5, 0.7, 1.0) if shape in {"disc", "half"} else 1.0
        pixels = _blend(pixels, tone, _edge(depth * height) * shade)
    return pixels


def _dunes(chance: random.Random, shades: list[Colour], width: int, height: int) -> Any:
    """Folded bands with a lit and a dark side, like dunes or waves."""
    import numpy as np

    x, y = _grid(width, height)
    pixels = slope([shades[3], shades[4]], np.clip(y * 2, 0, 1))
    bands = 9
    for band in range(bands):
        near = band / (bands - 1)
        crest = 0.16 + 0.88 * near**1.15 + _wave(chance, x, 0.03 + 0.05 * near, 0.8 + 0.5 * chance.random())
        depth = y - crest
        tone = slope([shades[3], shades[2], shades[1], shades[0]], np.float32(near))
        lit = np.array(shades[4]) * 0.55 + tone * 0.45
        side = np.exp(-((depth / (0.03 + 0.05 * near)) ** 2))[..., None]
        cover = _edge(depth * height)[..., None]
        pixels = pixels * (1 - cover) + (tone * (1 - side * 0.55) + lit * side * 0.55) * cover
    return pixels


SCENES: Final[tuple[Callable[..., Any], ...]] = (_hills, _glow, _discs, _dunes)


def encoded(drawn: Picture, extension: str, quality: int) -> bytes:
    """Write a picture. JPG has no transparency: it gets a white ground. Quality is 20 to 99, of lossy formats."""
    from PIL import Image

    written = io.BytesIO()
    if extension == "jpg":
        if drawn.mode == "RGBA":
            ground = Image.new("RGB", drawn.size, (255, 255, 255))
            ground.paste(drawn, (0, 0), drawn)
            drawn = ground
        drawn.convert("RGB").save(written, "JPEG", quality=quality)
    elif extension == "webp":
        drawn.save(written, "WEBP", quality=quality, method=1)
    elif extension == "tiff":
        drawn.save(written, "TIFF", compression="tiff_lzw")
    else:
        drawn.save(written, "PNG", compress_level=2)
    return written.getvalue()


def placeholder(name: str) -> bytes:
    """Draw a picture that stands for one that is not on this machine."""
    return encoded(picture(Brief(f"stands for {name}"), (768, 512)), "jpg", 90)
