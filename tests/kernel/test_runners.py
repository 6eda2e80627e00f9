"""Programs that run notebooks by themselves: what they save holds the final cards, and an error stops them."""

from __future__ import annotations

import os
import subprocess
import sys

import nbformat
import pytest

from runware_nb.sandbox import Sandbox

from .conftest import PACKAGE

LOAD = "%load_ext runware_nb"
IMAGE = "%%runware image hero << --size 128x128\na {{ topic }}"
BEHIND = "%%runware image later << --bg --size 128x128\na {{ topic }} at night"
AFTER = "print(len(hero), len(await later))"
RUNNERS = {
    "jupyter execute": ["jupyter", "execute", "book.ipynb", "--output=out.ipynb"],
    "nbconvert": ["nbconvert", "--to=notebook", "--execute", "--output=out.ipynb", "book.ipynb"],
    "papermill": ["papermill", "book.ipynb", "out.ipynb", "-p", "topic", "lighthouse"],
}


@pytest.fixture
def run(tmp_path, home):
    """Run a notebook of these cells by one of the programs, and return the process and what it saved."""

    def run(runner, *cells):
        with Sandbox(latency=(0.2, 0.4)) as box:
            variables = {
                "RUNWARE_API_KEY": box.api_key,
                "RUNWARE_BASE_URL": box.http_url,
                "RUNWARE_WS_URL": box.ws_url,
                "IPYTHONDIR": str(tmp_path / "ipython"),
                "PYTHONPATH": PACKAGE,
            }
            parameters = nbformat.v4.new_code_cell("topic = 'lighthouse'", metadata={"tags": ["parameters"]})
            code = [parameters, *map(nbformat.v4.new_code_cell, cells)]
            about = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
            nbformat.write(nbformat.v4.new_notebook(cells=code, metadata=about), tmp_path / "book.ipynb")
            done = subprocess.run(
                [sys.executable, "-m", *RUNNERS[runner]],
                env={**os.environ, **variables},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        saved = tmp_path / "out.ipynb"
        return done, nbformat.read(saved, as_version=4) if saved.exists() else None

    return run


def cards(cell):
    return [out.data["text/html"] for out in cell.outputs if "text/html" in out.get("data", {})]


@pytest.mark.parametrize("runner", RUNNERS)
def test_what_is_saved_holds_the_final_cards(run, runner):
    done, saved = run(runner, LOAD, IMAGE, BEHIND, AFTER)
    assert done.returncode == 0, done.stderr[-2000:]
    *_, image, behind, after = saved.cells

    for cell in (image, behind):
        (card,) = cards(cell)
        assert "data:image/" in card
        assert not any("widget-view" in mime for out in cell.outputs for mime in out.get("data", {}))
    assert "1 1" in after.outputs[0].text


@pytest.mark.parametrize("runner", RUNNERS)
def test_an_error_stops_it_in_one_line(run, runner):
    done, saved = run(runner, LOAD, "%%runware image --sede 7\na fox", "open('reached', 'w').close()")

    assert done.returncode != 0
    assert "Did you mean --seed" in done.stderr
    assert not (saved and saved.cells[-1].outputs)


MARIMO = """
import marimo
app = marimo.App()

@app.cell
async def _():
    import runware_nb as rw
    run = await rw.image("a fox", size="128x128")
    print("made", len(run))
    run
    return
"""


def test_in_marimo_the_python_door_makes_and_shows(tmp_path, home):
    (tmp_path / "book.py").write_text(MARIMO)
    with Sandbox(latency=(0, 0.05)) as box:
        done = subprocess.run(
            [sys.executable, "-m", "marimo", "export", "html", "book.py", "-o", "book.html", "--no-sandbox"],
            env={
                **os.environ,
                "RUNWARE_API_KEY": box.api_key,
                "RUNWARE_BASE_URL": box.http_url,
                "PYTHONPATH": PACKAGE,
                "XDG_CONFIG_HOME": str(tmp_path),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        billed = len(box.billed())

    assert done.returncode == 0, done.stderr[-2000:]
    page = (tmp_path / "book.html").read_text(encoding="utf-8")
    assert billed == 1
    assert "made 1" in page
    assert "data:image/" in page
