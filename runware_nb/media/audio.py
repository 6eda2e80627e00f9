"""Audio: its formats. Durations are seconds, rates hertz."""

from __future__ import annotations

from typing import Final

from runware_nb.media.medium import Format, Medium, starts


def _is_mp3(head: bytes) -> bool:
    """Tell an ID3 tag, or an MPEG frame header of layer III."""
    return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)  # noqa: PLR2004


def _is_aac(head: bytes) -> bool:
    """Tell an ADTS frame header (layer 0), or an M4A container."""
    return head[4:11] == b"ftypM4A" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0)  # noqa: PLR2004


AUDIO: Final = Medium(
    "audio",
    (
        Format("mp3", "audio/mpeg", _is_mp3),
        Format("wav", "audio/wav", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE"),
        Format("flac", "audio/flac", starts(b"fLaC")),
        Format("ogg", "audio/ogg", starts(b"OggS"), ("oga", "opus")),
        Format("aac", "audio/aac", _is_aac, ("m4a",)),
    ),
    element="audio",
    wire_prefixes=("audio",),
    embed_limit=1_000_000,
)
