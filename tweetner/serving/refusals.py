"""Errors → `{"detail": "expected ..., got ..."}`, one line each."""

from typing import Any

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse

from tweetner.serving.limits import Limits
from tweetner.serving.schema import Tweet

EXPECTED = {
    "missing": "a value",
    "extra_forbidden": "no such key",
    "model_attributes_type": "an object",
    "list_type": "an array",
    "string_type": "a string",
    "float_type": "a number",
}
"""Kind of pydantic's error → what was expected, where its own message says it in words of Python."""

JSON_TYPES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


async def refuse_request(request: Request, error: Any) -> JSONResponse:
    """The first thing that is wrong with a body: 400 not JSON, 415 not called JSON, 422 not a request."""
    problem = error.errors()[0]
    if problem["type"] == "json_invalid":
        at = problem["loc"][1] + 1
        return JSONResponse(
            {"detail": f"expected JSON: {problem['ctx']['error']} at character {at}"}, 400
        )
    if isinstance(error.body, bytes):  # not even read as JSON
        called = request.headers.get("content-type", "none")
        return JSONResponse(
            {"detail": f"expected the content type application/json, got {called[:100]}"}, 415
        )
    return JSONResponse({"detail": _explain(problem)}, 422)


async def refuse_bytes(_: Request, error: Exception) -> JSONResponse:
    """A body that the JSON parser does not take: not UTF-8, or nested too deep."""
    return JSONResponse({"detail": f"expected JSON in UTF-8: {error.__cause__}"}, 400)


async def report_failure(_: Request, error: Exception) -> JSONResponse:
    """Our own fault: its traceback is for the log."""
    return JSONResponse(
        {"detail": f"expected an answer, got {type(error).__name__}; the log says more"}, 500
    )


def refuse_too_many(tweets: list[Tweet], limits: Limits) -> None:
    """Hold a request against the limits.

    Raises:
        HTTPException: It has too many tweets, or a tweet is too long.
    """
    if len(tweets) > limits.max_tweets:
        raise HTTPException(422, f"tweets: expected at most {limits.max_tweets}, got {len(tweets)}")
    for i, tweet in enumerate(tweets):
        if len(tweet.text) > limits.max_characters:
            at_most = f"at most {limits.max_characters} characters"
            raise HTTPException(422, f"tweets[{i}].text: expected {at_most}, got {len(tweet.text)}")


def _explain(problem: dict[str, Any]) -> str:
    """One of pydantic's errors in a line: `tweets[3].text: expected a string, got null`."""
    path = "".join(
        f"[{part}]" if isinstance(part, int) else f".{ascii(part)[1:-1]}"
        for part in problem["loc"][1:]
    )
    kind, value = problem["type"], problem["input"]
    expected = EXPECTED.get(kind) or problem["msg"].removeprefix("Input should be ")
    got = "none" if kind == "missing" else JSON_TYPES.get(type(value), value)
    return f"{path.removeprefix('.')[:200] or 'body'}: expected {expected}, got {got}"
