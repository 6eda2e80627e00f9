"""The README: what it tells to type runs, in its order, in a new kernel without a key."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

README = Path(__file__).parents[2] / "README.md"
WANTS_A_KEY = "Runware(api_key="
BLOCK = re.compile(r"^```(?:python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.timeout(300)
def test_what_the_readme_tells_to_type_runs_from_top_to_bottom(tmp_path):
    blocks = [block.strip() for block in BLOCK.findall(README.read_text()) if WANTS_A_KEY not in block]
    cells = [nbformat.v4.new_code_cell(block) for block in blocks]
    client = NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=280, kernel_name="python3")
    client.resources = {"metadata": {"path": str(tmp_path)}}

    client.execute(env=dict(os.environ))

    assert len(cells) >= 8
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "run.parquet").is_file()
