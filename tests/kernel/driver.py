"""Drives a real kernel: what a front end sends, and what it would show in the end.

Nothing here sleeps: every wait is for a message. Times are seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq
from jupyter_client import BlockingKernelClient, KernelManager

TIMEOUT = 30.0


@dataclass
class Output:
    """One output of a cell as it stands now: a later update of its display changes it in place."""

    kind: str
    """`stream`, `display_data`, `execute_result` or `error`."""
    data: dict[str, Any] = field(default_factory=dict)
    """MIME type to content. The text of a stream is under `text/plain`."""
    display_id: str | None = None
    name: str | None = None
    """Of a stream: `stdout` or `stderr`."""
    updates: int = 0
    """How many times the display was updated."""

    @property
    def text(self) -> str:
        return str(self.data.get("text/plain", ""))


@dataclass
class Reply:
    """A cell that was sent: its state, and all it has shown so far.

    `status` is `running`, then `ok`, `error`, `aborted` (an earlier cell failed) or `lost` (no answer came).
    """

    code: str
    status: str = "running"
    outputs: list[Output] = field(default_factory=list)
    error: dict[str, Any] | None = None
    """`ename`, `evalue` and `traceback` of a cell that failed."""
    clear_next: bool = False
    idle: bool = False

    @property
    def text(self) -> str:
        """All that reads as text: streams, plain forms and HTML, in order."""
        return "\n".join(
            str(output.data[mime])
            for output in self.outputs
            for mime in ("text/plain", "text/html")
            if mime in output.data
        )

    @property
    def html(self) -> list[str]:
        return [output.data["text/html"] for output in self.outputs if "text/html" in output.data]

    @property
    def done(self) -> bool:
        return self.status != "running" and self.idle


class Kernel:
    """One kernel of its own process.

    Parameters
    ----------
    cwd
        Where the notebook would lie.
    env
        The whole environment of the process.
    """

    def __init__(self, cwd: Path, env: Mapping[str, str]) -> None:
        self.replies: dict[str, Reply] = {}
        self.comms: dict[str, dict[str, Any]] = {}
        """State of every widget that is open, by the id of its comm."""
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(cwd), env=dict(env))
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=60)
        except RuntimeError:
            self.stop()
            raise

    # What a front end does

    def start(self, code: str, *, asks: bool = False, cell: str | None = None) -> Reply:
        """Send a cell, and return at once.

        Parameters
        ----------
        asks
            Whether a person is there who could be asked something.
        cell
            The notebook's name of the cell, for front ends that tell it.
        """
        reply = Reply(code)
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "stop_on_error": True}
        metadata = {} if cell is None else {"cellId": cell}
        message = self.client.session.msg("execute_request", {**content, "allow_stdin": asks}, metadata=metadata)
        self.replies[message["header"]["msg_id"]] = reply
        self.client.shell_channel.send(message)
        return reply

    def run(self, code: str, timeout: float = TIMEOUT, *, asks: bool = False, cell: str | None = None) -> Reply:
        """Run one cell to its end."""
        return self.finish(self.start(code, asks=asks, cell=cell), timeout)

    def run_all(self, codes: Sequence[str], timeout: float = TIMEOUT) -> list[Reply]:
        """Queue all cells at once, as Run All does. Cells without an answer in time are `lost`."""
        replies = [self.start(code) for code in codes]
        try:
            self.wait(lambda: all(reply.done for reply in replies), timeout, "the end of every cell")
        except TimeoutError:
            for reply in replies:
                reply.status = "lost" if reply.status == "running" else reply.status
        return replies

    def finish(self, reply: Reply, timeout: float = TIMEOUT) -> Reply:
        """Wait until a started cell is done and has shown everything."""
        self.wait(lambda: reply.done, timeout, f"the end of {reply.code!r}")
        return reply

    def wait_for(self, reply: Reply, text: str, timeout: float = TIMEOUT) -> None:
        """Wait until a text stands in a cell's outputs."""
        self.wait(lambda: text in reply.text, timeout, f"{text!r} in the outputs of {reply.code!r}")

    def interrupt(self) -> None:
        """Press the stop button."""
        self.manager.interrupt_kernel()

    def message(self, comm_id: str, content: Any) -> None:
        """Send a widget's custom message, as its JavaScript does with `model.send`, on the main shell."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self.client.shell_channel.send(message)

    def wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """Take in messages until a condition holds.

        Raises
        ------
        TimeoutError
            If it does not hold in time.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or not self._receive(left):
                raise TimeoutError(f"{what} did not come within {timeout:g} s")

    def stop(self) -> None:
        """End the kernel, and close every socket of it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.client.context.destroy(linger=0)

    # What a front end sees

    def _receive(self, timeout: float) -> bool:
        """Take in what has come, waiting for it. False if nothing came in time."""
        channels = (self.client.shell_channel, self.client.iopub_channel)
        poller = zmq.Poller()
        for channel in channels:
            poller.register(channel.socket, zmq.POLLIN)
        ready = dict(poller.poll(timeout * 1000))
        for channel in channels:
            if channel.socket in ready:
                self._take(channel.get_msg())
        return bool(ready)

    def _take(self, message: Mapping[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind in ("comm_open", "comm_msg", "comm_close"):
            self._take_comm(kind, content)
        if kind == "update_display_data":
            self._update(content)
        reply = self.replies.get(message["parent_header"].get("msg_id", ""))
        if reply is None:
            return
        if kind == "execute_reply":
            reply.status = content["status"]
        elif kind == "status":
            reply.idle = content["execution_state"] == "idle"
        elif kind == "clear_output":
            reply.clear_next = content["wait"]
            if not reply.clear_next:
                reply.outputs.clear()
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._show(reply, kind, content)

    def _show(self, reply: Reply, kind: str, content: Mapping[str, Any]) -> None:
        if reply.clear_next:
            reply.outputs.clear()
            reply.clear_next = False
        if kind == "error":
            reply.error = dict(content)
            reply.outputs.append(Output(kind, {"text/plain": "\n".join(content["traceback"])}))
        elif kind == "stream":
            self._write(reply, content)
        else:
            display_id = content.get("transient", {}).get("display_id")
            reply.outputs.append(Output(kind, content["data"], display_id))
            self._update(content)

    @staticmethod
    def _write(reply: Reply, content: Mapping[str, Any]) -> None:
        """Add to a stream: a kernel sends in pieces what a page shows as one."""
        last = reply.outputs[-1] if reply.outputs else None
        if last and (last.kind, last.name) == ("stream", content["name"]):
            last.data["text/plain"] += content["text"]
        else:
            reply.outputs.append(Output("stream", {"text/plain": content["text"]}, name=content["name"]))

    def _update(self, content: Mapping[str, Any]) -> None:
        """Change every display of the same id, in whichever cell it is."""
        display_id = content.get("transient", {}).get("display_id")
        for reply in self.replies.values():
            for output in reply.outputs:
                if display_id is not None and output.display_id == display_id and output.data is not content["data"]:
                    output.data = content["data"]
                    output.updates += 1

    def _take_comm(self, kind: str, content: Mapping[str, Any]) -> None:
        comm_id = content["comm_id"]
        if kind == "comm_close":
            self.comms.pop(comm_id, None)
        elif kind == "comm_open" or content["data"].get("method") in ("update", "echo_update"):
            self.comms.setdefault(comm_id, {}).update(content["data"].get("state", {}))
