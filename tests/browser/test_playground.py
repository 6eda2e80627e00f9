"""The playground in a real JupyterLab: filled in, priced, run, copied, by hand and by keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.display import making

from .photos import photograph

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BOX = """%load_ext runware_nb
import os, runware_nb as rw
from runware_nb.sandbox import Sandbox
box = Sandbox(latency={latency}).start()
os.environ |= {{"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}}"""
VIOLATIONS = """async element => {
    const { violations } = await axe.run(element);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`);
}"""


@pytest.fixture
def play(open_notebook, request):
    """Open a notebook whose second cell opens a playground; returns it and the output. No errors, in the end."""
    opened = []

    def open_one(cell, *more, latency=(0, 0.1)):
        notebook = open_notebook([BOX.format(latency=latency), cell.replace("{n}", request.node.name), *more])
        notebook.run(0)
        notebook.run(1)
        board = notebook.output(1).locator(".rw-play")
        expect(board.locator("[data-path]").first).to_be_visible()
        opened.append(notebook)
        return notebook, board

    yield open_one
    # JupyterLab's own: it takes its splash away twice if the theme changes soon after the page is there.
    errors = [error for notebook in opened for error in notebook.errors if "removeChild" not in error]
    assert errors == []


@pytest.fixture(params=["light", "dark"])
def either_theme(request, lab_page):
    lab_page.theme(request.param)


def screenshot(notebook, board, name):
    board.scroll_into_view_if_needed()
    theme = "light" if notebook.page.evaluate("document.body.dataset.jpThemeLight") == "true" else "dark"
    photograph(notebook.page, f"play-{name}-{theme}")


def wide(notebook, width, height=1000):
    notebook.page.set_viewport_size({"width": width, "height": height})


def is_clean(notebook, board):
    notebook.page.add_script_tag(path=AXE)
    return board.evaluate(VIOLATIONS)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 1600])
def test_from_form_to_result_and_again_for_nothing(play, lab_page, theme, width):
    lab_page.theme(theme)
    notebook, board = play('rw.playground(prompt="a red fox, {n}", size="256x256", seed=7)', "len(box.billed())")
    wide(notebook, width)
    expect(board.locator(".rw-estimate")).to_contain_text("About $")
    screenshot(notebook, board, f"image-{width}-before")
    board.get_by_role("button", name=re.compile("^Run")).click()
    expect(board.locator(".rw-outcome-status")).to_contain_text(re.compile(r"1 result · \$"))
    expect(board.locator(".rw-outcome img").first).to_be_visible()
    screenshot(notebook, board, f"image-{width}")
    expect(board.locator(".rw-estimate")).to_contain_text("Already here: $0")
    board.get_by_role("button", name=re.compile("^Run")).click()
    expect(board.locator(".rw-outcome-status")).to_contain_text("cached")
    notebook.run(2)
    screenshot(notebook, board, f"image-{width}-cached")

    expect(notebook.output(2)).to_contain_text("1")
    assert is_clean(notebook, board) == []


def run_by_button(board):
    board.get_by_role("button", name=re.compile("^Run")).click()
    expect(board.locator(".rw-outcome-status")).to_contain_text(re.compile(r"result.* · |saved"), timeout=30_000)


@pytest.fixture
def png(tmp_path):
    return making.picture(tmp_path / "fox.png", (320, 200))


def give(board, label, *files):
    """Choose files in a place for media."""
    place = board.get_by_label(label, exact=True).and_(board.locator("input[type=file]"))
    for file in files:
        place.set_input_files(file)
        expect(board.locator(".rw-held").filter(has_text=file.name).first).to_be_visible()


@pytest.mark.usefixtures("either_theme")
def test_a_film_between_two_frames(play, lab_page, png):
    notebook, board = play('rw.playground("alibaba-wan2-7", prompt="it turns", duration=2)')
    wide(notebook, 1600)
    give(board, "First frame", png)
    give(board, "Last frame", png)
    expect(board.locator(".rw-estimate")).to_contain_text("About $")
    screenshot(notebook, board, "video")
    run_by_button(board)
    expect(board.get_by_role("button", name="Play").first).to_be_visible()
    screenshot(notebook, board, "video-done")
    assert is_clean(notebook, board) == []


