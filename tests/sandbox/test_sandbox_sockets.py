"""The WebSocket."""

import asyncio
import json

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from .asking import Api, serving, task


async def say(socket, *tasks):
    await socket.send(json.dumps(list(tasks)))


async def hear(socket):
    return json.loads(await asyncio.wait_for(socket.recv(), 10))


async def enter(socket, api: Api, **fields):
    await say(socket, {"taskType": "authentication", "apiKey": api.box.api_key, **fields})
    return (await hear(socket))["data"][0]


async def test_the_key_comes_first(api: Api):
    async with connect(api.box.ws_url) as socket:
        await say(socket, task())

        assert (await hear(socket))["errors"][0]["code"] == "invalidApiKey"


async def test_the_answer_to_the_key_says_that_this_is_the_sandbox(api: Api):
    async with connect(api.box.ws_url) as socket:
        told = await enter(socket, api)

        assert told["sandbox"] is True
        assert told["connectionSessionUUID"]


async def test_a_ping_is_answered(api: Api):
    async with connect(api.box.ws_url) as socket:
        await enter(socket, api)
        await say(socket, {"taskType": "ping", "ping": True})

        assert await hear(socket) == {"data": [{"taskType": "ping", "pong": True}]}


async def test_each_result_is_a_message(api: Api):
    async with connect(api.box.ws_url) as socket:
        await enter(socket, api)
        await say(socket, task(numberResults=3))
        frames = [await hear(socket) for _ in range(3)]

    assert [len(f["data"]) for f in frames] == [1, 1, 1]
    assert {f["data"][0]["resultIndex"] for f in frames} == {0, 1, 2}


async def test_errors_and_results_are_in_frames_of_their_own(api: Api):
    async with connect(api.box.ws_url) as socket:
        await enter(socket, api)
        await say(socket, task(), task(width=1))
        frames = [await hear(socket) for _ in range(2)]

    assert sorted(next(iter(f)) for f in frames) == ["data", "errors"]
    assert all(len(f) == 1 for f in frames)


async def test_an_async_task_is_acknowledged_and_then_pushed(slow: Api):
    async with connect(slow.box.ws_url) as socket:
        await enter(socket, slow)
        await say(socket, task(deliveryMethod="async"))
        acknowledged = await hear(socket)
        slow.box.advance(3601)
        pushed = await hear(socket)

    assert set(acknowledged["data"][0]) == {"taskType", "taskUUID"}
    assert pushed["data"][0]["imageURL"]


async def test_what_was_missed_is_replayed_to_who_comes_back(slow: Api):
    async with connect(slow.box.ws_url) as socket:
        session = (await enter(socket, slow))["connectionSessionUUID"]
        wanted = task()
        await say(socket, wanted, {"taskType": "ping"})
        await hear(socket)
    slow.box.advance(3601)
    slow.done(wanted["taskUUID"])

    async with connect(slow.box.ws_url) as socket:
        told = await enter(socket, slow, connectionSessionUUID=session)
        replayed = await hear(socket)

    assert told["connectionSessionUUID"] == session
    assert replayed["data"][0]["taskUUID"] == wanted["taskUUID"]


async def test_silence_closes_the_connection():
    with serving(idle=0.05) as api:
        async with connect(api.box.ws_url) as socket:
            await enter(socket, api)

            with pytest.raises(ConnectionClosed):
                await hear(socket)


async def test_what_is_no_array_is_an_error_and_no_end(api: Api):
    async with connect(api.box.ws_url) as socket:
        await enter(socket, api)
        await socket.send("{")
        error = (await hear(socket))["errors"][0]
        await say(socket, {"taskType": "ping"})

        assert error["code"] == "invalidPayloadFormat"
        assert await hear(socket)


async def test_a_model_upload_tells_its_states(api: Api):
    model = {
        "taskType": "modelUpload", "taskUUID": task()["taskUUID"], "category": "lora", "architecture": "sdxl", "air": "me:1@1",
        "format": "safetensors", "name": "Ink", "version": "1", "downloadURL": "https://example.com/x", "uniqueIdentifier": "i",
    }  # fmt: skip
    async with connect(api.box.ws_url) as socket:
        await enter(socket, api)
        await say(socket, model)
        states = [(await hear(socket))["data"][0]["status"] for _ in range(5)]

    assert states == ["validated", "downloaded", "optimized", "stored", "ready"]


async def test_a_dropped_socket_loses_no_task(api: Api):
    api.box.inject("drop-socket")
    wanted = task()
    async with connect(api.box.ws_url) as socket:
        await enter(socket, api)
        await say(socket, wanted)
        with pytest.raises(ConnectionClosed):
            await hear(socket)

    assert api.done(wanted["taskUUID"])[0]["status"] == "success"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_page_of_elsewhere_cannot_connect(api: Api, origin):
    with pytest.raises(InvalidStatus, match="403"):
        await connect(api.box.ws_url, origin=origin)
