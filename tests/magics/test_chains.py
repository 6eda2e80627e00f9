"""Chains: steps that work on each other's results; all are checked before the first is paid for."""

from __future__ import annotations

import pytest

from runware_nb import errors
from runware_nb.magics.chains import Chain, steps
from runware_nb.magics.grammar import parse
from runware_nb.sessions import Session
from runware_nb.settings import Endpoint, Secret

CUT_OUT = """\
- image: {prompt: "{{ topic }}, studio photo", width: 256, height: 256, as: shot}
- removebg: {input: shot, as: cut}
- caption: {input: shot, as: words}
- text: "A title for: {{ words }}"
"""


@pytest.fixture
async def session(own_sandbox, tmp_path):
    place = Endpoint(own_sandbox.http_url, own_sandbox.ws_url, Secret(own_sandbox.api_key))
    async with Session(place, folder=tmp_path / "out", ledger=tmp_path / "ledger.sqlite") as session:
        yield session


def chain(body, line="chain", **names):
    return Chain.of(parse(line, body), names)


async def test_steps_work_on_what_earlier_steps_made(session, own_sandbox):
    run = await chain(CUT_OUT, topic="cup").run(session, None, agreed=False)
    shot, cut, words, title = run

    assert cut.task.to_wire()["inputs"]["image"][0].uuid == shot.uuid
    assert words.text in title.prompt
    assert dict(run.steps) == {"shot": (), "cut": ("shot",), "words": ("shot",), "text": ("words",)}
    assert list(run.df["step"]) == ["shot", "cut", "words", "text"]


async def test_a_chain_that_is_run_again_costs_nothing(session, own_sandbox):
    await chain(CUT_OUT, topic="cup").run(session, None, agreed=False)
    billed = own_sandbox.billed()
    again = chain(CUT_OUT, topic="cup")
    quote = await again.quote(session)

    assert (quote.make, quote.here) == (0, 4)
    assert all(r.cached for r in await again.run(session, None, agreed=False))
    assert own_sandbox.billed() == billed


async def test_a_chain_goes_on_after_its_last_finished_step(session, own_sandbox):
    first = CUT_OUT.splitlines(keepends=True)[0]
    await chain(first, topic="cup").run(session, None, agreed=False)
    run = await chain(CUT_OUT, topic="cup").run(session, None, agreed=False)

    assert [r.cached for r in run] == [True, False, False, False]


async def test_steps_that_do_not_wait_for_each_other_run_at_once(session):
    together = []

    def watch(run):
        stages = [run.stages[t.task_uuid] for t in run.where(step="cut").tasks + run.where(step="words").tasks]
        together.append(stages == ["running", "running"])

    await chain(CUT_OUT, topic="cup").run(session, watch, agreed=False)

    assert any(together)


async def test_a_wrong_last_step_is_refused_before_the_first_is_paid_for(session, own_sandbox):
    wrong = chain("- image: {prompt: a fox, as: shot}\n- upscale: {input: shot, upscale_factor: 99}")

    with pytest.raises(errors.UsageError, match="upscaleFactor is 99"):
        wrong.check(session)
    assert own_sandbox.billed() == {}


async def test_the_cap_is_held_over_all_steps_before_the_first_is_sent(session, own_sandbox):
    dear = "- image: {prompt: a fox, as: a}\n- image: {prompt: a hare, as: b}"

    with pytest.raises(errors.BudgetExceeded, match="would cost about"):
        await chain(dear, "chain --max-cost 0.005").run(session, None, agreed=False)
    assert own_sandbox.billed() == {}


async def test_a_step_whose_input_failed_is_not_begun(session, own_sandbox):
    own_sandbox.inject("failed-in-data")
    body = "- image: {prompt: a fox, as: a}\n- image: {prompt: a hare, as: b}\n- upscale: {input: a, as: big}"
    run = await chain(body).run(session, None, agreed=False)
    told = {run.axes[uuid]["step"]: str(error) for uuid, error in run.problems}

    assert told.keys() in ({"a", "big"}, {"b"})
    assert (
        told.get("big", "big was not begun, since a came to nothing.") == "big was not begun, since a came to nothing."
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("hello", "a chain is a list of steps"),
        ("[]", "a chain is a list of steps"),
        ("- {image: a, video: b}", "each step is one kind"),
        ("- drawing: a", "Did you mean"),
        ("- upscale: {input: shot}", "there is no step 'shot'"),
        ("- image: a\n- image: b", "two steps are called image"),
        ("- image: {prompt: a, as: my shot}", "cannot be the name of a step"),
        ("- image: {prompt: a, input: b}", "there is no step 'b'"),
    ],
)
def test_what_is_no_chain_is_refused(body, told):
    with pytest.raises(errors.UsageError, match=told):
        steps(body)


async def test_a_step_that_makes_several_is_no_single_input(session):
    with pytest.raises(errors.UsageError, match="this run has 2 results"):
        chain("- image: {prompt: a, count: 2, as: shot}\n- upscale: {input: shot}").check(session)


async def test_one_of_several_results_can_be_named(session):
    chain("- image: {prompt: a, count: 2, as: shot}\n- upscale: {input: '{{ shot[1] }}'}").check(session)