@pytest.mark.usefixtures("either_theme")
def test_speech_with_a_voice_from_a_list(play, lab_page):
    notebook, board = play('rw.playground("google-gemini-3-1-flash-tts")')
    wide(notebook, 1600)
    board.locator("[data-path='speech.voice'] select").select_option(index=2)
    screenshot(notebook, board, "speech")
    run_by_button(board)
    screenshot(notebook, board, "speech-done")
    assert is_clean(notebook, board) == []


@pytest.mark.usefixtures("either_theme")
def test_a_conversation_with_tools(play, lab_page):
    notebook, board = play('rw.playground("anthropic-claude-sonnet-4-6", prompt="Weather in Oslo?")')
    wide(notebook, 1600)
    board.get_by_text("Tools and format").click()
    board.get_by_role("button", name="Add to tools").click()
    board.locator("[data-path='tools.0.name'] input").fill("weather")
    board.locator("[data-path='tools.0.schema'] textarea").fill(
        '{"type": "object", "properties": {"city": {"type": "string"}}}'
    )
    expect(board.locator(".rw-estimate")).to_contain_text(re.compile("About|unknown"))
    screenshot(notebook, board, "chat")
    run_by_button(board)
    screenshot(notebook, board, "chat-done")
    assert is_clean(notebook, board) == []


@pytest.mark.usefixtures("either_theme")
def test_a_mesh_of_several_pictures(play, lab_page, png):
    notebook, board = play('rw.playground("tripo-v3-1")')
    wide(notebook, 900)
    give(board, "Images", png)
    give(board, "Images", png)
    expect(board.locator(".rw-held")).to_have_count(2)
    screenshot(notebook, board, "mesh")
    run_by_button(board)
    screenshot(notebook, board, "mesh-done")
    assert is_clean(notebook, board) == []


@pytest.mark.usefixtures("either_theme")
def test_an_upscaler_takes_an_earlier_result(play, lab_page):
    notebook, board = play(
        'await rw.image("a red fox, {n}", size="128x128", seed=1)\nrw.playground("real-esrgan")', "len(box.billed())"
    )
    wide(notebook, 900)
    expect(board.locator(".rw-estimate")).to_contain_text("One thing to mend")
    expect(board.locator(".rw-flaw").first).to_contain_text("inputs")
    board.get_by_role("button", name="Earlier results: Image").click()
    board.locator(".rw-slot .rw-shelf button").first.click()
    expect(board.locator(".rw-held img")).to_be_visible()
    screenshot(notebook, board, "upscale")
    run_by_button(board)
    screenshot(notebook, board, "upscale-done")
    assert is_clean(notebook, board) == []


def test_by_keyboard_alone_from_search_to_result_and_no_key_leaks(play, lab_page):
    notebook, board = play("rw.playground()")
    page, cells = notebook.page, notebook.cell_count()
    model = board.get_by_role("combobox", name="Model")
    model.focus()
    page.keyboard.type("schnell")
    expect(board.locator("[role=option]").first).to_contain_text("schnell", timeout=20_000)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    screenshot(notebook, board, "search")
    page.keyboard.press("Enter")
    expect(model).to_have_value(re.compile("schnell"))
    prompt = board.locator("[data-path=positivePrompt] textarea")
    for _ in range(6):
        page.keyboard.press("Tab")
        if prompt.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Control+a")
    page.keyboard.type("a badger, bbb")
    page.keyboard.press("Control+Enter")
    expect(board.locator(".rw-outcome-status")).to_contain_text("1 result", timeout=20_000)
    board.get_by_role("button", name=re.compile("^Run")).focus()
    for key in ("b", "x", "d", "d", "a"):
        page.keyboard.press(key)

    assert notebook.cell_count() == cells


