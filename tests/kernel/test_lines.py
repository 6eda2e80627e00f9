"""The lines: looking models and tasks up, the doctor, snippets of the API's docs."""

from __future__ import annotations

import re

import pytest

SNIPPET = """
import asyncio, runware_nb

async def main():
    async with runware_nb.Runware(api_key={key!r}, base_url={url!r}) as client:
        images = await client.run({{"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox",
                                   "width": 128, "height": 128}})
        print(images[0]["imageURL"][:4])

asyncio.run(main())
"""


@pytest.fixture
def loaded(start_kernel, own_sandbox):
    kernel = start_kernel(
        RUNWARE_API_KEY=own_sandbox.api_key, RUNWARE_BASE_URL=own_sandbox.http_url, RUNWARE_WS_URL=own_sandbox.ws_url
    )
    kernel.run("%load_ext runware_nb")
    return kernel


def test_models_are_found_by_words_and_told_with_their_price(loaded):
    told = loaded.run("%runware models flux dev image").text

    assert "bfl-flux-1-dev" in told
    assert "$0.0013 to $0.0051 per image" in told
    assert "no model fits" in loaded.run("%runware models zeppelin").text


def test_a_model_tells_what_it_takes(loaded):
    told = loaded.run("%runware model bfl-flux-1-dev").text

    assert all(word in told for word in ("cfg_scale", "128 to 2048", "in steps of 64", "required"))


@pytest.mark.parametrize(
    ("line", "there", "absent"),
    [
        ("flux image --creator bfl --max-price 0.01", "bfl-flux-1-dev", "schnell-max"),
        ("--kind video --takes 'first or last frame'", "google-veo-3-1", "runware:101@1"),
        ("--capability op:upscale", "upscale", "google-veo"),
        ("anime --community --category lora", "civitai:634213@709034", "checkpoint"),
        ("zeppelin --community", "The API found nothing for 'zeppelin'", "civitai"),
    ],
)
def test_models_are_found_by_flags_and_by_the_api(loaded, line, there, absent):
    told = loaded.run(f"%runware models {line}").text

    assert there in told
    assert absent not in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--max-price cheap", "--max-price is 'cheap', but must be a number"),
        ("--creator", "--creator wants a value after it"),
        ("--creater bfl", "Did you mean --creator"),
        ("--category loras --community", "Did you mean lora"),
    ],
)
def test_a_flag_that_is_wrong_is_named(loaded, line, told):
    assert told in loaded.run(f"%runware models {line}").text


def test_which_catalogue_serves_is_told_and_offline_nobody_is_asked(loaded):
    assert "363 models: the snapshot of 2026-10-12" in loaded.run("%runware models flux").text
    assert "the snapshot of 2026-10-12, which came with the package" in loaded.run("%runware doctor").text
    loaded.run("%env RUNWARE_OFFLINE=1")
    assert "RUNWARE_OFFLINE is set, so the services are not asked" in loaded.run("%runware models --refresh").text


def test_the_newest_is_asked_for_when_the_user_says_so(loaded, own_sandbox):
    loaded.run(f"%env RUNWARE_SCHEMA_URL={own_sandbox.origin}")
    loaded.run(f"%env RUNWARE_CONTENT_URL={own_sandbox.origin}")
    told = loaded.run("%runware models flux --refresh").text

    assert f"363 models: {own_sandbox.origin.removeprefix('http://')} of 2026-10-12, asked less than a minute" in told
    assert "asked of the schema service" in loaded.run("%runware model bfl-flux-1-dev --refresh").text


def test_a_preference_leaves_the_judging_to_the_api(loaded, own_sandbox):
    cell = "%%runware image\n#| invented: 1\na fox"
    assert "invented is not a parameter of this model" in loaded.run(cell).text
    assert own_sandbox.billed() == {}
    loaded.run("%config Runware.validate = False")
    assert "InvalidTask" in loaded.run(cell).text


