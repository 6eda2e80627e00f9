"""The shelf: every file the sandbox serves, made when it is first wanted, gone when its time is up.

Making is put off because most files of a large run are never looked at, and can be since each is decided by its
task and seed. A file is named by a random UUID: who has not been told it cannot guess it.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from runware_nb.media import format_named, medium_of
from runware_nb.sandbox.clock import Clock

KEPT: Final = 7 * 24 * 3600.0
"""Seconds a result's address lives, unless its task says otherwise."""
_CACHED: Final = 256_000_000
"""Bytes of made files to hold on to."""


@dataclass(eq=False)
class File:
    """One file.

    Parameters
    ----------
    uuid
        Its media UUID.
    extension
        Lower case, without a dot.
    make
        Makes its bytes; called in a thread, at most once while they are held.
    expires
        Moment of the clock from which on it is gone.
    """

    uuid: str
    extension: str
    make: Callable[[], bytes] = field(repr=False)
    expires: float
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def path(self) -> str:
        """Where it is served, in the API's shape."""
        known = format_named(self.extension)
        kind = medium_of(known).name if known else "image"
        kind = kind if kind in {"video", "audio"} else "image"
        return f"/{kind}/os/sandbox/ws/2/{kind[0]}i/{self.uuid}.{self.extension}"

    @property
    def mime(self) -> str:
        """Its MIME type."""
        known = format_named(self.extension)
        return known.mime if known else "application/octet-stream"


class Shelf:
    """All files, by UUID."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, File] = {}
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self.origin = ""

    def add(self, make: Callable[[], bytes], extension: str, ttl: float | None = None) -> File:
        """Put a file on the shelf, to be made later; it expires after `ttl` seconds (7 days)."""
        file = File(str(uuid.uuid4()), extension, make, self._clock.now() + (ttl or KEPT))
        self._files[file.uuid] = file
        return file

    def find(self, name: str) -> File | None:
        """Find a file by its UUID, its address or its file name; None when it is unknown or expired."""
        file = self._files.get(name.rpartition("/")[2].partition(".")[0].lower())
        return file if file and file.expires > self._clock.now() else None

    def drop(self, file: File) -> None:
        """Take a file off the shelf."""
        self._files.pop(file.uuid, None)

    def owns(self, url: str) -> bool:
        """Tell whether an address is one of the shelf's."""
        return url.startswith((f"{self.origin}/", self.origin.replace("127.0.0.1", "localhost") + "/"))

    def url(self, file: File) -> str:
        """Return the address of a file."""
        return self.origin + file.path

    def read(self, file: File) -> bytes:
        """Return a file's bytes, making them if need be. Blocks: call it in a thread."""
        with file._making:  # noqa: SLF001
            with self._lock:
                if (data := self._made.get(file.uuid)) is not None:
                    self._made.move_to_end(file.uuid)
                    return data
            data = file.make()
            with self._lock:
                self._made[file.uuid] = data
                self._size += len(data)
                while self._size > _CACHED and len(self._made) > 1:
                    self._size -= len(self._made.popitem(last=False)[1])
            return data

    async def bytes_of(self, file: File) -> bytes:
        """Return a file's bytes, made in a thread."""
        return await asyncio.to_thread(self.read, file)
