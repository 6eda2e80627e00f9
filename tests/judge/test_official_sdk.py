"""The official SDK as the judge: what it sends and understands is what the sandbox must take and give.

Its schema and content services are the sandbox's own public routes, so nothing leaves this machine.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

runware = pytest.importorskip("runware")

from runware_nb.sandbox import Sandbox  # noqa: E402

pytestmark = pytest.mark.judge
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FOX = {"taskType": "imageInference", "model": "runware:101@1", "positivePrompt": "a fox", "width": 512, "height": 512}
CHAT = {"taskType": "textInference", "model": "minimax:m3@0", "messages": [{"role": "user", "content": "Grüße 🦊"}]}


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(latency=(0.0, 0.02)) as served:
        for module in [m for name, m in sys.modules.items() if name.startswith("runware.")]:
            for constant in ("SCHEMAS_BASE_URL", "CONTENT_BASE_URL"):
                if hasattr(module, constant):
                    monkeypatch.setattr(module, constant, served.origin)
        yield served


@pytest.fixture(params=["rest", "websocket"])
async def client(box: Sandbox, request: pytest.FixtureRequest) -> AsyncIterator[runware.Runware]:
    places = {"http_base_url": box.http_url, "ws_base_url": box.ws_url}
    async with runware.Runware(api_key=box.api_key, transport=request.param, max_retries=0, **places) as sdk:
        yield sdk


async def test_a_task_runs_async_as_the_sdk_likes_best(client, box):
    items = await client.run({**FOX, "numberResults": 3, "includeCost": True})

    assert [i["resultIndex"] for i in items] == [0, 1, 2]
    assert sum(i["cost"] for i in items) == pytest.approx(box.billed()[items[0]["taskUUID"]].usd)


async def test_a_task_runs_sync(client):
    [item] = await client.run({**FOX, "deliveryMethod": "sync", "seed": 9})

    assert item["seed"] == 9


@pytest.mark.parametrize(
    ("task", "field"),
    [
        (
            {
                "taskType": "videoInference",
                "model": "google:3@2",
                "positivePrompt": "x",
                "width": 1280,
                "height": 720,
                "duration": 8,
            },
            "videoURL",
        ),
        ({"taskType": "audioInference", "model": "fishaudio:s2.1@pro", "speech": {"text": "Hello."}}, "audioURL"),
        ({"taskType": "3dInference", "model": "tripo:v3.1@0", "positivePrompt": "a cup"}, "outputs"),
        (CHAT, "text"),
        ({"taskType": "caption", "model": "runware:150@2", "inputs": {"image": PIXEL}}, "text"),
        ({"taskType": "upscale", "model": "runware:504@1", "inputs": {"image": PIXEL}, "upscaleFactor": 2}, "imageURL"),
        ({"taskType": "imageMasking", "model": "runware:35@1", "inputs": {"image": PIXEL}}, "maskImageURL"),
    ],
)
async def test_every_medium_ends_as_the_sdk_expects(client, task, field):
    [item] = await client.run(task)

    assert item[field]


async def test_a_slug_becomes_an_air_by_the_registry(client):
    [item] = await client.run({**FOX, "model": "bfl-flux-1-dev", "deliveryMethod": "sync"})

    assert item["imageURL"]


async def test_a_stream_is_the_text(client):
    stream = await client.stream({**CHAT, "includeUsage": True, "includeCost": True})
    result = await stream.result()

    assert "Grüße 🦊" in result.text
    assert result.usage
    assert result.cost > 0


async def test_a_refusal_is_an_error_with_its_parameter(client):
    with pytest.raises(runware.RunwareError, match="multiple of 64") as caught:
        await client.run({**FOX, "width": 511})

    assert (caught.value.code, caught.value.parameter) == ("validation", "width")
    assert caught.value.documentation.endswith("/bfl-flux-1-dev#request-width")


@pytest.mark.parametrize("form", ["provider-timeout", "failed-in-data"])
async def test_a_failed_task_is_an_error_in_either_form(client, box, form):
    box.inject(form)

    with pytest.raises(runware.RunwareError, match=form):
        await client.run(FOX)


async def test_a_uuid_used_twice_is_an_error(client):
    once = {**FOX, "taskUUID": str(uuid.uuid4()), "deliveryMethod": "sync"}
    await client.run(once)

    with pytest.raises(runware.RunwareError) as caught:
        await client.run(once)
    assert caught.value.code == "validation"
    assert "already exists" in caught.value.message


async def test_a_wrong_key_is_an_error(box):
    places = {"http_base_url": box.http_url, "ws_base_url": box.ws_url}
    async with runware.Runware(api_key="wrong", transport="rest", max_retries=0, **places) as sdk:
        with pytest.raises(runware.RunwareError) as caught:
            await sdk.run(FOX)
    assert caught.value.code == "auth"


async def test_a_rate_limit_is_outlived_by_retrying(box):
    box.inject("rate-limit")
    async with runware.Runware(
        api_key=box.api_key, transport="rest", http_base_url=box.http_url, max_retries=1, retry_delay=1
    ) as sdk:
        assert await sdk.run({**FOX, "deliveryMethod": "sync"})


async def test_models_are_searched(client):
    [found] = await client.model_search({"search": "flux", "limit": 2})

    assert len(found["results"]) == 2


async def test_media_are_kept_and_deleted(client):
    [image] = await client.image_upload({"image": PIXEL})
    [kept] = await client.media_storage({"operation": "upload", "media": PIXEL})
    [gone] = await client.media_storage({"operation": "delete", "media": kept["mediaUUID"]})

    assert image["imageURL"]
    assert gone["mediaUUID"] == kept["mediaUUID"]


async def test_the_account_is_told(client):
    [told] = await client.account_management({"operation": "getDetails"})

    assert told["balance"]["amount"] == 100


async def test_a_task_is_asked_for_again(client):
    [item] = await client.run({**FOX, "deliveryMethod": "sync"})
    [polled] = await client.get_response({"taskUUID": item["taskUUID"]})
    [told] = await client.get_task_details({"taskUUID": item["taskUUID"]})

    assert polled["imageUUID"] == item["imageUUID"]
    assert told["request"][0]["positivePrompt"] == "a fox"


async def test_the_content_service_lists_models(client):
    models = await client.content.list_models()
    one = await client.content.get_model("runware:101@1")
    price = await client.content.get_model_pricing("runware:101@1")

    assert one in models
    assert price["pricingRates"]
    assert await client.content.get_model("no:such@1") is None


async def test_the_registry_is_the_sandboxs_own(client):
    await client.refresh_registry()
    [item] = await client.run({k: v for k, v in FOX.items() if k != "taskType"})

    assert item["taskType"] == "imageInference"


async def test_the_sdks_own_validation_finds_no_fault_with_our_schemas(client):
    assert await client.run({**FOX, "deliveryMethod": "sync"}, runware.RunOptions(validate=True))
