"""Limit the size of a request and the time that it may take."""

import asyncio
from dataclasses import dataclass
from math import isfinite
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tweetner.serving.metrics import Metrics
from tweetner.serving.refusals import refuse

RETRY = {"Retry-After": "1"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a request to `/tag`.

    Attributes:
        max_tweets: Largest number of tweets in one request.
        max_characters: Longest tweet, in code points.
        timeout: Longest time from a request's head to its answer, in seconds.

    Raises:
        ValueError: A limit is not above 0, or the timeout is infinite.
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
        """Largest body, large enough for every request that the other limits allow.

        JSON takes at most 12 bytes for a code point.
        """
        return self.max_tweets * (12 * self.max_characters + 256)


class Door:
    """Middleware for `/tag` that refuses large bodies and slow requests, and counts answers.

    The status is 413 for a large body, 408 for one that does not arrive in time, and 503 for an
    answer that is not ready in time. While the server stops, each answer closes its connection.
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
        status = 0  # no answer has begun

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if scope["app"].state.stopping:
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        start = perf_counter()
        try:
            async with asyncio.timeout(self._limits.timeout):
                await self._app(scope, body.receive, send_counted)
        except TimeoutError:
            if not status:
                await self._refuse_late(body)(scope, receive, send_counted)
        finally:
            # an error of the application's own is answered further out, with status 500
            self._metrics.count_request(status or 500, perf_counter() - start)

    def _refuse_late(self, body: "Body") -> JSONResponse:
        within = f"within {self._limits.timeout:g} seconds"
        if body.complete:
            return refuse(503, f"expected an answer {within}, got none: try again", RETRY)
        close = {"Connection": "close"}
        return refuse(408, f"expected the whole body {within}, got a part of it", close)


class Body:
    """The body of a request, whose bytes are counted while it is read.

    A declared length is checked first, but a client may omit it.

    Attributes:
        complete: Whether all of the body was read.
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
            at_most = f"at most {self._max_bytes} bytes"
            raise HTTPException(413, f"expected a body of {at_most}, got more: send fewer tweets")
