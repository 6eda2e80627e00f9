"""The Python door: verbs, axes, and where the API is."""

from __future__ import annotations

import subprocess
import sys

import pytest

import runware_nb as rw
from runware_nb import door, errors


@pytest.fixture
async def connected(sandbox, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNWARE_API_KEY", sandbox.api_key)
    monkeypatch.setenv("RUNWARE_BASE_URL", sandbox.http_url)
    monkeypatch.setenv("RUNWARE_WS_URL", sandbox.ws_url)
    yield
    await door.reset()


@pytest.mark.parametrize(
    ("verb", "given", "medium"),
    [
        (rw.image, {"size": "256x256"}, "image"),
        (rw.video, {"duration": 2}, "video"),
        (rw.audio, {"duration": 30}, "audio"),
        (rw.mesh, {}, "3d"),
        (rw.text, {}, "text"),
    ],
)
async def test_each_verb_makes_its_medium(connected, verb, given, medium):
    run = await verb("a lighthouse", **given)

    assert [r.medium for r in run] == [medium]


async def test_the_first_axis_varies_slowest(connected):
    run = await rw.image(["a fox", "a hare"], seed=[1, 2], size="128x128")

    assert [(r.prompt, r.seed) for r in run] == [("a fox", 1), ("a fox", 2), ("a hare", 1), ("a hare", 2)]


async def test_too_large_a_sweep_is_refused_before_it_can_cost_anything(connected, own_sandbox):
    with pytest.raises(errors.UsageError, match="65 tasks, but at most 64"):
        await rw.image("a fox", seed=range(65))


async def test_an_empty_axis_is_refused(connected):
    with pytest.raises(errors.UsageError, match="seed is an empty list"):
        await rw.image("a fox", seed=[])


async def test_wire_tasks_run_through_the_door(connected):
    run = await rw.run(
        {
            "taskType": "imageInference",
            "model": "runware:101@1",
            "positivePrompt": "x",
            "width": 128,
            "height": 128,
        }
    )

    assert run[0].path.exists()


async def test_a_base_url_without_a_key_is_refused(monkeypatch):
    monkeypatch.setenv("RUNWARE_BASE_URL", "https://proxy.example/v1")

    with pytest.raises(errors.MissingKey, match="there is no key for it"):
        rw.session()


def test_the_blocking_twin_works_in_a_script(sandbox, tmp_path):
    script = "from runware_nb import blocking as rw\nrun = rw.image('a fox', size='128x128')\nprint(run, run[0].path)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env={
            "RUNWARE_API_KEY": sandbox.api_key,
            "RUNWARE_BASE_URL": sandbox.http_url,
            "RUNWARE_NB_HOME": str(tmp_path),
            "PATH": "",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.startswith("<Run image: 1 of 1, sandbox>"), done.stderr


def test_importing_the_package_imports_nothing_heavy():
    heavy = [
        "httpx",
        "pandas",
        "PIL",
        "pydantic",
        "anywidget",
        "IPython",
        "starlette",
        "jinja2",
        "jsonschema",
        "websockets",
        "distributed",
        "dask",
        "fsspec",
    ]
    code = f"import sys, runware_nb; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.usefixtures("connected")
async def test_an_estimate_tells_the_price_and_what_is_here_and_sends_nothing(sandbox):
    small = {"taskType": "imageInference", "model": "runware:101@1", "width": 128, "height": 128}
    tasks = [{**small, "positivePrompt": f"estimated {n}"} for n in range(2)]
    await rw.run(tasks[0])
    billed = sandbox.billed()
    quote = await rw.estimate(tasks)

    assert (quote.make, quote.here) == (1, 1)
    assert 0 < quote.bounds[0] <= quote.usd <= quote.bounds[1]
    assert sandbox.billed() == billed
    assert "1 result to make, 1 here already" in quote._repr_html_()
