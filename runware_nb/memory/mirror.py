"""Mirror: the kept files copied to an address as well, as fsspec reaches them: `s3://`, `gs://`, `file://` and more.

The folder stays the truth: cards, cache and what is resumed look there alone. So a copy that fails loses nothing; it is
told in one line, and made when the cell is run again, which costs nothing. Files are named by their content, so what
has its name and size there already is not sent again.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from runware_nb.api.results import Asset, Result
from runware_nb.errors import UsageError

_AT_ONCE: Final = 8
"""Files copied at once, each in a thread of its own."""


class Mirror:
    """An address that kept files are copied to.

    Parameters
    ----------
    url
        The address of a folder or a prefix. How to log in there is fsspec's to know, from its own configuration.
    tell
        Takes one line for the user, when copying begins to fail.

    Raises
    ------
    UsageError
        When the address cannot be used: it is malformed, carries a password, or wants a package that is not here.
    """

    def __init__(self, url: str, tell: Callable[[str], object] = lambda _: None) -> None:
        self.url = url.rstrip("/") if not url.endswith("://") else url
        self._tell = tell
        self._fs, self._root = _opened(self.url)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="runware-mirror")
        self._lock = threading.Lock()
        self._sizes: dict[str, int] | None = None
        self._failing = False

    async def keep(self, result: Result) -> Result:
        """Return a result with its kept files copied. Each that is there names its address as `stored`."""
        if not any(asset.path for asset in result.assets):
            return result
        loop = asyncio.get_running_loop()
        copies = [loop.run_in_executor(self._pool, self._copied, asset) for asset in result.assets]
        return result.keeping(tuple(await asyncio.gather(*copies)))

    def close(self) -> None:
        """Let its threads go, once they have copied what they hold."""
        self._pool.shutdown(wait=False)

    def _copied(self, asset: Asset) -> Asset:
        if asset.path is None:
            return asset
        name = asset.path.name
        try:
            there, size = self._there(), asset.path.stat().st_size
            if there.get(name) != size:
                self._fs.put_file(str(asset.path.absolute()), f"{self._root}/{name}")
                there[name] = size
        except Exception as error:  # noqa: BLE001  (each store has errors of its own)
            self._failed(error, asset.path)
            return replace(asset, stored=None)
        self._failing = False
        return replace(asset, stored=f"{self.url}/{name}")

    def _there(self) -> dict[str, int]:
        """Return names and sizes of what is there, as it was at the first look."""
        with self._lock:
            if self._sizes is None:
                if _is_local(self._fs):
                    Path(self._root).mkdir(parents=True, exist_ok=True)
                self._sizes = self._listed()
            return self._sizes

    def _listed(self) -> dict[str, int]:
        try:
            listed = self._fs.ls(self._root, detail=True)
        except Exception:  # noqa: BLE001  (nothing there yet, or it may be written but not listed: all is copied)
            return {}
        return {str(entry["name"]).rpartition("/")[2]: entry.get("size") or 0 for entry in listed}

    def _failed(self, error: Exception, path: Path) -> None:
        with self._lock:
            told, self._failing = self._failing, True
        if not told:
            words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            self._tell(
                f"{path.name} could not be copied to {self.url} ({words}). It is kept in {path.parent}: run the cell"
                " again to copy what is missing, at no cost."
            )


def _opened(url: str) -> tuple[Any, str]:
    if urlsplit(url).password is not None:
        raise UsageError("out_dir carries a password, which results would show: give it to fsspec's configuration.")
    try:
        from fsspec.core import url_to_fs

        fs, root = url_to_fs(url)
    except ImportError as error:
        raise UsageError(
            f"out_dir is {url[:80]}, but {' '.join(str(error).split())[:120]}: pip install 'runware-nb[fsspec]' and"
            " what the address wants, such as s3fs or gcsfs."
        ) from None
    except Exception as error:  # noqa: BLE001  (each store has errors of its own)
        raise UsageError(
            f"out_dir is {url[:80]}, which cannot be used: {' '.join(str(error).split())[:200]}."
        ) from None
    return fs, str(root).rstrip("/")


def _is_local(fs: Any) -> bool:
    return "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)
