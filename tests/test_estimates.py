"""Estimates: how a price is known, and that it is learnt from what such results cost before."""

from __future__ import annotations

import uuid

import pytest

from runware_nb.api.results import Result
from runware_nb.api.tasks import Task
from runware_nb.catalog import bundled, prices
from runware_nb.catalog.prices import Paid, sized
from runware_nb.errors import InvalidTask, UsageError
from runware_nb.memory.ledger import Intent, Ledger
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

FOX = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 512, "height": 512}
UNPRICED = {**FOX, "model": "runware:102@1"}
VEO = {"taskType": "videoInference", "model": "google:3@2", "positivePrompt": "x", "width": 1280, "height": 720}
SPEECH = {
    "taskType": "audioInference",
    "model": "minimax:speech@2.8",
    "speech": {"text": "x" * 100, "voice": "Wise_Woman"},
}


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0)) as box:
        yield box


@pytest.fixture
async def session(box, tmp_path):
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "l.sqlite") as session:
        yield session


async def paid(session, task, *costs, api=None):
    """Write into the ledger that results of a task did cost so much."""
    for cost in costs:
        asked = Task.of({**task, "taskUUID": str(uuid.uuid4())})
        await session._ledger.intend(
            [Intent(asked, uuid.uuid4().hex * 2, None)], base_url=api or session.endpoint.name, folder=session.folder
        )
        session._ledger.keep(Result.of(asked, 0, {"taskUUID": asked.task_uuid, "cost": cost}, latency=1, sandbox=False))
    await session._ledger.settled()


@pytest.mark.parametrize(
    ("task", "basis"),
    [({**VEO, "duration": 4}, "list rates"), (SPEECH, "list rates"), (FOX, "price examples"), (UNPRICED, "unknown"),
     ({"taskType": "ping", "ping": True}, "free")],
    ids=["by the second", "by the character", "examples", "unknown", "utility"],
)  # fmt: skip
async def test_a_price_says_how_it_is_known(session, task, basis):
    quote = await session.quote([task])

    assert quote.basis == basis
    assert (quote.lines[0].usd is None) is (basis == "unknown")
    assert quote.low <= quote.likely <= quote.high


async def test_what_such_results_cost_before_is_the_likely_price(session):
    await paid(session, FOX, 0.01, 0.03, 0.02)

    quote = await session.quote([{**FOX, "positivePrompt": "a hare", "numberResults": 2}])

    assert quote.basis == "your last 3 such results"
    assert (quote.low, quote.likely, quote.high) == pytest.approx((0.02, 0.04, 0.06))


async def test_one_result_of_ones_own_does_not_make_sure(session):
    before = await session.quote([FOX])
    await paid(session, FOX, 0.002)
    quote = await session.quote([FOX])

    assert quote.basis == "your one such result"
    assert quote.likely == 0.002
    assert (quote.low, quote.high) == (before.low, before.high)


@pytest.mark.parametrize(
    "other",
    [{"width": 1024}, {"steps": 50}, {"lora": [{"model": "a:b@1", "weight": 1}]}, {"model": "runware:100@1"},
     {"acceleratorOptions": {"teaCache": True}}, {"inputs": {"seedImage": "https://a/b.png"}}],
    ids=lambda value: next(iter(value)),
)  # fmt: skip
async def test_results_of_another_size_or_with_extras_say_nothing(session, other):
    await paid(session, {**FOX, **other}, 0.5, 0.5, 0.5)

    assert (await session.quote([FOX])).basis == "price examples"


async def test_what_another_api_billed_says_nothing(session):
    await paid(session, FOX, 0.5, 0.5, 0.5, api="https://api.runware.ai/v1")

    assert (await session.quote([FOX])).basis == "price examples"


def test_where_words_are_billed_the_rate_is_taken_all_the_same():
    rates = bundled().get("minimax:speech@2.8").prices

    told = prices.priced(Task.of(SPEECH), rates, [Paid(sized(SPEECH), 5.0)] * 9)

    assert told.basis == "list rates"
    assert told.likely == pytest.approx(0.01)


async def test_a_model_of_unknown_price_is_priced_once_it_has_run(session):
    assert (await session.quote([UNPRICED])).unpriced == 1
    await session.run([UNPRICED])

    quote = await session.quote([{**UNPRICED, "positivePrompt": "a hare"}])
    assert quote.unpriced == 0
    assert quote.likely == pytest.approx(0.004, abs=0.01)
    assert await session.run([{**UNPRICED, "seed": 2}], max_cost=0.1)


async def test_a_dry_run_asks_the_api_and_makes_nothing(session, box):
    quote = await session.quote([FOX, {**UNPRICED, "numberResults": 2}], dry_run=True)

    assert quote.basis == "dry run"
    assert quote.unpriced == 0
    assert all(line.bounds == (line.usd, line.usd) for line in quote.lines)
    assert box.billed() == {}


async def test_what_a_dry_run_refuses_is_told(session):
    with pytest.raises(InvalidTask, match="positivePrompt"):
        await session.quote([{**FOX, "model": "civitai:1@1", "positivePrompt": None}], dry_run=True, validate=False)


async def test_without_validation_the_api_judges(session):
    with pytest.raises(InvalidTask, match="invented"):
        await session.run([{**FOX, "invented": 1}], validate=False)
    session.validate = False
    with pytest.raises(InvalidTask, match="invented"):
        await session.run([{**FOX, "invented": 1}])


async def test_the_api_is_searched_and_what_is_found_can_be_used(session):
    found = await session.search("anime", category="lora", limit=5)

    assert {entry.category for entry in found} == {"lora"}
    run = await session.run([{**FOX, "lora": [{"model": str(found[0]), "weight": 0.5}]}])
    assert run[0].task.to_wire()["lora"][0]["model"] == found[0].air
    assert list(found.df.air) == [entry.air for entry in found]


@pytest.mark.parametrize(
    ("asked", "told"),
    [({"category": "loras"}, "lora"), ({"source": "mine"}, "official"), ({"limit": 0}, "1 to 100"),
     ({"sort": "-_score"}, "popularity"), ({"offset": -1}, "from 0")],
    ids=str,
)  # fmt: skip
async def test_a_search_for_what_there_is_not_is_refused_unsent(session, asked, told):
    with pytest.raises(UsageError, match=told):
        await session.search("anime", **asked)


async def test_a_thousand_tasks_are_priced_with_as_few_questions_to_the_ledger_as_two(session, monkeypatch):
    asked, ask = [], Ledger._ask
    monkeypatch.setattr(Ledger, "_ask", lambda self, work: asked.append(work) or ask(self, work))
    counts = []
    for many in (2, 1000):
        quote = await session.quote([{**FOX, "seed": seed} for seed in range(many)])
        counts.append(len(asked))
        asked.clear()
        assert quote.make == many

    assert counts[0] == counts[1] <= 2
