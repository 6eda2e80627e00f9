"""A real JupyterLab on a socket of this machine, with folders of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.sign import NotebookNotary

import runware_nb

QUIET = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
# Keeps every cell in the page, so that tests find it.
WHOLE = {**QUIET, "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}
KERNELSPEC = {"name": "python3", "display_name": "Python 3", "language": "python"}


@dataclass(frozen=True)
class Lab:
    """Where a running JupyterLab is, and the folders it uses."""

    base: str
    token: str
    home: Path

    @property
    def root(self) -> Path:
        """Folder of the notebooks."""
        return self.home / "root"

    @property
    def log(self) -> Path:
        return self.home / "lab.log"

    @property
    def url(self) -> str:
        """Address of a page with an empty workspace."""
        return f"{self.base}/lab?token={self.token}&reset="

    def write(self, name: str, notebook: Mapping[str, Any], *, trusted: bool = False) -> None:
        """Write a notebook; sign it if it is to be trusted, as the author's own are."""
        path = self.root / name
        path.write_text(json.dumps(notebook), encoding="utf-8")
        if trusted:
            notary = NotebookNotary(data_dir=str(self.home / "data"))
            notary.sign(nbformat.from_dict(notebook))
            notary.store.close()


def notebook(cells: Sequence[str]) -> dict[str, Any]:
    """Make a notebook of code cells that have not run."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": KERNELSPEC},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{i}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for i, source in enumerate(cells)
        ],
    }


def environment(home: Path) -> dict[str, str]:
    """Environment in which Jupyter and its kernels touch nothing of the user's, and have no key."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RUNWARE_")}
    package = str(Path(runware_nb.__file__).parents[1])  # the same that the tests import
    return {
        **inherited,
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PYTHONPATH": os.pathsep.join(filter(None, [package, inherited.get("PYTHONPATH")])),
        "RUNWARE_NB_HOME": str(home / "runware"),
    }


@contextmanager
def run_lab(home: Path, settings: Mapping[str, Mapping[str, Any]] = WHOLE) -> Iterator[Lab]:
    """Run JupyterLab until the block is left, with settings beyond those it comes with. It takes about 4 s to start."""
    lab = Lab(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16), home)
    lab.root.mkdir()
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(settings), encoding="utf-8")
    with lab.log.open("w") as log:
        process = subprocess.Popen(
            _command(lab), env=environment(home), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_for(lab, process)
        yield lab
    finally:
        process.send_signal(signal.SIGTERM)  # it ends its kernels first
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _command(lab: Lab) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={lab.base.rpartition(':')[2]}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={lab.token}",
        f"--ServerApp.root_dir={lab.root}",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(lab: Lab, process: subprocess.Popen[bytes], timeout: float = 180) -> None:
    """Wait until the server answers, polling it ten times a second."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            with urllib.request.urlopen(f"{lab.base}/api/status?token={lab.token}", timeout=2):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{lab.log.read_text()}") from None
            time.sleep(0.1)