def test_the_copied_cell_runs_and_gives_what_is_here(play, lab_page):
    lab_page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook, board = play(
        'rw.playground(prompt="a red fox, {n}", size="256x256", seed=7, negative="blurry")',
        "",
        "print(len(box.billed()))",
    )
    run_by_button(board)
    board.get_by_role("button", name="Copy as a %%runware cell").click()
    expect(board.get_by_text("Copied as Cell")).to_be_visible()
    text = notebook.page.evaluate("navigator.clipboard.readText()")
    assert text.splitlines()[0] == "%%runware image --model bfl-flux-1-dev --size 256x256 --seed 7"
    notebook.cell(2).locator(".cm-content").click()
    notebook.page.keyboard.press("Control+v")
    notebook.run(2)
    notebook.run(3)

    expect(notebook.output(2)).to_contain_text(re.compile("cached|saved", re.IGNORECASE))
    expect(notebook.output(3)).to_contain_text("1")


def test_a_high_price_is_agreed_to_and_presets_bring_settings_back(play, lab_page):
    notebook, board = play(
        '%config Runware.confirm_above = 0.0001\nrw.playground(prompt="a red fox, {n}", size="256x256")',
        "print(len(box.billed()))",
    )
    board.get_by_role("button", name=re.compile("^Run")).click()
    expect(board.get_by_text("This would cost about")).to_be_visible()
    screenshot(notebook, board, "agree")
    board.get_by_role("button", name="Not now").click()
    expect(board.get_by_role("button", name=re.compile("^Run"))).to_be_visible()
    board.get_by_text("Presets").click()
    board.get_by_label("Name for these settings").fill("my fox")
    board.get_by_role("button", name="Save", exact=True).click()
    screenshot(notebook, board, "presets")
    prompt = board.locator("[data-path=positivePrompt] textarea")
    board.get_by_role("button", name="Take the settings of my fox").wait_for()
    prompt.fill("other words")
    board.get_by_role("button", name="Take the settings of my fox").click()
    expect(prompt).to_have_value(re.compile("a red fox"))
    board.get_by_role("button", name=re.compile("^Run")).click()
    board.get_by_role("button", name="Send").click()
    expect(board.locator(".rw-outcome-status")).to_contain_text("1 result")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("1")


def test_a_cell_is_opened_edited_and_run_with_its_tasks_in_sight(play, lab_page):
    lab_page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook, board = play(
        "%%runware image hero << --size 256x256 --form\n#| negative: blurry\n"
        '#| sweep: {style: [noir, ukiyo-e], seed: [1, 2]}\na red fox, {{ style }}, {{ "{n}" }}',
        "print(len(box.billed()))",
    )
    wide(notebook, 1600)
    expect(board).to_contain_text("It makes 4 tasks")
    expect(board.locator("[data-path=seed]")).to_contain_text("varied by the cell: 1 · 2")
    board.get_by_label("Sweep").fill("style: [noir, ukiyo-e, risograph]\nseed: [1]")
    expect(board).to_contain_text("It makes 3 tasks")
    expect(board.locator("[data-path=seed]")).to_contain_text("varied by the cell: 1")
    screenshot(notebook, board, "cell")
    run_by_button(board)
    screenshot(notebook, board, "cell-done")
    board.get_by_role("button", name="Copy as a %%runware cell").click()
    expect(board.get_by_text("Copied as Cell")).to_be_visible()
    text = notebook.page.evaluate("navigator.clipboard.readText()")
    notebook.run(2)

    assert "risograph" in text
    assert text.startswith("%%runware image hero << --size 256x256\n")
    expect(notebook.output(2)).to_contain_text("3")
    assert is_clean(notebook, board) == []


def test_waiting_can_be_stopped_and_what_was_made_is_frozen(play, lab_page):
    notebook, board = play('rw.playground(prompt="a red fox, {n}", size="256x256")', latency=(60, 60))
    board.get_by_role("button", name=re.compile("^Run")).click()
    board.get_by_role("button", name="Stop waiting").click()
    expect(board.get_by_role("alert")).to_contain_text("%runware resume brings it")
    screenshot(notebook, board, "stopped")
    board.get_by_role("button", name="Freeze").click()

    expect(notebook.output(1)).to_contain_text("run the cell again")
    assert "widget-view" not in str(notebook.save())
