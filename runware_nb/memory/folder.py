"""Folder: files made and named inside one folder, and nowhere else, whole or not at all.

All is done relative to the opened folder, so that one put in its place meanwhile changes nothing; links are neither
followed nor written through. Windows has neither; there, names are joined to the path.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from time import time
from typing import IO, Any, Final

from runware_nb.errors import BadAsset

STALE: Final = 86_400.0
"""Seconds after which the unfinished file of a process that is gone is thrown away."""
_NO_LINKS: Final[int] = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_RELATIVE: Final = os.open in os.supports_dir_fd
_PART: Final = re.compile(r"\.(?:(\d{1,9})-[0-9a-f]{16}|.*)\.part")
_NAME: Final = re.compile(r"[0-9a-z][0-9a-z._-]{0,99}")
# Errors of the disk, in words; `{}` is the folder.
_WORDS: Final = {
    errno.ENOSPC: "the disk of {} is full: make room, then fetch the file again from its link",
    getattr(errno, "EDQUOT", -1): "the disk quota of {} is used up: make room, then fetch the file again from its link",
    errno.EFBIG: "the file is larger than {} may hold",
    errno.EACCES: "{} may not be written to",
    errno.EPERM: "{} may not be written to",
    errno.EROFS: "{} is read-only",
    errno.ENAMETOOLONG: "the path of {} is too long",
    errno.ENOTDIR: "{}, or a part of its path, is not a folder",
    errno.EEXIST: "{}, or a part of its path, is not a folder",
    errno.ELOOP: "{} is a link, which is not followed: name the folder that it leads to",
    errno.EIO: "the disk of {} failed",
}


class Folder:
    """An opened folder.

    Parameters
    ----------
    path
        The folder; a link is refused.
    """

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Folder]:
        """Open a folder for a while, making it if need be.

        Raises
        ------
        OSError
            When it cannot be made or opened. A link is `ELOOP`.
        """
        if path.is_symlink():
            raise OSError(errno.ELOOP, "a link", str(path))
        path.mkdir(parents=True, exist_ok=True)
        if not _RELATIVE:
            yield cls(path, None)
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NO_LINKS)
        try:
            yield cls(path, descriptor)
        finally:
            os.close(descriptor)

    def create(self) -> tuple[str, IO[bytes]]:
        """Make a new file, under a name that nobody has, to write and read."""
        name = f".{os.getpid()}-{secrets.token_hex(8)}.part"
        return name, os.fdopen(self._open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")

    @staticmethod
    def finish(file: IO[bytes]) -> None:
        """Put a written file on the disk, for all to read, and close it: Windows renames no open file."""
        file.flush()
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
        file.close()

    def settle(self, temporary: str, name: str, digest: str) -> None:
        """Give a finished file its name, and have both on the disk before returning.

        A file of that name with the same content stays; a damaged one is replaced.

        Raises
        ------
        BadAsset
            When the name is no plain one, or is taken by what is not a file.
        """
        if not _NAME.fullmatch(name):
            raise BadAsset("its file name is not a plain one.")
        if self._holds(name, digest):
            return
        os.replace(self._at(temporary), self._at(name), **self._both())  # noqa: PTH105
        self._sync()

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(OSError):
            os.unlink(self._at(name), **self._one())

    def tidy(self) -> None:
        """Remove what processes that are gone left half-written more than a day ago."""
        for name in os.listdir(self.path if self._descriptor is None else self._descriptor):  # noqa: PTH208
            found = _PART.fullmatch(name)
            with contextlib.suppress(OSError):
                if found and not _is_alive(found[1]) and time() - self._stat(name).st_mtime > STALE:
                    self.remove(name)

    def _holds(self, name: str, digest: str) -> bool:
        """Tell whether a name is there already with this content."""
        try:
            if not stat.S_ISREG(self._stat(name).st_mode):
                raise BadAsset(f"its name {name} is taken by what is not a file: remove that.")
            with os.fdopen(self._open(name, os.O_RDONLY), "rb") as file:
                return _digest(file) == digest
        except FileNotFoundError:
            return False
        except PermissionError:
            return False  # unreadable, so of no use; the folder is ours to replace it in

    def _open(self, name: str, flags: int, mode: int = 0) -> int:
        return os.open(self._at(name), flags | _NO_LINKS, mode, **self._one())

    def _stat(self, name: str) -> os.stat_result:
        return os.stat(self._at(name), follow_symlinks=False, **self._one())  # noqa: PTH116

    def _at(self, name: str) -> str:
        return str(self.path / name) if self._descriptor is None else name

    def _one(self) -> dict[str, Any]:
        return {} if self._descriptor is None else {"dir_fd": self._descriptor}

    def _both(self) -> dict[str, Any]:
        descriptor = self._descriptor
        return {} if descriptor is None else {"src_dir_fd": descriptor, "dst_dir_fd": descriptor}

    def _sync(self) -> None:
        """Put the new name on the disk. Some network file systems cannot, and say so."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.fsync(self._descriptor)


def _digest(file: IO[bytes]) -> str:
    digest = sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _is_alive(pid: str | None) -> bool:
    """Tell whether a process of this number runs here. Windows would end it for being asked."""
    if pid is None or sys.platform == "win32":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def in_words(error: OSError, folder: Path) -> str:
    """Say in one line what a disk refused."""
    words = _WORDS.get(error.errno or 0, f"{{}} cannot be used ({error.strerror or type(error).__name__})")
    return f"{words.format(_short(folder))}."


def _short(folder: Path) -> str:
    text = repr(str(folder))
    return text if len(text) <= 200 else f"{text[:150]}…{text[-40:]}"  # noqa: PLR2004
