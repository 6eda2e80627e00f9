"""Waveforms: how a sound looks.

Times are seconds, rates hertz, levels 0 to 1.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runware_nb.media import sounds

if TYPE_CHECKING:
    import numpy as np

BARS: Final = 96
_WIDTH, _HEIGHT, _SCALE = 512, 72, 2
_COLOUR: Final = (109, 116, 214, 255)
"""Reads on white (4.2 : 1) and on near black (4.4 : 1)."""
_QUIET: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Sound:
    """Levels from the first to the last moment, the loudest being 1, and what the file says of itself."""

    levels: tuple[float, ...]
    duration: float
    rate: int


def sound_of(path: Path) -> Sound | None:
    """Read a sound file; None when it is missing, broken, or of a format nothing here can read."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return _read(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _read(path: str, mtime: int, size: int) -> Sound | None:  # noqa: ARG001 - keys of the cache
    found = sounds.read(Path(path))
    return Sound(_levels(found.values), found.duration, found.told) if found else None


def drawn(sound: Sound) -> bytes:
    """Draw the levels as rounded bars: a PNG with a transparent ground, for light and dark pages."""
    from PIL import Image, ImageDraw

    width, height = _WIDTH * _SCALE, _HEIGHT * _SCALE
    image = Image.new("RGBA", (width, height), (*_COLOUR[:3], 0))
    pen = ImageDraw.Draw(image)
    step = width / len(sound.levels)
    bar = step * 0.56
    for n, level in enumerate(sound.levels):
        half = max(bar / 2, level * (height / 2 - _SCALE))
        left = n * step + (step - bar) / 2
        pen.rounded_rectangle((left, height / 2 - half, left + bar, height / 2 + half), bar / 2, fill=_COLOUR)
    out = io.BytesIO()
    image.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS).quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _levels(samples: np.ndarray) -> tuple[float, ...]:
    """Fold samples into `BARS` levels: the root mean square of each stretch, the loudest being 1."""
    import numpy as np

    stretches = np.array_split(np.asarray(samples, dtype=np.float32), BARS)
    powers = np.array([float(np.sqrt(np.mean(s * s))) if len(s) else 0.0 for s in stretches])
    loudest = float(powers.max())
    return tuple(float(p / loudest) for p in powers) if loudest > _QUIET else (0.0,) * BARS
