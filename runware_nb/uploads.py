"""Uploads: files that a page sends in parts, checked by their first bytes, and kept beside the results.

A message over 10 MiB from a page to a kernel is lost without a word: hence the parts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from runware_nb.api.inputs import LARGEST
from runware_nb.errors import UsageError
from runware_nb.media import format_of, medium_of

FOLDER: Final = "inputs"
"""Below the folder of the results."""
PART: Final = 4_000_000
"""Bytes of one part at most."""
_MOST: Final = 4
"""Uploads under way at once."""
_FITS: Final[Mapping[str, frozenset[str]]] = {
    "image": frozenset({"image", "vector"}),
    "video": frozenset({"video"}),
    "audio": frozenset({"audio", "video"}),
    "3d": frozenset({"3d"}),
}
"""Media whose files may go where a medium is wanted."""
_STARTS: Final[Mapping[str, tuple[tuple[bytes, str], ...]]] = {
    "dataset": ((b"PK\x03\x04", "zip"),),
    "document": ((b"%PDF", "pdf"), (b"PK\x03\x04", "docx")),
    "font": ((b"\0\1\0\0", "ttf"), (b"OTTO", "otf"), (b"wOFF", "woff"), (b"wOF2", "woff2")),
}
"""How files begin that are no media, and their extension."""


class Uploads:
    """Files on their way.

    Parameters
    ----------
    folder
        Where results are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._parts: dict[str, bytearray] = {}

    def take(self, name: str, offset: int, total: int, medium: str, part: bytes) -> Path | None:
        """Take the next part of a file. Returns where the file is once it is whole.

        Raises
        ------
        UsageError
            For what is too large, out of order, empty, or not of the medium that is wanted. The upload is dropped.
        """
        try:
            return self._take(name, offset, total, medium, part)
        except (UsageError, OSError) as error:
            self._parts.pop(name, None)
            if isinstance(error, OSError):
                raise UsageError(f"the file cannot be kept in {self._folder}: {error.strerror}.") from None
            raise

    def drop(self, name: str) -> None:
        """Forget an upload that was given up."""
        self._parts.pop(name, None)

    def _take(self, name: str, offset: int, total: int, medium: str, part: bytes) -> Path | None:
        if not 0 < total <= LARGEST:
            raise UsageError(f"a file must have from 1 byte to {LARGEST // 1_000_000} MB.")
        if offset == 0:
            if len(self._parts) >= _MOST and name not in self._parts:
                raise UsageError("too many files at once: wait for those that are on their way.")
            self._parts[name] = bytearray()
        have = self._parts.get(name)
        if have is None or offset != len(have) or not part or len(part) > PART or offset + len(part) > total:
            raise UsageError("the file did not arrive in order: try again.")
        have += part
        if offset == 0:
            kind(bytes(have[:4096]), medium)  # what is wrong is told at once
        return self._kept(bytes(self._parts.pop(name)), medium) if len(have) == total else None

    def _kept(self, data: bytes, medium: str) -> Path:
        digest = hashlib.sha256(data).hexdigest()[:20]
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{digest}.{kind(data[:4096], medium)}"
        if not place.is_file() or place.stat().st_size != len(data):
            partial = place.with_name(f".{place.name}.part")
            partial.write_bytes(data)
            os.replace(partial, place)  # noqa: PTH105  (atomic, and says so)
        return beside(place)


def kind(head: bytes, medium: str) -> str:
    """Return the extension of a file by its first bytes, or refuse it where another medium is wanted."""
    for start, extension in _STARTS.get(medium, ()):
        if head.startswith(start):
            return extension
    if medium == "document" and _is_text(head):
        return "txt"
    found = format_of(head[:512]) or format_of(head)
    if found and medium_of(found).name in _FITS.get(medium, frozenset()):
        return found.extension
    what = f"a file of {medium_of(found).name}" if found else "not a file that is known"
    raise UsageError(f"this is {what}, but {_article(medium)} is wanted here.")


def beside(path: Path) -> Path:
    """Return a path as seen from this folder, where it lies below it: so it can be moved along with the notebook."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4 and b"\0" not in head
    return "\0" not in text


def _article(medium: str) -> str:
    words = {"3d": "a mesh", "audio": "a sound", "image": "a picture", "dataset": "a ZIP of a data set"}
    return words.get(medium, f"a {medium}")
