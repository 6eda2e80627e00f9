"""The media: what files of each look like and which element of a page plays them.

One file a medium, each with its `Medium` row; a new format is one `Format` in that row.
`of_bytes` recognises a file by its first bytes, since names and headers of a server can lie.
"""

from __future__ import annotations

from typing import Final

from runware_nb.media.audio import AUDIO
from runware_nb.media.image import IMAGE
from runware_nb.media.medium import Format, Medium
from runware_nb.media.mesh import MESH
from runware_nb.media.text import TEXT
from runware_nb.media.vector import VECTOR
from runware_nb.media.video import VIDEO

__all__ = ["MEDIA", "Format", "Medium", "format_named", "format_of", "medium_of"]

MEDIA: Final[dict[str, Medium]] = {m.name: m for m in (IMAGE, VECTOR, VIDEO, AUDIO, MESH, TEXT)}
"""Each medium by its name."""

_FORMATS: Final[tuple[Format, ...]] = tuple(f for m in MEDIA.values() for f in m.formats)


def format_of(head: bytes) -> Format | None:
    """Recognise a file by its first 512 bytes (text formats need a few more to be sure), or give None."""
    return next((f for f in _FORMATS if f.matches(head)), None)


def format_named(name: str) -> Format | None:
    """Find a format by extension or wire name: `"jpg"`, `".JPG"`, `"jpeg"` and `"JPG"` are one."""
    key = name.lower().lstrip(".")
    return next((f for f in _FORMATS if key == f.extension or key in f.aliases), None)


def medium_of(format: Format) -> Medium:  # noqa: A002
    """Return the medium a format belongs to."""
    return next(m for m in MEDIA.values() if format in m.formats)
