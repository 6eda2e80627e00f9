"""The harness is honest: what it reports is what a person at a notebook would see."""

from __future__ import annotations

import pytest

LOOP = "import asyncio\nprint('started')\nwhile True:\n    await asyncio.sleep(0.05)"


def test_run_all_keeps_every_cell(kernel):
    replies = kernel.run_all(["a = 1", "a += 1", "a += 1", "print(a)"])

    assert [reply.status for reply in replies] == ["ok"] * 4
    assert replies[3].text == "3\n"


def test_cells_after_a_failed_one_are_aborted(kernel):
    replies = kernel.run_all(["1 / 0", "print('unreached')"])

    assert [reply.status for reply in replies] == ["error", "aborted"]
    assert replies[0].error["ename"] == "ZeroDivisionError"
    assert replies[1].outputs == []


def test_a_cell_that_never_answers_is_lost(kernel):
    replies = kernel.run_all([LOOP], timeout=0.5)

    assert [reply.status for reply in replies] == ["lost"]


@pytest.mark.parametrize("pause", ["await asyncio.sleep(0.05)", "time.sleep(0.05)"])
def test_an_interrupt_is_seen(kernel, pause):
    reply = kernel.start(f"import asyncio, time\nprint('started')\nwhile True:\n    {pause}")
    kernel.wait_for(reply, "started")

    kernel.interrupt()

    assert kernel.finish(reply, timeout=5).status == "error"
    assert reply.error["ename"] in ("KeyboardInterrupt", "CancelledError")


def test_a_display_is_reported_as_it_stands_in_the_end(kernel):
    first = kernel.run("from IPython.display import HTML, display\nhandle = display(HTML('queued'), display_id=True)")
    kernel.run("handle.update(HTML('done'))")

    assert first.html == ["done"]
    assert first.outputs[0].updates == 1


def test_output_that_waits_to_be_cleared_is_cleared_by_the_next(kernel):
    reply = kernel.run(
        "from IPython.display import clear_output, display\ndisplay(1)\nclear_output(wait=True)\ndisplay(2)"
    )

    assert [output.text for output in reply.outputs] == ["2"]


def test_a_kernel_has_no_key_and_a_home_of_its_own(kernel, home, tmp_path):
    reply = kernel.run(
        "import os\nprint('RUNWARE_API_KEY' in os.environ, os.environ['RUNWARE_NB_HOME'], os.getcwd(), sep='|')"
    )

    assert reply.text.strip() == f"False|{home}|{tmp_path}"


def test_a_variable_reaches_the_kernel_it_is_given_to(start_kernel):
    kernel = start_kernel(RUNWARE_API_KEY="not-a-key")

    assert kernel.run("import os\nos.environ['RUNWARE_API_KEY']").text == "'not-a-key'"


def test_a_stream_is_one_output_in_however_many_pieces_it_comes(kernel):
    pieces = "for n in range(3):\n    print(n, end='', flush=True)"

    assert [output.text for output in kernel.run(pieces).outputs] == ["012"]


def test_what_a_cell_shows_last_is_not_missed(kernel):
    replies = [kernel.run(f"print({n})") for n in range(20)]

    assert [reply.text for reply in replies] == [f"{n}\n" for n in range(20)]
