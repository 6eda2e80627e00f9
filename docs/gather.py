"""Gather the documentation and build it: `python docs/gather.py FOLDER` leaves the site in FOLDER/html.

Pages are written once: the guide is the README, tables come from the code they describe, and each notebook is run on
the sandbox, with its media beside it. Every warning is an error, and no link within the site may lead nowhere.
"""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.cmd.build import build_main

import runware_nb
from runware_nb.magics import grammar
from runware_nb.preferences import PREFERENCES

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "notebooks"))


def gather(source: Path) -> None:
    """Write all pages into a folder."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "docs" / "conf.py", source)
    shutil.copytree(ROOT / "notebooks" / "images", source / "media" / "notebooks" / "images")
    (source / "notebooks").mkdir()
    (source / "reference").mkdir()
    pages = {"cells": cells(), "python": python(), "settings": settings()}
    for name, text in pages.items():
        (source / "reference" / f"{name}.md").write_text(text, encoding="utf-8")
    for name, title in (("README", "guide"), ("CHANGELOG", "changelog"), ("ARCHITECTURE", "architecture")):
        (source / f"{title}.md").write_text(page(ROOT / f"{name}.md"), encoding="utf-8")
    run_notebooks(source)


def page(path: Path) -> str:
    """Read a page of the repository, with its links to others turned to those of the site."""
    text = path.read_text(encoding="utf-8")
    if path.name == "README.md":
        text = text.replace("# runware_nb", "# Guide", 1)
    moved = {"ARCHITECTURE.md": "architecture.md", "CHANGELOG.md": "changelog.md", "docs/fast.md": "fast.md"}
    for old, new in moved.items():
        text = text.replace(f"]({old})", f"]({new})")
    return re.sub(r"\[([^\]]+)\]\((CONTRIBUTING\.md)\)", r"`\2`", text)


def run_notebooks(source: Path) -> None:
    """Run each notebook in a folder of its own, and put its media where its page will look for them."""
    from run import execute

    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(f"running {notebook.name}", flush=True)
        folder = source.parent / "run" / notebook.stem
        execute(notebook, folder)
        shutil.copy(folder / notebook.name, source / "notebooks")
        media = folder / "runware_outputs"
        if media.is_dir():
            shutil.copytree(media, source / "media" / "notebooks" / "runware_outputs", dirs_exist_ok=True)


def cells() -> str:
    """Tell the grammar of cells and lines, from the tables that the parser reads."""
    options, models = (
        [(f"`{', '.join(o.flags)}{f' {o.takes}' if o.takes else ''}`", o.help) for o in several]
        for several in (grammar.OPTIONS, (*grammar.MODELS, *grammar.SEARCH))
    )
    keys = [(f"`{name}`", words) for name, words in grammar.RESERVED.items()]
    lines = [(f"`%runware {name}`", words) for name, words in grammar.COMMANDS.items()]
    return "\n\n".join(
        [
            "# Cells and lines",
            "## Options of the first line",
            _table(("option", ""), options),
            "## Keys of the block, besides the model's parameters",
            _table(("key", ""), keys),
            "## Lines",
            _table(("line", ""), lines),
            "## Options of `%runware models`",
            _table(("option", ""), models),
        ]
    )


def settings() -> str:
    """Tell the preferences, from the table that they are read by."""
    rows = [(f"`{p.name}`", f"`{p.default}`", p.help, f"`{p.variable}`" if p.variable else "") for p in PREFERENCES]
    words = "`%config Runware.NAME`, `[tool.runware_nb]` in a `pyproject.toml`, a user file, or the environment."
    return f"# Preferences\n\n{words}\n\n{_table(('preference', 'default', 'what it does', 'variable'), rows)}"


def python() -> str:
    """Tell of each public name, by its docstring."""
    lines = ["# From Python", "`import runware_nb as rw`; in scripts, `from runware_nb import blocking as rw`."]
    for name in runware_nb.__all__:
        if name.endswith("_ipython_extension"):
            continue
        thing = getattr(runware_nb, name)
        if isinstance(thing, type):
            what = "autoclass"
        elif callable(thing) and hasattr(thing, "__name__"):
            what = "autofunction"
        else:
            continue
        members = ":members:\n" if what == "autoclass" else ""
        lines.append(
            f"## {name}\n\n```{{eval-rst}}\n.. {what}:: {thing.__module__}.{thing.__qualname__}\n   {members}```"
        )
    return "\n\n".join(lines)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"

    return "\n".join([line(head), line(("---",) * len(head)), *map(line, rows)])


class _Links(HTMLParser):
    """Collects where a page leads, and what it names."""

    def __init__(self) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        for name, value in attrs:
            if name in {"href", "src", "poster"} and value:
                self.leads.append(value)
            elif name == "id" and value:
                self.names.add(value)


def dead_links(site: Path) -> list[str]:
    """Name every link within the site that leads nowhere. Nothing is asked of the network."""
    pages = {}
    for path in site.rglob("*.html"):
        pages[path] = _Links()
        pages[path].feed(path.read_text(encoding="utf-8"))
    dead = []
    for path, links in pages.items():
        for lead in links.leads:
            parts = urlsplit(lead)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            named = pages[target].names if target in pages else set()
            if not target.exists() or (parts.fragment and target in pages and unquote(parts.fragment) not in named):
                dead.append(f"{path.relative_to(site)}: {lead}")
    return dead


def main(folder: Path) -> int:
    """Gather, build, check."""
    source, site = folder / "source", folder / "html"
    gather(source)
    shutil.rmtree(site, ignore_errors=True)
    if failed := build_main(
        ["-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "trees"), str(source), str(site)]
    ):
        return failed
    if dead := dead_links(site):
        print("Links that lead nowhere:", *dead, sep="\n")
        return 1
    print(f"The site: {site / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
