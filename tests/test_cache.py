"""Nothing is paid for twice."""

from __future__ import annotations

import pytest

from runware_nb import errors
from runware_nb.sandbox import Sandbox
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 128, "height": 128}


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.02)) as box:
        yield box


@pytest.fixture
async def session(box, tmp_path):
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        yield session


def made(box):
    """Count the results that were billed."""
    return len(box.billed()), sum(bill.runs for bill in box.billed().values())


async def test_the_same_task_again_is_shown_and_not_billed(session, box):
    first = await session.run([IMAGE])
    again = await session.run([IMAGE])

    assert again[0].path == first[0].path
    assert (again[0].cached, again[0].cost, again[0].saved) == (True, 0.0, first[0].cost)
    assert made(box) == (1, 1)


async def test_a_new_session_on_the_same_ledger_finds_it_too(session, box, tmp_path):
    first = await session.run([IMAGE])
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "elsewhere", ledger=tmp_path / "ledger.sqlite") as other:
        again = await other.run([IMAGE])

    assert (again[0].cached, again[0].path.name) == (True, first[0].path.name)
    assert made(box) == (1, 1)


async def test_a_file_of_another_folder_is_brought_into_this_one(session, box, tmp_path):
    first = await session.run([IMAGE])
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "elsewhere", ledger=tmp_path / "ledger.sqlite") as other:
        again = await other.run([IMAGE])

    assert again[0].path == tmp_path / "elsewhere" / first[0].path.name
    assert again[0].path.read_bytes() == first[0].path.read_bytes()


async def test_paths_stay_relative_as_they_were(box, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, ledger=tmp_path / "ledger.sqlite") as session:
        first, again = await session.run([IMAGE]), await session.run([IMAGE])

    assert again[0].path == first[0].path
    assert not again[0].path.is_absolute()


@pytest.mark.parametrize(
    "change",
    [{"positivePrompt": "a hare"}, {"width": 192}, {"seed": 1}, {"model": "runware:100@1"}, {"outputFormat": "PNG"}],
)
async def test_another_task_is_another_key(session, box, change):
    await session.run([IMAGE])
    await session.run([{**IMAGE, **change}])

    assert made(box) == (2, 2)


@pytest.mark.parametrize(
    "change", [{"deliveryMethod": "sync"}, {"includeCost": True}, {"ttl": 3600}, {"taskUUID": "x"}]
)
async def test_what_decides_nothing_changes_no_key(session, box, change):
    await session.run([IMAGE])
    await session.run([{**IMAGE, **change}])

    assert made(box) == (1, 1)


async def test_asking_for_six_where_four_are_makes_two(session, box):
    four = await session.run([{**IMAGE, "numberResults": 4}])
    six = await session.run([{**IMAGE, "numberResults": 6}])

    assert [r.cached for r in six] == [True] * 4 + [False] * 2
    assert [r.index for r in six] == list(range(6))
    assert len({r.path for r in six}) == 6
    assert [r.path for r in six][:4] == [r.path for r in four]
    assert box.billed()[six.tasks[0].task_uuid].usd == pytest.approx(box.billed()[four.tasks[0].task_uuid].usd / 2)


async def test_with_a_seed_the_samples_that_are_added_are_new_too(session):
    await session.run([{**IMAGE, "seed": 7, "numberResults": 2}])
    four = await session.run([{**IMAGE, "seed": 7, "numberResults": 4}])

    assert [r.seed for r in four] == [7, 8, 9, 10]


async def test_fewer_than_are_here_cost_nothing(session, box):
    await session.run([{**IMAGE, "numberResults": 4}])
    two = await session.run([{**IMAGE, "numberResults": 2}])

    assert [r.cached for r in two] == [True, True]
    assert made(box)[0] == 1


async def test_fresh_makes_a_new_sample_and_deletes_none(session, box):
    first = await session.run([IMAGE])
    fresh = await session.run([IMAGE], mode="fresh")
    both = await session.run([{**IMAGE, "numberResults": 2}])

    assert fresh[0].path != first[0].path
    assert {r.path for r in both} == {first[0].path, fresh[0].path}
    assert made(box) == (2, 2)


async def test_off_neither_looks_nor_shares(session, box):
    await session.run([IMAGE, IMAGE], mode="off")

    assert made(box) == (2, 2)


async def test_only_shows_what_is_here(session):
    await session.run([IMAGE])

    assert (await session.run([IMAGE], mode="only"))[0].cached


async def test_only_refuses_to_spend_and_says_what_it_would_cost(session, box):
    with pytest.raises(errors.CacheMiss, match=r"2 results would have to be made, at about \$0\.0076"):
        await session.run([{**IMAGE, "numberResults": 2}], mode="only")

    assert made(box) == (0, 0)


