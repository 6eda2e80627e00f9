"""Cells in a real kernel: they make media, keep every cell of Run All, stop at once, and fail in one line."""

from __future__ import annotations

import contextlib
import re
import time

import pytest

from runware_nb.sandbox import Sandbox

LOAD = "%load_ext runware_nb"
# What is imported from here on, and of that what the main thread imports: the rest comes while the user types.
WATCH = """
import sys, threading
heavy = {"httpx", "pandas", "PIL", "anywidget", "starlette", "jinja2", "jsonschema", "websockets"}
seen, waited = set(), set()
class Watch:
    def find_spec(name, path, target=None):
        seen.add(name)
        if threading.current_thread() is threading.main_thread():
            waited.add(name)
sys.meta_path.insert(0, Watch)
"""
IMAGE = "%%runware image hero << --size 256x256 --seed 7\na lighthouse"


@pytest.fixture
def connected(start_kernel):
    """Start kernels on sandboxes of their own: `connected(latency=(30, 30))` gives the kernel and the box."""
    with contextlib.ExitStack() as boxes:

        def start(**options):
            box = boxes.enter_context(Sandbox(**options))
            kernel = start_kernel(RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
            assert kernel.run(LOAD).status == "ok"
            return kernel, box

        yield start


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_cell_shows_its_picture_and_assigns_its_run(connected, tmp_path):
    kernel, _ = connected()

    cell = kernel.run(IMAGE)

    assert (cell.status, len(cell.outputs)) == ("ok", 1)
    assert {"text/html", "image/jpeg", "text/plain"} <= set(cell.outputs[0].data)
    assert kernel.run("print(len(hero), hero[0].seed, hero[0].path.exists())").text == "1 7 True\n"


def test_run_all_keeps_every_cell(connected):
    kernel, _ = connected()

    replies = kernel.run_all([IMAGE, "%%runware text\nhello", "a = 1", "print(len(hero) + a)"])

    assert [r.status for r in replies] == ["ok"] * 4
    assert replies[3].text == "2\n"


def test_the_run_is_the_value_of_the_cell(connected):
    kernel, _ = connected()
    kernel.run(IMAGE)

    assert kernel.run("print(_ is hero)").text == "True\n"
    assert len(kernel.run("hero").html) == 1


def test_an_interrupt_ends_the_cell_within_a_second_and_bills_nothing_twice(connected):
    kernel, box = connected(latency=(30, 30))
    cell = kernel.start(IMAGE)
    kernel.wait(lambda: bool(box.billed()) or "running" in cell.text, 20, "the task to be accepted")

    kernel.interrupt()
    pressed = time.monotonic()
    kernel.finish(cell, timeout=5)

    assert time.monotonic() - pressed < 1
    assert cell.error["ename"] == "Interrupted"
    assert "1 task may run on" in plain(cell.error["traceback"][0])


def test_after_an_interrupt_the_kernel_works_on(connected):
    kernel, _ = connected(latency=(3, 3))
    cell = kernel.start(IMAGE)
    kernel.wait_for(cell, "running")
    kernel.interrupt()
    kernel.finish(cell, timeout=5)

    assert kernel.run("print(1 + 1)").text == "2\n"


def test_an_interrupt_ends_a_cell_that_cannot_be_awaited_too(connected):
    kernel, _ = connected(latency=(30, 30))
    cell = kernel.start("print('go')\nget_ipython().run_cell_magic('runware', 'image --size 256x256', 'a fox')")
    kernel.wait(lambda: "running" in cell.text, 20, "the card to run")

    kernel.interrupt()
    pressed = time.monotonic()
    kernel.finish(cell, timeout=5)

    assert time.monotonic() - pressed < 1.5
    assert cell.error["ename"] == "Interrupted"


def test_capture_and_time_work_around_a_cell(connected):
    kernel, _ = connected()

    captured = kernel.run("%%capture got\n%%runware image hero << --size 256x256\na fox")
    timed = kernel.run("%%time\n%%runware image hare << --size 256x256\na hare")

    assert (captured.status, captured.outputs) == ("ok", [])
    assert "Wall time" in timed.text
    assert kernel.run("print(len(got.outputs) > 0, len(hero), len(hare))").text == "True 1 1\n"


def test_a_line_magic_takes_the_rest_as_its_prompt(connected):
    kernel, _ = connected()

    assert kernel.run("thumb = %runware image --size 256x256 a red fox, {braces} and $5").status == "ok"
    assert kernel.run("print(thumb[0].prompt)").text == "a red fox, {braces} and $5\n"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%%runware imgae\nx", "Did you mean image"),
        ("%%runware image --modle x\nx", "Did you mean --model"),
        ("%%runware image -m bfl-flux-1-dv\nx", "Did you mean bfl-flux-1-dev"),
        ("%%runware image\n#| stepz: 3\nx", "did you mean steps"),
        ("%%runware image --size 500x512\nx", "multiple of 64"),
        ("%%runware image\n#| steps: 1000\nx", "at most 100"),
        ("%%runware image\n#| seed: 1\n", "needs a prompt"),
        ("%%runware image\n{{ nothing }}", "no variable 'nothing'"),
        ("%%runware upscale\n{{ file('nowhere.png') }}", "no file 'nowhere.png'"),
        ("%%runware video -m google:3@2\n#| delivery_method: sync\nx", "must be one of async"),
        ("%runware jbos", "no command or kind 'jbos'"),
    ],
)
def test_bad_input_fails_in_one_line_and_sends_nothing(connected, cell, words):
    kernel, box = connected()

    reply = kernel.run(cell)

    assert reply.status == "error"
    assert words in plain(reply.error["traceback"][0])
    assert len(reply.error["traceback"]) == 1
    assert "\n" not in reply.error["traceback"][0]
    assert box.billed() == {}


