"""The playground's desk without a browser: what a page asks, what it is told, and what it never gets to know."""

from __future__ import annotations

import asyncio
import json

import pytest

from runware_nb.loops import background
from runware_nb.playdesk import PlayDesk
from runware_nb.sandbox import Sandbox
from runware_nb.uploads import PART
from tests import pages
from tests.display import making

SMALL = {"prompt": "a red fox", "size": "128x128", "seed": 7}


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


class Page(pages.Page):
    """The page of a playground."""

    patience = 15.0

    def last(self, kind):
        return next((content for content in reversed(self.told) if content["kind"] == kind), None)

    def everything(self):
        return json.dumps([self.view.get_state(), self.told], default=str)


@pytest.fixture
async def page(rw):
    made = Page(PlayDesk(rw.playground(**SMALL)))
    yield made
    made.desk._unwatch()


async def test_a_change_is_judged_and_priced_by_its_number(page, box):
    page.asks("change", task={**page.view.task, "width": 100}, number=1)
    await page.until(lambda: page.view.verdict.get("number") == 1)
    assert [flaw["path"] for flaw in page.view.verdict["flaws"]] == ["width"]
    page.asks("change", task={**page.view.task, "width": 256}, number=2)
    await page.until(lambda: page.view.verdict.get("number") == 2)

    assert page.view.verdict["flaws"] == []
    assert 0 < page.view.verdict["quote"]["low"] <= page.view.verdict["quote"]["high"]
    assert not box.billed()


async def test_running_tells_of_the_result_and_the_same_again_costs_nothing(page, box):
    page.asks("run", task=page.view.task, number=1, agreed=False)
    await page.until(lambda: page.view.sources and page.view.history)
    assert page.view.state["phase"] == "done"
    assert page.view.sources[0]["medium"] == "image"
    page.asks("run", task=page.view.task, number=2, agreed=False)
    await page.until(lambda: page.view.state["cached"])

    assert page.view.state["cost"] == 0
    assert len(box.billed()) == 1


async def test_the_key_and_paths_never_reach_the_page(page, box, tmp_path):
    page.asks("run", task=page.view.task, number=1, agreed=False)
    await page.until(lambda: page.view.sources and page.view.history)

    assert box.api_key not in page.everything()
    assert str(tmp_path) not in page.everything()


async def test_models_are_found_as_one_types(page):
    page.asks("find", words="flux schnell")
    await page.until(lambda: page.last("found"))
    assert [row["slug"] for row in page.last("found")["rows"]] == ["bfl-flux-1-schnell"]
    page.asks("find", words="civitai:1@2")
    await page.until(lambda: page.last("found")["words"] == "civitai:1@2")

    assert page.last("found")["rows"][0]["by"] == "not in the catalogue"


async def test_another_model_is_another_form(page):
    page.asks("pick", name="alibaba-wan2-7", task=page.view.task, number=1)
    await page.until(lambda: page.view.revision == 1)

    assert page.view.picked["kind"] == "video"
    assert page.view.task["positivePrompt"] == "a red fox"
    assert "duration" in page.view.form["schema"]["properties"]


async def test_a_file_comes_in_parts_and_stands_in_the_task_as_a_token(page, tmp_path):
    data = making.picture(tmp_path / "fox.png").read_bytes()
    half, about = len(data) // 2, {"id": 1, "name": "fox.png", "medium": "image", "total": len(data)}
    page.asks("upload", memoryview(data[:half]), offset=0, **about)
    await page.until(lambda: page.last("more"))
    page.asks("upload", memoryview(data[half:]), offset=half, **about)
    await page.until(lambda: page.last("offered"))
    token = page.last("offered")["token"]
    page.asks("change", task={**page.view.task, "inputs": {"seedImage": token}}, number=1)
    await page.until(lambda: page.view.verdict.get("number") == 1)

    assert page.view.media[token]["name"] == "fox.png"
    assert page.view.media[token]["poster"].startswith("data:image/")
    assert page.view.verdict["flaws"] == []
    assert page.view.task["inputs"] == {"seedImage": token}
    assert page.desk._playground.task["inputs"]["seedImage"].read_bytes() == data


