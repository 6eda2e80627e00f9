"""The history's desk without a browser: what a page asks, what it is told, and what it cannot have."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from runware_nb import hindsight
from runware_nb.browsedesk import BrowseDesk, still
from runware_nb.browsers import Browser, Sieve
from runware_nb.errors import UsageError
from runware_nb.sandbox import Sandbox
from tests import pages

NASTY = "a fox <img src=x onerror=alert(1)> \ud800 {{ 7*7 }}"


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


class Page(pages.Page):
    """The page of a browser."""

    async def answer(self, kind, **content):
        """Ask, and return what is answered."""
        number = len(self.told) + 1
        self.asks(kind, id=number, **content)
        await self.until(lambda: any(t.get("id") == number for t in self.told))
        return next(t for t in self.told if t.get("id") == number)

    async def sift(self, **sieve):
        before = self.view.found["siftings"]
        self.asks("sift", sieve=sieve)
        await self.until(lambda: self.view.found["siftings"] > before and self.view.found["state"] != "loading")
        return self.view.found

    @property
    def all(self):
        found = self.view.found
        return {"revision": found["revision"], "ranges": [[0, found["rows"] - 1]]}


@pytest.fixture
async def page(rw, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    await rw.image([NASTY, "a hare"], size="128x128", model="bfl-flux-1-dev")
    await rw.text("three words")
    made = Page(BrowseDesk(hindsight.history().browse()))
    await made.sift()
    return made


async def test_rows_and_their_pictures_come_when_they_are_looked_at(page):
    found = page.view.found
    assert (found["state"], found["rows"], found["spent"]) == ("ready", 3, 0)
    page.asks("look", revision=found["revision"], rows=[0, 1, 2, 3, -1, True, "0", None])
    await page.until(lambda: sum(len(t["pictures"]) for t in page.told if t["kind"] == "pictures") == 2)

    (told,) = [t for t in page.told if t["kind"] == "rows"]
    assert [row["row"] for row in told["rows"]] == [0, 1, 2]
    assert {row["medium"] for row in told["rows"]} == {"image", "text"}
    assert all(t["buffers"] == len(t["pictures"]) for t in page.told if t["kind"] == "pictures")
    json.dumps(page.told).encode()  # what a message must be: no lone surrogates are left


async def test_words_kind_and_state_are_sifted_and_nonsense_is_told_of(page):
    assert (await page.sift(words="hare"))["rows"] == 1
    assert (await page.sift(kind="text"))["rows"] == 1
    assert (await page.sift(status="failed"))["rows"] == 0
    assert (await page.sift(money="live"))["rows"] == 0
    bad = await page.sift(since="yesterday")
    assert (bad["state"], "a day is" in bad["told"]) == ("failed", True)
    assert (await page.sift(kind="'; DROP TABLE tasks"))["state"] == "failed"
    assert (await page.sift())["rows"] == 3


async def test_what_is_no_message_changes_nothing(page):
    found = dict(page.view.found)
    for content in (
        {"kind": "burn"}, {"kind": None}, {"kind": "look"}, {"kind": "sift"}, {"kind": "sift", "sieve": 7},
        {"kind": "rate", "revision": found["revision"], "ranges": 8}, {"kind": "again", "number": "x"},
        {"kind": "look", "revision": found["revision"], "rows": {"a": 1}}, {"kind": "export", "revision": None},
    ):  # fmt: skip
        page.asks(**content)
    answer = await page.answer("copy", **page.all)

    assert answer["kind"] == "copied"
    assert page.view.found == found


async def test_rows_of_an_earlier_finding_are_refused(page):
    before = page.all
    await page.sift(words="hare")
    answer = await page.answer("export", name="all", ending="csv", **before)

    assert answer["kind"] == "failed"
    assert "has changed since" in answer["message"]


async def test_an_odd_selection_selects_no_more_than_there_is(page):
    for ranges in ([[5, 2]], [[2, 3], [0, 1]], [[0]], [["0", 1]], "all", [[-9, -1]], [[0, 10**18]]):
        page.asks("select", revision=page.all["revision"], ranges=ranges)
    await page.answer("copy", **page.all)

    assert page.desk._browser._chosen == (0, 1, 2)


async def test_an_export_stays_in_its_folder(page, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    for name in ("../out", "/etc/out", "a/b", "a\\b", ".hidden", "", " ", "a\nb", "c:x", "x" * 99):
        answer = await page.answer("export", name=name, ending="csv", **page.all)
        assert (answer["kind"], "is no name of a file" in answer["message"]) == ("failed", True)

    assert sorted(tmp_path.rglob("*")) == before


async def test_an_export_is_of_a_known_kind_and_overwrites_nothing(page, tmp_path):
    for ending, names in {"csv": ["foxes.csv", "foxes-2.csv"], "zip": ["foxes.zip"], "html": ["foxes.html"]}.items():
        assert [(await page.answer("export", name="foxes", ending=ending, **page.all))["name"] for _ in names] == names
        assert all((tmp_path / name).stat().st_size for name in names)
    answer = await page.answer("export", name="foxes", ending="py", **page.all)

    assert "is no kind of file" in answer["message"]
    assert "<img src=x" not in (tmp_path / "foxes.html").read_text(encoding="utf-8")


async def test_tags_and_stars_are_written_down_and_found(page, rw):
    first = {**page.all, "ranges": [[0, 0]]}
    assert (await page.answer("rate", stars=4, add=["keep", "dark"], **page.all))["changed"] == 3
    assert (await page.answer("rate", remove=["keep"], **first))["changed"] == 1
    assert (await page.answer("rate", remove=["keep"], **first))["changed"] == 0
    assert page.view.choices["tags"] == ["dark", "keep"]
    assert (await page.sift(tag="keep"))["rows"] == 2
    assert (await page.sift(tag="dark", starred=True))["rows"] == 3
    assert len(hindsight.history(tag="keep")) == 2

    answer = await page.answer("rate", add=["x" * 99], **page.all)
    assert "a tag is a word" in answer["message"]
    answer = await page.answer("rate", stars=9, **page.all)
    assert "stars are 1 to 5" in answer["message"]


async def test_running_again_is_offered_first_and_costs_nothing_where_it_is_here(page, box):
    billed = len(box.billed())
    offer = await page.answer("offer", fresh=False, **page.all)
    assert (offer["tasks"], offer["make"], offer["here"], offer["likely"]) == (3, 0, 3, 0)
    made = await page.answer("again", number=offer["number"])
    assert (made["made"], made["cached"], made["spent"]) == (3, 3, 0)
    assert len(box.billed()) == billed
    fresh = await page.answer("offer", fresh=True, **page.all)
    assert fresh["make"] == 3
    assert 0 < fresh["low"] <= fresh["high"]
    assert len(box.billed()) == billed

    again = await page.answer("again", number=offer["number"])
    assert "no longer what was offered" in again["message"]
    again = await page.answer("again", number=fresh["number"])
    assert "no longer what was offered" in again["message"]  # an offer that was refused holds no more
    assert len(box.billed()) == billed


async def test_a_path_is_told_and_its_link_only_within_the_folder_of_the_server(page, tmp_path):
    await page.sift(words="hare")
    told = await page.answer("reveal", root=str(tmp_path), base="/", **page.all)
    assert Path(told["path"]).is_file()
    assert told["href"].startswith("/files/")
    told = await page.answer("reveal", root="/nowhere", base="/", **page.all)
    assert told["href"] == ""
    await page.sift(kind="text")
    assert "no file" in (await page.answer("reveal", **page.all))["message"]


async def test_two_are_compared_and_several_opened(page):
    await page.sift(kind="image")
    assert len((await page.answer("open", what="compare", **page.all))["sources"]) == 2
    await page.sift()
    assert "takes two" in (await page.answer("open", what="compare", **page.all))["message"]
    opened = await page.answer("open", what="view", **page.all)
    assert {source["medium"] for source in opened["sources"]} == {"image", "text"}
    assert all(not Path(source["key"]).is_absolute() for source in opened["sources"])


async def test_the_copied_cell_brings_the_rows_back(page, rw):
    text = (await page.answer("copy", **page.all))["text"]
    run = eval(text.removesuffix('.df.rw.grid("prompt", "model")'), {"rw": hindsight})

    assert len(run.results) == 3


async def test_what_is_selected_on_the_page_is_a_run_in_python(page):
    browser = page.desk._browser
    with pytest.raises(UsageError, match="nothing is selected"):
        await browser.run_of(browser._chosen)
    page.asks("select", **page.all)
    await page.answer("copy", **page.all)

    assert len(await asyncio.to_thread(lambda: browser.selected)) == 3


async def test_the_static_form_is_escaped_and_tells_the_sums(page):
    text = await asyncio.to_thread(still, page.desk._browser)

    assert "3 rows · play money $" in text
    assert "&lt;img src=x onerror" in text
    assert "<img" not in text


async def test_a_ledger_that_cannot_be_read_is_told_of_and_tried_again(page, rw):
    damage(rw, "totals", "away")
    assert "cannot be used: no such table" in (await page.sift(words="hare"))["told"]
    damage(rw, "away", "totals")

    assert (await page.sift(words="hare"))["state"] == "ready"


def damage(rw, one, other):
    """Take a table away, or give it back."""
    connection = sqlite3.connect(hindsight.history().ledger.path)
    connection.execute(f"ALTER TABLE {one} RENAME TO {other}")
    connection.close()


def test_a_sieve_takes_text_of_no_great_length_and_nothing_else():
    sieve = Sieve.read({"words": "x" * 10_000, "kind": None, "starred": "yes", "bogus": 1, "model": ["a"]})

    assert (len(sieve.words), sieve.kind, sieve.starred, sieve.model) == (300, "", False, "['a']")


async def test_what_a_history_asks_for_is_what_its_browser_begins_with(rw):
    browser = hindsight.history("fox", kind="image", since="2026-01-31", tag="keep").browse()

    assert isinstance(browser, Browser)
    assert browser.sieve == Sieve(words="fox", kind="image", since="2026-01-31", tag="keep")
    assert browser.history.part == hindsight.history("fox", kind="image", since="2026-01-31").part