def test_a_wrong_key_is_told_in_one_line(start_kernel):
    with Sandbox() as box:
        kernel = start_kernel(RUNWARE_API_KEY="wrong-key-12345", RUNWARE_BASE_URL=box.http_url)
        kernel.run(LOAD)
        reply = kernel.run(IMAGE)

    assert reply.error["ename"] == "AuthenticationFailed"
    assert "wrong-key-12345" not in reply.text


def test_no_network_is_told_in_one_line(start_kernel):
    kernel = start_kernel(RUNWARE_API_KEY="key", RUNWARE_BASE_URL="http://127.0.0.1:9/v1")
    kernel.run(LOAD)

    reply = kernel.run(IMAGE)

    assert reply.error["ename"] == "Unreachable"
    assert "127.0.0.1:9 cannot be reached" in plain(reply.error["traceback"][0])


def test_an_empty_balance_is_told_in_one_line(connected):
    kernel, _ = connected(balance=0.0)

    assert kernel.run(IMAGE).error["ename"] == "InsufficientCredits"


def test_without_a_key_one_line_says_that_the_sandbox_serves(kernel):
    kernel.run(LOAD)
    first, second = kernel.run(IMAGE), kernel.run(IMAGE)

    said = "the built-in sandbox serves"
    assert said in first.text
    assert said not in second.text
    assert "sandbox" in first.html[0].lower()


def test_one_failure_beside_results_is_a_row(connected):
    kernel, box = connected()
    box.inject("partial")

    cell = kernel.run("%%runware image tries << --size 256x256 -c 4\na fox")

    assert cell.status == "ok"
    assert kernel.run("print(len(tries), tries.df.status.tolist().count('failed'))").text == "3 1\n"


def test_quiet_shows_nothing_and_still_assigns(connected):
    kernel, _ = connected()

    assert kernel.run("%%runware image hero << -q --size 256x256\na fox").outputs == []
    assert kernel.run("print(len(hero))").text == "1\n"


def test_a_dry_run_tells_the_price_and_sends_nothing(connected):
    kernel, box = connected()

    reply = kernel.run("%%runware image -n\na fox")

    assert "1 result to make, about $0.0038 (between $0.0013 and $0.0051). Nothing was sent." in reply.text
    assert box.billed() == {}


def test_a_call_without_its_await_says_so_and_can_be_awaited_yet(connected):
    kernel, box = connected()

    shown = kernel.run("import runware_nb as rw\nrw.image('a fox', size='256x256')").text
    assert "image(…) has not begun, and nothing was sent. Write await before it; or, now: await _" in shown
    assert box.billed() == {}
    assert kernel.run("run = await _\nprint(len(run))").text.endswith("1\n")
    own = kernel.run("async def mine():\n    pass\nwaiting = mine()\nwaiting").text
    kernel.run("waiting.close()")

    assert "<coroutine object mine at" in own


def test_rows_of_a_grid_tell_where_they_were_asked_for(connected):
    kernel, _ = connected()
    kernel.run("import os, runware_nb as rw\nos.environ['JPY_SESSION_NAME'] = 'foxes.ipynb'")
    kernel.run("g = rw.grid(prompt=['a fox', 'a hare'], size='256x256')\nawait g.run()")

    told = kernel.run("print(set(g.df.notebook), set(rw.history('fox').df.notebook))").text
    assert told == "{'foxes.ipynb'} {'foxes.ipynb'}\n"


def test_loading_twice_and_unloading_leave_no_trace(connected):
    kernel, _ = connected()
    kernel.run("%load_ext runware_nb\n%reload_ext runware_nb")

    count = "print(sum('to_await' in t.__qualname__ for t in get_ipython().input_transformers_cleanup if hasattr(t, '__qualname__')))"
    assert kernel.run(count).text == "1\n"
    kernel.run("%unload_ext runware_nb")
    assert kernel.run(count).text == "0\n"
    assert "UsageError" in kernel.run("%%runware image\nx").text


def test_help_names_every_kind_and_option(connected):
    kernel, _ = connected()

    text = kernel.run("%runware help").text

    assert all(word in text for word in ("upscale", "vectorize", "--model", "--count", "%%runware image"))


def test_loading_waits_for_nothing_heavy(start_kernel):
    kernel = start_kernel()
    kernel.run(WATCH)
    kernel.run(LOAD)

    reply = kernel.run("from runware_nb import warming; warming.wait(); print(sorted(heavy & waited), 'httpx' in seen)")

    assert reply.text == "[] True\n"
