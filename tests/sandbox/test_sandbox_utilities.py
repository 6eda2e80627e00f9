"""Utilities, public routes, the compatible chat, and callbacks."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from .asking import Api, serving, task

PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def utility(kind: str, **fields):
    return {"taskType": kind, "taskUUID": task()["taskUUID"], **fields}


def test_media_are_kept_until_they_are_deleted(api: Api):
    [kept] = api.items(utility("mediaStorage", operation="upload", media=PIXEL))
    assert api.get(kept["mediaURL"]).headers["content-type"] == "image/png"

    [gone] = api.items(utility("mediaStorage", operation="delete", media=kept["mediaUUID"]))
    assert gone["mediaUUID"] == kept["mediaUUID"]
    assert api.get(kept["mediaURL"]).status_code == 404


def test_the_old_upload_still_works(api: Api):
    [kept] = api.items(utility("imageUpload", image=PIXEL))

    assert api.get(kept["imageURL"]).content.startswith(b"\x89PNG")


def test_models_are_found_by_words_and_by_page(api: Api):
    [found] = api.items(utility("modelSearch", search="flux", limit=2, offset=1))
    [whole] = api.items(utility("modelSearch", search="flux", limit=500))

    assert found["results"] == whole["results"][1:3]
    assert found["totalResults"] == len(whole["results"])
    assert all("flux" in (r["air"] + r["name"]).lower() for r in whole["results"])


def test_the_balance_is_told_with_what_was_spent(api: Api):
    [item] = api.items(task(includeCost=True))
    [told] = api.items(utility("accountManagement", operation="getDetails"))

    assert told["balance"]["amount"] == pytest.approx(100 - item["cost"])
    assert told["usage"]["today"] == {"credits": pytest.approx(item["cost"]), "requests": 1}
    assert api.box.api_key not in json.dumps(told)


def test_the_balance_can_be_a_plain_number():
    with serving(balance_as_object=False) as api:
        [told] = api.items(utility("accountManagement", operation="getDetails"))

        assert told["balance"] == 100


def test_usage_is_grouped_as_asked(api: Api):
    api.items(task(), task(), task(model="civitai:1@2"))
    [told] = api.items(utility("accountManagement", operation="getUsageActivity", groupBy=["date", "model"]))

    assert [row["count"] for row in told["usage"]["model"]["data"]] == [1, 2]
    assert told["usage"]["timeseries"]["data"][0]["count"] == 3


def test_a_period_is_thirty_days_at_most(api: Api):
    asked = utility("accountManagement", operation="getUsageActivity", startDate="2026-01-01", endDate="2026-03-01")

    assert api.error(asked)["code"] == "invalidDateRange"


def test_the_registry_is_sent_once_to_who_keeps_it(api: Api):
    first = api.get(f"{api.box.origin}/registry.json")
    again = api.get(f"{api.box.origin}/registry.json", headers={"If-None-Match": first.headers["etag"]})

    assert first.json()["models"]["runware:101@1"] == {"taskType": "imageInference", "id": "bfl-flux-1-dev"}
    assert (again.status_code, again.content) == (304, b"")


def test_a_schema_is_resolved_by_air(api: Api):
    told = api.get(f"{api.box.origin}/resolve/runware:101@1").json()

    assert told["requestSchema"]["properties"]["taskType"]["const"] == "imageInference"
    assert {"const": "async"} in told["requestSchema"]["properties"]["deliveryMethod"]["oneOf"]
    assert api.get(f"{api.box.origin}/resolve/no:such@1").status_code == 404


def test_models_are_listed_whole_and_by_page(api: Api):
    whole = api.get(f"{api.box.origin}/models", params={"category": "video"}).json()
    page = api.get(
        f"{api.box.origin}/models", params={"category": "video", "paginate": "true", "limit": 5, "offset": 2}
    ).json()

    assert page["items"] == whole[2:7]
    assert page["total"] == len(whole)


@pytest.mark.parametrize("name", ["runware:101@1", "runware%3A101%401", "bfl-flux-1-dev"])
def test_a_model_is_found_by_air_or_slug_with_its_price(api: Api, name):
    assert api.get(f"{api.box.origin}/models/{name}").json()["air"] == "runware:101@1"
    assert api.get(f"{api.box.origin}/models/{name}/pricing").json()["pricingRates"]


@pytest.mark.parametrize(
    "path", ["creators", "capabilities", "docs/models/index.json", "releases/latest/schema-map.json"]
)
def test_the_other_public_routes_answer(api: Api, path):
    assert len(api.get(f"{api.box.origin}/{path}").json()) > 1


def test_a_chat_is_answered_with_text_or_with_a_tool_call(api: Api):
    url = f"{api.box.http_url}/chat/completions"
    chat = {"model": "anthropic:claude@sonnet-4.6", "messages": [{"role": "user", "content": "Weather in Oslo?"}]}
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": schema}}]

    plain = api.http.post(url, json=chat).json()["choices"][0]
    call = api.http.post(url, json={**chat, "tools": tools}).json()["choices"][0]

    assert "Oslo" in plain["message"]["content"]
    assert call["finish_reason"] == "tool_calls"
    assert set(json.loads(call["message"]["tool_calls"][0]["function"]["arguments"])) == {"city"}


class Listener(BaseHTTPRequestHandler):
    """Keeps what it is sent; refuses the first try."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.command, self.path, body))
        self.send_response(503 if len(self.server.heard) == 1 and self.path == "/hook?again" else 200)
        self.end_headers()
        self.server.told.set()

    do_PUT = do_POST  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def listener():
    server = HTTPServer(("127.0.0.1", 0), Listener)
    server.heard, server.told = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_gets_the_bare_item(api: Api, listener):
    [item] = api.items(task(webhookURL=f"http://127.0.0.1:{listener.server_port}/hook?me=1"))
    assert listener.told.wait(10)

    assert listener.heard[0][:2] == ("POST", "/hook?me=1")
    assert json.loads(listener.heard[0][2]) == item


def test_a_webhook_is_tried_again(api: Api, listener):
    api.items(task(webhookURL=f"http://127.0.0.1:{listener.server_port}/hook?again"))
    assert listener.told.wait(10)
    listener.told.clear()
    api.box.advance(10)

    assert listener.told.wait(10)
    assert len(listener.heard) == 2


def test_an_upload_endpoint_gets_the_bytes(api: Api, listener):
    [item] = api.items(task(uploadEndpoint=f"http://127.0.0.1:{listener.server_port}/put"))
    assert listener.told.wait(10)

    assert listener.heard[0] == ("PUT", "/put", api.get(item["imageURL"]).content)
