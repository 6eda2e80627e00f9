"""The Cancel button in a real kernel: its message arrives while a cell awaits."""

from __future__ import annotations

import ipykernel
import pytest

SETUP = """
import asyncio, threading
from runware_nb.widgets.cancel import Cancel

pressed = threading.Event()
button = Cancel(pressed.set)
"""
AWAITING = """
display(button)
print("started")
while not pressed.is_set():
    await asyncio.sleep(0.02)
print("cancelled")
"""


def comm_of_button(kernel):
    return next(comm for comm, state in kernel.comms.items() if "render" in state.get("_esm", ""))


@pytest.mark.skipif(
    ipykernel.version_info < (7, 4), reason="older kernels hear it on the front end's subshell, or never"
)
def test_a_press_is_heard_while_the_cell_awaits(kernel):
    kernel.run(SETUP)
    reply = kernel.start(AWAITING)
    kernel.wait_for(reply, "started")

    kernel.message(comm_of_button(kernel), {"kind": "cancel"})

    assert kernel.finish(reply, timeout=5).status == "ok"
    assert "cancelled" in reply.text
    assert kernel.comms[comm_of_button(kernel)]["state"] == "pressed"
