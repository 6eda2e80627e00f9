"""Costs: a hand-made ledger with known answers passes every report."""

from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np
import pytest

from runware_nb import display, reprs
from runware_nb.compare import costs as adding
from runware_nb.compare.costs import Item, costs, reckoned
from runware_nb.compare.history import History
from runware_nb.compare.opinions import Opinions
from runware_nb.errors import UnknownName
from runware_nb.memory.ledger import Ledger
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret
from tests.compare import thousand

assert display  # registers the drawings
ALL = [thousand.facts(n) for n in range(thousand.COUNT)]
PRICED = [f for f in ALL if f["fate"] == "done"]
MADE = [f for f in ALL if f["fate"] in {"done", "sandbox", "unpriced"}]


@pytest.fixture
async def past(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite")
    await ledger.totals()
    thousand.fill(ledger.path, tmp_path)
    yield History(ledger)
    ledger.close()


def dollars(rows):
    return math.fsum(f["micro"] for f in rows) / 1e6


def by(name):
    groups = defaultdict(list)
    for fact in ALL:
        groups[str(fact[name] or "")].append(fact)
    return groups


async def test_the_whole_is_what_it_must_be(past):
    whole = past.costs().whole

    assert whole.spent == pytest.approx(dollars(PRICED), abs=1e-9)
    assert whole.sandbox == pytest.approx(dollars([f for f in ALL if f["fate"] == "sandbox"]), abs=1e-9)
    assert (whole.results, whole.unknown, whole.failed, whole.doubtful) == (850, 50, 100, 50)
    assert (whole.flights, whole.in_flight) == (50, pytest.approx(50 * 0.002))
    assert whole.saved == pytest.approx(0.07)
    assert (whole.p50, whole.p95) == tuple(
        pytest.approx(np.quantile([f["latency"] for f in MADE], q)) for q in (0.5, 0.95)
    )


async def test_it_agrees_with_the_sums_that_the_ledger_keeps(past):
    totals, whole = await past.ledger.totals(), past.costs().whole

    assert (whole.spent, whole.sandbox, whole.saved) == (totals.spent, totals.sandbox, totals.saved)
    assert (whole.unknown, (whole.in_flight, whole.flights)) == (totals.unknown, totals.in_flight)


@pytest.mark.parametrize("name", ["model", "kind", "day", "notebook"])
async def test_each_group_is_what_it_must_be(past, name):
    told, must = past.costs(name).groups, by(name)

    assert {s.of[0] for s in told} == set(must)
    for s in told:
        mine = must[s.of[0]]
        assert s.spent == pytest.approx(dollars([f for f in mine if f["fate"] == "done"]), abs=1e-9)
        assert s.results == sum(f["fate"] in {"done", "sandbox", "unpriced"} for f in mine)
        assert s.failed == sum(f["fate"] in {"failed", "unknown"} for f in mine)
    assert sum(s.saved for s in told) == pytest.approx(0.07)


async def test_groups_of_several_names_add_up_to_the_whole(past):
    told = past.costs("model,day,notebook")

    assert told.by == ("model", "day", "notebook")
    assert math.fsum(s.spent for s in told.groups) == pytest.approx(told.whole.spent)
    assert sum(s.results for s in told.groups) == told.whole.results
    assert [s.of[1] for s in told.groups] == sorted(s.of[1] for s in told.groups)


async def test_the_frame_adds_up_to_the_ledger(past):
    table = past.df
    told, whole = table.rw.cost("model"), past.costs("model").whole

    assert len(table) == thousand.COUNT
    assert table.cost_usd.sum() == pytest.approx(whole.spent)
    assert (told.whole.spent, told.whole.results, told.whole.failed) == (whole.spent, whole.results, whole.failed)
    assert (told.whole.p50, told.whole.p95) == (whole.p50, whole.p95)
    assert {s.of: s.spent for s in told.groups} == {s.of: s.spent for s in past.costs("model").groups}


async def test_what_was_kept_is_told_with_all_that_was_made_to_find_it(past, tmp_path):
    opinions = Opinions(tmp_path)
    opinions.rate(thousand.facts(5)["key"], stars=4, tags=("keep", "cover"))
    opinions.rate(thousand.facts(6)["key"], stars=2)
    told = past.costs("tag")
    kept = sum(f["key"] == thousand.facts(5)["key"] for f in MADE)

    assert told.whole.kept == kept == 20
    assert told.whole.per_kept == pytest.approx(told.whole.spent / kept)
    assert {s.of[0]: s.results for s in told.groups} == {"": 830, "keep": 20, "cover": 20}
    assert {s.of[0]: s.saved for s in told.groups} == {"": None, "keep": None, "cover": None}


async def test_conditions_leave_a_part(past):
    part = past.where(kind="text", since="2026-01-02", until="2026-01-03").costs()
    must = [f for f in PRICED if f["kind"] == "text" and f["day"] in {"2026-01-02", "2026-01-03"}]

    assert part.whole.spent == pytest.approx(dollars(must))
    assert part.whole.saved == pytest.approx(0.07)
    assert past.where(model="maker:2").costs().whole.saved == 0


async def test_there_is_no_other_way_to_tell_costs_apart(past):
    with pytest.raises(UnknownName, match="model"):
        past.costs("modell")


async def test_costs_are_a_frame_too(past):
    table = past.costs("model,kind").df

    assert list(table.columns[:3]) == ["model", "kind", "spent"]
    assert table["spent"].sum() == pytest.approx(past.costs().whole.spent)
    assert str(past.costs().df["p95"].dtype) == "Float64"


async def test_costs_are_drawn_without_script_svg_or_words_of_others_unescaped(past):
    items = [
        Item({"model": "<script>alert(1)</script>", "day": "2026-01-01"}, cost=5_000, latencies=(2,)),
        Item({"model": "b:1@1", "day": "2026-01-02"}, cost=5_000, latencies=(3,)),
    ]
    told = costs(items, ("model",), (0.4, 1))
    data, _ = reprs.mimebundle(told)
    page, plain = data["text/html"], data["text/plain"]

    assert "<script" not in page
    assert "<svg" not in page
    assert page.count("data:image/svg+xml;base64,") == 5  # budget, days, a bar a model, dots
    assert all(word in plain for word in ("spent", "$0.01", "in flight", "failed", "saved"))
    assert "$0.40 of $1.00" in page


def test_nothing_at_all_is_drawn_as_well():
    page = reprs.mimebundle(costs([]))[0]["text/html"]

    assert "$0.00" in page


def test_unknown_is_never_zero_and_play_money_never_money():
    told = costs([Item({}, cost=None), Item({}, cost=7, sandbox=True), Item({}, status="failed", doubtful=True)])

    assert (told.whole.spent, told.whole.unknown, told.whole.doubtful) == (0, 1, 1)
    assert told.is_play


def test_a_column_of_play_money_is_not_called_spent():
    real, play = (costs([Item({"model": "m"}, cost=7, sandbox=sandbox)]) for sandbox in (False, True))
    heads = [re.findall("<th[^>]*>([^<]*)</th>", reprs.mimebundle(one)[0]["text/html"]) for one in (real, play)]

    assert [[head for head in one if head in {"spent", "sandbox"}] for one in heads] == [["spent"], ["sandbox"]]


def test_the_account_is_set_against_the_ledger_and_the_difference_explained():
    own = adding.grouped(
        [Item({"day": "2026-01-01"}, cost=1_000_000), Item({"day": "2026-01-02"}, cost=None)], ("day",)
    )
    more = reckoned(own, [{"date": "2026-01-01", "spend": 1.5}, {"date": "2026-01-03", "spend": 0.25}], sandbox=False)
    same = reckoned(own, [{"date": "2026-01-01", "spend": 1.0}], sandbox=False)

    assert more.days == (("2026-01-01", 1.0, 1.5), ("2026-01-02", 0.0, 0.0), ("2026-01-03", 0.0, 0.25))
    assert more.difference == pytest.approx(0.75)
    assert any("no known price" in note for note in more.notes)
    assert same.notes == ("Ledger and account agree.",)


async def test_ledger_and_the_sandboxes_account_agree_to_the_cent(tmp_path):
    image = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a", "width": 128, "height": 128}
    with Sandbox(latency=(0, 0.02)) as box:
        place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
        async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
            await session.run([{**image, "seed": n} for n in range(5)])
            told = await session.reckon(7)
            spent = session.past().costs().whole.sandbox

    assert told.ledger == pytest.approx(spent)
    assert told.account == pytest.approx(spent)
    assert told.notes == ("Ledger and account agree.",)
    assert "play" in reprs.mimebundle(told)[0]["text/plain"].lower()


async def test_the_account_is_not_asked_where_nothing_may_be_and_is_unknown_then(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNWARE_CACHE", "only")
    nobody = Endpoint("http://127.0.0.1:9/v1", "ws://127.0.0.1:9/v1", Secret("k"))
    async with Session(nobody, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        told = await session.reckon(7)

    assert (told.ledger, told.account, told.difference) == (0, None, None)
    assert "not asked" in reprs.mimebundle(told)[0]["text/plain"]
