"""Inventory: the kept files of a folder, held against their names and the ledger.

A file's name is the beginning of the SHA-256 of its bytes, so a damaged one is known by itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_NAME: Final = re.compile(r"(?:sandbox-)?(?P<digest>[0-9a-f]{20})\.[a-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept file.

    Parameters
    ----------
    path
        Where it is.
    size
        Bytes.
    digest
        What the digest of its bytes begins with, by its name.
    """

    path: Path
    size: int
    digest: str

    @property
    def is_whole(self) -> bool:
        """Whether its bytes are those it is named by."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest().startswith(self.digest)


def kept(folder: Path) -> list[Kept]:
    """List the kept files of a folder by name. Other files there are not ours, and are left alone."""
    if not folder.is_dir():
        return []
    named = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.iterdir()) if not path.is_symlink())
    return [Kept(path, path.stat().st_size, match["digest"]) for path, match in named if match and path.is_file()]


def orphans(files: Iterable[Kept], named: Iterable[str]) -> list[Kept]:
    """Return the files that no row of the ledger names."""
    known = set(named)
    return [file for file in files if str(file.path.absolute()) not in known]


def export(files: Iterable[Kept], rows: Iterable[Mapping[str, Any]], target: Path) -> int:
    """Write files and what the ledger knows of them into a ZIP, and return how many files it holds.

    `manifest.json` in it has a row a result: the request, the item as the API gave it, and its files by name.

    Raises
    ------
    FileExistsError
        When the target is there already: nothing is overwritten.
    """
    count = 0
    with zipfile.ZipFile(target, "x", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.write(file.path, file.path.name)
            count += 1
        archive.writestr("manifest.json", json.dumps(list(rows), indent=1, default=str))
    return count
