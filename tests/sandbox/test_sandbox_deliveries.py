"""Sync, async and polls; identity; money."""

import pytest

from .asking import Api, other, serving, task


def test_sync_answers_with_the_result(api: Api):
    wanted = task(deliveryMethod="sync", seed=7, includeCost=True)
    [item] = api.items(wanted)

    assert (item["taskUUID"], item["seed"]) == (wanted["taskUUID"], 7)
    assert item["cost"] > 0
    assert "status" not in item


def test_cost_and_content_checks_are_told_only_when_asked(api: Api):
    [plain] = api.items(task())
    [full] = api.items(task(includeCost=True, safety={"checkContent": True}))

    assert not {"cost", "NSFWContent"} & set(plain)
    assert {"cost", "NSFWContent"} <= set(full)


def test_async_is_acknowledged_once_whatever_it_makes(api: Api):
    many = task(deliveryMethod="async", numberResults=4)

    assert api.items(many) == [{"taskType": "imageInference", "taskUUID": many["taskUUID"]}]


def test_polls_repeat_all_that_is_finished(api: Api):
    many = task(deliveryMethod="async", numberResults=3)
    api.items(many)

    first, second = api.done(many["taskUUID"]), api.done(many["taskUUID"])

    assert first == second
    assert [(i["resultIndex"], i["status"], i["taskType"]) for i in first] == [
        (n, "success", "imageInference") for n in range(3)
    ]


def test_what_is_not_due_is_processing(slow: Api):
    lasting = task(deliveryMethod="async", numberResults=2)
    slow.items(lasting)

    assert [i["status"] for i in slow.poll(lasting["taskUUID"])["data"]] == ["processing"] * 2


def test_results_are_due_when_the_clock_says_so(slow: Api):
    lasting = task(deliveryMethod="async")
    slow.items(lasting)
    slow.box.advance(3601)

    assert slow.done(lasting["taskUUID"])[0]["status"] == "success"


def test_one_request_polls_many_tasks(slow: Api):
    tasks = [task(deliveryMethod="async") for _ in range(3)]
    slow.items(*tasks)

    told = slow.poll(*(t["taskUUID"] for t in tasks), task()["taskUUID"])

    assert [i["taskUUID"] for i in told["data"]] == [t["taskUUID"] for t in tasks]
    assert told["errors"][0]["code"] == "taskFailedOrNotFound"


def test_training_tells_its_progress(slow: Api):
    training = other(
        "training",
        "runware:z-image@style-lora-training",
        inputs={"dataset": "https://example.com/d.zip"},
        importModel={"air": "myorg:1@1", "name": "Ink", "version": "1", "shortDescription": "ink", "private": True},
    )
    slow.items(training)
    slow.box.advance(3600 * 1.5)

    assert slow.poll(training["taskUUID"])["data"][0]["progress"] == 50


def test_several_results_have_seeds_in_a_row_and_uuids_of_their_own(api: Api):
    items = api.items(task(numberResults=3, seed=40))

    assert [i["seed"] for i in items] == [40, 41, 42]
    assert len({i["imageUUID"] for i in items}) == 3


def test_the_index_can_be_left_out():
    with serving(result_index=False) as api:
        assert not any("resultIndex" in i for i in api.items(task(numberResults=2)))


def test_a_uuid_runs_once_and_its_first_result_stays(api: Api):
    once = task()
    [first] = api.items(once)
    error = api.error(once)

    assert error["code"] == "conflictTaskUUID"
    assert api.done(once["taskUUID"])[0]["imageUUID"] == first["imageUUID"]
    assert api.box.billed()[once["taskUUID"]].runs == 1


def test_enhanced_prompts_share_a_uuid_and_have_no_index(api: Api):
    asked = other("promptEnhance", None, prompt="dog", promptMaxLength=64, promptVersions=3)
    items = api.items(asked)

    assert {i["taskUUID"] for i in items} == {asked["taskUUID"]}
    assert len({i["text"] for i in items}) == 3
    assert not any("resultIndex" in i for i in items)


def test_a_sync_task_that_takes_too_long_runs_on():
    with serving(latency=(1000, 1000), patience=0.0) as api:
        lasting = task(deliveryMethod="sync")
        assert api.error(lasting)["code"] == "taskTimeout"
        api.box.advance(1001)
        assert api.done(lasting["taskUUID"])[0]["imageURL"]


def test_all_is_billed_even_where_no_cost_is_asked_for(api: Api):
    wanted = task(numberResults=2)
    api.items(wanted)

    bill = api.box.billed()[wanted["taskUUID"]]
    assert bill.usd > 0
    assert bill.runs == 1


def test_the_balance_goes_down_and_then_nothing_runs():
    with serving(balance=0.004) as api:
        api.items(task())
        answer = api.post(task(numberResults=4))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (402, "insufficientCredits")


def test_a_dry_run_prices_and_runs_nothing(api: Api):
    wanted = task(numberResults=2)
    told = api.post(wanted, headers={"X-Runware-Dry-Run": "1"}).json()

    assert [set(i) for i in told["data"]] == [{"taskType", "taskUUID", "cost"}] * 2
    assert api.box.billed() == {}
    assert api.items(wanted)


def test_details_tell_what_was_asked_and_made(api: Api):
    wanted = task()
    [item] = api.items(wanted)
    [told] = api.items({"taskType": "getTaskDetails", "taskUUID": wanted["taskUUID"]})

    assert told["request"] == [wanted]
    assert told["response"]["data"][0]["imageUUID"] == item["imageUUID"]


@pytest.mark.parametrize(
    ("kind", "field"), [("URL", "imageURL"), ("base64Data", "imageBase64Data"), ("dataURI", "imageDataURI")]
)
def test_the_output_comes_as_it_is_asked_for(api: Api, kind, field):
    [item] = api.items(task(outputType=kind))

    assert item[field]
    assert sum(k.startswith("image") for k in item) == 2
