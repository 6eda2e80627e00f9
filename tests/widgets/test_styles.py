"""Styles: those of all widgets hold for the whole page, so no two may mean something else by one name."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

WIDGETS = Path(__file__).parents[2] / "js" / "src" / "widgets"
STYLES = sorted(WIDGETS.glob("*.css"))


def styled(path):
    """Return the classes that rules begin with, unless they begin with the widget's own root."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    selectors = [s.strip() for rule in re.findall(r"([^{}@;]+)\{", text) for s in rule.split(",")]
    return {found[1] for s in selectors if (found := re.match(r"\.(rw-[\w-]+)", s))}


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(STYLES, 2)), ids=lambda path: path.stem)
def test_no_two_widgets_style_one_class(one, other):
    assert styled(one) & styled(other) == set()


def test_what_is_styled_is_seen():
    assert {"rw-bench", "rw-group"} <= styled(WIDGETS / "grid.css")
