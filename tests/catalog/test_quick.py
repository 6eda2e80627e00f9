"""Bounds that a user would feel: completion offline, the snapshot on disk, and a listing that makes no model."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from runware_nb.catalog import bundled
from runware_nb.catalog.models import SNAPSHOT
from runware_nb.magics.completion import candidates


def test_the_snapshot_is_small():
    assert SNAPSHOT.stat().st_size < 300_000


def test_completion_of_the_whole_catalogue_takes_less_than_20_ms():
    cells = ["%%runware image -m ", "%%runware video\n#| model: a", "%%runware image\n#| ", "%%runware model f"]
    took = []
    for cell in cells * 5:
        at = time.thread_time()
        candidates(cell, len(cell), {})
        took.append(time.thread_time() - at)

    assert median(took) < 0.02


def test_names_are_listed_without_making_a_model():
    catalog = bundled().with_news(None)

    assert len(list(catalog.named())) == len(catalog)
    assert catalog._made == {}


def test_the_catalogue_is_at_hand_without_the_network_or_the_validator():
    heavy = ("httpx", "jsonschema", "pandas", "starlette")
    program = (
        "import sys; from runware_nb.catalog.fetching import current; current().get('bfl-flux-1-dev');"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
