"""Serving: what a page asks of a widget beside its traits: code in chunks, files of results, and a place for posters.

A page names files by the keys of a widget's sources, never by a path, and chunks by their names. Its half is in
`js/src/core/{chunks,assets,supply}.ts`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from runware_nb.display import builds
from runware_nb.media import format_of

CHUNKS: Final = ("mesh", "draco", "fbx", "wave", "form", "past")
"""What may be asked for: one file each in `js/src/chunks`."""
PART_BYTES: Final = 512 * 1024
POSTER_BYTES: Final = 200_000
_POSTERS: Final = {"data:image/webp;base64": b"RIFF", "data:image/png;base64": b"\x89PNG"}
_ECHOED: Final = {"chunk": ("kind", "name"), "asset": ("kind", "key"), "part": ("kind", "key", "offset")}
"""What an answer repeats of its question, so that the page knows it again."""
_GONE: Final = "The file is no longer on this machine."

Answer = tuple[dict[str, Any], list[bytes]]


class Serving:
    """Answers what the page of a widget asks for.

    Answers may be given on another thread than the cell's. Each is small: a chunk, or a part of a file.

    Parameters
    ----------
    widget
        Whose messages are heard and answered. Those of other kinds are left to it.
    file_of
        Gives the file of a source by its key; None for a key that is not one of this widget's.

    Attributes
    ----------
    posters
        Key to the last frame of a mesh as the page drew it: a data URI of at most `POSTER_BYTES` bytes.
    """

    def __init__(self, widget: Any, file_of: Callable[[str], Path | None]) -> None:
        self.posters: dict[str, str] = {}
        self._file_of = file_of
        widget.on_msg(self._receive)

    def _receive(self, widget: Any, content: Any, _buffers: object) -> None:
        match content:
            case {"kind": "poster"}:
                self._keep_poster(content)
            case {"kind": "chunk" | "asset" | "part" as kind}:
                try:
                    answer, buffers = {"chunk": _chunk, "asset": self._asset, "part": self._part}[kind](content)
                except OSError:
                    answer, buffers = {"error": _GONE}, []
                widget.send({name: content.get(name) for name in _ECHOED[kind]} | answer, buffers)

    def _path(self, content: Mapping[str, Any]) -> Path:
        key = content.get("key")
        path = self._file_of(key) if isinstance(key, str) else None
        if path is None or not path.is_file():
            raise FileNotFoundError
        return path

    def _asset(self, content: Mapping[str, Any]) -> Answer:
        path = self._path(content)
        with path.open("rb") as file:
            known = format_of(file.read(512))
        return {
            "href": href(path, content.get("root"), content.get("base")),
            "bytes": path.stat().st_size,
            "mime": known.mime if known else "application/octet-stream",
        }, []

    def _part(self, content: Mapping[str, Any]) -> Answer:
        path, offset = self._path(content), content.get("offset")
        total = path.stat().st_size
        if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < total:
            return {"error": "The file has no such part."}, []
        with path.open("rb") as file:
            file.seek(offset)
            return {"total": total}, [file.read(PART_BYTES)]

    def _keep_poster(self, content: Mapping[str, Any]) -> None:
        """Keep a poster if it is what it says, of a file that is known; else do nothing."""
        key, picture = content.get("key"), content.get("picture")
        if isinstance(key, str) and isinstance(picture, str) and self._file_of(key) and _is_picture(picture):
            self.posters[key] = picture


def _chunk(content: Mapping[str, Any]) -> Answer:
    """Give a chunk, unless the page has it already: `have` lists the versions it loaded, by their SHA-256."""
    name, have = content.get("name"), content.get("have")
    if name not in CHUNKS or f"{name}.mjs" not in _hashes():
        return {"error": "There is no such part of the viewer."}, []
    code, expected = builds.built(f"{name}.mjs").encode(), _hashes()[f"{name}.mjs"]
    if hashlib.sha256(code).hexdigest() != expected:
        return {"error": "The viewer was updated: restart the kernel."}, []
    return {"sha256": expected}, [] if isinstance(have, list) and expected in have else [code]


@cache
def _hashes() -> dict[str, str]:
    """Read the SHA-256 of each built file."""
    return {name: about["sha256"] for name, about in json.loads(builds.built("manifest.json")).items()}


def href(path: Path, root: object, base: object) -> str:
    """Return where a Jupyter server with this folder and address serves a file; "" where it does not.

    It serves nothing whose name, or whose folder's name, begins with a dot.
    """
    if not isinstance(root, str) or not isinstance(base, str) or not root or not base.startswith("/"):
        return ""
    try:
        below = path.resolve().relative_to(Path(root).expanduser().resolve())
    except (OSError, RuntimeError, ValueError):
        return ""
    if any(part.startswith(".") for part in below.parts):
        return ""
    return f"{base.rstrip('/')}/files/{quote(below.as_posix(), errors='replace')}"


def _is_picture(uri: str) -> bool:
    """Tell whether a data URI holds a small WebP or PNG, by its first bytes."""
    head, _, body = uri.partition(",")
    if head not in _POSTERS or len(body) > POSTER_BYTES * 4 / 3 + 4:
        return False
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return False
    is_webp = _POSTERS[head] != b"RIFF" or data[8:12] == b"WEBP"
    return data.startswith(_POSTERS[head]) and is_webp
