"""Cells in the background: the next cell runs meanwhile, the card goes on in its own, and nothing is sent twice."""

from __future__ import annotations

import pytest

from runware_nb.sandbox import Sandbox

LOAD = "%load_ext runware_nb"
SLOW = "%%runware image hero << --size 128x128 --bg --name slow\na lighthouse"


@pytest.fixture
def box():
    with Sandbox(latency=(1.5, 1.6)) as box:
        yield box


@pytest.fixture
def kernel(start_kernel, box):
    kernel = start_kernel(RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
    kernel.run(LOAD)
    return kernel


def test_the_next_cell_runs_meanwhile_and_the_card_ends_in_its_own(kernel):
    reply = kernel.run(SLOW, asks=True)
    early = kernel.run("print(repr(hero))").text
    waited = kernel.run("%runware wait slow")

    assert early == "<Job 1 'slow', 0 of 1, running>\n"
    assert waited.status == "ok"
    assert "1 of 1" in reply.outputs[0].text
    assert "sandbox-" in reply.html[0]
    assert kernel.run("print(type(hero).__name__, len(hero))").text == "Run 1\n"


def test_a_job_can_be_awaited(kernel):
    kernel.run(SLOW, asks=True)

    assert kernel.run("print(len(await hero))").text == "1\n"
    assert kernel.run("print(type(hero).__name__, len(await hero))").text == "Run 1\n"


def test_jobs_are_listed(kernel):
    kernel.run(SLOW, asks=True)
    going = kernel.run("%runware jobs").text
    kernel.run("%runware wait")

    assert "0 of 1, running" in going
    assert "1 of 1, done" in kernel.run("%runware jobs").text


def test_the_same_cell_in_the_foreground_waits_for_its_job_and_sends_nothing(kernel, box):
    kernel.run(SLOW, asks=True, cell="a")
    again = kernel.run(SLOW.replace(" --bg", ""), asks=True, cell="a")

    assert "Job 1 of this cell is still under way" in again.text
    assert "sandbox-" in again.html[-1]
    assert len(box.billed()) == 1
    assert kernel.run("print(len(hero))").text == "1\n"


def test_a_cancelled_job_keeps_what_it_has_and_can_be_resumed(kernel, box):
    kernel.run(SLOW, asks=True)
    kernel.run("import asyncio; await asyncio.sleep(0.5)")  # until it is accepted
    told = kernel.run("%runware cancel slow").text
    kernel.run("await asyncio.sleep(2)")  # until it is made
    resumed = kernel.run("%runware resume")

    assert "Job 1 ended with what had arrived" in told
    assert "1 of 1" in resumed.text
    assert len(box.billed()) == 1


def test_the_same_cell_again_goes_on_with_its_job(kernel, box):
    kernel.run(SLOW, asks=True, cell="one")
    again = kernel.run(SLOW, asks=True, cell="one")
    kernel.run("%runware wait")

    assert "Job 1 of this cell is still under way" in again.text
    assert "sandbox-" in again.html[0]
    assert len(box.billed()) == 1


def test_the_same_cell_changed_ends_its_old_job(kernel):
    kernel.run(SLOW, asks=True, cell="one")
    again = kernel.run(SLOW.replace("lighthouse", "tower"), asks=True, cell="one")

    assert "Job 1 of this cell was ended" in again.text
    assert "<Job 2 " in kernel.run("print(repr(hero))").text


def test_a_variable_that_was_set_anew_is_left_alone(kernel):
    kernel.run(SLOW, asks=True)
    kernel.run("hero = 3")
    kernel.run("%runware wait")

    assert kernel.run("print(hero)").text == "3\n"


def test_the_error_of_a_job_is_raised_by_who_waits(kernel, box):
    box.inject("failed-in-data")
    kernel.run(SLOW, asks=True)
    waited = kernel.run("%runware wait")

    assert waited.status == "error"
    assert len(waited.error["traceback"]) == 1
    assert "failed: " in kernel.run("%runware jobs").text


def test_waiting_can_be_given_up_and_the_job_goes_on(kernel):
    kernel.run(SLOW, asks=True)

    assert "job 1 goes on" in kernel.run("%runware wait slow 0.3").text
    assert kernel.run("%runware wait slow").status == "ok"


def test_where_nobody_sits_a_background_cell_waits(kernel):
    reply = kernel.run(SLOW)

    assert "1 of 1" in reply.outputs[0].text
    assert kernel.run("print(type(hero).__name__)").text == "Run\n"


def test_an_unknown_job_is_refused_with_those_there_are(kernel):
    assert "there is no job '7'" in kernel.run("%runware wait 7").text
