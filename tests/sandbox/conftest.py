"""A sandbox on a real socket, and a client for it. Its clock is moved by hand, so that no test waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .asking import Api, serving


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as asked:
        yield asked


@pytest.fixture
def slow() -> Iterator[Api]:
    """A sandbox where everything takes an hour, of its own clock."""
    with serving(latency=(3600, 3600)) as asked:
        yield asked
