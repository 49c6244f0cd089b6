"""Tests of the review page over HTTP: what it answers, and whom it refuses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, NamedTuple

import pytest

pytest.importorskip("fastapi", reason="needs the extra `serve`")

import uvicorn

from tests.review.conftest import FACTS, queued
from tweetner.review import Queue, decisions_of
from tweetner.review.web import build_review_app, is_loopback

TOKEN = "0123456789abcdef0123456789abcdef"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class Page:
    """Talks to a review page as a browser of the reviewer does, unless told otherwise."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.host = f"127.0.0.1:{port}"

    def ask(self, method: str, path: str, body: object = None, **headers: str | None) -> Answer:
        sent: dict[str, str | None] = {
            "Host": self.host,
            "Cookie": f"tweetner_review={TOKEN}",
            "Origin": f"http://{self.host}",
            "Sec-Fetch-Site": "same-origin",
            "Content-Type": "application/json",
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host=True)
        data = json.dumps(body).encode() if body is not None else b""
        for name, value in (sent | {"Content-Length": str(len(data))}).items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(data)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        answered = {name.lower(): value for name, value in response.getheaders()}
        is_json = answered.get("content-type") == "application/json"
        return Answer(response.status, json.loads(text) if is_json else text, answered)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue.create(tmp_path / "q.db", FACTS, [queued(0, "audit", audited=0), queued(1)])


@contextmanager
def serving(queue: Queue) -> Iterator[Page]:
    app = build_review_app(
        queue, reviewer="ann", token=TOKEN, hosts=frozenset({"127.0.0.1", "localhost"})
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = Thread(target=server.run)
    thread.start()
    deadline = monotonic() + 20
    while not server.started:
        assert monotonic() < deadline
        sleep(0.01)
    yield Page(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def page(queue: Queue) -> Iterator[Page]:
    with serving(queue) as page:
        yield page


def decision(id_: int, **more: object) -> dict[str, object]:
    values = {"id": id_, "key": f"decision-{id_}", "entities": [], "seconds": 1.5, "keystrokes": 2}
    return values | more


def test_the_link_signs_in_once_and_leaves_a_cookie(page: Page) -> None:
    answer = page.ask("GET", f"/?token={TOKEN}", Cookie=None)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"tweetner_review={TOKEN};")
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()


def test_the_page_has_the_declared_types_and_only_files_of_ours(page: Page) -> None:
    answer = page.ask("GET", "/")
    assert answer.status == 200
    assert 'data-type="geo-loc"' in answer.body and 'data-type="person"' in answer.body
    assert "<script>" not in answer.body and "style=" not in answer.body
    assert " onclick=" not in answer.body and "http" not in answer.body
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("name", "kind"), [("review.js", "text/javascript"), ("review.css", "text/css")]
)
def test_its_files_are_served(name: str, kind: str, page: Page) -> None:
    answer = page.ask("GET", f"/static/{name}")
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, kind)


def test_no_other_file_is_served(page: Page) -> None:
    assert page.ask("GET", "/static/..%2fpage.py").status == 404


@pytest.mark.parametrize("path", ["/", "/static/review.js", "/?token=wrong"])
def test_without_the_token_nothing_is_shown(path: str, page: Page) -> None:
    for cookie in (None, "tweetner_review=wrong", "other=1"):
        assert page.ask("GET", path, Cookie=cookie).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": None},
        {"Origin": "http://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "http://evil.example", "Sec_Fetch_Site": None},
        {"Origin": "null", "Sec_Fetch_Site": None},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Origin": None, "Sec_Fetch_Site": None},
    ],
    ids=["no token", "cross site", "other origin", "null", "same site", "none", "no browser"],
)
def test_writes_come_from_the_page_itself(
    headers: dict[str, str | None], page: Page, queue: Queue
) -> None:
    page.ask("POST", "/next", {})
    for path in ("/next", "/decide", "/undo"):
        assert page.ask("POST", path, decision(0), **headers).status == 403
    assert list(decisions_of(queue)) == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", ""])
def test_a_host_that_is_not_ours_is_refused(host: str, page: Page) -> None:
    assert page.ask("GET", "/", Host=host).status == 400
    assert page.ask("POST", "/next", {}, Host=host, Origin=f"http://{host}").status == 400


def test_a_token_in_the_address_signs_no_write_in(page: Page) -> None:
    assert page.ask("POST", f"/next?token={TOKEN}", {}, Cookie=None).status == 403


def test_the_loop_next_decide_undo_skip(page: Page, queue: Queue) -> None:
    first = page.ask("POST", "/next", {}).body
    assert (first["tweet"]["id"], first["tweet"]["reason"]) == (0, "audit")
    assert first["tweet"]["entities"][0]["text"] == "NYC"
    confirmed = [{"type": "geo-loc", "start": 3, "end": 6}]
    second = page.ask("POST", "/decide", decision(0, entities=confirmed)).body
    assert second["tweet"]["id"] == 1
    assert second["progress"]["decided"] == 1
    assert second["audit"] == (
        "promised precision 70%: 1 of 1 audited entities are right (95%: 3 to 100%)"
    )
    back = page.ask("POST", "/undo", {"key": "undo-0001"}).body
    assert back["tweet"]["id"] == 0
    page.ask("POST", "/decide", decision(0, key="decision-again"))
    last = page.ask("POST", "/decide", decision(1, entities=None)).body
    assert last["tweet"] is None
    assert (last["progress"]["decided"], last["progress"]["skipped"]) == (1, 1)
    (record,) = decisions_of(queue)
    assert (record["entities"], record["keystrokes"], record["reviewer"]) == ([], 2, "ann")


def test_a_decision_that_cannot_be_is_a_conflict_in_one_line(page: Page) -> None:
    answer = page.ask("POST", "/decide", decision(7))
    assert (answer.status, answer.body) == (409, {"detail": "there is no tweet 7"})


def test_a_request_that_is_none_is_refused_in_one_line(page: Page, queue: Queue) -> None:
    answer = page.ask("POST", "/decide", decision(0, entities=[{"type": "person", "end": 3}]))
    assert (answer.status, answer.body) == (
        422,
        {"detail": "body.entities.0.start: field required"},
    )
    assert list(decisions_of(queue)) == []


def test_a_blind_tweet_shows_no_predictions(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "blind.db", FACTS, [replace(queued(0), blind=True)])
    with serving(queue) as page:
        shown = page.ask("POST", "/next", {}).body["tweet"]
    assert (shown["entities"], shown["doubts"]) == ([], [0.0, 0.0, 0.0])
    assert shown["certainty"] is None


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_loopback_is_this_machine_alone(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected
