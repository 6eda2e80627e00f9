"""Copies: what the public services told, kept on this disk. A copy that cannot be read is as good as none.

A file an address, named by its hash. All of it can be fetched again, so that losing it costs nothing, and a disk that
is full or closed stops nobody.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LARGEST: Final = 16 << 20
"""Bytes that all copies may have together; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What an address told.

    Parameters
    ----------
    payload
        JSON; None where the address told that there is nothing.
    etag
        Its tag.
    when
        When it was last known to be current, in seconds since 1970.
    """

    payload: Any
    etag: str | None
    when: float


class Copies:
    """The copies in a folder, which is made when there is something to keep.

    Parameters
    ----------
    folder
        The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._there: set[str] | None = None

    def read(self, url: str) -> Copy | None:
        """Return the copy of an address; None if there is none, or a damaged one."""
        name = _name(url)
        if name not in self._names():
            return None
        try:
            told = json.loads((self._folder / name).read_bytes())
            if told["url"] != url:
                return None
            etag = told["etag"]
            return Copy(told["payload"], etag if isinstance(etag, str) else None, float(told["when"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def write(self, url: str, copy: Copy) -> None:
        """Keep a copy, whole or not at all."""
        told = {"url": url, "payload": copy.payload, "etag": copy.etag, "when": copy.when}
        body = json.dumps(told, separators=(",", ":")).encode()
        name = _name(url)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(body)
                Path(draft).replace(self._folder / name)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise
            self._names().add(name)
            self._trim()

    def _names(self) -> set[str]:
        if self._there is None:
            try:
                self._there = {path.name for path in self._folder.iterdir()}
            except OSError:
                self._there = set()
        return self._there

    def _trim(self) -> None:
        """Drop the oldest copies above the bound, and drafts that a killed process left."""
        files = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # another process may be at it, too
                    stat = entry.stat()
                    files.append((stat.st_mtime, stat.st_size, entry.path))
        total = 0
        for _, size, path in sorted(files, reverse=True):
            total += size
            if total > LARGEST:
                Path(path).unlink(missing_ok=True)
                self._names().discard(Path(path).name)


def _name(url: str) -> str:
    return f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
