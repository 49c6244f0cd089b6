"""Build the service: its routes, its limits and its answers to errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from tweetner import __version__
from tweetner.corpus import Decision, corrected
from tweetner.serving.batching import Batcher
from tweetner.serving.limits import RETRY, Door, Limits
from tweetner.serving.metrics import CONTENT_TYPE, Metrics
from tweetner.serving.page import add_page
from tweetner.serving.refusals import (
    refuse_bytes,
    refuse_request,
    refuse_unknown_query,
    report_failure,
)
from tweetner.serving.schema import (
    Health,
    Problem,
    TagRequest,
    TagResponse,
    TweetError,
    limited_request,
)

if TYPE_CHECKING:
    from tweetner.tagger import Tagger

REFUSALS = {
    400: "The body is not JSON.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "The content type is not `application/json`.",
    422: "The body is not a request, or has too many tweets; or a query parameter is unknown.",
    500: "The tagger failed.",
    503: "Too many tweets are waiting, or the answer was not ready in time: try again.",
}
"""Statuses of answers to `/tag` that are not 200, described for OpenAPI."""


class Exposition(Response):
    media_type = CONTENT_TYPE


def build_app(
    tagger: "Tagger",
    *,
    model: str,
    revision: str | None,
    limits: Limits,
    trends: Path | None = None,
    decisions: Mapping[str | int, Decision] | None = None,
) -> FastAPI:
    """Return the service as an ASGI application, described at `/openapi.json`.

    Args:
        tagger: The tagger, from `tweetner.load`.
        model: Name of the model, for `/health`.
        revision: Revision of a model from the hub, for `/health`.
        limits: Limits of a request to `/tag`.
        trends: State of `tweetner trends`, for `/trends`; without it there is no such route.
        decisions: Reviewers' decisions by tweet id; they win over the model's answers.
    """
    counts = Metrics()
    batcher = Batcher(tagger, counts.count_batch)
    app = _new_app(batcher)
    app.add_middleware(Door, limits=limits, metrics=counts)
    _add_tag(app, batcher, limits, decisions or {})
    add_page(app)
    if trends:
        _add_trends(app, trends)
    types = [label[2:] for label in tagger.labels if label[:2] == "B-"]
    model_facts = Health(
        ready=True, model=model, revision=revision, decoder=tagger.decoder, types=types
    )

    @app.get("/health", summary="Say which model answers")
    async def health() -> Health:
        return model_facts

    @app.get("/metrics", summary="Count requests, tweets and seconds", response_class=Exposition)
    async def metrics() -> Exposition:
        return Exposition(counts.exposition(batcher.n_waiting))

    return app


def _new_app(batcher: Batcher) -> FastAPI:
    """Return an application without routes, during whose life the batcher runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with batcher.running():
            yield

    app = FastAPI(
        title="tweetner",
        version=__version__,
        description="Named entity recognition for tweets.",
        docs_url=None,  # such a page loads scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(refuse_unknown_query)],
        # generated clients name their methods after our functions
        generate_unique_id_function=lambda route: route.name,
        exception_handlers={
            RequestValidationError: refuse_request,
            400: refuse_bytes,
            Exception: report_failure,
        },
    )
    app.state.stopping = False
    return app


def _add_tag(
    app: FastAPI, batcher: Batcher, limits: Limits, decisions: Mapping[str | int, Decision]
) -> None:
    async def tag(request: TagRequest) -> dict[str, Any]:
        readable = [tweet for tweet in request.tweets if not isinstance(tweet, TweetError)]
        try:
            found = iter(await batcher.tag([tweet.text for tweet in readable]))
        except asyncio.QueueFull:
            reason = f"expected a free place, got {batcher.n_waiting} tweets waiting: try again"
            raise HTTPException(503, reason, RETRY) from None
        answers = []
        for tweet in request.tweets:
            if isinstance(tweet, TweetError):
                answers.append(tweet.model_dump())
                continue
            entities = next(found)
            kept = [entity for entity in entities if entity["score"] >= request.min_score]
            answer = {"id": tweet.id, "text": tweet.text, "entities": kept}
            if entities.by is not None:
                answer["by"] = entities.by
            answers.append(corrected(answer, decisions))
        return {"tweets": answers}

    tag.__annotations__["request"] = limited_request(limits)  # FastAPI validates by it
    app.add_api_route(
        "/tag",
        tag,
        methods=["POST"],
        summary="Find entities in tweets",
        response_model=TagResponse,
        response_model_exclude_unset=True,
        responses={
            status: {"model": Problem, "description": description}
            for status, description in REFUSALS.items()
        },
    )


def _add_trends(app: FastAPI, state: Path) -> None:
    from tweetner.trends import N_NEWEST, newest_trends

    @app.get(
        "/trends",
        summary="Give the newest final buckets with alarms, the last one first",
        responses={503: {"model": Problem, "description": "The state cannot be read: try again."}},
    )
    def trends(
        n: Annotated[int, Query(ge=1, le=N_NEWEST, description="buckets")] = N_NEWEST,
    ) -> dict[str, Any]:
        try:
            return {"buckets": newest_trends(state, n)}
        except (ValueError, OSError):
            raise HTTPException(
                503, "expected a state of tweetner trends, got none", RETRY
            ) from None
