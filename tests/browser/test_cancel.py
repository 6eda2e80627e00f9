"""The Cancel button in a real JupyterLab, while cells run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .contrast import contrast

SETUP = """
import asyncio, threading, time
from runware_nb.widgets.cancel import Cancel

pressed = threading.Event()
button = Cancel(pressed.set)
"""
AWAITING = """
display(button)
while not pressed.is_set():
    await asyncio.sleep(0.02)
print("cancelled")
"""
BLOCKING = """
display(button)
while not pressed.is_set():
    time.sleep(0.02)
print("cancelled")
"""
SHOWN = [SETUP, "button"]


@pytest.fixture
def shown(open_notebook):
    """Open a notebook that shows the button in its second cell, and no cell that runs."""
    notebook = open_notebook(SHOWN)
    notebook.run_all()
    return notebook


def button_of(notebook):
    return notebook.output(1).get_by_role("button", name=re.compile("Cancel"))


def tab_to(element):
    """Press Tab until an element has the focus, 20 times at most."""
    for _ in range(20):
        element.page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("Tab does not reach it")


@pytest.mark.parametrize("loop", [AWAITING, BLOCKING], ids=["awaiting", "blocking"])
def test_a_click_reaches_the_callable_while_the_cell_runs(open_notebook, loop):
    notebook = open_notebook([SETUP, loop])
    notebook.run(0)
    notebook.run(1, wait=False)
    button_of(notebook).wait_for()

    button_of(notebook).click()

    expect(notebook.output(1)).to_contain_text("cancelled")
    expect(button_of(notebook)).to_have_text("Cancelling…")
    expect(button_of(notebook)).to_be_disabled()


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_alone_reaches_and_presses_it(open_notebook, key):
    notebook = open_notebook([SETUP, AWAITING])
    notebook.run(0)
    notebook.run(1, wait=False)
    button_of(notebook).wait_for()

    notebook.focus_cell(1)
    tab_to(button_of(notebook))
    notebook.page.keyboard.press(key)

    expect(notebook.output(1)).to_contain_text("cancelled")
    expect(button_of(notebook)).to_be_focused()


@pytest.mark.parametrize("keys", ["b", "a", "x", "d d", "Shift+Enter"])
def test_shortcuts_of_jupyterlab_do_nothing_while_it_has_the_focus(shown, keys):
    before = shown.cell_count()

    button_of(shown).focus()
    for key in keys.split():
        shown.page.keyboard.press(key)

    assert shown.cell_count() == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_either_theme(shown, theme):
    shown.lab_page.theme(theme)
    button = button_of(shown)

    assert contrast(button, "color", "background-color") >= 4.5
    button.click()
    expect(button).to_have_css("border-top-style", "dashed")
    assert contrast(button, "color", "background-color") >= 4.5
    assert contrast(button, "border-top-color", "background-color") >= 3


def test_it_is_dark_in_the_dark_theme(shown):
    light = button_of(shown).evaluate("element => getComputedStyle(element).backgroundColor")
    shown.lab_page.theme("dark")

    expect(button_of(shown)).not_to_have_css("background-color", light)


def test_the_focus_is_seen_when_it_came_by_the_keyboard(shown):
    shown.focus_cell(1)

    tab_to(button_of(shown))

    expect(button_of(shown)).to_have_css("outline", re.compile("solid 2px"))


def test_it_is_large_enough_to_hit(shown):
    box = button_of(shown).bounding_box()

    assert box["height"] >= 24
    assert box["width"] >= 24


def test_a_second_view_of_it_shows_the_press_too(open_notebook):
    notebook = open_notebook([SETUP, "button", "button"])
    notebook.run_all()

    button_of(notebook).click()

    expect(notebook.output(2).get_by_role("button")).to_have_text("Cancelling…")


def test_when_gone_nothing_is_left_to_see(open_notebook):
    notebook = open_notebook([*SHOWN, "button.state = 'gone'"])

    notebook.run_all()

    expect(notebook.output(1).locator(".runware-nb-cancel")).to_be_hidden()


def test_a_stranger_who_opens_the_notebook_sees_no_error(shown):
    shown.reopen(trusted=False)

    expect(shown.output(1)).not_to_contain_text("model not found")


def test_nothing_is_reported_on_the_console(shown):
    button_of(shown).click()
    expect(button_of(shown)).to_have_text("Cancelling…")

    assert shown.errors == []
