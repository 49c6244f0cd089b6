"""Add the page at `/`: a box to paste a tweet into, with its entities marked."""

from importlib.resources import files

from fastapi import FastAPI, HTTPException
from fastapi.responses import Response

from tweetner.review.web import HEADERS

FILES = {
    "review.css": ("tweetner.review", "text/css"),
    "tag.js": ("tweetner.serving", "text/javascript"),
}
"""Package and content type of each file that the page loads."""


def add_page(app: FastAPI) -> None:
    """Add the page and its files; they load nothing from elsewhere."""

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return _file("tweetner.serving", "index.html", "text/html")

    @app.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        if name not in FILES:
            raise HTTPException(404, f"there is no file {name[:100]!r}")
        package, content_type = FILES[name]
        return _file(package, name, content_type)


def _file(package: str, name: str, content_type: str) -> Response:
    content = (files(package) / "static" / name).read_bytes()
    return Response(content, media_type=content_type, headers=HEADERS)
