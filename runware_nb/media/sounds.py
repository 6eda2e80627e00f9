"""Sounds: a file's samples. WAV is read by the standard library, the rest by PyAV where it is installed.

Rates are hertz; samples are floats of which 1 is the loudest there can be, of all channels together.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np

_MAX_SAMPLES: Final = 60_000_000
_RATE: Final = 8_000
"""What compressed sound is decoded at: plenty for levels, and it bounds the memory."""


@dataclass(frozen=True, slots=True)
class Samples:
    """A sound.

    Parameters
    ----------
    values
        Its samples, one channel.
    rate
        How many a second.
    told
        What the file says its rate is.
    """

    values: np.ndarray[Any, Any]
    rate: int
    told: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.values) / self.rate


def read(path: Path) -> Samples | None:
    """Read a sound file; None when it is missing, broken, too long, or of a format nothing here can read."""
    for reader in (_wav, _av):
        try:
            if sound := reader(path):
                return sound
        except Exception:  # noqa: BLE001, S112 - broken files raise anything
            continue
    return None


def _wav(path: Path) -> Samples | None:
    import numpy as np

    with wave.open(str(path), "rb") as file:
        channels, width, rate, frames = file.getparams()[:4]
        if width not in {1, 2, 4} or frames * channels > _MAX_SAMPLES or not rate or not channels:
            return None
        raw = file.readframes(frames)
    raw = raw[: len(raw) // (width * channels) * width * channels]
    kind, middle, top = {1: ("u1", 128, 128), 2: ("<i2", 0, 2**15), 4: ("<i4", 0, 2**31)}[width]
    values = (np.frombuffer(raw, kind).reshape(-1, channels).mean(axis=1) - middle) / top
    return Samples(values, rate, rate) if len(values) else None


def _av(path: Path) -> Samples | None:
    """Decode with PyAV, as one channel."""
    import av
    import numpy as np

    with path.open("rb") as file, av.open(file, "r", format=_demuxer(_head(file))) as box:
        stream = box.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        chunks, count = [], 0
        for frame in box.decode(stream):
            for piece in resampler.resample(frame):
                chunks.append(piece.to_ndarray()[0])
                count += len(chunks[-1])
            if count > _MAX_SAMPLES:
                return None
        told = stream.rate or 0
    return Samples(np.concatenate(chunks), _RATE, told) if count else None


def _demuxer(head: bytes) -> str:
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
