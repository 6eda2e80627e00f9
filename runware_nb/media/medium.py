"""What a medium is: a name, its formats, and the element of a page that plays it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


def starts(*magics: bytes, at: int = 0) -> Callable[[bytes], bool]:
    """Recognise a format by bytes at a fixed place."""
    return lambda head: any(head[at : at + len(m)] == m for m in magics)


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Parameters
    ----------
    extension
        Lower case, without a dot. In capitals it is the wire's `outputFormat`.
    mime
        Its MIME type.
    matches
        Tells from the first 512 bytes whether a file is of this format.
    aliases
        Other extensions for the same thing.
    """

    extension: str
    mime: str
    matches: Callable[[bytes], bool]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Medium:
    """One medium.

    Parameters
    ----------
    name
        `"image"`, `"vector"`, `"video"`, `"audio"`, `"3d"` or `"text"`.
    formats
        The API's default format first.
    element
        HTML element that plays it; None where a page has none (3D, text).
    wire_prefixes
        What result fields of it start with: `imageURL` is an image.
    embed_limit
        Bytes up to which a saved notebook carries the file itself, so that it plays with no kernel and
        no folder beside it; larger files are linked.
    """

    name: str
    formats: tuple[Format, ...]
    element: Literal["img", "video", "audio"] | None
    wire_prefixes: tuple[str, ...] = ()
    embed_limit: int = 0
