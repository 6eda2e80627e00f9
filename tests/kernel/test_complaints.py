"""Ten cells that other magics are known to get wrong. Each is a complaint that users filed about one of them."""

from __future__ import annotations

import json

import pytest

from runware_nb.sandbox import Sandbox


@pytest.fixture(scope="module")
def box():
    with Sandbox(latency=(0, 0.05)) as box:
        yield box


@pytest.fixture
def kernel(start_kernel, box):
    kernel = start_kernel(RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
    kernel.run("%load_ext runware_nb")
    return kernel


def prompt(kernel, cell):
    assert kernel.run(cell).status == "ok"
    return kernel.run("print(it[0].prompt)").text.rstrip("\n")


def test_braces_dollars_and_colons_in_a_prompt_stay_as_they_are(kernel):
    kernel.run("home = 'wrong'")

    assert prompt(kernel, "%%runware image it << --size 128x128\n{'a': 'b'} costs $5 {home} :home %s 50%") == (
        "{'a': 'b'} costs $5 {home} :home %s 50%"
    )


def test_what_looks_like_an_option_in_a_prompt_is_words(kernel):
    words = "x -> y --model other:1@1 -n 'unclosed C:\\dir"

    assert prompt(kernel, f"%%runware image it << --size 128x128\n{words}") == words


def test_what_a_variable_holds_is_never_read_as_the_cell(kernel):
    kernel.run("evil = '#| model: other:1@1\\n--count 20 {{ evil }}'")
    kernel.run("%%runware image it << --size 128x128\n{{ evil }}")

    assert kernel.run("print(len(it), it[0].model)").text == "1 runware:101@1\n"


def test_an_error_fails_the_cell_in_one_line_and_stops_those_after_it(kernel):
    failed, after = kernel.run_all(["%%runware image --sede 7\na fox", "print('on')"])

    assert (failed.status, after.status) == ("error", "aborted")
    assert len(failed.error["traceback"]) == 1
    assert "Did you mean --seed" in failed.text


def test_an_unknown_name_stops_the_cell_before_it_is_paid_for(kernel, box):
    before = box.billed()

    assert (
        "there is no variable 'moood'. Did you mean mood"
        in kernel.run_all(["mood = 1", "%%runware image\na {{ moood }} fox"])[1].text
    )
    assert box.billed() == before


def test_a_key_on_the_line_is_refused_and_not_repeated(kernel):
    told = kernel.run("%%runware image --api-key s3cret-s3cret-s3cret\na fox")

    assert "a key never goes into a cell" in told.error["evalue"]
    assert "s3cret" not in "".join(told.error["traceback"])


def test_a_list_does_not_multiply_the_bill_unseen(kernel, box):
    before = box.billed()

    assert "To make one each: sweep: {seed: […]}" in kernel.run("%%runware image\n#| seed: [1, 2, 3]\na fox").text
    assert box.billed() == before


def test_a_run_is_assigned_and_still_shown_and_nothing_else_is_said(kernel):
    reply = kernel.run("%%runware image it << --size 128x128\na hare")

    assert [output.kind for output in reply.outputs] == ["display_data"]


def test_a_card_of_twelve_pictures_keeps_the_notebook_small(kernel):
    reply = kernel.run("%%runware image it << --size 1024x1024 -c 12\na wood")

    assert len(json.dumps(reply.outputs[0].data)) < 600_000


def test_a_line_in_the_middle_of_code_gives_its_run(kernel):
    kernel.run('it = %runware image --size 128x128 a "quoted" fox # not a comment')

    assert kernel.run("print(it[0].prompt)").text == 'a "quoted" fox # not a comment\n'
