"""Measuring: the size and duration of a file. What cannot be measured is left out; nothing here raises for a file."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any


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
    from PIL import Image

    with Image.open(path, formats=("JPEG", "PNG", "WEBP", "TIFF")) as picture:
        return {"width": picture.width, "height": picture.height}


def _wave(path: Path) -> dict[str, Any]:
    with wave.open(str(path)) as sound:
        return {"duration": sound.getnframes() / sound.getframerate()}


def _container(path: Path) -> dict[str, Any]:
    try:
        import av
    except ImportError:
        return {}
    with av.open(str(path)) as container:
        facts: dict[str, Any] = {}
        if container.duration:
            facts["duration"] = container.duration / av.time_base
        if container.streams.video:
            stream = container.streams.video[0]
            facts |= {"width": stream.width, "height": stream.height}
        return facts
