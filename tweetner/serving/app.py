"""The routes of the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse

from tweetner import __version__
from tweetner.serving.batching import Batcher
from tweetner.serving.limits import RETRY, Door, Limits
from tweetner.serving.metrics import CONTENT_TYPE, Metrics
from tweetner.serving.refusals import refuse_bytes, refuse_request, refuse_too_many, report_failure
from tweetner.serving.schema import Health, Problem, TagRequest, TagResponse

if TYPE_CHECKING:
    from tweetner.tagger import Tagger

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description}
    for status, description in {
        400: "The body is not JSON.",
        408: "The body did not arrive in time.",
        413: "The body is too large.",
        415: "The body is not called `application/json`.",
        422: "The body is not a request, or exceeds a limit.",
        500: "The tagger failed.",
        503: "Too many tweets wait, or there was no answer in time: try again.",
    }.items()
}


class Exposition(PlainTextResponse):
    media_type = CONTENT_TYPE


def build_app(tagger: "Tagger", *, model: str, revision: str | None, limits: Limits) -> FastAPI:
    """The service as an ASGI application, with its description at `/openapi.json`.

    Args:
        tagger: From `tweetner.load`.
        model: Its name, for `/health`.
        revision: Of a model from the hub, for `/health`.
        limits: Of a request to `/tag`.
    """
    metrics = Metrics()
    batcher = Batcher(tagger, metrics.count_batch)

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
        generate_unique_id_function=lambda route: (
            route.name
        ),  # the function's name in a generated client
        exception_handlers={
            RequestValidationError: refuse_request,
            400: refuse_bytes,
            Exception: report_failure,
        },
    )
    app.state.stopping = False
    app.add_middleware(Door, limits=limits, metrics=metrics)
    at_most = f"at most {limits.max_tweets} tweets of at most {limits.max_characters} characters"

    @app.post(
        "/tag",
        summary=f"Find entities in {at_most}",
        response_model=TagResponse,
        responses=PROBLEMS,
    )
    async def tag(request: TagRequest) -> dict[str, Any]:
        refuse_too_many(request.tweets, limits)
        try:
            found = await batcher.tag([tweet.text for tweet in request.tweets])
        except asyncio.QueueFull:
            raise HTTPException(
                503, f"expected a free place, got {batcher.n_waiting} tweets waiting", RETRY
            ) from None
        answers = [
            {
                "id": tweet.id,
                "entities": [entity for entity in entities if entity["score"] >= request.min_score],
            }
            for tweet, entities in zip(request.tweets, found, strict=True)
        ]
        return {"tweets": answers}

    @app.get("/health", summary="Say which model answers")
    async def health() -> Health:
        types = [label[2:] for label in tagger.labels if label[:2] == "B-"]
        return Health(
            ready=True, model=model, revision=revision, decoder=tagger.decoder, types=types
        )

    @app.get(
        "/metrics",
        name="metrics",
        summary="Count requests, tweets and seconds",
        response_class=Exposition,
    )
    async def expose() -> str:
        return metrics.exposition(batcher.n_waiting)

    return app
