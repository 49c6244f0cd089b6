"""Run the service as a process that reports when it is ready and stops cleanly."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from math import ceil
from types import FrameType

import uvicorn
from fastapi import FastAPI

READ_SECONDS = 0.2
"""Time that a stopping server takes to read requests that have been sent already."""


class Server(uvicorn.Server):
    """Serve until SIGTERM or Ctrl-C, answer the requests that have arrived, and return.

    A second Ctrl-C ends the process at once.

    Args:
        app: Application from `build_app`.
        timeout: Longest time that the last requests may take, in seconds.
        on_ready: Function called once requests are answered.
    """

    def __init__(self, app: FastAPI, *, timeout: float, on_ready: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=ceil(timeout) + 1,
        )
        super().__init__(config)
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.stopping = True  # from now on every answer closes its connection
        for server in self.servers:
            server.close()
        await asyncio.sleep(READ_SECONDS)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.should_exit and sig == signal.SIGINT:
            os._exit(128 + sig)  # does not wait for the tagger's thread
        self.should_exit = True


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a listening socket and its URL; port 0 stands for any free port.

    Raises:
        ValueError: The port is taken, forbidden or out of range, or the host is unknown.
    """
    if not 0 <= port <= 65_535:  # `getaddrinfo` reads 70000 as 4464
        raise ValueError(f"port: expected a number from 0 to 65535, got {port}")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address, family=family)
    except OSError as error:
        raise ValueError(f"{host}:{port}: {str(error.strerror).partition(' (')[0]}") from None
    # otherwise the second part of an answer waits 40 ms
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name = f"[{host}]" if ":" in host else host
    return listener, f"http://{name}:{listener.getsockname()[1]}"
