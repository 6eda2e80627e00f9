"""Waveforms: how a sound looks. WAV is read by the standard library, the rest by PyAV where it is installed.

Times are seconds, rates hertz, levels 0 to 1.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np

BARS: Final = 96
_WIDTH, _HEIGHT, _SCALE = 512, 72, 2
_COLOUR: Final = (109, 116, 214, 255)
"""Reads on white (4.2 : 1) and on near black (4.4 : 1)."""
_MAX_SAMPLES: Final = 60_000_000
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
    for reader in (_wav, _av):
        try:
            if sound := reader(path):
                return sound
        except Exception:  # noqa: BLE001, S112 - broken files raise anything; a card without a wave is still a card
            continue
    return None


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


def _wav(path: str) -> Sound | None:
    import numpy as np

    with wave.open(path, "rb") as file:
        channels, width, rate, frames = file.getparams()[:4]
        if width not in {1, 2, 4} or frames * channels > _MAX_SAMPLES or not rate or not channels:
            return None
        raw = file.readframes(frames)
    raw = raw[: len(raw) // (width * channels) * width * channels]
    kind, middle, top = {1: ("u1", 128, 128), 2: ("<i2", 0, 2**15), 4: ("<i4", 0, 2**31)}[width]
    samples = (np.frombuffer(raw, kind).reshape(-1, channels).mean(axis=1) - middle) / top
    return Sound(_levels(samples), len(samples) / rate, rate) if len(samples) else None


def _av(path: str) -> Sound | None:
    """Decode with PyAV: mono, 8 kHz, which is plenty for a drawing and bounds the memory."""
    import av
    import numpy as np

    with (
        Path(path).open("rb") as file,
        av.open(file, "r", format=_demuxer(_head(file))) as box,
    ):
        stream = box.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=8000)
        chunks, count = [], 0
        for frame in box.decode(stream):
            for piece in resampler.resample(frame):
                chunks.append(piece.to_ndarray()[0])
                count += len(chunks[-1])
            if count > _MAX_SAMPLES:
                return None
        rate = stream.rate or 0
    return Sound(_levels(np.concatenate(chunks)), count / 8000, rate) if count else None


def _demuxer(head: bytes) -> str | None:
    """Name the reader from the first bytes: left to guess, FFmpeg would also follow playlists to other files."""
    from runware_nb.media import format_of

    known = format_of(head)
    names = {"mp3": "mp3", "wav": "wav", "flac": "flac", "ogg": "ogg", "aac": "mov" if head[4:8] == b"ftyp" else "aac"}
    if known is None or known.extension not in names:
        raise ValueError("not a sound file of a known format")
    return names[known.extension]


def _head(file: io.BufferedReader) -> bytes:
    """Return the first bytes of a file and stand at its start again."""
    head = file.read(512)
    file.seek(0)
    return head
