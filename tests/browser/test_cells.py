"""Cells of many tasks in a real JupyterLab: cancelled half-way, in the background, as grids and chains."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

BOX = """%load_ext runware_nb
import os
from runware_nb.sandbox import Sandbox
box = Sandbox(latency={latency}).start()
os.environ |= {{"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}}"""
TWENTY = (
    "%%runware image it << --size 128x128\n#| sweep: {seed: [" + ", ".join(map(str, range(1, 21))) + "]}\na lighthouse"
)
SWEEP = """%%runware image styles << --grid style,seed --size 256x256 --name styles
#| sweep: {style: [noir, ukiyo-e, claymation], seed: [1, 2, 3]}
a {{ 'lighthouse' }}, {{ style }}"""
CHAIN = """%%runware chain steps <<
- image: {prompt: "a brass bell, studio photo", size: 256x256, as: shot}
- removebg: {input: shot, as: cut}
- caption: {input: shot, as: words}
- text: "A title for: {{ words }}\""""


def test_a_cell_of_twenty_tasks_is_cancelled_and_keeps_what_is_there(open_notebook):
    notebook = open_notebook([BOX.format(latency=(0.5, 12)), TWENTY, "print(0 < len(it) < 20, len(it))"])
    notebook.run(0)
    notebook.run(1, wait=False)
    button = notebook.output(1).get_by_role("button", name=re.compile("Cancel"))
    button.wait_for()
    expect(notebook.output(1)).to_contain_text(re.compile(r"[2-9] of 20"), timeout=20_000)

    button.click()
    expect(button).to_have_count(0)
    expect(notebook.output(1)).to_contain_text("Unfinished")
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("True")


def test_a_background_video_lets_the_next_cell_run(open_notebook):
    video = "%%runware video clip << --bg --name dolly\n#| duration: 1\nwaves"
    notebook = open_notebook([BOX.format(latency=(3, 3.1)), video, "print('meanwhile', clip)"])
    notebook.run(0)
    notebook.run(1)
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("meanwhile <Job 1 'dolly', 0 of 1, running>")
    expect(notebook.output(1).locator("video")).to_be_visible(timeout=20_000)
    expect(notebook.output(1).get_by_role("button", name=re.compile("Cancel"))).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sweeps_are_grids_and_chains_are_graphs(open_notebook, lab_page, theme):
    lab_page.theme(theme)
    notebook = open_notebook([BOX.format(latency=(0, 0.1)), SWEEP, CHAIN, "%runware help", "%runware config"])
    notebook.run_all()

    expect(notebook.output(1).locator("th")).to_contain_text(["1", "2", "3", "noir", "ukiyo-e", "claymation"])
    expect(notebook.output(1).locator("td img")).to_have_count(9)
    for step in ("shot", "cut", "words", "text"):
        expect(notebook.output(2)).to_contain_text(f"✓ {step}")
    expect(notebook.output(3)).to_contain_text("Options of the first line")
    expect(notebook.output(4)).to_contain_text("gallery_limit")
    notebook.output(1).scroll_into_view_if_needed()
    assert not notebook.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
