"""Sandbox: the server, in a thread of its own, so that a kernel can hold it."""

from __future__ import annotations

import asyncio
import importlib
import random
import secrets
import socket
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

import uvicorn

from runware_nb.catalog import bundled
from runware_nb.sandbox import app
from runware_nb.sandbox.account import Account, Bill
from runware_nb.sandbox.clock import Clock
from runware_nb.sandbox.faults import Fault, Faults
from runware_nb.sandbox.jobs import Desk
from runware_nb.sandbox.shelf import Shelf
from runware_nb.sandbox.world import Options, World

_START_TIME: Final = 10.0


def _warm() -> None:
    """Import what the first task will need while nobody waits for it."""
    for name in ("jsonschema", "numpy", "PIL.Image", "PIL.ImageFont"):
        importlib.import_module(name)


class Sandbox:
    """The Runware API on this machine, at `http_url` and `ws_url`, for who has `api_key`.

    Parameters
    ----------
    key
        The API key to ask for; a random one if not given.
    port
        Of 127.0.0.1; 0 picks a free one.
    latency
        Least and most seconds a result takes; video and 3D take twice as long, training three times.
    seed
        Of latencies, and of the seeds of tasks that give none.
    balance
        USD of play money to begin with.
    options
        The other fields of `runware_nb.sandbox.world.Options`: `result_index=False`, `idle=5`, …
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        port: int = 0,
        latency: tuple[float, float] = (0.05, 0.4),
        seed: int = 0,
        balance: float = 100.0,
        **options: Any,
    ) -> None:
        clock = Clock()
        self.api_key = key or secrets.token_urlsafe(24)
        self._port = port
        account = Account(balance, self.api_key, clock.utc)
        self._world = World(
            key=self.api_key,
            options=Options(latency=latency, **options),
            catalog=bundled(),
            clock=clock,
            shelf=Shelf(clock),
            account=account,
            faults=Faults(),
            dice=random.Random(seed),
        )
        self._world.desk = Desk(self._world)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self.http_url if self._server else 'stopped'}>"

    @property
    def http_url(self) -> str:
        """Where to POST tasks."""
        return f"{self.origin}/v1"

    @property
    def ws_url(self) -> str:
        """Where to connect a WebSocket."""
        return f"ws://127.0.0.1:{self._port}/v1"

    @property
    def origin(self) -> str:
        """Where media and the public routes are."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Serve; return once it answers. Does nothing when it already does.

        Raises
        ------
        OSError
            When the port is taken.
        """
        if self._server is not None:
            return self
        # asyncio turns Nagle's delay off only where the protocol says TCP: without it a client waits 40 ms a request.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError:
            listening.close()
            raise
        self._port = listening.getsockname()[1]
        self._world.origins = frozenset({self.origin, f"http://localhost:{self._port}"})
        self._world.shelf.origin = self.origin
        self._server = uvicorn.Server(self._config())
        self._thread = threading.Thread(target=self._serve, args=(listening,), name="runware-sandbox", daemon=True)
        self._thread.start()
        self._wait_until_started()
        return self

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            app.build(self._world),
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="critical",
            http="h11",
            ws="websockets-sansio",
            ws_max_size=self._world.options.max_body,
            server_header=False,
            headers=[("x-runware-sandbox", "1")],
            timeout_graceful_shutdown=1,
        )

    def _serve(self, listening: socket.socket) -> None:
        server = self._server
        assert server is not None

        async def serving() -> None:
            self._world.desk.spawn(asyncio.to_thread(_warm))
            try:
                await server.serve(sockets=[listening])
            finally:
                await self._world.desk.close()

        asyncio.run(serving())

    def _wait_until_started(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        end = time.monotonic() + _START_TIME
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > end:
                raise OSError("the sandbox did not start.")
            time.sleep(0.002)

    def stop(self) -> None:
        """Stop serving, and wait for it. Does nothing when it is stopped."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(_START_TIME)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def billed(self) -> dict[str, Bill]:
        """Return what each task was billed, by task UUID. Tasks that made nothing are not in it."""
        return dict(self._world.account.bills)

    def inject(self, fault: str | Fault, **changes: Any) -> None:
        """Let something go wrong: a name in `FAULTS`, with changes such as `times=3` or `phase="poll"`."""
        self._world.faults.inject(fault, **changes)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward: results become due, addresses expire."""
        self._world.clock.advance(seconds)
