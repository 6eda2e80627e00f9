"""Video: its containers. Durations are seconds, sizes pixels.

Chromium plays H.264, VP8, VP9 and AV1; VS Code's notebooks lack AAC sound.
"""

from __future__ import annotations

from typing import Final

from runware_nb.media.medium import Format, Medium


def _is_mov(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] == b"qt  "


def _is_mp4(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and not _is_mov(head) and head[8:11] != b"M4A"


def _is_webm(head: bytes) -> bool:
    return head[:4] == b"\x1aE\xdf\xa3" and b"webm" in head[:64]


def _is_mkv(head: bytes) -> bool:
    return head[:4] == b"\x1aE\xdf\xa3" and b"matroska" in head[:64]


VIDEO: Final = Medium(
    "video",
    (
        Format("mp4", "video/mp4", _is_mp4, ("m4v",)),
        Format("webm", "video/webm", _is_webm),
        Format("mov", "video/quicktime", _is_mov),
        Format("mkv", "video/x-matroska", _is_mkv),
    ),
    element="video",
    wire_prefixes=("video",),
    embed_limit=2_000_000,
)
