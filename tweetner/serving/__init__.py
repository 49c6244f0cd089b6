"""A tagger behind HTTP: `POST /tag`, `GET /health`, `GET /metrics`.

    POST /tag  {"tweets": [{"id": 7, "text": "in NYC!"}]}
    200        {"tweets": [{"id": 7, "entities": [{"type": "geo-loc", "text": "NYC", "start": 3, ...}]}]}

Requests that arrive while the tagger works are tagged together; a refusal is `{"detail": "expected ..., got ..."}`.
"""

from tweetner.serving.app import build_app
from tweetner.serving.limits import Limits
from tweetner.serving.server import Server, listen

__all__ = ["Limits", "Server", "build_app", "listen"]
