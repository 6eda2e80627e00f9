"""The client against the sandbox: every delivery, and every way an answer can go wrong."""

from __future__ import annotations

import asyncio

import pytest

from runware_nb import Runware, errors
from runware_nb.api.runs import Accepted, Arrived, Delta, Refused
from runware_nb.api.tasks import Task
from runware_nb.sandbox import Sandbox

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 256, "height": 256}
TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hello 日本語"}]}
FIVE = [
    IMAGE,
    {
        "taskType": "videoInference",
        "model": "google:3@2",
        "positivePrompt": "waves",
        "width": 1280,
        "height": 720,
        "duration": 4,
    },
    {"taskType": "audioInference", "model": "fishaudio:s2.1@pro", "speech": {"text": "Welcome."}},
    {"taskType": "3dInference", "model": "tripo:v3.1@0", "positivePrompt": "a camera"},
    TEXT,
]


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.05)) as box:
        yield box


@pytest.fixture
async def client(box):
    async with Runware(box.api_key, box.http_url, box.ws_url) as client:
        yield client


async def heard(client, *tasks):
    events = []
    await client.perform([Task.of(t) for t in tasks], events.append)
    return events


@pytest.mark.parametrize("task", FIVE, ids=lambda t: t["taskType"])
async def test_the_docs_tasks_run_unchanged(client, task):
    (result,) = await client.run(task)

    assert result["taskType"] == task["taskType"]


async def test_all_five_run_together_in_one_array(client):
    results = await client.run(FIVE)

    assert [r["taskType"] for r in results] == [t["taskType"] for t in FIVE]


async def test_the_docs_own_shape_prints_a_link(client):
    images = await client.run({**IMAGE, "includeCost": True})

    assert images[0]["imageURL"].endswith(".jpg")
    assert images[0]["cost"] > 0


@pytest.mark.parametrize("delivery", ["sync", "async"])
async def test_several_results_come_once_each(client, delivery):
    results = await client.run({**IMAGE, "numberResults": 4, "deliveryMethod": delivery})

    assert [r.index for r in results] == [0, 1, 2, 3]
    assert len({r.uuid for r in results}) == 4


async def test_texts_that_share_a_uuid_are_kept_apart(client):
    results = await client.run(
        {"taskType": "promptEnhance", "prompt": "dog", "promptMaxLength": 64, "promptVersions": 3}
    )

    assert len({r.text for r in results}) == 3


async def test_several_texts_of_one_task_are_kept_apart(client):
    assert len(await client.run({**TEXT, "numberResults": 3})) == 3


async def test_results_without_an_index_are_told_apart(client):
    with Sandbox(latency=(0, 0.05), result_index=False) as box:
        async with Runware(box.api_key, box.http_url) as other:
            results = await other.run({**IMAGE, "numberResults": 3})

    assert [r.index for r in results] == [0, 1, 2]


async def test_a_streamed_text_is_the_sum_of_its_pieces(client):
    events = await heard(client, TEXT)

    pieces = "".join(e.text for e in events if isinstance(e, Delta))
    (arrived,) = [e.result for e in events if isinstance(e, Arrived)]
    assert pieces == arrived.text
    assert "日本語" in pieces
    assert sum(isinstance(e, Delta) for e in events) > 3


async def test_many_tasks_take_few_requests(client, box):
    results = await client.run([{**IMAGE, "width": 128, "height": 128} for _ in range(60)])

    assert len(results) == 60


@pytest.mark.parametrize("fault", ["rate-limit", "server-error", "refused-connection", "slow"])
async def test_what_was_not_accepted_is_sent_again(client, box, fault):
    box.inject(fault)

    assert len(await client.run({**IMAGE})) == 1
    assert [bill.runs for bill in box.billed().values()] == [1]


@pytest.mark.parametrize("delivery", ["sync", "async"])
@pytest.mark.parametrize("fault", ["lost-answer", "truncated", "not-json", "html-200"])
async def test_a_lost_answer_loses_no_result_and_bills_once(client, box, fault, delivery):
    box.inject(fault)

    assert len(await client.run({**IMAGE, "deliveryMethod": delivery})) == 1
    assert [bill.runs for bill in box.billed().values()] == [1]


async def test_a_uuid_used_before_is_refused_as_such(client):
    task = {**IMAGE, "taskUUID": "594797a3-c8e4-46d5-a510-6d12fe02f130"}
    await client.run(task)

    with pytest.raises(errors.DuplicateTask):
        await client.run(task)


async def test_one_failed_result_leaves_the_others(client, box):
    box.inject("partial")

    results = await client.run({**IMAGE, "numberResults": 4})

    assert (len(results), len(results.problems)) == (3, 1)


