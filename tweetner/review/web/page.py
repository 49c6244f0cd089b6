"""The review page: its files, and the calls that it makes."""

from dataclasses import asdict
from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from jinja2 import Environment, PackageLoader
from pydantic import BaseModel, Field

from tweetner.review.audit import queue_audit
from tweetner.review.decisions import progress_of
from tweetner.review.queue import Queue, QueuedTweet, Verdict
from tweetner.review.web.security import Guard

STATIC = {"review.css": "text/css", "review.js": "text/javascript"}

Key = Annotated[str, Field(min_length=8, max_length=64)]


class ConfirmedEntity(BaseModel):
    """An entity as the reviewer left it; offsets in code points."""

    type: str
    start: int
    end: int


class Decision(BaseModel):
    """The page's request when a tweet is done; without entities it was skipped."""

    id: int | str
    key: Key
    entities: list[ConfirmedEntity] | None
    seconds: float = Field(ge=0, allow_inf_nan=False)
    keystrokes: int = Field(ge=0)


class Undo(BaseModel):
    """The page's request to take the last decision back."""

    key: Key


def build_review_app(
    queue: Queue, *, reviewer: str, token: str, hosts: frozenset[str] | None
) -> FastAPI:
    """Build the page for one reviewer as an ASGI application.

    Args:
        queue: The queue to read.
        reviewer: The name that decisions carry.
        token: The secret that the printed link carries.
        hosts: Host names that requests may name; None allows all.
    """
    app = FastAPI(title="tweetner review", docs_url=None, redoc_url=None, openapi_url=None)
    app.middleware("http")(Guard(token, hosts))
    templates = Environment(loader=PackageLoader("tweetner.review", "templates"), autoescape=True)

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        template = templates.get_template("review.html")
        return template.render(types=queue.facts["types"], reviewer=reviewer)

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404, "there is no such file")
        path = files("tweetner.review") / "static" / name
        return Response(path.read_bytes(), media_type=STATIC[name])

    @app.exception_handler(RequestValidationError)
    def refuse(_: Request, error: RequestValidationError) -> Response:
        found = error.errors()[0]
        place = ".".join(map(str, found["loc"]))
        return JSONResponse({"detail": f"{place}: {found['msg'].lower()}"}, 422)

    @app.post("/next")
    def next_tweet() -> dict[str, Any]:
        return _shown(queue, queue.next(reviewer))

    @app.post("/decide")
    def decide(decision: Decision) -> dict[str, Any]:
        try:
            queue.decide(Verdict(reviewer=reviewer, **decision.model_dump()))
        except ValueError as error:
            raise HTTPException(409, str(error)) from None
        return _shown(queue, queue.next(reviewer))

    @app.post("/undo")
    def undo(request: Undo) -> dict[str, Any]:
        return _shown(queue, queue.undo(reviewer, key=request.key) or queue.next(reviewer))

    return app


def _shown(queue: Queue, tweet: QueuedTweet | None) -> dict[str, Any]:
    """Return what the page shows: a tweet, the progress, and the live check of the precision."""
    checked = queue_audit(queue)
    shown = None
    if tweet:
        shown = asdict(tweet)
        if tweet.blind:
            shown |= {"entities": [], "doubts": [0.0] * len(tweet.words), "certainty": None}
    return {
        "tweet": shown,
        "progress": asdict(progress_of(queue)),
        "audit": None if checked is None else str(checked),
        "warning": bool(checked and checked.broken),
    }
