"""Store: the bytes of results, in files named by their content.

Links of the API die after 7 days, so media are fetched as soon as they exist. A file is written beside its place,
flushed to the disk, checked, and only then renamed: what has its name is whole. What it is is told by its bytes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

from runware_nb.api.results import Asset, Result
from runware_nb.errors import BadAsset, RunwareError
from runware_nb.media import Format, format_of, medium_of
from runware_nb.media.measure import measure

LARGEST: Final = 2_000_000_000
"""Bytes of one file."""
# What a field may truly hold, by the medium its name promises.
_KIN: Final = {
    "image": {"image", "vector"},
    "vector": {"vector", "image"},
    "audio": {"audio", "video"},
    "video": {"video"},
}

Fetch = Callable[[str, Callable[[bytes], object]], Awaitable[None]]


class Store:
    """A folder of media.

    Parameters
    ----------
    folder
        Made when the first file is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def keep(self, result: Result, fetch: Fetch) -> Result:
        """Return the result with its files on this machine. A file that cannot be had says so in its `problem`.

        Parameters
        ----------
        result
            As the API gave it.
        fetch
            Gets an address in pieces.
        """
        kept = await asyncio.gather(*(self._keep(asset, result, fetch) for asset in result.assets))
        return result.keeping(tuple(kept))

    async def _keep(self, asset: Asset, result: Result, fetch: Fetch) -> Asset:
        try:
            try:
                return await self._write(asset, result, fetch)
            except BadAsset:
                if asset.url is None:
                    raise
                return await self._write(asset, result, fetch)  # tells a broken transfer from a broken file
        except (RunwareError, OSError) as error:
            return replace(asset, problem=_one_line(error))

    async def _write(self, asset: Asset, result: Result, fetch: Fetch) -> Asset:
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with NamedTemporaryFile(dir=self.folder, prefix=".", suffix=".part", delete=False) as file:
            temporary = Path(file.name)

            def sink(chunk: bytes) -> None:
                digest.update(chunk)
                file.write(chunk)

            try:
                if asset.data is not None:
                    sink(_decoded(asset.data))
                else:
                    await fetch(asset.url or "", sink)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
                return await asyncio.to_thread(self._settle, temporary, digest.hexdigest(), asset, result)
            finally:
                await asyncio.to_thread(temporary.unlink, missing_ok=True)

    def _settle(self, temporary: Path, digest: str, asset: Asset, result: Result) -> Asset:
        """Check what came and give it its name."""
        with temporary.open("rb") as file:
            head = file.read(512)
        if not head:
            raise BadAsset("the file is empty.")
        known = format_of(head)
        medium = _true_medium(asset, known)
        extension = known.extension if known else _extension(asset.url)
        path = self.folder / f"{'sandbox-' if result.sandbox else ''}{digest[:20]}.{extension}"
        if not path.exists():
            temporary.chmod(0o644)
            temporary.replace(path)
        facts: dict[str, Any] = measure(path, medium) if known else {}
        return replace(asset, medium=medium, path=path, bytes=path.stat().st_size, **facts)


def _true_medium(asset: Asset, known: Format | None) -> str:
    """Return what a file is, refusing one that is not what its field promises."""
    found = medium_of(known).name if known else None
    if asset.field == "outputs.files":
        return found or asset.medium
    if found not in _KIN[asset.medium]:
        what = f"is {found}" if found else "is of no known type"
        raise BadAsset(f"the file should be of medium {asset.medium}, but {what}.")
    return found


def _decoded(data: str) -> bytes:
    """Read base64 text or a data URI."""
    try:
        return base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except (binascii.Error, ValueError):
        raise BadAsset("the base64 data is damaged.") from None


def _extension(url: str | None) -> str:
    """Take the extension of an address where it is a plain one."""
    suffix = Path(urlsplit(url or "").path).suffix.lower().lstrip(".")
    return suffix if re.fullmatch(r"[a-z0-9]{1,8}", suffix) else "bin"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
