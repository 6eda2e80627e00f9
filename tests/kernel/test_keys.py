"""The key in a notebook: typed unseen, told of and never told, and in nothing that a kernel shows, saves or remembers."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from runware_nb.sandbox import Sandbox
from tests.attacks.canary import CANARY, holds, leaks
from tests.attacks.hosts import api
from tests.test_settings import KEYRING

from .driver import Reply

LOAD = "%load_ext runware_nb"
IMAGE = "%%runware image hero << --size 128x128\na lighthouse"


@pytest.fixture
def box():
    with Sandbox(key=CANARY, latency=(0, 0.05)) as box:
        yield box


@pytest.fixture
def places(box):
    return {"RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}


@pytest.fixture
def keyring(tmp_path_factory):
    """A keyring, installed for kernels only: what it has is in a file."""
    folder = tmp_path_factory.mktemp("keyring")
    (folder / "keyring.py").write_text(KEYRING)
    return folder


def typed(kernel, code, text):
    """Run a cell that asks, and type. Returns the reply, and what was asked."""
    reply = Reply(code)
    kernel.replies[kernel.client.execute(code, allow_stdin=True)] = reply
    asked = kernel.client.get_stdin_msg(timeout=20)["content"]
    kernel.client.input(text)
    return kernel.finish(reply), asked


def test_a_key_is_typed_unseen_and_the_next_cell_uses_it(start_kernel, places, box):
    kernel = start_kernel(**places)
    kernel.run(LOAD)
    assert "use %runware login" in kernel.run(IMAGE).error["evalue"]

    reply, asked = typed(kernel, "%runware login", f" {CANARY}\n")
    made = kernel.run(IMAGE)

    assert asked == {"prompt": "Runware API key: ", "password": True}
    assert reply.text == "The key is kept. There is no keyring here, so it is kept for this kernel only.\n"
    assert made.status == "ok", made.text
    assert len(box.billed()) == 1
    assert kernel.run("%runware key").text == "configured (this kernel)\n"


def test_a_keyring_keeps_the_key_for_the_next_kernel(start_kernel, places, keyring, monkeypatch):
    path = {"PYTHONPATH": f"{keyring}:{Path(__file__).parents[2]}", "KEYRING_FILE": str(keyring / "kept.json")}
    first = start_kernel(**places, **path)
    first.run(LOAD)
    reply, _ = typed(first, "%runware login", CANARY)

    second = start_kernel(**places, **path)
    second.run(LOAD)

    assert "in your keyring" in reply.text
    assert second.run("%runware key").text == "configured (keyring)\n"
    assert second.run(IMAGE).status == "ok"
    assert second.run("%runware login --forget").text == "The key is forgotten.\n"
    assert second.run("%runware key").text == "none\n"


def test_the_environment_comes_first_and_login_says_so(start_kernel):
    kernel = start_kernel(RUNWARE_API_KEY="another-key-123")
    kernel.run(LOAD)

    assert kernel.run("%runware key").text == "configured (environment)\n"
    assert "But the variable RUNWARE_API_KEY comes first." in typed(kernel, "%runware login", CANARY)[0].text
    assert kernel.run("%runware key forget").text == (
        "The key is forgotten. There still is the variable RUNWARE_API_KEY.\n"
    )


def test_without_a_key_the_sandbox_serves(kernel):
    kernel.run(LOAD)

    assert kernel.run("%runware key").text == "none: the sandbox serves\n"
    assert kernel.run("%runware login --forget").text == "No login had kept a key.\n"


def test_a_login_leaves_the_sandbox(start_kernel):
    kernel = start_kernel()
    kernel.run(LOAD)
    kernel.run(IMAGE)
    typed(kernel, "%runware login", CANARY)

    assert kernel.run("import runware_nb as rw\nrw.session().endpoint.sandbox").text == "False"


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "is empty"), ("two words", "no key has"), ("Bearer x", "no key has"), ("ключ", "no key has")],
)
def test_what_can_be_no_key_is_refused_and_not_repeated(kernel, text, words):
    kernel.run(LOAD)

    reply, _ = typed(kernel, "%runware login", text)

    assert words in reply.error["evalue"]
    assert not text or text not in reply.text
    assert kernel.run("%runware key").text == "none: the sandbox serves\n"


def test_a_front_end_that_cannot_ask_is_told_in_one_line(kernel):
    kernel.run(LOAD)

    error = kernel.run("%runware login").error

    assert error["traceback"] == [
        "UsageError: nobody can be asked for a key here: set RUNWARE_API_KEY in the environment."
    ]


@pytest.mark.parametrize(
    "line", ["login {}", "login --key {}", "login --api-key={}", "key {}", "key forget {}", "image --api-key {}"]
)
def test_a_key_on_a_line_is_refused_and_not_repeated(module_kernel, line):
    module_kernel.run(LOAD)

    reply = module_kernel.run(f"%runware {line.format(CANARY)}")

    assert reply.error["ename"] == "UsageError"
    assert len(reply.error["traceback"]) == 1
    assert not holds(reply.text)


def test_whoever_typed_a_key_on_a_line_is_told_to_change_it(module_kernel):
    module_kernel.run(LOAD)

    assert "replace it at https://my.runware.ai/keys" in module_kernel.run(f"%runware login {CANARY}").text


# The canary in a kernel

LOOKS = {
    "repr": "rw.session().client, rw.session(), rw.session().endpoint, rw.session().endpoint.key, hero, hero[0]",
    "vars": "[vars(rw.session()), vars(rw.session().client), hero[0].wire]",
    "dir": "[{n: getattr(o, n) for n in dir(o)} for o in (rw.session(), rw.session().endpoint, hero, hero[0])]",
    "pretty": "from IPython.lib.pretty import pretty\npretty(rw.session()), pretty(rw.session().endpoint)",
    "inspect": "?rw.session().client",
    "who": "%who\n%whos\n%who_ls",
    "config": "%config\n%config IPCompleter",
    "history": "%history -n -o -p",
    "in and out": "print(In, Out)",
    "runware": "%runware key\n%runware help\n%runware cost",
    "frame": "hero.df.T",
    "session frame": "rw.session().df",
    "text": "%%runware text\nhello",
    "save": "%save cells.py 1-5",
    "notebook": "%notebook made.ipynb",
    "store": "import pickle\npickle.dumps(hero)",
    "widgets": "from runware_nb.widgets.cancel import Cancel\nCancel(print)",
    "widget manager": "import ipywidgets\nipywidgets.Widget.widgets if hasattr(ipywidgets.Widget, 'widgets') else 0",
    "logs": "print(open('log.txt').read()[:2_000_000])",
}
FAILS = {
    "unknown model": "%%runware image -m nothing\na fox",
    "in a frame of ours": "session, client = rw.session(), rw.session().client\n(session, client, client.endpoint, 1 / 0)",
    "through us": "def f(session):\n    client = session.client\n    return session.check([client, session])\nf(rw.session())",
    "a bad call": "await rw.image('x', size=rw.session().endpoint)",
    "pickled": "import pickle\npickle.dumps(rw.session().endpoint)",
    "as JSON": "import json\njson.dumps({'key': rw.session().endpoint.key})",
    "wrong address": "import os\nawait rw.reset()\nos.environ['RUNWARE_BASE_URL'] = 'http://x.example/v1'\nawait rw.image('x')",
}
SET_UP = """import logging
logging.basicConfig(filename="log.txt", level=logging.DEBUG)
import runware_nb as rw"""


def saved(replies, comms):
    """Save a notebook as a front end does, with the state of its widgets."""
    cells = []
    for reply in replies:
        outputs = []
        for output in reply.outputs:
            if output.kind == "stream":
                outputs.append(new_output("stream", text=output.text))
            elif output.kind == "error":
                told = {k: reply.error[k] for k in ("ename", "evalue", "traceback")}
                outputs.append(new_output("error", **told))
            else:
                outputs.append(new_output("display_data", data=output.data))
        cells.append(new_code_cell(reply.code, outputs=outputs))
    notebook = new_notebook(cells=cells)
    state = {name: {"model_name": "x", "model_module": "y", "state": comm} for name, comm in comms.items()}
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    return notebook


@pytest.mark.parametrize("mode", ["Context", "Verbose", "Minimal"])
def test_a_kernel_shows_saves_and_remembers_no_key(start_kernel, places, tmp_path, mode, capfd):
    kernel = start_kernel(**places)
    replies = [kernel.run(code) for code in (LOAD, SET_UP, f"%xmode {mode}")]
    replies.append(typed(kernel, "%runware login", CANARY)[0])
    replies.append(kernel.run(IMAGE))
    looked = {name: kernel.run(code) for name, code in LOOKS.items()}
    failed = {name: kernel.run(code) for name, code in FAILS.items()}
    replies += [*looked.values(), *failed.values()]
    notebook = saved(replies, kernel.comms)
    kernel.run("from IPython import get_ipython\nget_ipython().history_manager.writeout_cache()")
    ipython = Path(kernel.run("from IPython.paths import get_ipython_dir\nprint(get_ipython_dir())").text.strip())

    surfaces = {
        **{f"cell: {name}": reply.text for name, reply in {**looked, **failed}.items()},
        "errors": [reply.error for reply in replies],
        "widgets": kernel.comms,
        "notebook": nbformat.writes(notebook),
        "page of nbconvert": HTMLExporter().from_notebook_node(notebook)[0],
        "history and profile of IPython": ipython,
        "ledger and its log": Path(os.environ["RUNWARE_NB_HOME"]),
        "outputs, log and saved cells": tmp_path,
        "what the kernel wrote to its terminal": list(capfd.readouterr()),
    }
    assert leaks(surfaces) == []
    assert [name for name, reply in failed.items() if reply.status != "error"] == []
    assert [name for name, reply in looked.items() if reply.status != "ok"] == []
    assert len(surfaces) >= 20


def test_the_history_of_ipython_is_where_a_leak_would_be_found(start_kernel, tmp_path):
    kernel = start_kernel()
    kernel.run(f"key = {CANARY!r}")
    kernel.run("get_ipython().history_manager.writeout_cache()")
    database = kernel.run("print(get_ipython().history_manager.hist_file)").text.strip()

    connection = sqlite3.connect(database)
    assert holds(connection.execute("SELECT source FROM history").fetchall())
    connection.close()
    assert holds(kernel.run("%history").text)


def test_a_verbose_traceback_is_where_a_leak_would_be_found(start_kernel):
    kernel = start_kernel()
    kernel.run("%xmode Verbose")

    assert holds(kernel.run(f"key = '{CANARY}'\n(key, 1 / 0)").text)
    assert holds(kernel.run("def f(key):\n    return key.nothing\nf(key)").text)


def test_a_key_that_the_api_repeats_is_masked(start_kernel):
    def echo(task):
        return {"errors": [{"code": "invalidApiKey", "message": f"The key {CANARY} is wrong"}]}

    with api(echo) as place:
        kernel = start_kernel(**place.environment, RUNWARE_API_KEY=CANARY)
        kernel.run(LOAD)
        reply = kernel.run(IMAGE)

    assert "The key [key] is wrong" in reply.text
    assert not holds([reply.text, json.dumps(reply.error)])
