"""The IPython terminal, scripts and pipes: the same cells, with a bar where somebody watches and lines where nobody does."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pexpect
import pytest

from runware_nb.sandbox import Sandbox

from .conftest import PACKAGE


@pytest.fixture
def box():
    with Sandbox(latency=(0.3, 0.4)) as box:
        yield box


@pytest.fixture
def env(box, tmp_path, home):
    here = {"IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": PACKAGE, "TERM": "xterm", "COLUMNS": "100"}
    key = {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}
    return {**os.environ, **here, **key}


@pytest.fixture
def terminal(env, tmp_path):
    options = ["-m", "IPython", "--no-banner", "--no-confirm-exit", "--simple-prompt", "--colors=NoColor"]
    child = pexpect.spawn(sys.executable, options, env=env, cwd=tmp_path, encoding="utf-8", timeout=40)
    child.expect(r"In \[1\]: ")
    yield child
    child.close(force=True)


def said(child, line, prompt=r"In \[\d+\]: "):
    child.sendline(line)
    child.expect(prompt)
    return child.before


def test_a_line_shows_a_bar_then_the_result_and_its_file(terminal):
    said(terminal, "%load_ext runware_nb")
    told = said(terminal, "hero = %runware image --size 128x128 a lighthouse")

    assert "0 of 1" in told
    assert "Run(image, 1 of 1" in told
    assert re.search(r"runware_outputs/sandbox-\w+\.jpg", told)


def test_a_cell_is_stopped_with_control_c_and_the_terminal_lives_on(terminal):
    said(terminal, "%load_ext runware_nb")
    terminal.sendline("%runware video --size 128x128 waves")
    terminal.expect("0 of 1")
    terminal.sendintr()
    terminal.expect("stopped")
    terminal.expect(r"In \[\d+\]: ")

    assert "4" in said(terminal, "2 + 2")


SCRIPT = """\
get_ipython().run_line_magic("load_ext", "runware_nb")
get_ipython().run_cell_magic("runware", "image hero << --size 128x128", "a lighthouse\\n")
print("then", len(hero))
"""


def run(env, folder, *command):
    done = subprocess.run(
        [sys.executable, "-m", *command], env=env, cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize("name", ["script.py", "script.ipy"])
def test_a_notebook_turned_into_a_script_runs_in_ipython(name, env, tmp_path):
    (tmp_path / name).write_text(SCRIPT)
    out, err = run(env, tmp_path, "IPython", name)

    assert "Run(image, 1 of 1" in out
    assert "then 1" in out
    assert "\x1b" not in out + err


def test_nbconvert_writes_cells_that_run(env, tmp_path):
    import nbformat

    cells = ["%load_ext runware_nb", "%%runware image hero << --size 128x128\na lighthouse", "print(len(hero))"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["language_info"] = {"name": "python", "file_extension": ".py", "nbconvert_exporter": "python"}
    nbformat.write(notebook, tmp_path / "book.ipynb")
    run(env, tmp_path, "nbconvert", "--to", "script", "book.ipynb")
    out, _ = run(env, tmp_path, "IPython", next(tmp_path.glob("book.*py")).name)

    assert out.rstrip().endswith("1")


def test_ipy_files_run_inside_a_session(terminal, tmp_path):
    (tmp_path / "cells.ipy").write_text("%load_ext runware_nb\nhero = %runware image --size 128x128 a lighthouse\n")

    assert "Run(image, 1 of 1" in said(terminal, "%run cells.ipy")
