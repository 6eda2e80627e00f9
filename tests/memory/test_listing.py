"""The listing: the rows of the ledger in order, found and added up without being read."""

from __future__ import annotations

import pytest

from runware_nb.memory import listing as listings
from runware_nb.memory import queries
from runware_nb.memory.ledger import Ledger
from runware_nb.memory.listing import Sums, choices, listing, sift, told
from runware_nb.memory.queries import Part
from tests.compare import many, thousand

COUNT = 300


@pytest.fixture
def ledger(tmp_path):
    many.fill(tmp_path / "ledger.sqlite", tmp_path / "out", COUNT)
    made = Ledger(tmp_path / "ledger.sqlite")
    yield made
    made.close()


@pytest.fixture
async def thousands(tmp_path):
    """A ledger of every fate a task may have."""
    made = Ledger(tmp_path / "ledger.sqlite")
    await made.totals()
    thousand.fill(made.path, tmp_path / "out")
    yield made
    made.close()


async def test_the_newest_row_is_the_first_and_the_oldest_the_last(ledger):
    found = await ledger.read(listing())
    first, last = await ledger.read(told(found, [0, COUNT - 1]))

    assert len(found) == COUNT
    assert (first.uuid, first.status) == (many.uuid_of(0), "failed")
    assert (last.uuid, last.status, last.number) == (many.uuid_of(COUNT - 1), "done", 0)


@pytest.mark.parametrize(
    "part",
    [
        Part(),
        Part(words="fox"),
        Part(words="number7"),
        Part(kind="text"),
        Part(status="failed"),
        Part(status="done", model="bfl"),
        Part(notebook="nb3"),
        Part(most=17),
        Part(words="nothing like it"),
    ],
    ids=str,
)
async def test_what_is_sifted_is_what_the_history_reads(ledger, part):
    found = await ledger.read(listing())
    rows, sums = await ledger.read(sift(part, found))

    read = await ledger.read(queries.entries(part))
    assert await ledger.read(told(found, rows)) == read
    assert sums.rows == len(read)
    assert sums.spent == sum(e.cost or 0 for e in read if not e.sandbox)
    assert sums.pretended == sum(e.cost or 0 for e in read if e.sandbox)


@pytest.mark.parametrize(
    "part", [Part(), Part(status="failed"), Part(status="unfinished"), Part(words="fox 7")], ids=str
)
async def test_failures_doubts_and_what_is_under_way_are_rows_too(thousands, part):
    found = await thousands.read(listing())
    rows, sums = await thousands.read(sift(part, found))
    read = await thousands.read(queries.entries(part))

    assert {(e.uuid, e.status) for e in await thousands.read(told(found, rows))} == {(e.uuid, e.status) for e in read}
    assert sums.unknown == sum(e.status == "done" and e.cost is None for e in read)


async def test_money_and_play_money_are_told_apart(ledger):
    found = await ledger.read(listing())
    live, spent = await ledger.read(sift(Part(), found, sandbox=False))
    play, pretended = await ledger.read(sift(Part(), found, sandbox=True))

    assert (spent.pretended, pretended.spent) == (0, 0)
    assert len(live) + len(play) == COUNT


async def test_keys_choose_rows_however_many_there_are(ledger):
    found = await ledger.read(listing())
    wanted = {f"{n:064x}" for n in (8, 9)}
    few, _ = await ledger.read(sift(Part(keys=frozenset(wanted)), found))
    others = {f"{n:064x}" for n in range(1_000_000, 1_040_000)}
    many_, _ = await ledger.read(sift(Part(keys=frozenset(wanted | others)), found))

    assert list(few) == list(many_) == [7, 8]


@pytest.mark.parametrize("words", ["%", "_", "' OR 1=1 --", "\\", "number1%", "number_"])
async def test_wildcards_and_quotes_are_sought_as_they_stand(ledger, words):
    found = await ledger.read(listing())

    assert (await ledger.read(sift(Part(words=words), found)))[1].rows == 0


async def test_a_listing_is_kept_until_something_is_added(ledger, tmp_path):
    found = await ledger.read(listing())
    assert await ledger.read(listing(found)) is found
    await ledger.intend([], base_url="api", folder=tmp_path)
    ledger._note("UPDATE tasks SET state = 'failed', problem = 'x: y' WHERE uuid = ?", ((5).to_bytes(16, "big"),))

    assert len(await ledger.read(listing(found))) == COUNT + 1


async def test_a_row_that_changed_since_is_told_as_gone(ledger):
    found = await ledger.read(listing())
    ledger._note("DELETE FROM results WHERE uuid = ?", ((5).to_bytes(16, "big"),))

    assert await ledger.read(told(found, [5])) == [None]


async def test_of_a_vast_ledger_the_newest_rows_are_listed(ledger, monkeypatch):
    monkeypatch.setattr(listings, "MOST", 100)

    assert len(await ledger.read(listing())) == 100


async def test_an_empty_ledger_has_no_rows_and_no_choices(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    found = await ledger.read(listing())

    assert (len(found), await ledger.read(choices)) == (0, listings.Choices())
    rows, sums = await ledger.read(sift(Part(words="fox"), found))
    assert (list(rows), sums) == ([], Sums())
    ledger.close()


async def test_models_and_notebooks_are_told(ledger):
    told_ = await ledger.read(choices)

    assert set(told_.models) == set(many.MODELS)
    assert len(told_.notebooks) == 7
