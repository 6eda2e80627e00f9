"""The harness is honest: it sees what a person at JupyterLab would."""

from __future__ import annotations

from playwright.sync_api import expect


def test_run_all_keeps_every_cell(open_notebook):
    notebook = open_notebook(["a = 1", "a += 1", "print(a)"])

    notebook.run_all()

    expect(notebook.output(2)).to_contain_text("2")


def test_an_error_on_the_console_is_collected(open_notebook):
    notebook = open_notebook(["%%javascript\nconsole.error('seen')"])

    notebook.run(0)

    assert notebook.errors == ["seen"]


def test_a_request_to_another_machine_is_recorded(lab_page):
    lab_page.page.evaluate("() => fetch('http://media.invalid/a.png').catch(() => null)")

    assert lab_page.external == ["http://media.invalid/a.png"]
    lab_page.external.clear()


def test_a_reopened_notebook_shows_what_was_saved_without_a_kernel(open_notebook):
    notebook = open_notebook(["print('kept')"])
    notebook.run_all()

    notebook.reopen(kernel=False)

    expect(notebook.output(0)).to_contain_text("kept")
    assert notebook.page.evaluate("() => window.notebookPanel.sessionContext.session") is None


def test_trusted_html_keeps_its_style_and_other_html_does_not(open_notebook):
    notebook = open_notebook(["from IPython.display import HTML\nHTML('<style></style>text')"])
    notebook.run_all()

    notebook.reopen(trusted=True)
    expect(notebook.output(0).locator("style")).to_have_count(1)
    notebook.reopen(trusted=False)

    expect(notebook.output(0)).to_contain_text("text")
    expect(notebook.output(0).locator("style")).to_have_count(0)


def test_the_kernel_has_no_key_and_a_home_of_its_own(open_notebook, lab):
    notebook = open_notebook(["import os\nprint('RUNWARE_API_KEY' in os.environ, os.environ['RUNWARE_NB_HOME'])"])

    notebook.run(0)

    expect(notebook.output(0)).to_contain_text(f"False {lab.home / 'runware'}")


def test_an_interrupt_is_seen(open_notebook):
    notebook = open_notebook(["import time\nprint('started')\nwhile True:\n    time.sleep(0.05)"])
    notebook.run(0, wait=False)
    expect(notebook.output(0)).to_contain_text("started")

    notebook.interrupt()

    expect(notebook.output(0)).to_contain_text("KeyboardInterrupt")
