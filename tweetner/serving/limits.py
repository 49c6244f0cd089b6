"""How large a request may be, and how long it may take."""

import asyncio
from dataclasses import dataclass
from math import isfinite
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tweetner.serving.metrics import Metrics

RETRY = {"Retry-After": "1"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a request may ask for.

    Attributes:
        max_tweets: In one request.
        max_characters: In one tweet, as code points.
        timeout: Seconds from a request's head to its answer.

    Raises:
        ValueError: A limit lets nothing through.
    """

    max_tweets: int
    max_characters: int
    timeout: float

    def __post_init__(self) -> None:
        for name in ("max_tweets", "max_characters"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected 1 or more, got {getattr(self, name)}")
        if not (isfinite(self.timeout) and self.timeout > 0):
            raise ValueError(f"timeout: expected seconds above 0, got {self.timeout}")

    @property
    def max_bytes(self) -> int:
        """Of a body: what the other limits allow always fits, for JSON takes at most 12 bytes a code point."""
        return self.max_tweets * (12 * self.max_characters + 256)


class Door:
    """Stands before `/tag`: refuses what is too large (413) or too late (408, 503), and counts every answer.

    The answers of a server that stops say that their connection closes.
    """

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._limits = limits
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/tag":
            await self._app(scope, receive, send)
            return
        body = Body(scope, receive, self._limits.max_bytes)
        status = 0  # not answered yet

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if scope["app"].state.stopping:
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        start = perf_counter()
        try:
            async with asyncio.timeout(self._limits.timeout):
                await self._app(scope, body.receive, counted)
        except TimeoutError:
            if not status:
                await self._too_late(body)(scope, receive, counted)
        finally:
            self._metrics.count_request(
                status or 500, perf_counter() - start
            )  # 500 where the application failed

    def _too_late(self, body: "Body") -> JSONResponse:
        within = f"within {self._limits.timeout:g} seconds"
        if body.complete:
            return JSONResponse(
                {"detail": f"expected to have an answer {within}, got none"}, 503, RETRY
            )
        return JSONResponse(
            {"detail": f"expected all of the body {within}, got a part"},
            408,
            {"Connection": "close"},
        )


class Body:
    """The body of a request, counted while it is read, for a length that is declared may be missing.

    Attributes:
        complete: All of it was read.
    """

    def __init__(self, scope: Scope, receive: Receive, max_bytes: int) -> None:
        self.complete = False
        self._receive = receive
        self._max_bytes = max_bytes
        self._n_declared = int(Headers(scope=scope).get("content-length", 0))
        self._n_read = 0

    async def receive(self) -> Message:
        self._check(self._n_declared)
        message = await self._receive()
        self._n_read += len(message.get("body", b""))
        self._check(self._n_read)
        self.complete = not message.get("more_body", False)
        return message

    def _check(self, n_bytes: int) -> None:
        if n_bytes > self._max_bytes:
            raise HTTPException(
                413, f"expected a body of at most {self._max_bytes} bytes, got more"
            )
