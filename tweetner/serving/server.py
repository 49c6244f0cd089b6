"""The service as a process: it says when it is ready, and stops cleanly."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from math import ceil
from types import FrameType

import uvicorn
from fastapi import FastAPI

READ_SECONDS = 0.2  # when it stops, for requests that are sent but not yet read


class Server(uvicorn.Server):
    """Serves until SIGTERM or Ctrl-C, then answers what has arrived and returns; a second Ctrl-C ends the process.

    Args:
        app: From `build_app`.
        timeout: Of its requests, in seconds: as long may the last ones take.
        on_ready: Called once requests are answered.
    """

    def __init__(self, app: FastAPI, *, timeout: float, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                ws="none",
                timeout_graceful_shutdown=ceil(timeout) + 1,
            )
        )
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.stopping = (
            True  # from now on an answer is the last of its connection, and says so
        )
        for server in self.servers:
            server.close()
        await asyncio.sleep(READ_SECONDS)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self.should_exit and sig == signal.SIGINT:
            os._exit(128 + sig)  # waits for no thread
        self.should_exit = True


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """A socket that listens, and its URL; port 0 is any free one.

    Raises:
        ValueError: The port is taken, not ours or none, or there is no such host.
    """
    if not 0 <= port <= 65_535:  # `getaddrinfo` takes 70000 for 4464
        raise ValueError(f"port: expected a number from 0 to 65535, got {port}")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address, family=family)
    except OSError as error:
        raise ValueError(f"{host}:{port}: {str(error.strerror).partition(' (')[0]}") from None
    listener.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    )  # else an answer's second part waits 40 ms
    name = f"[{host}]" if ":" in host else host
    return listener, f"http://{name}:{listener.getsockname()[1]}"
