"""Text: what a language model wrote, a caption, an enhanced prompt, structured data."""

from __future__ import annotations

from typing import Final

from runware_nb.media.medium import Format, Medium, starts

TEXT: Final = Medium(
    "text",
    (
        Format("json", "application/json", starts(b"{", b"[")),
        Format("zip", "application/zip", starts(b"PK\x03\x04")),
        Format("safetensors", "application/octet-stream", lambda head: head[8:10] == b'{"'),
        Format("txt", "text/plain", lambda head: bool(head) and b"\0" not in head, ("text", "md")),
    ),
    element=None,
)
