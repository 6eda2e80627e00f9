"""Preferences in a kernel: `%config Runware`, files beside the notebook, and the line that tells them."""

from __future__ import annotations

import re

import pytest

LOAD = "%load_ext runware_nb"


@pytest.fixture
def loaded(start_kernel, own_sandbox):
    kernel = start_kernel(
        RUNWARE_API_KEY=own_sandbox.api_key, RUNWARE_BASE_URL=own_sandbox.http_url, RUNWARE_WS_URL=own_sandbox.ws_url
    )
    kernel.run(LOAD)
    return kernel


def test_a_model_and_size_set_once_serve_every_cell(loaded):
    loaded.run("%config Runware.model_image = 'runware:100@1'")
    loaded.run("%config Runware.size = '512x256'")
    planned = loaded.run("%%runware image -n\na fox").text

    assert "runware:100@1" in planned
    assert "width 512, height 256" in planned


def test_a_cell_overrules_what_is_set(loaded):
    loaded.run("%config Runware.size = '512x256'")

    assert "width 128, height 128" in loaded.run("%%runware image -n --size 128x128\na fox").text


def test_a_cap_set_for_every_cell_holds(loaded, own_sandbox):
    loaded.run("%config Runware.max_cost = 0.001")
    reply = loaded.run("%%runware image\na fox")

    assert "at most $0.0010 may be spent" in reply.text
    assert own_sandbox.billed() == {}


def test_a_wrong_value_is_refused_in_one_line_and_changes_nothing(loaded):
    reply = loaded.run("%config Runware.cache = 'maybe'")

    assert "but must be use, fresh, only or off" in reply.text
    assert re.search(r"cache +use +default", loaded.run("%runware config").text)


def test_the_project_of_a_notebook_is_told_as_the_source(loaded, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.runware_nb]\nautoframe = true\n")

    assert str(tmp_path / "pyproject.toml") in loaded.run("%runware config").text
    assert "DataFrame" in loaded.run("%%runware image --size 128x128\na fox\n").text + loaded.run("print(type(_))").text


def test_errors_can_be_shown_in_full(loaded):
    short = loaded.run("%%runware image --size 13x13\na fox")
    loaded.run("%config Runware.errors = 'full'")
    full = loaded.run("%%runware image --size 13x13\na fox")

    assert (len(short.error["traceback"]), len(full.error["traceback"]) > 5) == (1, True)


def test_config_tells_where_the_key_is_from_and_never_the_key(loaded, own_sandbox):
    told = loaded.run("%runware config").text + loaded.run("%config Runware").text

    assert "configured" in told
    assert own_sandbox.api_key not in told


def test_loading_again_leaves_one_configurable(loaded):
    loaded.run("%reload_ext runware_nb")

    assert loaded.run("print(sum(type(c).__name__ == 'Runware' for c in get_ipython().configurables))").text == "1\n"
