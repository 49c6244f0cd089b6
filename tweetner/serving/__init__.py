"""Serve a tagger over HTTP: `POST /tag`, `GET /health`, `GET /metrics`.

    POST /tag  {"tweets": [{"id": 7, "text": "in NYC!"}]}
    200        {"tweets": [{"id": 7, "entities": [{"type": "geo-loc", "text": "NYC", ...}]}]}

Tweets of concurrent requests are tagged in shared batches. An error is answered in one line:
`{"detail": "tweets[0].text: input should be a valid string, got null"}`.
"""

from tweetner.serving.app import build_app
from tweetner.serving.limits import Limits
from tweetner.serving.server import Server, listen

__all__ = ["Limits", "Server", "build_app", "listen"]