@pytest.mark.parametrize(
    "content",
    [
        {"id": 1, "offset": 0, "total": 10, "medium": "image", "name": "../../x"},
        {"id": 1, "offset": "0", "total": None, "medium": "image"},
        {"id": 1, "offset": 0, "total": 1 << 40, "medium": "image"},
    ],
)
async def test_what_is_no_upload_is_refused_in_one_line(page, content):
    page.asks("upload", b"<html>" + b"x" * 4, **content)
    await page.until(lambda: page.last("failed"))

    assert page.last("failed")["id"] == 1
    assert "\n" not in page.last("failed")["message"]


async def test_a_part_that_is_too_large_is_refused(page):
    page.asks("upload", b"\x89PNG" + bytes(PART), id=2, offset=0, total=PART + 4, medium="image")
    await page.until(lambda: page.last("failed"))

    assert "in order" in page.last("failed")["message"]


@pytest.mark.parametrize(
    "content",
    [
        {}, {"kind": None}, {"kind": "pick"}, {"kind": "copy", "what": "__class__"}, {"kind": "preset", "act": "load"},
        {"kind": "change", "task": [1]}, {"kind": "change", "task": {}, "number": "x"}, {"kind": "recall"},
        {"kind": "use", "uuid": 3}, {"kind": "upload"}, {"kind": "find"},
    ],
)  # fmt: skip
async def test_nonsense_changes_nothing(page, content):
    before = dict(page.view.task)
    page.view._handle_custom_msg(content, [])
    page.asks("find", words="flux")
    await page.until(lambda: page.last("found"))

    assert page.view.task == before


@pytest.mark.parametrize(
    ("what", "begins"),
    [("cell", "%%runware image --model bfl-flux-1-dev"), ("python", "import"), ("json", "{"), ("grid", "import")],
)
async def test_code_is_copied(page, what, begins):
    page.asks("copy", what=what, id=4, task=page.view.task, number=1)
    await page.until(lambda: page.last("copied"))

    assert page.last("copied")["id"] == 4
    assert page.last("copied")["text"].startswith(begins)


async def test_an_earlier_result_becomes_an_input(page):
    page.asks("run", task=page.view.task, number=1, agreed=False)
    await page.until(lambda: page.view.history)
    page.asks("use", uuid=page.view.history[0]["uuid"], medium="image", id=9)
    await page.until(lambda: page.last("offered"))
    page.asks("use", uuid=page.view.history[0]["uuid"], medium="video", id=10)
    await page.until(lambda: page.last("failed"))

    assert page.view.media[page.last("offered")["token"]]["medium"] == "image"
    assert "no longer here" in page.last("failed")["message"]


async def test_a_saved_notebook_stays_small(page):
    state = {k: v for k, v in page.view.get_state().items() if k not in {"_esm", "_css"}}

    assert len(json.dumps(state, default=str)) < 30_000


async def test_a_high_price_asks_first(page, box, monkeypatch):
    from runware_nb import preferences

    monkeypatch.setitem(preferences.OVERRIDES, "confirm_above", 0.0001)
    page.asks("run", task=page.view.task, number=1, agreed=False)
    await page.until(lambda: page.view.state["phase"] == "asking")
    page.asks("decline")
    await page.until(lambda: page.view.state["phase"] == "idle")
    assert not box.billed()
    page.asks("run", task=page.view.task, number=1, agreed=False)
    await page.until(lambda: page.view.state["phase"] == "asking")
    page.asks("run", task=page.view.task, number=1, agreed=True)
    await page.until(lambda: page.view.state["phase"] == "done")

    assert len(box.billed()) == 1


async def test_a_frozen_playground_looks_at_its_task_no_more(page):
    page.asks("change", task=page.view.task, number=1)
    page.asks("freeze")

    async def looked():
        await asyncio.gather(*page.desk._going)
        return await asyncio.gather(page.desk._judging, return_exceptions=True)

    (how,) = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(looked(), background()))
    assert isinstance(how, asyncio.CancelledError)
    page.asks("change", task=page.view.task, number=2)
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asyncio.sleep(0), background()))
    assert page.desk._judging.cancelled()
