"""When tasks are asked after: how late a result is seen and how many questions that takes, on the sandbox's own clock."""

from __future__ import annotations

import asyncio
from statistics import mean

import pytest

from runware_nb import Runware
from runware_nb.api import paces, polling
from runware_nb.api.paces import Pace, Paces
from runware_nb.api.runs import Arrived
from runware_nb.api.tasks import Task
from runware_nb.sandbox import Sandbox

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "width": 128, "height": 128}


@pytest.fixture
def skipping(monkeypatch):
    """Skip all waits between questions: the sandbox's clock is moved in their place, and is the client's own."""

    def on(box):
        clock = box._world.clock
        monkeypatch.setattr(clock, "now", lambda: 1000.0 + clock._skipped)  # however busy the machine is

        def making():
            return any(
                i.due <= clock.now() and not i.done for job in tuple(box._world.desk.jobs.values()) for i in job.items
            )

        async def sleep(_, seconds):
            box.advance(seconds)
            while making():  # noqa: ASYNC110  (what is due is there a moment later, of the machine's clock)
                await asyncio.sleep(0.001)

        monkeypatch.setattr(polling.Desk, "_sleep", sleep)
        monkeypatch.setattr(polling, "monotonic", box._world.clock.now)
        monkeypatch.setattr("runware_nb.api.client.monotonic", box._world.clock.now)

    return on


def questioned(tasks):
    """Return the UUIDs that are asked after among what is sent."""
    return [task["taskUUID"] for task in tasks if isinstance(task, dict) and task["taskType"] == "getResponse"]


async def measured(box, skipping, count, known):
    """Run tasks, and return the lag of each in seconds, the questions asked after each, and the requests in all."""
    asked, posts = {}, []
    async with Runware(box.api_key, box.http_url, box.ws_url, "rest") as client:
        real = client._rest.post

        async def post(tasks, **options):
            posts.append(tasks)
            for uuid in questioned(tasks):
                asked[uuid] = asked.get(uuid, 0) + 1
            return await real(tasks, **options)

        client._rest.post = post
        for seconds in known:
            client.paces.learn("imageInference", "runware:101@1", seconds)
        skipping(box)
        lags = []

        def tell(event):
            if isinstance(event, Arrived):
                job = box._world.desk.jobs[event.result.task.task_uuid]
                lags.append(box._world.clock.now() - job.items[0].due)

        await client.perform([Task.of({**IMAGE, "seed": n + 1}) for n in range(count)], tell)
    return lags, list(asked.values()), len(posts)


@pytest.mark.parametrize(
    ("soonest", "latest", "lag", "most"), [(60, 180, 0.8, 50), (20, 40, 0.2, 40)], ids=["60-180 s", "20-40 s"]
)
async def test_a_long_task_is_seen_soon_after_its_end_with_few_questions(skipping, soonest, latest, lag, most):
    known = [soonest + (latest - soonest) * n / 19 for n in range(20)]
    with Sandbox(latency=(soonest, latest), seed=3) as box:
        lags, asked, _ = await measured(box, skipping, 50, known)

    assert len(lags) == 50
    assert mean(lags) <= lag
    assert mean(asked) <= most


@pytest.mark.parametrize(("count", "lag"), [(polling.FEW, 0.06), (2 * polling.FEW, 0.11)])
async def test_short_tasks_are_seen_soon_after_their_end_and_a_few_of_them_sooner(skipping, count, lag):
    with Sandbox(latency=(0.5, 3), seed=3) as box:
        lags, _, _ = await measured(box, skipping, count, [0.5, 1.5, 3])

    assert len(lags) == count
    assert mean(lags) <= lag


async def test_a_hundred_long_tasks_share_their_questions(skipping):
    with Sandbox(latency=(60, 180)) as box:
        lags, _, requests = await measured(box, skipping, 100, [60, 120, 180])

    assert len(lags) == 100
    assert requests <= 200


@pytest.mark.parametrize("seconds", [1, 30, 300, 1200])
@pytest.mark.parametrize("pace", [Pace(), paces.LONG["videoInference"], Pace.of([60, 120, 180])])
def test_questions_are_bounded_however_long_it_takes(pace, seconds):
    age, asked = 0.0, 0
    while age < seconds:
        age += pace.wait(age)
        asked += 1

    assert asked <= 300
    assert age - seconds <= max(paces.LONGEST, pace.soonest / 2)


def test_a_pace_is_learnt_from_what_was_seen_last():
    known = Paces()
    for seconds in [1.0] * 60 + [20.0] * paces.REMEMBERED:
        known.learn("imageInference", "a:1@1", seconds)

    assert known.of(Task.of({**IMAGE, "model": "a:1@1"})) == Pace(19.4, 20.0, 22.0)
    assert known.of(Task.of({**IMAGE, "model": "b:1@1"})) == Pace()


async def test_two_calls_share_their_questions(skipping):
    posts = []
    with Sandbox(latency=(0.5, 1.0)) as box:
        async with Runware(box.api_key, box.http_url, box.ws_url, "rest") as client:
            real = client._rest.post

            async def post(tasks, **options):
                posts.append(tasks)
                return await real(tasks, **options)

            client._rest.post = post
            await asyncio.gather(*(client.run({**IMAGE, "seed": n}) for n in range(1, 9)))

    assert sum(len(questioned(tasks)) == len(tasks) for tasks in posts) <= 16
