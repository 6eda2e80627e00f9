"""The line `%runware cache …`: look after the kept files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runware_nb import door
from runware_nb.display.links import told_path
from runware_nb.display.shelves import Shelf
from runware_nb.display.tables import Listing
from runware_nb.errors import UnknownName, UsageError
from runware_nb.loops import wait_for
from runware_nb.magics.grammar import CACHE
from runware_nb.memory import inventory


def cache(rest: str) -> Listing | None:
    """Say what is kept, and tidy it."""
    what, _, argument = rest.partition(" ")
    what = what or "size"
    if what not in CACHE:
        raise UnknownName("cache command", what[:40], CACHE, "; ".join(f"{k}: {v}" for k, v in CACHE.items()) + ".")
    if what == "rebuild":
        _rebuild()
        return None
    files, rows = wait_for(door.session().inventory())
    size = sum(file.size for file in files) / 1e6
    if what == "ls":
        return Shelf(files, rows).listing()
    if what == "size":
        print(f"{len(files)} file{'s' * (len(files) != 1)}, {size:,.2f} MB, in {_folder()}.")  # noqa: T201
    elif what == "verify":
        _verify(files)
    elif what == "prune":
        _prune(files, rows)
    else:
        _export(files, rows, argument.strip())
    return None


def _folder() -> str:
    return told_path(door.session().folder)


def _rebuild() -> None:
    added = wait_for(door.session().rebuild())
    told = f"{added} result{'s' * (added != 1)} the ledger lacked" if added else "Nothing the ledger lacked"
    print(f"{told} in the manifest of {_folder()}.")  # noqa: T201


def _verify(files: list[inventory.Kept]) -> None:
    damaged = [file for file in files if not file.is_whole]
    print(f"{len(files) - len(damaged)} of {len(files)} files are whole.")  # noqa: T201
    if damaged:
        names = ", ".join(file.path.name for file in damaged[:10])
        raise UsageError(f"{len(damaged)} damaged: {names}. Delete them; the next run makes them again.")


def _prune(files: list[inventory.Kept], rows: list[dict[str, Any]]) -> None:
    """Delete only what no row names: what was paid for stays, and is asked about by nobody."""
    loose = inventory.orphans(files, (path for row in rows for path in row["files"]))
    for file in loose:
        file.path.unlink()
    freed = f"{sum(file.size for file in loose) / 1e6:,.1f} MB"
    told = f"{len(loose)} files that the ledger does not name are deleted, {freed}. {len(files) - len(loose)} stay."
    print(told)  # noqa: T201


def _export(files: list[inventory.Kept], rows: list[dict[str, Any]], name: str) -> None:
    if not name:
        raise UsageError("say where to: %runware cache export NAME.zip.")
    target = Path(name).expanduser()
    try:
        count = inventory.export(files, rows, target)
    except FileExistsError:
        raise UsageError(f"{name} is there already: choose another name.") from None
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}.") from None
    print(f"{count} files and manifest.json are in {target}.")  # noqa: T201
