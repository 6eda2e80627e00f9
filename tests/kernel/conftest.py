"""Fixtures `kernel` and `start_kernel`: real kernels, each with folders of its own and without a key."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runware_nb

from .driver import Kernel

HERE = Path(__file__).parent
# So that a kernel in another folder imports the same package as the tests.
PACKAGE = str(Path(runware_nb.__file__).parents[1])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.kernel)


@pytest.fixture
def start_kernel(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, home: Path
) -> Iterator[Callable[..., Kernel]]:
    """Start kernels: `start_kernel(RUNWARE_API_KEY="...")` adds variables to one's environment."""
    kernels: list[Kernel] = []
    ipython = tmp_path_factory.mktemp("ipython")

    def start(**variables: str) -> Kernel:
        env = {**os.environ, "IPYTHONDIR": str(ipython), "PYTHONPATH": PACKAGE, **variables}
        kernels.append(Kernel(tmp_path, env))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.stop()


@pytest.fixture
def kernel(start_kernel: Callable[..., Kernel]) -> Kernel:
    """One kernel in `tmp_path`, with no key, and a ledger in a home of its own."""
    return start_kernel()


@pytest.fixture(scope="module")
def module_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for all tests of a module that leave it as they find it."""
    folder = tmp_path_factory.mktemp("kernel")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNWARE_")}
    homes = {"IPYTHONDIR": str(folder / "ipython"), "RUNWARE_NB_HOME": str(folder / "home")}
    kernel = Kernel(folder, {**kept, **homes, "PYTHONPATH": PACKAGE})
    yield kernel
    kernel.stop()
