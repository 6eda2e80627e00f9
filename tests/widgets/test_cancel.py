"""The Cancel button's Python half, without a front end."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from runware_nb.display import builds
from runware_nb.errors import UsageError
from runware_nb.widgets.cancel import Cancel


def press(button):
    """Do what its JavaScript does when it is clicked."""
    button._handle_custom_msg({"kind": "cancel"}, [])


def test_a_press_calls_the_callable_and_shows():
    calls = []
    button = Cancel(lambda: calls.append("called"))

    press(button)

    assert calls == ["called"]
    assert button.state == "pressed"


def test_a_second_press_calls_nothing():
    calls = []
    button = Cancel(lambda: calls.append("called"))

    press(button)
    press(button)

    assert calls == ["called"]


def test_a_press_that_comes_after_it_is_gone_calls_nothing():
    calls = []
    button = Cancel(lambda: calls.append("called"))
    button.state = "gone"

    press(button)

    assert calls == []


def test_other_messages_call_nothing():
    calls = []
    button = Cancel(lambda: calls.append("called"))

    button._handle_custom_msg({"kind": "hello"}, [])
    button._handle_custom_msg({}, [])

    assert calls == []


def test_its_text_is_the_same_in_every_run():
    assert repr(Cancel(print)) == "<Cancel 'Cancel', ready>"


def test_its_bundle_has_a_static_form_that_shows_nothing():
    data, _ = Cancel(print)._repr_mimebundle_()

    assert data["text/plain"] == "<Cancel 'Cancel', ready>"
    assert re.fullmatch(r'<div data-runware-widget="[0-9a-f]{32}"><!--.*--></div>', data["text/html"])
    assert "application/vnd.jupyter.widget-view+json" in data


def test_its_state_carries_the_built_code_and_style():
    state = Cancel(print, label="Stop").get_state()

    assert "render" in state["_esm"]
    assert ".runware-nb-cancel" in state["_css"]
    assert state["label"] == "Stop"


def test_without_a_built_front_end_one_line_says_how_to_build_it(tmp_path, monkeypatch):
    monkeypatch.setattr(builds, "STATIC", tmp_path)
    builds.built.cache_clear()

    with pytest.raises(UsageError, match="npm ci && npm run build"):
        Cancel(print)


def test_importing_the_package_imports_no_widget_library():
    script = "import sys, runware_nb, runware_nb.widgets; sys.exit('anywidget' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
