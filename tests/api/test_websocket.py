"""The WebSocket: when it is taken, what it saves, what it keeps to itself, and who serves when there is none."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.http11 import Response

from runware_nb import Runware
from runware_nb.api.runs import Refused
from runware_nb.api.tasks import Task
from runware_nb.api.transport import websocket
from runware_nb.sandbox import Sandbox

IMAGE = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "x", "width": 128, "height": 128}
VIDEO = {
    "taskType": "videoInference", "model": "google:3@2", "positivePrompt": "x", "width": 1280, "height": 720, "duration": 4,
}  # fmt: skip
TEXT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "hello"}]}
TWENTY = [{**IMAGE, "seed": n} for n in range(1, 21)]


@pytest.fixture
def box():
    with Sandbox(latency=(0, 0.05)) as box:
        yield box


def at(box, transport="auto", **options):
    client = Runware(box.api_key, box.http_url, box.ws_url, transport, **options)
    client.posts = []
    real = client._rest.post

    async def post(tasks, **given):
        client.posts.append(tasks)
        return await real(tasks, **given)

    client._rest.post = post
    return client


async def test_results_come_by_themselves(box):
    async with at(box) as client:
        results = await client.run(TWENTY)

    assert [r.task.positivePrompt for r in results] == ["x"] * 20
    assert client.posts == []


@pytest.mark.parametrize("transport", ["auto", "websocket"])
async def test_a_text_streams_over_rest(box, transport):
    async with at(box, transport) as client:
        (result,) = await client.run(TEXT)

    assert result.text
    assert client._socket._keeper is None


@pytest.mark.parametrize("task", [IMAGE, VIDEO, TEXT])
async def test_auto_takes_rest_for_a_single_task(box, task):
    async with at(box) as client:
        await client.run(task)

    assert client._socket._keeper is None


async def test_auto_takes_rest_for_what_takes_long(box):
    async with at(box) as client:
        await client.run([{**VIDEO, "seed": n} for n in range(1, 10)])

    assert client._socket._keeper is None


async def test_several_results_of_a_task_arrive_as_they_are_ready(box):
    async with at(box, "websocket") as client:
        results = await client.run({**IMAGE, "numberResults": 4})

    assert [r.index for r in results] == [0, 1, 2, 3]
    assert client.posts == []


async def test_results_without_a_number_are_told_apart():
    with Sandbox(latency=(0, 0.05), result_index=False) as box:
        async with at(box, "websocket") as client:
            results = await client.run({**TEXT, "deliveryMethod": "sync", "numberResults": 3})

    assert sorted(r.index for r in results) == [0, 1, 2]


async def test_a_video_is_seen_as_it_is_pushed(box):
    async with at(box, "websocket") as client:
        (result,) = await client.run(VIDEO)

    assert result["videoURL"]
    assert result.sandbox


async def test_a_wrong_task_fails_alone_and_at_once(box):
    async with at(box, "websocket") as client:
        results = await client.run([*TWENTY, {**IMAGE, "width": 1}])

    assert len(results) == 20
    assert [p.parameter for p in results.problems] == ["width"]
    assert client.posts == []


async def test_where_it_is_blocked_rest_serves_and_one_line_says_so(box):
    said = []
    box.inject("no-upgrade", times=9)
    async with at(box, note=said.append) as client:
        first = await client.run(TWENTY)
        second = await client.run(TWENTY)

    assert (len(first), len(second)) == (20, 20)
    assert first[0].task.delivery_method == "async"
    assert len(said) == 1
    assert "REST is used" in said[0]


async def test_a_frame_above_the_limit_is_fetched_by_rest(box, monkeypatch):
    monkeypatch.setattr(websocket, "LARGEST", 20_000)
    async with at(box, "websocket") as client:
        results = await client.run(
            {**IMAGE, "outputType": "base64Data", "numberResults": 2, "width": 512, "height": 512}
        )

    assert len(results) == 2


async def test_a_wrong_key_is_told_as_over_rest(box):
    async with Runware("another-key", box.http_url, box.ws_url, "websocket") as client:
        events = []
        await client.perform([Task.of(t) for t in TWENTY], events.append)

    assert {type(e.error).__name__ for e in events if isinstance(e, Refused)} == {"AuthenticationFailed"}


async def test_one_connection_serves_several_calls_at_once(box):
    async with at(box) as client:
        several = await asyncio.gather(
            *(client.run([{**t, "seed": t["seed"] + 100 * n} for t in TWENTY]) for n in range(3))
        )

    assert [len(results) for results in several] == [20, 20, 20]
    assert {len({r["imageUUID"] for r in results}) for results in several} == {20}


async def test_a_connection_nobody_needs_is_closed(box, monkeypatch):
    monkeypatch.setattr(websocket, "PING", 0.02)
    async with at(box) as client:
        await client.run(TWENTY)
        await asyncio.wait_for(asyncio.shield(client._socket._keeper), 5)

        assert len(await client.run([{**t, "seed": t["seed"] + 50} for t in TWENTY])) == 20


async def test_a_long_wait_is_kept_alive_by_pings(monkeypatch):
    monkeypatch.setattr(websocket, "PING", 0.05)
    with Sandbox(latency=(0.5, 0.5), idle=0.25) as box:
        async with at(box) as client:
            results = await client.run(TWENTY)

    assert len(results) == 20
    assert client.posts == []


async def test_the_key_is_in_no_log(box, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets").setLevel(logging.DEBUG)
    async with at(box) as client:
        await client.run(TWENTY)

    assert box.api_key not in caplog.text
    assert box.api_key not in repr(vars(client._socket))


async def test_a_redirect_is_not_followed():
    heard = []

    async def elsewhere(socket):
        heard.extend([message async for message in socket])

    async with serve(elsewhere, "127.0.0.1", 0) as thief:
        place = f"ws://127.0.0.1:{thief.sockets[0].getsockname()[1]}/v1"

        def redirect(_, __):
            return Response(302, "Found", Headers({"Location": place, "Content-Length": "0"}), b"")

        async with serve(elsewhere, "127.0.0.1", 0, process_request=redirect) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            client = Runware("a-secret-key", "http://127.0.0.1:9/v1", url, "websocket")

            assert not await client._socket.ready()
            await client.close()

    assert heard == []


async def test_the_key_is_said_once_and_in_the_first_frame():
    heard, twice = [], asyncio.Event()

    async def api(socket):
        heard.append(json.loads(await socket.recv()))
        if len(heard) == 2:
            twice.set()
        await socket.send(json.dumps({"data": [{"taskType": "authentication", "connectionSessionUUID": "s"}]}))
        await socket.close()

    async with serve(api, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with Runware("a-secret-key", "http://127.0.0.1:9/v1", url, "websocket") as client:
            assert await client._socket.ready()
            await asyncio.wait_for(twice.wait(), 5)

    assert heard[0] == [{"taskType": "authentication", "apiKey": "a-secret-key"}]
    assert heard[1] == [{"taskType": "authentication", "connectionSessionUUID": "s", "apiKey": "a-secret-key"}]


async def test_no_way_in_holds_the_key_in_its_traceback(box):
    box.inject("key-rejected", times=9)
    async with at(box, "websocket") as client:
        with pytest.raises(Exception, match="nvalid") as caught:
            async with client._socket._connected() as connection:
                await client._socket._enter(connection)

    frame = caught.tb
    while frame:
        ours = frame.tb_frame.f_code.co_filename == __file__
        assert ours or box.api_key not in repr(frame.tb_frame.f_locals)
        frame = frame.tb_next
