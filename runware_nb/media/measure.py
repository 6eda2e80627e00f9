"""Measuring: the size and duration of a file. What cannot be measured is left out; nothing here raises for a file.

Only heads are read. Each file is read by the reader of its own format and no other: FFmpeg left to guess would take
a file for a playlist, and follow the links in it.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

# Extension to FFmpeg's name of the reader.
_READERS: Final = {
    "mp4": "mov", "mov": "mov", "webm": "matroska", "mkv": "matroska",
    "mp3": "mp3", "flac": "flac", "ogg": "ogg", "wav": "wav", "aac": "aac",
}  # fmt: skip


def measure(path: Path, medium: str) -> dict[str, Any]:
    """Return `width` and `height` in pixels and `duration` in seconds, as far as they are known.

    Compressed sound and video want PyAV (in the extra `[sandbox]`).
    """
    try:
        if medium == "image":
            return _picture(path)
        if medium == "audio" and path.suffix == ".wav":
            return _wave(path)
        if medium in {"audio", "video"}:
            return _container(path)
    except Exception:  # noqa: BLE001  (decoders raise what they like at damaged files, and a size is a nicety)
        return {}
    return {}


def _picture(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        width, height = picture_size(file, path.suffix.lstrip("."))
    return {"width": width, "height": height}


def _pillow(module: str, name: str) -> Callable[[IO[bytes]], Any]:
    """Return one decoder of Pillow. `Image.open` tries several, and warns of pictures that are only to be measured."""

    def read(file: IO[bytes]) -> Any:
        from importlib import import_module

        return getattr(import_module(f"PIL.{module}"), name)(file)

    return read


PICTURES: Final[dict[str, Callable[[IO[bytes]], Any]]] = {
    "jpg": _pillow("JpegImagePlugin", "JpegImageFile"),
    "png": _pillow("PngImagePlugin", "PngImageFile"),
    "webp": _pillow("WebPImagePlugin", "WebPImageFile"),
    "tiff": _pillow("TiffImagePlugin", "TiffImageFile"),
}
"""Extension to what reads such a picture. Reading takes the head alone; `load` decodes."""


def picture_size(file: IO[bytes], extension: str) -> tuple[int, int]:
    """Return width and height in pixels, from the head of a file. Raises what it likes for a damaged one."""
    file.seek(0)
    if extension == "webp":
        return _webp_size(file.read(30))
    width, height = PICTURES[extension](file).size
    return int(width), int(height)


def _webp_size(head: bytes) -> tuple[int, int]:
    """Read the three kinds of WebP, of which Pillow makes a decoder to know no more than this.

    Format: https://developers.google.com/speed/webp/docs/riff_container.
    """
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _wave(path: Path) -> dict[str, Any]:
    with wave.open(str(path)) as sound:
        return {"duration": sound.getnframes() / sound.getframerate()}


def _container(path: Path) -> dict[str, Any]:
    try:
        import av
    except ImportError:
        return {}
    with av.open(str(path), format=_reader(path), options={"protocol_whitelist": "file"}) as container:
        facts: dict[str, Any] = {}
        if container.duration:
            facts["duration"] = container.duration / av.time_base
        if container.streams.video:
            stream = container.streams.video[0]
            facts |= {"width": stream.width, "height": stream.height}
        return facts


def _reader(path: Path) -> str:
    """Name the reader of a file. M4A is named like AAC, but is a box like MP4."""
    with path.open("rb") as file:
        is_box = file.read(8)[4:] == b"ftyp"
    return "mov" if is_box else _READERS[path.suffix.lstrip(".")]
