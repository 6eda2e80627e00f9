"""The line `%runware doctor`: looks at all that a cell stands on, and says what to change. It bills nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any, Final, Literal

from IPython.core.getipython import get_ipython

import runware_nb
from runware_nb import keys, preferences, settings
from runware_nb.catalog import fetching
from runware_nb.display.builds import STATIC
from runware_nb.display.tables import Listing, Table
from runware_nb.errors import RunwareError, UsageError
from runware_nb.magics import nesting
from runware_nb.memory.mirror import Mirror

_PACKAGES: Final = ("ipython", "ipykernel", "jupyterlab", "notebook", "anywidget", "httpx", "pandas", "pillow")
_ROOM: Final = 1_000_000_000
"""Bytes below which a disk is called short of room."""
_PROXIES: Final = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_WAIT: Final = 3.0
"""Seconds the API may take to answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, what was found, and what to do."""

    what: str
    state: Literal["ok", "note", "bad"]
    found: str
    advice: str = ""


def doctor() -> Listing:
    """Look at everything. A look that fails is itself a finding."""
    rows = []
    for look in _LOOKS:
        try:
            rows += list(look())
        except Exception as error:  # noqa: BLE001  (it must tell of what is broken, not break)
            words = str(error) if isinstance(error, RunwareError) else f"{type(error).__name__}: {error}"
            rows.append(Finding(look.__name__.strip("_").replace("_", " "), "bad", words))
    table = tuple((f.what, f.state, f.found, f.advice) for f in rows)
    return Listing(Table(table, ("what", "state", "found", "what to do")))


def _versions() -> Iterator[Finding]:
    versions = [f"Python {sys.version.split()[0]}"]
    for name in _PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    yield Finding("versions", "ok", f"runware_nb {runware_nb.__version__}, {', '.join(versions)}")


def _loop() -> Iterator[Finding]:
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        yield Finding("loop", "ok", "a terminal: cells wait on the background loop")
    elif not shell.autoawait or type(shell.loop_runner).__name__ != "_AsyncIORunner":
        yield Finding("loop", "note", "%autoawait is off, so cells wait", "%autoawait asyncio, for the Cancel button")
    else:
        yield Finding("loop", "ok", "cells are awaited on the kernel's loop")
    if warning := nesting.old_patch():
        yield Finding("nest-asyncio", "bad", "version 1.x is patched in", warning)


def _front_end() -> Iterator[Finding]:
    path = STATIC / "manifest.json"
    if path.is_file():
        names = (Path(name).stem for name in json.loads(path.read_text()) if name.endswith(".mjs"))
        yield Finding("front end", "ok", f"built: {', '.join(names)}")
    else:
        yield Finding("front end", "bad", "not built", "make js, or install a released package")


def _folder() -> Iterator[Finding]:
    outputs, mirror = preferences.outputs()
    folder = Path(outputs).absolute()
    if mirror:
        yield _mirror(mirror)
    if any(part.startswith(".") for part in folder.parts[1:]):
        yield Finding("folder", "note", f"{folder} is under a hidden folder", "Jupyter shows no media from there")
    stand = next(place for place in (folder, *folder.parents) if place.is_dir())
    free = shutil.disk_usage(stand).free
    if not os.access(stand, os.W_OK):
        yield Finding("folder", "bad", f"{stand} may not be written to", "%config Runware.out_dir = 'elsewhere'")
    elif free < _ROOM:
        yield Finding("folder", "note", f"{stand} has {free / 1e6:,.0f} MB left", "make room")
    else:
        yield Finding("folder", "ok", f"{folder}, {free / 1e9:,.0f} GB left")


def _mirror(url: str) -> Finding:
    try:
        return Finding("copies", "ok", f"to {Mirror(url).url}")
    except UsageError as error:
        return Finding("copies", "bad", str(error), "%config Runware.out_dir = 'elsewhere'")


def _ledger() -> Iterator[Finding]:
    path = settings.home() / "ledger.sqlite"
    if aside := sorted(path.parent.glob("ledger.damaged-*.sqlite")):
        yield Finding("ledger", "note", f"{len(aside)} damaged, set aside as {aside[-1]}", "%runware cache rebuild")
    if not path.is_file():
        yield Finding("ledger", "ok", f"none yet; it will be {path}")
        return
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        (count,) = connection.execute("SELECT count(*) FROM results").fetchone()
    yield Finding("ledger", "ok", f"{path}, {count:,} results, {path.stat().st_size / 1e6:.1f} MB, journal {mode}")


def _key() -> Iterator[Finding]:
    if found := keys.find():
        yield Finding("key", "ok", f"configured ({found.source})")
    else:
        yield Finding("key", "note", "none: the sandbox serves", "%runware login, or set RUNWARE_API_KEY")


def _api() -> Iterator[Finding]:
    found = keys.find()
    if found is None:
        has = util.find_spec("starlette") and util.find_spec("av")
        yield Finding("sandbox", "ok" if has else "bad", "installed" if has else "not installed",
                      "" if has else "pip install 'runware-nb[sandbox]'")  # fmt: skip
        return
    from runware_nb.loops import wait_for

    place = settings.endpoint(found.key)
    wait_for(_ping(place))
    yield Finding("API", "ok", f"{place.base_url} answers")


async def _ping(place: settings.Endpoint) -> None:
    import asyncio

    from runware_nb.api.client import Runware

    async with Runware.at(place, timeout=_WAIT) as client:
        try:
            async with asyncio.timeout(_WAIT):
                await client.run({"taskType": "ping", "ping": True})
        except TimeoutError:
            raise RunwareError(f"{place.base_url} did not answer within {_WAIT:.0f} s: check the network.") from None


def _proxy() -> Iterator[Finding]:
    if names := [name for name in _PROXIES if os.environ.get(name)]:
        yield Finding("proxy", "note", f"{names[0]} is set", "requests to the API go through it")


def _catalog() -> Iterator[Finding]:
    here = fetching.living()
    advice = "" if here.services.offline else "%runware models --refresh asks for the newest"
    yield Finding("catalogue", "ok", here.told, advice if here.catalog.news is None else "")


def _preferences() -> Iterator[Finding]:
    told = {found.source for p in preferences.PREFERENCES if (found := preferences.found(p.name)).source != "default"}
    yield Finding("preferences", "ok", f"set by {', '.join(sorted(told))}" if told else "none is set")


_LOOKS: Final[tuple[Callable[[], Iterator[Finding]], ...]] = (
    _versions, _loop, _front_end, _folder, _ledger, _key, _api, _proxy, _catalog, _preferences,
)  # fmt: skip