async def test_one_bad_task_leaves_the_others(client):
    results = await client.run([IMAGE, {**IMAGE, "height": 100}])

    assert (len(results), type(results.problems[0])) == (1, errors.InvalidTask)


@pytest.mark.parametrize(
    ("fault", "kind"), [("provider-timeout", errors.TaskTimeout), ("failed-in-data", errors.ApiError)]
)
async def test_a_failed_task_is_an_error_in_both_forms(client, box, fault, kind):
    box.inject(fault)

    with pytest.raises(kind) as caught:
        await client.run(IMAGE)

    assert caught.value.task_uuids


async def test_a_text_whose_stream_fails_is_fetched_whole_by_its_uuid(client, box):
    box.inject("stream-error")

    events = await heard(client, TEXT)

    (arrived,) = [e.result for e in events if isinstance(e, Arrived)]
    assert arrived["finishReason"] == "stop"
    assert [bill.runs for bill in box.billed().values()] == [1]


async def test_what_a_gateway_says_leaves_the_outcome_open(client, box):
    from runware_nb.sandbox.faults import Fault

    box.inject(Fault("server-error", times=9, status=503))

    (refused,) = [e for e in await heard(client, IMAGE) if isinstance(e, Refused)]
    assert refused.doubtful
    assert refused.error.task_uuids == (refused.task_uuid,)


async def test_a_stream_refused_at_the_start_is_an_error(client):
    with pytest.raises(errors.InvalidTask, match="messages"):
        await client.run({k: v for k, v in TEXT.items() if k != "messages"})


async def test_a_stream_refused_for_now_is_asked_for_again(client, box):
    box.inject("stream-refused")

    assert len(await client.run(TEXT)) == 1


@pytest.mark.parametrize("fault", ["shuffled", "duplicated"])
async def test_order_and_repetition_change_nothing(client, box, fault):
    box.inject(fault)

    assert [r.index for r in await client.run({**IMAGE, "numberResults": 3})] == [0, 1, 2]


async def test_a_wrong_key_is_refused(box):
    async with Runware("wrong", box.http_url, box.ws_url) as client:
        with pytest.raises(errors.AuthenticationFailed):
            await client.run(IMAGE)


async def test_no_network_is_told_as_such_and_sends_nothing():
    async with Runware("key", "http://127.0.0.1:9/v1", "ws://127.0.0.1:9/v1") as client:
        with pytest.raises(errors.Unreachable, match="cannot be reached") as caught:
            await client.run(IMAGE)

    assert caught.value.sent is False


async def test_waiting_has_an_end(box):
    with Sandbox(latency=(30, 30)) as slow:
        async with Runware(slow.api_key, slow.http_url, timeout=0.5) as client:
            with pytest.raises(errors.TaskTimeout, match="may still run"):
                await client.run(IMAGE)


async def test_cancelling_stops_the_waiting_at_once(box):
    with Sandbox(latency=(30, 30)) as slow:
        async with Runware(slow.api_key, slow.http_url) as client:
            accepted = asyncio.Event()
            work = asyncio.create_task(
                client.perform([Task.of(IMAGE)], lambda e: accepted.set() if isinstance(e, Accepted) else None)
            )
            await accepted.wait()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work


async def test_utilities_answer_at_once(client):
    account = await client.run({"taskType": "accountManagement", "operation": "getDetails"})
    found = await client.run({"taskType": "modelSearch", "search": "flux", "limit": 2})
    pong = await client.run({"taskType": "ping", "ping": True})

    assert account[0]["balance"]["amount"] > 0
    assert len(found[0]["results"]) == 2
    assert pong[0]["pong"] is True


async def test_the_key_goes_nowhere_in_sight(client, box):
    seen = [
        repr(client),
        repr(client.endpoint),
        str(vars(client)),
        str(vars(client.endpoint.key) if hasattr(client.endpoint.key, "__dict__") else ""),
    ]

    assert not any(box.api_key in text for text in seen)


@pytest.mark.parametrize("url", ["http://api.example.com/v1", "ftp://x/v1", "not a url"])
def test_a_key_is_never_sent_unencrypted(url):
    with pytest.raises(errors.UsageError):
        Runware("key", url)


def test_without_a_key_the_way_out_is_told():
    with pytest.raises(errors.MissingKey, match="RUNWARE_API_KEY"):
        Runware()


def test_an_unknown_transport_is_refused():
    with pytest.raises(errors.UsageError, match="must be one of auto, rest"):
        Runware("key", transport="pigeon")


async def test_a_poll_that_is_put_off_is_asked_again_and_still_for_all_at_once(client, box):
    from runware_nb.sandbox.faults import Fault

    box.inject(Fault("rate-limit", phase="poll", times=2))

    assert len(await client.run([{**IMAGE, "seed": n, "deliveryMethod": "async"} for n in (1, 2, 3)])) == 3
