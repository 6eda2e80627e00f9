"""Sound: a small piece of music by chance, or a voice that babbles as long as a text. Seconds, hertz.

Music lasts as long as asked, up to `LONGEST` seconds.
"""

from __future__ import annotations

import io
import random
import struct
from typing import Any, Final

from runware_nb.sandbox.samples.palette import Brief

LONGEST: Final = 15.0
_RATE: Final = 44100
CODECS: Final[dict[str, tuple[str, str, tuple[int, ...]]]] = {
    "mp3": ("mp3", "libmp3lame", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)),
    "flac": ("flac", "flac", ()),
    "ogg": ("ogg", "libopus", (8000, 12000, 16000, 24000, 48000)),
    "aac": ("adts", "aac", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)),
    "wav": ("wav", "pcm_s16le", ()),
}
"""Extension to container, codec and the rates it takes (empty: any). OGG holds Opus."""
_MODES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10), (0, 2, 4, 6, 7, 9, 11))
_PROGRESSIONS: Final = ((0, 5, 3, 4), (0, 3, 5, 4), (5, 3, 0, 4), (0, 4, 5, 3), (1, 4, 0, 5))
# First two formants of five vowels, hertz: Peterson and Barney, 1952, men's voices, rounded.
_VOWELS: Final = {"a": (730, 1090), "e": (530, 1840), "i": (270, 2290), "o": (570, 840), "u": (300, 870)}
_SYLLABLE: Final = 0.145
_PAUSES: Final = {" ": 0.05, ",": 0.18, ";": 0.2, ":": 0.2, ".": 0.32, "!": 0.32, "?": 0.32, "\n": 0.3}
_LONGEST_TEXT: Final = 260


def music(brief: Brief, seconds: float, tempo: float = 0) -> Any:
    """Compose chords, a broken-chord figure and a bass; return stereo samples, one row a channel, -1 to 1.

    A tempo of 0 (beats a minute) lets chance decide.
    """
    import numpy as np

    chance = brief.dice("audio")
    seconds = min(max(seconds, 0.5), LONGEST)
    beat = 60 / (tempo if 40 <= tempo <= 220 else chance.uniform(72, 116))  # noqa: PLR2004  (playable tempi)
    out = np.zeros((2, int(seconds * _RATE)), np.float32)
    root, mode = chance.randint(45, 54), chance.choice(_MODES)
    chords = chance.choice(_PROGRESSIONS)
    for bar in range(int(seconds / (4 * beat)) + 1):
        degree = chords[bar % 4]
        notes = [root + _step(mode, degree + third) for third in (0, 2, 4, 6)]
        at = bar * 4 * beat
        for n, note in enumerate(notes[: 3 + bar % 2]):
            _add(out, _pad(note + 12, 4 * beat), at, 0.055, -0.6 + 0.4 * n)
        _add(out, _bass(notes[0] - 12, 2 * beat), at, 0.20, 0)
        _add(out, _bass(notes[0] - 12 + (7 if chance.random() < 0.5 else 0), 1.5 * beat), at + 2 * beat, 0.15, 0)  # noqa: PLR2004
        _figure(out, chance, notes, at, beat)
    return _finished(_echo(out, 0.75 * beat))


