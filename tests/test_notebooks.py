"""The notebooks as they are saved: they read without a kernel, and tell nothing of the machine that ran them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
sys.path.insert(0, str(FOLDER))
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 1_500_000
SILENT = re.compile(r"^(%load_ext|import |from |[\w.]+(\[.*\])? = |%%runware template|del )|-q\b|--bg|^%runware wait")
OF_A_MACHINE = re.compile(
    r"/(home|root|tmp|var|Users|work)/|[A-Z]:\\\\|127\.0\.0\.1|localhost|ipykernel_\d|token=|Bearer "
)
UUID = re.compile(r"\b(?!00000000-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])


def outputs(path):
    return [out for cell in nbformat.read(path, as_version=4).cells for out in cell.get("outputs", [])]


def pages(path):
    return [out["data"]["text/html"] for out in outputs(path) if "text/html" in out.get("data", {})]


def test_it_is_saved_with_what_its_cells_made(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert [cell.source for cell in cells if not cell.outputs and not SILENT.search(cell.source)] == []
    assert [out for out in outputs(path) if out.output_type == "error" or out.get("name") == "stderr"] == []


def test_it_is_small_enough_for_a_code_host(path):
    assert path.stat().st_size < LARGEST


def test_it_tells_nothing_of_the_machine_and_the_moment_it_ran_on(path):
    told = json.dumps(outputs(path))

    assert OF_A_MACHINE.findall(told) == []
    assert UUID.findall(told) == []
    assert str(Path.home()) not in told


def test_what_it_shows_is_inside_it_and_runs_nothing(path):
    sources = re.findall(r'<(?:img|video|audio)[^>]* src="([^"]{0,60})', "".join(pages(path)))

    assert [src for src in sources if not src.startswith("data:")] == []
    assert [page[:200] for page in pages(path) if re.search(r"<script|<iframe|<object|\son\w+=", page)] == []
    assert not [out for out in outputs(path) if "widget-view" in str(out.get("data", {}).keys())]
    assert all("text/plain" in out["data"] for out in outputs(path) if "data" in out)


def test_saving_it_again_after_a_run_of_other_times_and_uuids_changes_nothing(path, tmp_path):
    from run import save

    content = path.read_text()
    again = content.replace("00000000-0000-4000-8000-", "12345678-0000-4000-8000-")
    again = re.sub(r"\b\d\.\d s\b", "7.7 s", again)
    (tmp_path / "executed.ipynb").write_text(again)
    (tmp_path / "saved.ipynb").write_text(content)
    save(tmp_path / "executed.ipynb", tmp_path / "saved.ipynb")

    assert (tmp_path / "saved.ipynb").read_text() == content
