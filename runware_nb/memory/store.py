"""Store: the bytes of results, in files named by their content.

Links of the API die after 7 days, so media are fetched as soon as they exist. A file is written beside its place,
flushed to the disk, checked, and only then renamed: what has its name is whole. What it is is told by its bytes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from random import random
from typing import IO, Any, Final
from urllib.parse import urlsplit

from runware_nb.api.results import Asset, Result
from runware_nb.errors import BadAsset, RunwareError, Unreachable
from runware_nb.media import MEDIA, Format, format_named, format_of, medium_of
from runware_nb.media.measure import measure
from runware_nb.memory.folder import Folder, in_words
from runware_nb.memory.inspection import inspect

LARGEST: Final = 2_000_000_000
"""Bytes of one file."""
_TRIES: Final = 3
_PAUSE: Final = 0.5
"""Seconds before the second try of a host that broke off; three times that before the third."""
# What a field may truly hold, by the medium its name promises.
_KIN: Final = {
    "image": {"image", "vector"},
    "vector": {"vector", "image"},
    "audio": {"audio", "video"},
    "video": {"video"},
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A file on its way."""

    folder: Folder
    name: str
    file: IO[bytes]
    digest: Any = field(default_factory=sha256)

    def take(self, piece: bytes) -> None:
        self.digest.update(piece)
        self.file.write(piece)


Fetch = Callable[[str, Callable[[bytes], object]], Awaitable[None]]


class Store:
    """A folder of media.

    Parameters
    ----------
    folder
        Made when the first file is kept. A link in its place is refused.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tidied = False

    async def keep(self, result: Result, fetch: Fetch) -> Result:
        """Return the result with its files on this machine. A file that cannot be had says so in its `problem`.

        A file that is kept but should not be shown has both a `path` and a `problem`.

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
            return await self._persist(asset, result, fetch)
        except RunwareError as error:
            return replace(asset, problem=_one_line(error))
        except OSError as error:
            return replace(asset, problem=in_words(error, self.folder))

    async def _persist(self, asset: Asset, result: Result, fetch: Fetch) -> Asset:
        """Fetch again what broke off, and once more what looks broken: it may be the transfer, not the file."""
        for last in range(1, _TRIES):
            try:
                return await self._write(asset, result, fetch)
            except BadAsset:
                if asset.url is None or last > 1:
                    raise
            except Unreachable:
                await asyncio.sleep(_PAUSE * 3 ** (last - 1) * (1 + random()))  # noqa: S311
        return await self._write(asset, result, fetch)

    async def _write(self, asset: Asset, result: Result, fetch: Fetch) -> Asset:
        with Folder.opened(self.folder) as folder:
            if not self._tidied:
                self._tidied = True
                await asyncio.to_thread(folder.tidy)
            part = _Part(folder, *folder.create())
            try:
                with part.file:
                    if asset.data is not None:
                        part.take(await asyncio.to_thread(_decoded, asset.data))
                    else:
                        await fetch(asset.url or "", part.take)
                    return await _to_the_end(asyncio.to_thread(self._settle, part, asset, result))
            finally:
                folder.remove(part.name)

    def _settle(self, part: _Part, asset: Asset, result: Result) -> Asset:
        """Check what came, put it on the disk, and give it its name."""
        part.file.seek(0)
        head = part.file.read(512)
        if not head:
            raise BadAsset("the file is empty.")
        known = format_of(head)
        medium = _true_medium(asset, known)
        problem = inspect(part.file, known.extension) if known else None
        size = part.file.seek(0, os.SEEK_END)
        part.folder.finish(part.file)
        extension = known.extension if known else _extension(asset.url)
        digest = part.digest.hexdigest()
        name = f"{'sandbox-' if result.sandbox else ''}{digest[:20]}.{extension}"
        part.folder.settle(part.name, name, digest)
        path = self.folder / name
        facts: dict[str, Any] = measure(path, medium) if known else {}
        return replace(asset, medium=medium, path=path, bytes=size, problem=problem, **facts)


async def _to_the_end(work: Awaitable[Asset]) -> Asset:
    """Wait for work in a thread, also when cancelled: no thread can be stopped, and its files are closed after it."""
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _true_medium(asset: Asset, known: Format | None) -> str:
    """Return what a file is, refusing one that is not what its field promises.

    `outputs.files` promises nothing, so any known format will do; only meshes may be of an unknown one.
    """
    found = medium_of(known).name if known else None
    promised = MEDIA.get(asset.medium)
    if asset.field == "outputs.files" and (found or promised is None or promised.element is None):
        return found or asset.medium
    if found not in _KIN.get(asset.medium, {asset.medium}):
        what = f"is {found}" if found else "is of no known type"
        raise BadAsset(f"the file should be of medium {asset.medium}, but {what}.")
    return found or asset.medium


def _decoded(data: str) -> bytes:
    """Read base64 text or a data URI."""
    try:
        return base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except (binascii.Error, ValueError):
        raise BadAsset("the base64 data is damaged.") from None


def _extension(url: str | None) -> str:
    """Take the extension of an address for what its bytes do not tell, if it is that of a mesh: no page opens those."""
    try:
        known = format_named(PurePosixPath(urlsplit(url or "").path).suffix)
    except ValueError:
        known = None
    return known.extension if known and medium_of(known).name == "3d" else "bin"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
