"""Inputs: the media a task names, as bytes. Nothing is ever fetched from the network.

Read for real: the sandbox's own results and uploads (by UUID or address), data URIs and base64. Anything else, such
as the addresses in the docs' examples, stands for a picture of its name.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from runware_nb.api import wire
from runware_nb.media import format_of
from runware_nb.sandbox.shelf import Shelf

_DATA_URI: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,(.*)", re.DOTALL)
_HEAD: Final = 512


@dataclass(frozen=True, slots=True)
class Source:
    """One input.

    Parameters
    ----------
    uuid
        Its media UUID; a new one for media that have none.
    name
        What it was given as, shortened.
    read
        Gives its bytes, in a thread; None when it is not on this machine.
    """

    uuid: str
    name: str
    read: Callable[[], bytes] | None


def source(value: Any, shelf: Shelf) -> Source | None:
    """Find the media of one input value: text, an object that holds it, or the first of a list. None for nothing."""
    if isinstance(value, list):
        return source(value[0], shelf) if value else None
    if isinstance(value, Mapping):
        return next(
            (source(value[k], shelf) for k in ("image", "video", "audio", "url", "inputImage") if k in value), None
        )
    if not isinstance(value, str) or not value:
        return None
    if (file := shelf.find(value)) and (shelf.owns(value) or _is_uuid(value)):
        return Source(file.uuid, file.uuid, lambda: shelf.read(file))
    if (data := decoded(value)) is not None and format_of(data[:_HEAD]):
        return Source(str(uuid.uuid4()), "an upload", lambda: data)
    return Source(value if _is_uuid(value) else str(uuid.uuid4()), value[:120], None)


def decoded(value: str) -> bytes | None:
    """Decode a data URI or raw base64; None for other text."""
    found = _DATA_URI.fullmatch(value)
    if not found and value.startswith(("http:", "https:", "data:")):
        return None
    try:
        return base64.b64decode(found[2] if found else value, validate=True)
    except (binascii.Error, ValueError):
        return None


def of_task(task: Mapping[str, Any], shelf: Shelf, *paths: str) -> Source | None:
    """Find the first input a task gives under some dotted wire paths."""
    return next((found for p in paths if (found := source(wire.get(task, p), shelf))), None)


def first_frame(task: Mapping[str, Any], shelf: Shelf) -> Source | None:
    """Find the picture a video starts from."""
    frames = wire.get(task, "inputs.frameImages")
    if isinstance(frames, list) and frames:
        marked = [f for f in frames if isinstance(f, Mapping) and f.get("frame", "first") in {"first", 0}]
        return source((marked or frames)[0], shelf)
    return of_task(task, shelf, "inputs.image", "inputs.referenceImages", "inputs.avatar")


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