async def test_equal_tasks_of_one_run_are_sent_once(session, box):
    run = await session.run([IMAGE, IMAGE, {**IMAGE, "numberResults": 2}])

    assert [len([r for r in run if r.task == t]) for t in run.tasks] == [1, 1, 2]
    assert sum(r.cached for r in run) == 2
    assert made(box) == (1, 1)
    assert run.unfinished == ()


async def test_a_failure_of_a_task_is_told_to_its_equals(session, box):
    box.inject("failed-in-data")
    with pytest.raises(errors.ApiError) as caught:
        await session.run([IMAGE, IMAGE])

    assert len(caught.value.run.problems) == 2


async def test_failures_are_not_kept(session, box):
    box.inject("failed-in-data")
    with pytest.raises(errors.ApiError):
        await session.run([IMAGE])

    assert len(await session.run([IMAGE])) == 1


async def test_a_result_whose_file_is_gone_is_made_again(session, box):
    first = await session.run([IMAGE])
    first[0].path.unlink()
    again = await session.run([IMAGE])

    assert (again[0].cached, again[0].path.exists()) == (False, True)
    assert made(box) == (2, 2)


async def test_texts_are_kept_too(session):
    ask = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hi"}]}
    first = await session.run([ask])
    again = await session.run([ask])

    assert (again[0].text, again[0].cached) == (first[0].text, True)


async def test_media_count_by_their_content(session, box, tmp_path):
    from PIL import Image

    up = {"taskType": "upscale", "model": "runware:504@1", "upscaleFactor": 2}
    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    await session.run([{**up, "inputs": {"image": tmp_path / "a.png"}}])
    again = await session.run([{**up, "inputs": {"image": tmp_path / "b.png"}}])
    other = await session.run([{**up, "inputs": {"image": Image.new("RGB", (32, 32), "blue")}}])

    assert (again[0].cached, other[0].cached) == (True, False)


async def test_what_was_saved_is_added_up(session):
    first = await session.run([IMAGE])
    await session.run([IMAGE])
    totals = await session.totals()

    assert (totals.saved, totals.spent, totals.sandbox) == (0, 0, first[0].price)


async def test_a_cap_refuses_before_anything_is_sent(session, box):
    with pytest.raises(errors.BudgetExceeded, match=r"about \$0\.0076, but at most \$0\.0050"):
        await session.run([{**IMAGE, "width": 1024, "height": 1024, "numberResults": 2}], max_cost=0.005)

    assert made(box) == (0, 0)


async def test_what_is_here_does_not_count_under_a_cap(session):
    await session.run([IMAGE])

    assert (await session.run([IMAGE], max_cost=0))[0].cached


async def test_an_unknown_price_counts_as_too_much(session, box):
    unknown = {**IMAGE, "model": "civitai:305149@392545"}
    with pytest.raises(errors.BudgetExceeded, match="price of civitai:305149@392545 is unknown"):
        await session.run([unknown], max_cost=5.0)

    assert made(box) == (0, 0)
    assert len(await session.run([unknown], max_cost="none")) == 1


async def test_a_budget_holds_over_runs(box, tmp_path):
    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "l.sqlite", budget=0.005) as session:
        await session.run([{**IMAGE, "width": 1024, "height": 1024}])
        with pytest.raises(errors.BudgetExceeded, match="of the budget of"):
            await session.run([{**IMAGE, "width": 1024, "height": 1024, "seed": 5}])

    assert made(box) == (1, 1)


async def test_real_prices_stop_a_run_that_its_estimates_let_through(box, tmp_path):
    from runware_nb.catalog import prices

    place = Endpoint(box.http_url, box.ws_url, Secret(box.api_key))
    # Over REST each of them is a request; over the WebSocket they would go out in one frame, before any price is known.
    options = {"folder": tmp_path / "out", "ledger": tmp_path / "l.sqlite", "transport": "rest"}
    async with Session(place, **options) as session:
        session.estimate = lambda task: prices.estimate(task, session.catalog.get(task.model).prices) / 10
        tasks = [{**IMAGE, "seed": n, "deliveryMethod": "sync"} for n in range(1, 41)]
        run = await session.run(tasks, max_cost=0.0152)

    assert len(run) < 40
    assert any(isinstance(error, errors.BudgetExceeded) for _, error in run.problems)


@pytest.mark.parametrize("wrong", [-1, "lots"])
async def test_a_cap_that_is_none_is_refused(session, wrong):
    with pytest.raises(errors.UsageError, match="max_cost"):
        await session.run([IMAGE], max_cost=wrong)
