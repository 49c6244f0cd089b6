"""Turn errors into answers of one line: `{"detail": "..."}`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

MAX_SHOWN = 60  # characters of a refused value
MAX_PATH = 200  # characters of the path to it


async def refuse_request(request: Request, error: Exception) -> JSONResponse:
    """Answer a body that is not JSON (400), not declared as JSON (415) or not a request (422)."""
    assert isinstance(error, RequestValidationError)
    problem = error.errors()[0]
    if problem["type"] == "json_invalid":
        position = problem["loc"][1] + 1
        return refuse(400, f"expected JSON: {problem['ctx']['error']} at character {position}")
    if isinstance(error.body, bytes):  # FastAPI parses only what is declared as JSON
        declared = request.headers.get("content-type", "none")
        return refuse(
            415, f"expected the content type application/json, got {declared[:MAX_SHOWN]}"
        )
    return refuse(422, explain(problem, problem["loc"][1:]))


async def refuse_bytes(_: Request, error: Exception) -> JSONResponse:
    """Answer a body that the JSON parser rejects: it is not UTF-8, or nested too deeply."""
    return refuse(400, f"expected JSON in UTF-8: {error.__cause__}")


async def report_failure(_: Request, error: Exception) -> JSONResponse:
    """Answer after an error of our own; its traceback is in the log."""
    return refuse(500, f"expected an answer, got {type(error).__name__}: see the service's log")


def refuse(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, headers)


async def refuse_unknown_query(request: Request) -> None:
    """Refuse query parameters that the route does not have; fields of a body belong there.

    Raises:
        HTTPException: There is such a parameter.
    """
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known:
            expected = ", ".join(known) or "none"
            raise HTTPException(
                422, f"query: expected {expected}, got {json.dumps(name[:MAX_SHOWN])}"
            )


def explain(problem: Mapping[str, Any], place: Sequence[str | int], whole: str = "body") -> str:
    """Describe one of pydantic's errors, and its place in the whole, in a line.

    >>> explain({"msg": "Field required", "input": {}}, ("tweets", 3, "text"))
    'tweets[3].text: field required, got an object'
    """
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{ascii(part)[1:-1]}"
    message = problem["msg"]
    where = path.removeprefix(".")[:MAX_PATH] or whole
    return f"{where}: {message[0].lower()}{message[1:]}, got {_shown(problem['input'])}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return json.dumps(value)[:MAX_SHOWN]
