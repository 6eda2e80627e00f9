"""What every test gets: a home of its own, no key, and the sandbox where it asks for it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from runware_nb.sandbox import Sandbox


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of this test's ledger and settings. No RUNWARE_* variable of the outside reaches a test."""
    for name in [name for name in os.environ if name.startswith("RUNWARE_")]:
        monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RUNWARE_NB_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # never a developer's own
    return folder


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that only ask it for media. Leave its faults and bills alone."""
    from runware_nb.sandbox import Sandbox

    with Sandbox() as box:
        yield box


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    """Give one test a sandbox of its own, to inject faults into and to read bills from."""
    from runware_nb.sandbox import Sandbox

    with Sandbox() as box:
        yield box


@pytest.fixture
async def rw(box: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Any]:
    """Give the public names, in an empty folder, on the sandbox that the test's file makes as `box`."""
    import runware_nb
    from runware_nb import door

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNWARE_API_KEY", box.api_key)
    monkeypatch.setenv("RUNWARE_BASE_URL", box.http_url)
    monkeypatch.setenv("RUNWARE_WS_URL", box.ws_url)
    await door.reset()  # a page that another test left open looks at its task late, and so opens a session again
    yield runware_nb
    await door.reset()