def test_what_was_made_is_found_and_shown_again_for_nothing(loaded, own_sandbox):
    loaded.run("%%runware image hero << --size 128x128\na lighthouse")
    listed = loaded.run("%runware history lighthouse").text
    shown = loaded.run("run = %runware show " + listed.splitlines()[1][:8])
    again = loaded.run("run")

    assert "no such task" in loaded.run("%runware history zeppelin").text
    assert shown.status == "ok"
    assert "cached" in again.html[0]
    assert len(own_sandbox.billed()) == 1


def test_where_no_person_is_a_browser_is_a_table_with_the_sums(loaded):
    loaded.run("%%runware image --size 128x128\na lighthouse")
    shown = loaded.run("import runware_nb as rw\nrw.history('lighthouse').browse()")

    assert "1 row · play money $" in shown.text
    assert "a lighthouse" in shown.html[0]
    assert "1 row · play money $" in shown.html[0]


def test_an_unknown_task_is_refused(loaded):
    assert "knows no results of a task" in loaded.run("%runware show 00000000").text
    assert "knows no results of a task" in loaded.run("%runware show %").text


def test_the_doctor_finds_a_healthy_kernel_well_and_never_tells_the_key(loaded, own_sandbox):
    told = loaded.run("%runware doctor").text

    assert "answers" in told
    assert " bad " not in told
    assert own_sandbox.api_key not in told


def test_the_doctor_says_what_to_change(start_kernel):
    kernel = start_kernel(RUNWARE_API_KEY="k" * 32, RUNWARE_BASE_URL="http://127.0.0.1:9", HTTPS_PROXY="http://x")
    kernel.run("%load_ext runware_nb")
    told = kernel.run("%runware doctor").text

    assert re.search(r"api +bad +.*127.0.0.1:9", told)
    assert "HTTPS_PROXY is set" in told


def test_a_snippet_of_the_docs_runs_as_it_is(loaded, own_sandbox):
    snippet = SNIPPET.format(key=own_sandbox.api_key, url=own_sandbox.http_url)
    before = loaded.run(snippet)
    on = loaded.run("%runware asyncio on")

    assert before.status == "error"
    assert "works from now on" in on.text
    assert loaded.run(snippet).text == "http\n"


def test_with_snippets_on_no_queued_cell_is_lost_and_cells_are_awaited(loaded, own_sandbox):
    snippet = SNIPPET.format(key=own_sandbox.api_key, url=own_sandbox.http_url)
    cells = ["%runware asyncio on", snippet, "%%runware image --size 128x128\na fox", snippet]

    assert [reply.status for reply in loaded.run_all(cells)] == ["ok"] * 4


def test_a_cell_can_be_interrupted_with_snippets_on(start_kernel):
    from runware_nb.sandbox import Sandbox

    with Sandbox(latency=(20, 21)) as box:
        kernel = start_kernel(RUNWARE_API_KEY=box.api_key, RUNWARE_BASE_URL=box.http_url, RUNWARE_WS_URL=box.ws_url)
        kernel.run("%load_ext runware_nb")
        kernel.run("%runware asyncio on")
        reply = kernel.start("%%runware image --size 128x128\na fox")
        kernel.wait_for(reply, "running")
        kernel.interrupt()

        assert "stopped waiting" in kernel.finish(reply, timeout=5).text


def test_a_saved_run_is_loaded_in_another_notebook(loaded, start_kernel, tmp_path):
    loaded.run("%%runware image hero << --size 128x128 --count 2\na fox")
    saved = loaded.run(f"%runware save hero {tmp_path}/hero.zip")
    other = start_kernel()
    other.run("%load_ext runware_nb")
    back = other.run(f"import runware_nb as rw\nback = await rw.load('{tmp_path}/hero.zip')\nback")
    here = other.run("print([r.cached for r in back], all(r.path.is_file() for r in back))")

    assert "2 results, 2 files" in saved.text
    assert "sandbox-" in back.html[0]
    assert here.text == "[False, False] True\n"


def test_saving_what_is_no_run_names_what_there_is(loaded):
    loaded.run("%%runware image hero << --size 128x128\na fox")

    assert "Did you mean hero?" in loaded.run("%runware save her").text