def _step(mode: tuple[int, ...], degree: int) -> int:
    return mode[degree % 7] + 12 * (degree // 7)


def _figure(out: Any, chance: random.Random, notes: list[int], at: float, beat: float) -> None:
    """Break a chord into eight notes a bar, with a rest now and then."""
    order = chance.choice(((0, 1, 2, 3, 2, 1, 2, 3), (0, 2, 1, 3, 0, 2, 1, 2), (3, 2, 1, 0, 1, 2, 3, 2)))
    for place, n in enumerate(order):
        if chance.random() < 0.86:  # noqa: PLR2004
            loud = 0.17 if place % 4 == 0 else 0.12
            _add(out, _pluck(notes[n] + 24, 1.3), at + place * beat / 2, loud, chance.uniform(-0.5, 0.5))


def _hertz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _add(out: Any, sound: Any, at: float, loud: float, side: float) -> None:
    """Mix a mono sound in, between left (-1) and right (1)."""
    start = int(at * _RATE)
    room = out.shape[1] - start
    if room > 0:
        part = sound[:room] * loud
        out[0, start : start + len(part)] += part * (1 - side) / 1
        out[1, start : start + len(part)] += part * (1 + side) / 1


def _time(seconds: float) -> Any:
    import numpy as np

    return np.arange(int(seconds * _RATE), dtype=np.float32) / _RATE


def _pluck(note: int, seconds: float) -> Any:
    """Strike a string: a few partials die away, the high ones first."""
    import numpy as np

    t, hertz = _time(seconds), _hertz(note)
    tone = sum(np.sin(2 * np.pi * hertz * k * t) * np.exp(-t * (2.4 + 1.9 * k)) / k**1.3 for k in (1, 2, 3, 4))
    return tone * np.minimum(t / 0.004, 1)


def _pad(note: int, seconds: float) -> Any:
    """Hold a chord tone: two voices a little apart."""
    import numpy as np

    t, hertz = _time(seconds + 0.4), _hertz(note)
    tone = sum(np.sin(2 * np.pi * hertz * d * t) + 0.35 * np.sin(4 * np.pi * hertz * d * t) for d in (0.9975, 1.0025))
    return tone * np.minimum(t / 0.5, 1) * np.clip((seconds + 0.4 - t) / 0.6, 0, 1)


def _bass(note: int, seconds: float) -> Any:
    import numpy as np

    t, hertz = _time(seconds), _hertz(note)
    tone = np.sin(2 * np.pi * hertz * t) + 0.3 * np.sin(4 * np.pi * hertz * t)
    return tone * np.minimum(t / 0.01, 1) * np.exp(-t * 1.4) * np.clip((seconds - t) / 0.05, 0, 1)


def _echo(out: Any, delay: float) -> Any:
    """Add two fading echoes, each from the other side."""
    wet = out.copy()
    for turn, loud in ((1, 0.28), (2, 0.12)):
        shift = int(delay * turn * _RATE)
        if shift < out.shape[1]:
            wet[:, shift:] += out[::-1, :-shift] * loud
    return wet


def _finished(out: Any) -> Any:
    """Bring to an even loudness, softly limited, with a short fade at both ends."""
    import numpy as np

    fade = min(int(0.6 * _RATE), out.shape[1] // 3)
    out[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32) ** 1.5
    out[:, : fade // 8] *= np.linspace(0, 1, fade // 8, dtype=np.float32)
    loudest = float(np.abs(out).max()) or 1.0
    return np.tanh(out / loudest * 1.25) * 0.84


def speech(words: str, voice: str, seed: int = 0, speed: float = 1.0) -> Any:
    """Babble a text: a syllable for each vowel, a pause for each space and stop. Stereo samples, -1 to 1.

    Its length follows the text, up to `LONGEST` seconds. The voice decides the pitch.
    """
    import numpy as np

    chance = Brief(words, voice, seed).dice("voice")
    pitch = Brief("", voice).dice("pitch").uniform(95, 215)
    speed = min(max(speed, 0.5), 2.0)
    pieces = [np.zeros(int(0.05 * _RATE), np.float32)]
    for place, sign in enumerate(words[:_LONGEST_TEXT].lower()):
        if sign in _PAUSES:
            pieces.append(np.zeros(int(_PAUSES[sign] / speed * _RATE), np.float32))
        elif (vowel := _vowel(sign, words, place)) is not None:
            tune = pitch * (1.12 - 0.24 * (place % 40) / 40) * chance.uniform(0.94, 1.07)
            pieces.append(_syllable(vowel, tune, _SYLLABLE * chance.uniform(0.8, 1.25) / speed, chance))
    sound = np.concatenate(pieces)[: int(LONGEST * _RATE)]
    return _finished(np.stack([sound, sound]).astype(np.float32))


def _vowel(sign: str, words: str, place: int) -> tuple[int, int] | None:
    """Return the formants of a vowel; other scripts speak one vowel a sign; consonants are silent."""
    if sign in _VOWELS:
        follows = place > 0 and words[place - 1].lower() in _VOWELS
        return None if follows else _VOWELS[sign]
    if sign == "y":
        return _VOWELS["i"]
    return list(_VOWELS.values())[ord(sign) % 5] if ord(sign) > 0x7F and sign.isalpha() else None  # noqa: PLR2004


def _syllable(formants: tuple[int, int], pitch: float, seconds: float, chance: random.Random) -> Any:
    """Speak one syllable: a breath of noise, then harmonics shaped by two formants."""
    import numpy as np

    t = _time(seconds)
    glide = pitch * (1 + 0.03 * np.sin(2 * np.pi * 5 * t) - 0.05 * t / seconds)
    phase = 2 * np.pi * np.cumsum(glide) / _RATE
    tone = np.zeros_like(t)
    for k in range(1, int(3600 / pitch)):
        gain = sum(
            np.exp(-(((k * pitch - f) / w) ** 2)) * g for f, w, g in zip(formants, (110, 160), (1.0, 0.5), strict=True)
        )
        tone += (gain + 0.03 / k) * np.sin(k * phase)
    noise = np.random.default_rng(chance.getrandbits(32)).standard_normal(len(t)).astype(np.float32)
    breath = np.diff(noise, prepend=0) * np.exp(-t * 70) * chance.choice((0.0, 0.05, 0.12))
    return (tone * np.minimum(t / 0.02, 1) * np.clip((seconds - t) / 0.04, 0, 1) * 0.5 + breath).astype(np.float32)


def encoded(sound: Any, extension: str, rate: int, channels: int, bitrate: int) -> bytes:
    """Write stereo samples at a rate in hertz, in 1 or 2 channels, at a bitrate in kbit/s for lossy formats."""
    import numpy as np

    container, codec, rates = CODECS[extension]
    rate = min(rates, key=lambda r: abs(r - rate)) if rates else min(max(rate, 8000), 48000)
    if channels == 1:
        sound = sound.mean(axis=0, keepdims=True)
    if rate != _RATE:
        places = np.arange(int(sound.shape[1] * rate / _RATE)) * _RATE / rate
        sound = np.stack([np.interp(places, np.arange(sound.shape[1]), row) for row in sound])
    samples = np.ascontiguousarray((np.clip(sound, -1, 1).T * 32767).astype("<i2"))
    if extension == "wav":
        return _wav(samples, rate)
    return _encoded(samples, container, codec, rate, bitrate)


def _wav(samples: Any, rate: int) -> bytes:
    data: bytes = samples.tobytes()
    channels = samples.shape[1]
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE") + form + struct.pack("<4sI", b"data", len(data)) + data
    )


def _encoded(samples: Any, container: str, codec: str, rate: int, bitrate: int) -> bytes:
    import av

    written = io.BytesIO()
    layout = "stereo" if samples.shape[1] == 2 else "mono"  # noqa: PLR2004
    with av.open(written, "w", format=container) as out:
        # LAME's second fastest way: half the time, for a sample nobody listens to twice.
        options = {"compression_level": "7"} if codec == "libmp3lame" else None
        stream: Any = out.add_stream(codec, rate=rate, layout=layout, options=options)
        if codec != "flac":
            stream.bit_rate = min(max(bitrate, 32), 320) * 1000
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format, layout, rate, frame_size=stream.frame_size or None)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return written.getvalue()
