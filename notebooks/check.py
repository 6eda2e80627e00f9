"""Hold the notebooks to what they promise: `python notebooks/check.py FOLDER`, as `make notebooks` does.

First nbval runs each of them on a sandbox, and compares the cells that are marked for it. Then the sandbox is gone and
RUNWARE_CACHE is `only`: each is run twice more, each time in a new kernel. No cell may fail, nobody may be asked, and
what cells say in words must be the same both times, byte for byte.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from runware_nb.sandbox import Sandbox

HERE = Path(__file__).parent
QUICK = (0.0, 0.2)
"""Seconds a task takes on the sandbox."""


def make(home: Path) -> str:
    """Run all notebooks by nbval, and return the address of the sandbox that served them."""
    with Sandbox(latency=QUICK) as box:
        place = {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}
        os.environ.update(place, RUNWARE_NB_HOME=str(home))
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval-lax", str(HERE)]
        if subprocess.run(words, check=False).returncode:
            sys.exit("nbval found what is told above.")
        return box.http_url


@contextmanager
def listening(address: str) -> Iterator[list[str]]:
    """Stand where the sandbox was, answer nothing, and note everyone who comes."""
    came: list[str] = []
    port = int(address.rsplit(":", 1)[1].split("/")[0])
    with socket.create_server(("127.0.0.1", port)) as door:

        def hear() -> None:
            while True:
                try:
                    visitor, _ = door.accept()
                except OSError:
                    return
                with visitor:
                    visitor.settimeout(2)
                    came.append(visitor.recv(200).decode(errors="replace").split("\r\n")[0])

        threading.Thread(target=hear, daemon=True).start()
        yield came
        door.shutdown(socket.SHUT_RDWR)


def words(notebook: Path, home: Path) -> list[str]:
    """Run a notebook in a new kernel, and return the lines of what its cells say in words."""
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(content, timeout=300, kernel_name="python3", store_widget_state=False)
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    client.resources = {"metadata": {"path": str(HERE)}}
    client.execute(env={**os.environ, "RUNWARE_NB_HOME": str(home), "RUNWARE_CACHE": "only"})
    lines = []
    for number, cell in enumerate(content.cells):
        for out in cell.get("outputs", []):
            told = out.get("text") if out.output_type == "stream" else out.get("data", {}).get("text/plain", "")
            if out.get("name") != "stderr":
                lines += [f"cell {number}: {line}" for line in str(told).splitlines()]
    return lines


def difference(notebook: Path, home: Path) -> list[str]:
    """Run a notebook twice on a ledger of its own, and return the lines that it did not say both times."""
    own = home.with_name(f"{home.name}-{notebook.stem}")
    shutil.rmtree(own, ignore_errors=True)
    shutil.copytree(home, own)
    return list(unified_diff(words(notebook, own), words(notebook, own), "once", "again", lineterm="", n=0))


def main(home: Path) -> int:
    """Check, and say what was found."""
    shutil.rmtree(home, ignore_errors=True)
    address, notebooks = make(home), sorted(HERE.glob("*.ipynb"))
    with listening(address) as came, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(difference, notebooks, [home] * len(notebooks)))
    for notebook, lines in zip(notebooks, found, strict=True):
        if lines:
            print(f"{notebook.name} says something else when it is run again:", *lines, sep="\n")
    if came:
        print("RUNWARE_CACHE is only, but this was asked:", *came, sep="\n")
    if not (came or any(found)):
        print(f"{len(notebooks)} notebooks, each run twice more with RUNWARE_CACHE=only: no request, the same words.")
    return 1 if came or any(found) else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).absolute()))
