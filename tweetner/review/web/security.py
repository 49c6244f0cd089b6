"""Who may use the review page, and what the page may do.

A page on the loopback interface is reachable by every web page that the user visits, through
requests across sites and DNS rebinding. So a random token is needed even there, writes must come
from the page itself, and the `Host` header must be one that we serve.
"""

import hmac
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

COOKIE = "tweetner_review"

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Response headers of our pages: they run only files of ours, and leave no trace elsewhere."""

Next = Callable[[Request], Awaitable[Response]]


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine alone.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "example.org")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Guard:
    """An HTTP middleware that lets only the holder of the token through.

    Args:
        token: The secret; the printed link carries it once, then a cookie does.
        hosts: Host names that requests may name, without ports; None allows all.
    """

    def __init__(self, token: str, hosts: frozenset[str] | None) -> None:
        self._token = token
        self._hosts = hosts

    async def __call__(self, request: Request, call_next: Next) -> Response:
        """Answer a request, or refuse it in one line."""
        response = self._refusal(request) or self._sign_in(request) or await call_next(request)
        response.headers.update(HEADERS)
        return response

    def _refusal(self, request: Request) -> Response | None:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if self._hosts is not None and host not in self._hosts:
            return _refuse(400, f"unknown host {host!r}")
        if request.method not in ("GET", "HEAD") and not _same_origin(request.headers):
            return _refuse(403, "expected a request from the page itself")
        token = request.query_params.get("token") if request.method == "GET" else None
        if not self._is_token(token or request.cookies.get(COOKIE)):
            return _refuse(403, "expected the link that `tweetner review serve` printed")
        return None

    def _sign_in(self, request: Request) -> Response | None:
        """Move the token from the link into a cookie, so that the address bar does not keep it."""
        if "token" not in request.query_params:
            return None
        response = RedirectResponse(request.url.path, status_code=303)
        response.set_cookie(COOKIE, self._token, httponly=True, samesite="strict", path="/")
        return response

    def _is_token(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode(), self._token.encode())


def _same_origin(headers: Headers) -> bool:
    """Return whether a browser sent the request from a page of the same origin."""
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        return False
    return site == "same-origin" or (site is None and origin is not None)


def _refuse(status: int, reason: str) -> Response:
    return JSONResponse({"detail": reason}, status)
