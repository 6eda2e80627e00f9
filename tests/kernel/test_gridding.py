"""Grids in a real kernel: shown, filled beside other cells, static in the end, and resumed after the kernel was killed."""

from __future__ import annotations

import os
import signal

import pytest

from runware_nb.sandbox import Sandbox

LOAD = "%load_ext runware_nb\nimport runware_nb as rw"
GRID = 'g = rw.grid(prompt=["a fox", "a city"], seed=list(range(30)), model="bfl-flux-1-dev", size="128x128")'
PLACE = "data-runware-widget"


@pytest.fixture
def box():
    with Sandbox(latency=(0.5, 3)) as box:
        yield box


@pytest.fixture
def start(start_kernel, box):
    """Start kernels on one sandbox: they share a ledger and a folder."""

    def one():
        kernel = start_kernel(RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
        kernel.run(LOAD)
        return kernel

    return one


def test_a_kernel_killed_amid_sixty_cells_is_restarted_and_only_what_is_missing_runs(start, box):
    kernel = start()
    kernel.run(f"{GRID}.run()\ng", asks=True)
    some = "import time\nwhile g.board.count('done') < 10: time.sleep(0.02)\nprint(g.board.count('done'))"
    had = int(kernel.run(some).text)
    os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)

    again = start()
    resumed = again.run(f"{GRID}\nrun = await g.resume()\nprint(len(run), len(run.problems), g.state)", asks=True)
    cached = int(again.run("print(sum(r.cached for r in run))").text)

    assert 10 <= had < 60
    assert resumed.text.splitlines()[-1] == "60 0 done"
    assert cached >= had
    assert (len(box.billed()), {bill.runs for bill in box.billed().values()}) == (60, {1})


def test_a_grid_fills_beside_other_cells_and_ends_as_a_static_sheet(start):
    kernel = start()
    reply = kernel.run(f"{GRID}.run()\ng", asks=True)
    state = kernel.run("print(g.state)").text.strip()

    assert state == "running"
    assert PLACE in reply.html[0]
    kernel.wait(lambda: PLACE not in reply.html[0], 60, "the static sheet")
    assert reply.html[0].count('src="data:image/webp') == 60
    assert "image/jpeg" in reply.outputs[0].data


def test_where_nobody_sits_the_cell_waits_and_shows_the_sheet_alone(start):
    reply = start().run(f"{GRID}.run()\ng", timeout=60)

    assert [list(output.data) for output in reply.outputs] == [["text/html", "text/plain", "image/jpeg"]]
    assert reply.html[0].count('src="data:image/webp') == 60


def test_a_cell_with_grid_is_one_too(start):
    cell = "%%runware image --grid seed,steps --size 128x128\n#| sweep:\n#|   seed: [1, 2]\n#|   steps: [20, 30]\na fox"
    kernel = start()
    reply = kernel.run(cell, asks=True)

    kernel.wait(lambda: not any(PLACE in each for each in reply.html), 60, "the static sheet")
    assert "4 of 4" in reply.html[-1], reply.text
