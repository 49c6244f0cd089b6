"""The review page over HTTP, and who may use it; needs the extra `serve`."""

from tweetner.review.web.page import build_review_app
from tweetner.review.web.security import HEADERS, is_loopback

__all__ = ["HEADERS", "build_review_app", "is_loopback"]
