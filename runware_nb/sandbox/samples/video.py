"""Clips: a scene that the camera drifts over, with lights that float in it and the prompt on it. Seconds, pixels.

Clips keep the shape asked for at 512 pixels on the longest side, 12 frames a second, and last as long as asked up
to `LONGEST` seconds, so that one is made in well under a second or two.
"""

from __future__ import annotations

import io
import itertools
import math
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from runware_nb.sandbox.samples import image, lettering, palette
from runware_nb.sandbox.samples.palette import Brief, Colour

if TYPE_CHECKING:
    from PIL import Image

    Picture = Image.Image

LONGEST: Final = 10.0
FPS: Final = 12
_SIDE: Final = 512
_ROOM: Final = 1.22
"""How much larger than a frame the scene is, for the camera to move in."""
CONTAINERS: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "mp4": ("mp4", "libx264", {"preset": "veryfast", "crf": "21", "tune": "animation"}),
    "mov": ("mov", "libx264", {"preset": "veryfast", "crf": "21", "tune": "animation"}),
    "mkv": ("matroska", "libx264", {"preset": "veryfast", "crf": "21", "tune": "animation"}),
    "webm": ("webm", "libvpx", {"deadline": "realtime", "cpu-used": "-16", "b": "900k"}),
}
"""Extension to container, codec and its options. VP8 is written five times as fast as VP9 and plays as widely."""


def clip(
    brief: Brief,
    size: tuple[int, int],
    seconds: float,
    extension: str,
    start: Picture | None = None,
) -> bytes:
    """Make a clip of about that shape; its first frame shows the start picture, if there is one."""
    chance = brief.dice("video")
    shades = palette.colours(brief.prompt, chance)
    width, height = frame_size(*size)
    count = max(FPS, round(min(max(seconds, 1.0), LONGEST) * FPS))
    note = f"{brief.note}  /  asked for {size[0]} x {size[1]}"
    sheet = lettering.label((width, height), brief.prompt, note, shades[3], solid=start is not None)
    if start:
        views = _zoomed(start, (width, height), count)
    else:
        scene = image.scene(chance, shades, round(width * _ROOM), round(height * _ROOM))
        views = _drifted(scene, (width, height), count)
    frames = _frames(views, sheet, _lights(chance, shades[4], (width, height)), count)
    return _written(frames, (width, height), extension)


def frame_size(width: int, height: int) -> tuple[int, int]:
    """Return even sides of about the same shape, 512 pixels at most: the codecs want even ones."""
    share = min(1.0, _SIDE / max(width, height, 1))
    return max(32, round(width * share / 2) * 2), max(32, round(height * share / 2) * 2)


def _zoomed(start: Picture, size: tuple[int, int], count: int) -> Iterator[Picture]:
    """Move slowly into a picture, all of which the first frame shows."""
    from PIL import Image, ImageOps

    width, height = size
    ground = ImageOps.fit(start.convert("RGB"), (width * 2, height * 2))
    for number in range(count):
        inset = (1 - 1 / _ROOM) * number / count
        box = (width * inset, height * inset, width * (2 - inset), height * (2 - inset))
        yield ground.resize(size, Image.Resampling.BILINEAR, box=box)


def _drifted(ground: Picture, size: tuple[int, int], count: int) -> Iterator[Picture]:
    """Drift over a scene that is larger than a frame."""
    width, height = size
    play = (ground.width - width, ground.height - height)
    for number in range(count):
        share = number / max(count - 1, 1)
        eased = 0.5 - 0.5 * math.cos(math.pi * share)
        left, top = round(play[0] * eased), round(play[1] * (0.5 + 0.5 * math.sin(share * 3.1)))
        yield ground.crop((left, top, left + width, top + height))


@dataclass(frozen=True, slots=True)
class Light:
    """A soft light that floats: place and size as shares of a frame, speed in frames' widths a second."""

    x: float
    y: float
    size: float
    speed: float
    phase: float


def _lights(chance: random.Random, colour: Colour, size: tuple[int, int]) -> list[tuple[Light, Picture]]:
    """Choose where lights float, and draw each."""
    spots = [
        Light(
            chance.random(),
            chance.random(),
            chance.uniform(0.024, 0.1),
            chance.uniform(-0.16, 0.16),
            chance.uniform(0, 6.3),
        )
        for _ in range(14)
    ]
    return [(spot, _glow_sheet(round(spot.size * min(size)), colour)) for spot in spots]


def _frames(
    views: Iterator[Picture], sheet: Picture, lights: list[tuple[Light, Picture]], count: int
) -> Iterator[Picture]:
    """Lay the lights, the caption and a bar of the time that has passed over each view."""
    from PIL import ImageDraw

    width, height = sheet.size
    for number, frame in enumerate(views):
        for light, glow in lights:
            x = (light.x + light.speed * number / FPS) % 1.2 - 0.1
            y = light.y + 0.07 * math.sin(light.phase + number / FPS * 1.6)
            frame.paste(glow, (round(x * width) - glow.width // 2, round(y * height) - glow.height // 2), glow)
        frame.paste(sheet, (0, 0), sheet)
        bar = width * number / max(count - 1, 1)
        ImageDraw.Draw(frame).rectangle((0, height - 3, bar, height), fill=(255, 255, 255))
        yield frame


def _glow_sheet(radius: int, colour: Colour) -> Picture:
    """Draw one soft light."""
    import numpy as np
    from PIL import Image

    radius = max(radius, 3)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1] / radius
    cover = (np.clip(1 - np.hypot(x, y), 0, 1) ** 2 * 165).astype(np.uint8)
    sheet = Image.new("RGBA", cover.shape, (*colour, 0))
    sheet.putalpha(Image.fromarray(cover))
    return sheet


def _written(frames: Iterator[Picture], size: tuple[int, int], extension: str) -> bytes:
    """Encode frames. MP4 has its index in front, so that players start at once: that needs a file with a name."""
    import av
    import numpy as np

    container, codec, options = CONTAINERS[extension]
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        path = Path(folder, f"clip.{extension}")
        flags = {"movflags": "+faststart"} if extension in {"mp4", "mov"} else {}
        with av.open(str(path), "w", format=container, options=flags) as out:
            stream: Any = out.add_stream(codec, rate=FPS, options=options)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            # More threads spin while they wait for each other, which costs most on a busy machine.
            stream.thread_count = 1
            for picture in frames:
                out.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
            out.mux(stream.encode(None))
        return path.read_bytes()


def transcoded(data: bytes, extension: str) -> bytes | None:
    """Write the pictures of a clip anew in another container, ten seconds at most; None when that cannot be."""
    import av
    from PIL import Image

    if extension not in CONTAINERS:
        return None
    try:
        with av.open(io.BytesIO(data), "r") as source:
            few = itertools.islice(source.decode(video=0), int(LONGEST * FPS))
            frames = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in few]
    except (av.FFmpegError, IndexError):
        return None
    return _written(iter(frames), frame_size(*frames[0].size), extension) if frames else None
