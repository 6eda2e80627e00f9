"""The benchmarks: they run, whatever this machine's speed, and the plot in the docs is that of its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_short_form_measures_and_prints_a_table_that_can_be_pasted(tmp_path):
    command = [sys.executable, "bench/goals.py", "--short", "--json", str(tmp_path / "goals.json")]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout

    rows = [line for line in told.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == len(json.loads((tmp_path / "goals.json").read_text())["table"]) > 8
    assert all(row.count(" | ") == 4 for row in rows)


def test_the_plot_of_the_docs_is_drawn_from_the_figures_beside_it(tmp_path):
    place = tmp_path / "docs" / "static"
    place.mkdir(parents=True)
    (place / "growth.json").write_bytes((ROOT / "docs/static/growth.json").read_bytes())
    subprocess.run([sys.executable, ROOT / "bench/growth.py", "--draw"], cwd=tmp_path, check=True)

    assert (place / "growth.svg").read_text() == (ROOT / "docs/static/growth.svg").read_text()
