"""Exports: a grid written to files that need neither a kernel nor a network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final
from urllib.parse import quote

from runware_nb import reprs
from runware_nb.api.runs import Run
from runware_nb.display.sheets import Snapshot, contact_sheet, page_html, whole_html
from runware_nb.errors import UsageError
from runware_nb.settings import BESIDE

_PAGES: Final = frozenset({".html", ".htm"})


def to_html(snapshot: Snapshot, target: Path, records: str = "") -> Path:
    """Write one page with small pictures, or a folder with a page and all media. See `Grid.to_html`."""
    if target.suffix.lower() in _PAGES:
        return write(page_html(snapshot, lambda _: None, records), target)
    media = target / BESIDE
    try:
        media.mkdir(parents=True, exist_ok=True)
        for cell in snapshot.board.cells:
            for path in (a.path for r in cell.results for a in r.assets if a.path):
                if path.is_file() and not (media / path.name).exists():
                    shutil.copyfile(path, media / path.name)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
    return write(page_html(snapshot, lambda path: f"{BESIDE}/{quote(path.name)}", records), target / "index.html")


def card_html(run: Run, target: Path, records: str) -> Path:
    """Write one page of a run that is no grid, as its card shows it."""
    data, _ = reprs.mimebundle(run)
    return write(whole_html(run.name or "Run", data["text/html"], records), target)


def write(page: str, target: Path) -> Path:
    """Write a page, and return where it is."""
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from None
    return target


def to_png(snapshot: Snapshot, target: Path) -> Path:
    """Write the page on screen as a contact sheet. See `Grid.to_png`."""
    sheet = contact_sheet(snapshot)
    if sheet is None:
        raise UsageError("none of its cells on screen has a picture yet.")
    try:
        sheet.save(target, "PNG")
    except (OSError, ValueError) as error:
        raise UsageError(f"{target} cannot be written: {error}.") from None
    return target
