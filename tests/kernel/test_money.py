"""Cells and money: shown again for nothing, capped, added up, brought back after the kernel died."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from runware_nb.sandbox import Sandbox

from .conftest import PACKAGE

LOAD = "%load_ext runware_nb"
IMAGE = "%%runware image hero << --size 128x128\na lighthouse"


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.05)) as box:
        yield box


@pytest.fixture
def connect(start_kernel):
    """Start kernels on one sandbox: they share a ledger and a folder."""

    def start(box, **variables):
        kernel = start_kernel(
            RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url, **variables
        )
        return kernel, kernel.run(LOAD)

    return start


def test_the_same_cell_again_costs_nothing_and_says_so(connect, box):
    kernel, _ = connect(box)
    first, again = kernel.run(IMAGE), kernel.run(IMAGE)

    assert "cached · saved play $0.0038" in again.html[0]
    assert "--fresh" in again.html[0]
    assert "cached" not in first.html[0]
    assert len(box.billed()) == 1


def test_run_all_in_a_new_kernel_costs_nothing(connect, box):
    connect(box)[0].run(IMAGE)
    kernel, _ = connect(box)

    assert "cached" in kernel.run(IMAGE).html[0]
    assert len(box.billed()) == 1


def test_fresh_makes_a_new_take(connect, box):
    kernel, _ = connect(box)
    kernel.run(IMAGE)

    assert "cached" not in kernel.run(IMAGE.replace("hero <<", "--fresh")).html[0]
    assert len(box.billed()) == 2


def test_the_environment_can_forbid_all_spending(connect, box):
    kernel, _ = connect(box, RUNWARE_CACHE="only")

    reply = kernel.run(IMAGE.replace("hero <<", "--fresh"))

    assert reply.error["ename"] == "CacheMiss"
    assert box.billed() == {}


def test_a_cap_on_the_line_holds(connect, box):
    kernel, _ = connect(box)

    assert kernel.run(IMAGE.replace("hero <<", "--max-cost 0.001")).error["ename"] == "BudgetExceeded"
    assert box.billed() == {}


def test_a_budget_of_the_environment_holds(connect, box):
    kernel, _ = connect(box, RUNWARE_BUDGET="0.005")
    kernel.run(IMAGE)

    assert kernel.run(IMAGE.replace("lighthouse", "fox")).error["ename"] == "BudgetExceeded"
    assert len(box.billed()) == 1


SPENDING = """
import runware_nb as rw
from runware_nb.errors import BudgetExceeded

async def spend(who):
    told = ""
    for batch in range(16):
        tasks = [
            {
                "taskType": "textInference", "model": "minimax:m3@0", "deliveryMethod": "async",
                "messages": [{"role": "user", "content": f"{who} {batch} {n}"}],
            }
            for n in range(25)
        ]
        try:
            await rw.run(tasks)
        except BudgetExceeded as error:
            told = str(error)
    return told
"""


def test_two_kernels_and_a_script_never_spend_more_than_their_one_budget(connect, box, tmp_path):
    shared = {"RUNWARE_BUDGET": "0.15", "RUNWARE_BUDGET_NAME": "all"}
    kernels = [connect(box, **shared)[0] for _ in range(2)]
    place = {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}
    script = subprocess.Popen(
        [sys.executable, "-c", SPENDING + "\nimport asyncio\nprint(asyncio.run(spend('script')))"],
        env={**os.environ, **place, **shared, "PYTHONPATH": PACKAGE}, cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    cells = [kernel.start(f"{SPENDING}\nprint(await spend({n}))") for n, kernel in enumerate(kernels)]
    told = [kernel.finish(cell, 120).text for kernel, cell in zip(kernels, cells, strict=True)]
    out, _ = script.communicate(timeout=120)

    assert all("is left" in words for words in (*told, out))
    assert 400 < len(box.billed()) < 1200
    assert sum(bill.usd for bill in box.billed().values()) <= 0.15


def test_a_budget_that_cannot_be_read_is_none_the_less_held(connect, box):
    kernel, _ = connect(box, RUNWARE_BUDGET="five")

    assert "session_budget is 'five' (RUNWARE_BUDGET), but must be USD" in kernel.run(IMAGE).error["evalue"]


def test_costs_are_added_up(connect, box):
    kernel, _ = connect(box)
    kernel.run(IMAGE)

    text = kernel.run("%runware cost").text

    assert all(word in text for word in ("spent", "unknown", "in flight", "in doubt", "saved", "sandbox"))
    assert "$0.0038" in text


def test_what_a_killed_kernel_had_paid_for_comes_back(connect):
    with contextlib.ExitStack() as stack:
        box = stack.enter_context(Sandbox(latency=(2, 3)))
        dying, _ = connect(box)
        cell = dying.start("%%runware image --size 128x128 -c 3\na lighthouse")
        dying.wait(lambda: bool(box.billed()), 20, "the task to be accepted")
        os.kill(dying.manager.provisioner.pid, signal.SIGKILL)
        assert cell.status == "running"

        kernel, loaded = connect(box)
        back = kernel.run("%runware resume", timeout=30)

    assert "1 task of an earlier kernel is unfinished" in loaded.text
    assert back.status == "ok", back.text
    assert "3 of 3" in back.text
    assert sum(bill.runs for bill in box.billed().values()) == 1


def test_resume_with_nothing_open_says_so(connect, box):
    kernel, _ = connect(box)

    assert "Nothing is unfinished" in kernel.run("%runware resume").text


def test_a_dry_run_says_what_is_here_already(connect, box):
    kernel, _ = connect(box)
    kernel.run(IMAGE)

    text = kernel.run(IMAGE.replace("hero <<", "-n -c 3")).text

    assert "2 results to make, 1 here already, about $0.0076 (between $0.0026 and $0.0102). Nothing was sent." in text


def test_what_wants_to_be_agreed_to_is_refused_where_nobody_can_be_asked(connect, box):
    kernel, _ = connect(box, RUNWARE_CONFIRM_ABOVE="0.001")

    refused = kernel.run(IMAGE)
    agreed = kernel.run(IMAGE.replace("hero <<", "--max-cost 0.01"))

    assert "wants to be agreed to" in refused.error["evalue"]
    assert agreed.status == "ok"


def test_the_kept_files_are_looked_after(connect, box, tmp_path):
    kernel, _ = connect(box)
    kernel.run(IMAGE)
    stray = tmp_path / "runware_outputs" / f"{'0' * 20}.png"
    stray.write_bytes(b"not what its name says")

    assert "2 files" in kernel.run("%runware cache").text
    assert f"1 damaged: {stray.name}" in kernel.run("%runware cache verify").error["evalue"]
    assert "1 files that the ledger does not name are deleted" in kernel.run("%runware cache prune").text
    assert "1 files and manifest.json" in kernel.run("%runware cache export all.zip").text
    assert kernel.run("print(hero[0].path.exists())").text == "True\n"
