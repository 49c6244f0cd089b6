"""Tests of the HTTP service on loopback: a server in a thread, or in a process to test signals."""

import json
import logging
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest

pytest.importorskip("fastapi", reason="needs the extra `serve`")

from tweetner.cli import main
from tweetner.corpus import Decision, RawTweet
from tweetner.serving import Limits, Server, batching, build_app, listen
from tweetner.tagger import Answer as FoundAnswer
from tweetner.tagger import load
from tweetner.trends import Progress, TrendTracker, save_state

ROOT = Path(__file__).parents[2]
LIMITS = {"max_tweets": 20, "max_characters": 100, "timeout": 20.0}


class Places:
    """A tagger for which every word in capitals is a place, and ROME with score 1.

    Attributes:
        batches: Tweets of each call so far.
        gate: Event that every call waits for.
    """

    labels = ("O", "B-geo-loc", "I-geo-loc", "B-person", "I-person")
    decoder = "bio"

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = Event()
        self.gate.set()

    def __call__(self, tweets: list[str]) -> list[Any]:
        self.batches.append(tweets)
        assert self.gate.wait(20)
        assert "BOOM" not in tweets
        found = [re.finditer(r"\b[A-Z]+\b", tweet) for tweet in tweets]
        return [FoundAnswer(map(place, matches)) for matches in found]


def place(match: re.Match[str]) -> dict[str, Any]:
    start, end = match.span()
    score = 1.0 if match[0] == "ROME" else 0.5
    return {"type": "geo-loc", "text": match[0], "start": start, "end": end, "score": score}


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class Client:
    """A client of a service; `stop` does what a signal would do."""

    def __init__(self, url: str, stop: Callable[[], None]) -> None:
        self.address = url.removeprefix("http://")
        self.stop = stop

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = HTTPConnection(self.address, timeout=30)
        with_dashes = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(
            method, path, body, with_dashes, encode_chunked="transfer-encoding" in with_dashes
        )
        response = connection.getresponse()
        data = response.read().decode()  # UTF-8, or an error
        connection.close()
        answered = dict(response.getheaders())
        is_json = answered["content-type"] == "application/json"
        return Answer(
            response.status,
            json.loads(data, parse_constant=pytest.fail) if is_json else data,
            answered,
        )

    def post(self, body: bytes | str) -> Answer:
        data = body.encode() if isinstance(body, str) else body
        return self.ask("POST", "/tag", data, content_type="application/json")

    def tag(self, *tweets: str, **more: object) -> Answer:
        return self.post(json.dumps({"tweets": [{"text": tweet} for tweet in tweets], **more}))

    def metric(self, name: str) -> float:
        return values_of(self.ask("GET", "/metrics").body)[name]

    def wait_for(self, name: str, value: float) -> None:
        deadline = time.monotonic() + 20
        while self.metric(name) != value:
            assert time.monotonic() < deadline, f"{name} is not {value}"


@contextmanager
def serving(
    tagger: Any, trends: Path | None = None, *, decisions: Any = None, **limits: Any
) -> Iterator[Client]:
    listener, url = listen("127.0.0.1", 0)
    ready = Event()
    app = build_app(
        tagger,
        model="places",
        revision="0123",
        limits=Limits(**LIMITS | limits),
        decisions=decisions,
        trends=trends,
    )
    server = Server(app, timeout=20, on_ready=ready.set)
    thread = Thread(target=server.run, args=([listener],))
    thread.start()
    assert ready.wait(20)
    client = Client(url, stop=lambda: server.handle_exit(signal.SIGTERM, None))
    try:
        yield client
    finally:
        client.stop()
        thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def service() -> Iterator[Client]:
    with serving(Places()) as client:
        yield client


def entities_of(answer: Answer) -> list[Any]:
    assert answer.status == 200, answer.body
    return [tweet["entities"] for tweet in answer.body["tweets"]]


# --- answers --------------------------------------------------------------------------------------


def test_a_tweet_is_answered_with_its_id_and_offsets_in_code_points(service: Client) -> None:
    first = '{"id": 7, "text": "👍🏽 in NYC\\u0000"}'
    body = f'{{"tweets": [{first}, {{"text": ""}}, {{"id": "é", "text": "PARÍS"}}]}}'
    assert service.post(body).body == {
        "tweets": [
            {
                "id": 7,
                "entities": [
                    {"type": "geo-loc", "text": "NYC", "start": 6, "end": 9, "score": 0.5}
                ],
            },
            {"id": None, "entities": []},
            {"id": "é", "entities": []},
        ]
    }


def test_min_score_leaves_entities_out(service: Client) -> None:
    for min_score, expected in [
        (0, ["NYC", "ROME"]),
        (0.5, ["NYC", "ROME"]),
        (0.51, ["ROME"]),
        (1, ["ROME"]),
    ]:
        (entities,) = entities_of(service.tag("NYC ROME", min_score=min_score))
        assert [entity["text"] for entity in entities] == expected


def test_no_tweets_are_no_answers(service: Client) -> None:
    assert service.tag().body == {"tweets": []}


def test_health_says_which_model_answers(service: Client) -> None:
    assert service.ask("GET", "/health").body == {
        "ready": True,
        "model": "places",
        "revision": "0123",
        "decoder": "bio",
        "types": ["geo-loc", "person"],
    }


ODD_TWEETS = [
    "",
    " ",
    "\x00",
    "in new york with @nina :-)",
    "Berlin, the city of http://berlin.de/x",
    "👍🏽👨‍👩‍👧 zalgo t̸̢e̶x̵t \u200d\ufe0f\u2028",
    "the 10 best " * 833,
    "ก" * 10_000,
    "a\r\nb\tc",
]


def test_a_real_model_answers_the_same_to_one_tweet_alone_and_among_others(
    model_folder: Callable[[str, str], Path],
) -> None:
    tagger = load(model_folder("bilstm", "bio"))
    expected = [tagger([tweet])[0] for tweet in ODD_TWEETS]
    assert sum(map(len, expected)) > 5
    with (
        serving(tagger, max_characters=10_000) as client,
        ThreadPoolExecutor(len(ODD_TWEETS)) as pool,
    ):
        alone = [entities_of(answer)[0] for answer in pool.map(client.tag, ODD_TWEETS)]
        together = entities_of(client.tag(*ODD_TWEETS))
    for found in (alone, together):
        for mine, theirs in zip(found, expected, strict=True):
            assert mine == [
                entity | {"score": pytest.approx(entity["score"], abs=1e-5)} for entity in theirs
            ]


# --- batches --------------------------------------------------------------------------------------


def test_what_collects_while_the_tagger_works_is_tagged_together() -> None:
    tagger = Places()
    tweets = [f"{number} NYC" for number in range(16)]
    with serving(tagger) as client, ThreadPoolExecutor(16) as pool:
        tagger.gate.clear()
        first = pool.submit(client.tag, tweets[0])
        client.wait_for("tweetner_tweets_total", 1)  # an idle tagger takes it at once
        others = [pool.submit(client.tag, tweet) for tweet in tweets[1:]]
        client.wait_for("tweetner_waiting_tweets", 15)
        tagger.gate.set()
        starts = [entities_of(answer.result())[0][0]["start"] for answer in [first, *others]]
        assert [sorted(batch) for batch in tagger.batches] == [tweets[:1], sorted(tweets[1:])]
        assert starts == [tweet.index("NYC") for tweet in tweets]
        values = values_of(client.ask("GET", "/metrics").body)
    assert {
        name: value for name, value in values.items() if name.startswith("tweetner_batch_tweets")
    } == {
        **{f'tweetner_batch_tweets_bucket{{le="{bound}"}}': 1 for bound in (1.0, 2.0, 4.0, 8.0)},
        **{
            f'tweetner_batch_tweets_bucket{{le="{bound}"}}': 2
            for bound in (16.0, 32.0, 64.0, 128.0, "+Inf")
        },
        "tweetner_batch_tweets_sum": 16,
        "tweetner_batch_tweets_count": 2,
    }
    assert values['tweetner_requests_total{status="200"}'] == 16


def test_a_batch_has_bounds_and_parts_large_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "BATCH_TWEETS", 3)
    monkeypatch.setattr(batching, "BATCH_CHARACTERS", 8)
    tagger = Places()
    with serving(tagger) as client:
        answer = client.tag("A", "B", "C", "D", "EEEEEEEE", "F", "G")
    assert [[entity["text"] for entity in entities] for entities in entities_of(answer)] == [
        [x] for x in "ABCD"
    ] + [
        ["EEEEEEEE"],
        ["F"],
        ["G"],
    ]
    assert tagger.batches == [["A", "B", "C"], ["D", "EEEEEEEE"], ["F", "G"]]


def test_a_tweet_that_breaks_the_tagger_breaks_its_own_request_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tagger = Places()
    with serving(tagger) as client, ThreadPoolExecutor(3) as pool:
        tagger.gate.clear()
        first = pool.submit(client.tag, "NYC")
        client.wait_for("tweetner_tweets_total", 1)
        broken, good = pool.submit(client.tag, "NYC", "BOOM"), pool.submit(client.tag, "NYC")
        client.wait_for("tweetner_waiting_tweets", 3)
        tagger.gate.set()
        assert len(entities_of(first.result())) == len(entities_of(good.result())) == 1
        status, body, _ = broken.result()
        assert (status, body) == (
            500,
            {"detail": "expected an answer, got AssertionError: see the service's log"},
        )
        assert client.metric('tweetner_requests_total{status="500"}') == 1
    assert [(record.levelno, record.exc_info is not None) for record in caplog.records] == [
        (logging.ERROR, True)
    ]


# --- refusals -------------------------------------------------------------------------------------

REFUSALS = [
    (
        "not-json",
        b"{",
        400,
        "expected JSON: Expecting property name enclosed in double quotes at character 2",
    ),
    ("not-utf8", b"\xff", 400, "expected JSON in UTF-8: 'utf-8' codec can't decode byte 0xff"),
    ("deep", b"[" * 5000, 400, "expected JSON in UTF-8: maximum recursion depth exceeded"),
    (
        "long-number",
        b'{"tweets": %s}' % (b"9" * 5000),
        400,
        "expected JSON in UTF-8: Exceeds the limit",
    ),
    ("nothing", b"", 422, "body: field required, got null"),
    ("null", b"null", 422, "body: "),
    (
        "array",
        b"[]",
        422,
        "body: input should be a valid dictionary or object to extract fields from, got an array",
    ),
    ("no-tweets", b"{}", 422, "tweets: field required, got an object"),
    (
        "one-tweet",
        b'{"tweets": {"text": "a"}}',
        422,
        "tweets: input should be a valid list, got an object",
    ),
    (
        "key",
        b'{"tweets": [], "min_scor\\n\xc3\xa9": 1}',
        422,
        "min_scor\\n\\xe9: extra inputs are not permitted, got 1",
    ),
    ("surrogate-key", b'{"tweets": [], "\\ud800": 1}', 422, "body: "),
    (
        "min-score",
        b'{"tweets": [], "min_score": 1.5}',
        422,
        "min_score: input should be less than or equal to 1, got 1.5",
    ),
    (
        "min-score-nan",
        b'{"tweets": [], "min_score": NaN}',
        422,
        "min_score: input should be a finite number, got NaN",
    ),
    (
        "min-score-string",
        b'{"tweets": [], "min_score": "1"}',
        422,
        'min_score: input should be a valid number, got "1"',
    ),
    (
        "too-many",
        json.dumps({"tweets": [{"text": ""}] * 21}).encode(),
        422,
        "tweets: list should have at most 20 items after validation, not 21",
    ),
]


@pytest.mark.parametrize(
    ("body", "status", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_a_refusal_is_one_line_that_says_why(
    service: Client, body: bytes, status: int, reason: str
) -> None:
    answer = service.post(body)
    assert answer.status == status, answer.body
    assert list(answer.body) == ["detail"]
    assert answer.body["detail"].startswith(reason)
    assert "\n" not in answer.body["detail"]


TWEET_ERRORS = [
    (
        '"a"',
        None,
        'tweet: input should be a valid dictionary or object to extract fields from, got "a"',
    ),
    (
        "[]",
        None,
        "tweet: input should be a valid dictionary or object to extract fields from, got an array",
    ),
    (
        "null",
        None,
        "tweet: input should be a valid dictionary or object to extract fields from, got null",
    ),
    ('{"id": 7}', 7, "text: field required, got an object"),
    ('{"id": "x", "text": 3}', "x", "text: input should be a valid string, got 3"),
    ('{"text": null}', None, "text: input should be a valid string, got null"),
    ('{"text": ["ROME"]}', None, "text: input should be a valid string, got an array"),
    ('{"id": 7, "text": "a", "colour": 1}', 7, "colour: extra inputs are not permitted, got 1"),
    (
        '{"text": "a\\ud800"}',
        None,
        "text: input should be a valid string, unable to parse raw data as a unicode",
    ),
    (
        '{"id": "\\udc00", "text": "a"}',
        None,
        'id: input should be a string without lone surrogates, got "\\udc00"',
    ),
    (
        '{"id": true, "text": 3}',
        None,
        "id: input should be an integer, a string or null, got true",
    ),
    (json.dumps({"text": "a" * 101}), None, "text: string should have at most 100 characters"),
]


@pytest.mark.parametrize(("tweet", "id_", "reason"), TWEET_ERRORS)
def test_a_bad_tweet_is_an_error_in_its_place(
    service: Client, tweet: str, id_: str | int | None, reason: str
) -> None:
    good = '{"id": 1, "text": "in ROME"}'
    answer = service.post(f'{{"tweets": [{good}, {tweet}, {good}]}}')
    assert answer.status == 200
    first, bad, last = answer.body["tweets"]
    assert [entity["text"] for entity in first["entities"]] == ["ROME"]
    assert last == first
    assert list(bad) == ["id", "error"]
    assert bad["id"] == id_
    assert bad["error"].startswith(reason)
    assert "\n" not in bad["error"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/tag?min_score=0.5", 'query: expected none, got "min_score"'),
        ("GET", "/health?verbose=1", 'query: expected none, got "verbose"'),
        ("GET", "/metrics?a=1&a=2", 'query: expected none, got "a"'),
        ("GET", "/?text=in+Rome", 'query: expected none, got "text"'),
    ],
)
def test_an_unknown_query_parameter_is_refused(
    service: Client, method: str, path: str, expected: str
) -> None:
    body = b'{"tweets": []}' if method == "POST" else None
    answer = service.ask(method, path, body, content_type="application/json")
    assert (answer.status, answer.body) == (422, {"detail": expected})


@pytest.mark.parametrize(
    ("called", "got"), [({}, "none"), ({"content_type": "text/plain"}, "text/plain")]
)
def test_json_must_be_called_json(service: Client, called: dict[str, str], got: str) -> None:
    status, body, _ = service.ask("POST", "/tag", b'{"tweets": []}', **called)
    assert (status, body["detail"]) == (
        415,
        f"expected the content type application/json, got {got}",
    )


def test_paths_and_methods_that_are_not_there(service: Client) -> None:
    assert service.ask("GET", "/tag").status == 405
    assert [service.ask("GET", path).status for path in ("/docs", "/redoc")] == [404, 404]


def test_a_large_body_is_refused_by_its_declared_length_before_it_is_sent(service: Client) -> None:
    with socket.create_connection(service.address.split(":"), timeout=20) as connection:
        connection.sendall(b"POST /tag HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: 1000000000\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_large_body_is_refused_while_it_is_read_where_no_length_is_declared(
    service: Client,
) -> None:
    parts = [b" " * 10_000] * 100
    json_, chunked = "application/json", "chunked"
    answer = service.ask("POST", "/tag", iter(parts), content_type=json_, transfer_encoding=chunked)
    n_bytes = Limits(**LIMITS).max_bytes
    assert (answer.status, answer.body["detail"]) == (
        413,
        f"expected a body of at most {n_bytes} bytes, got more: send fewer tweets",
    )
    few = [b'{"tweets": ', b'[{"text": "NYC"}]}']
    answer = service.ask("POST", "/tag", iter(few), content_type=json_, transfer_encoding=chunked)
    assert len(entities_of(answer)[0]) == 1


@pytest.mark.parametrize("character", ["a", '"', "\x00", "é", "😀"])
def test_what_the_other_limits_allow_fits_into_a_body(character: str) -> None:
    limits = Limits(max_tweets=2, max_characters=1000, timeout=1)
    body = {"tweets": [{"id": 2**63, "text": character * 1000}] * 2, "min_score": 0.123456789}
    assert len(json.dumps(body, indent=4)) <= limits.max_bytes


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ({"max_tweets": 0}, "max_tweets: expected 1 or more, got 0"),
        ({"max_characters": -1}, "max_characters: expected 1 or more, got -1"),
        ({"timeout": 0.0}, "timeout: expected seconds above 0, got 0.0"),
        ({"timeout": float("nan")}, "timeout: expected seconds above 0, got nan"),
        ({"timeout": float("inf")}, "timeout: expected seconds above 0, got inf"),
    ],
)
def test_limits_let_something_through(limit: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        Limits(**LIMITS | limit)


# --- too much, too late ---------------------------------------------------------------------------


def test_a_full_queue_refuses_more_until_it_has_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MAX_WAITING", 3)
    tagger = Places()
    with serving(tagger) as client, ThreadPoolExecutor(2) as pool:
        tagger.gate.clear()
        accepted = [pool.submit(client.tag, "NYC")]
        client.wait_for("tweetner_tweets_total", 1)
        accepted.append(
            pool.submit(client.tag, *["NYC"] * 5)
        )  # larger than the queue, which is empty
        client.wait_for("tweetner_waiting_tweets", 5)
        status, body, headers = client.tag("NYC")
        assert (status, body["detail"]) == (
            503,
            "expected a free place, got 5 tweets waiting: try again",
        )
        assert headers["retry-after"] == "1"
        tagger.gate.set()
        assert [len(entities_of(answer.result())) for answer in accepted] == [1, 5]
        assert client.tag("NYC").status == 200


def test_a_request_that_is_not_answered_in_time_is_dropped_from_the_queue() -> None:
    tagger = Places()
    with serving(tagger, timeout=0.5) as client, ThreadPoolExecutor(2) as pool:
        tagger.gate.clear()
        first = pool.submit(client.tag, "first")
        client.wait_for("tweetner_tweets_total", 1)
        for status, body, headers in (first.result(), client.tag("second")):
            assert (status, body["detail"]) == (
                503,
                "expected an answer within 0.5 seconds, got none: try again",
            )
            assert headers["retry-after"] == "1"
        tagger.gate.set()
        assert client.tag("third").status == 200
    assert tagger.batches == [["first"], ["third"]]


def test_a_body_that_does_not_arrive_in_time_is_refused() -> None:
    with serving(Places(), timeout=0.5) as client:
        with socket.create_connection(client.address.split(":"), timeout=20) as connection:
            connection.sendall(b"POST /tag HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            answer = b"".join(iter(lambda: connection.recv(1000), b""))  # until it is closed
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert answer.endswith(
            b'{"detail":"expected the whole body within 0.5 seconds, got a part of it"}'
        )
        assert client.metric('tweetner_requests_total{status="408"}') == 1


# --- metrics and OpenAPI --------------------------------------------------------------------------

METRIC = re.compile(r'([a-z_]+(?:\{[a-z]+="[^"]*"\})?) ([0-9.e+-]+)')


def values_of(exposition: str) -> dict[str, float]:
    """Read Prometheus' text format: every value, under a `TYPE` and a `HELP` of its own."""
    values, types = {}, {}
    assert exposition.endswith("\n")
    for line in exposition.splitlines():
        if line.startswith("# "):
            _, keyword, name, text = line.split(" ", maxsplit=3)
            types.setdefault(name, {})[keyword] = text
        else:
            match = METRIC.fullmatch(line)
            assert match, line
            family = re.sub(r"(_bucket|_sum|_count)?(\{.*)?$", "", match[1])
            assert set(types[family]) == {"HELP", "TYPE"}
            values[match[1]] = float(match[2])
    assert {kinds["TYPE"] for kinds in types.values()} == {"counter", "gauge", "histogram"}
    return values


def test_metrics_count_every_answer_by_status_and_seconds() -> None:
    tagger = Places()
    with serving(tagger) as client:
        for body in ('{"tweets": [{"text": "a"}, {"text": "b"}]}', '{"tweets": []}', "{}", "{"):
            client.post(body)
        client.ask("GET", "/health")
        answer = client.ask("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    values = values_of(answer.body)
    requests = {
        name: value for name, value in values.items() if name.startswith("tweetner_requests_total")
    }
    assert requests == {
        f'tweetner_requests_total{{status="{status}"}}': n
        for status, n in [(200, 2), (400, 1), (422, 1)]
    }
    assert values["tweetner_tweets_total"] == 2
    assert (
        values["tweetner_request_seconds_count"]
        == values['tweetner_request_seconds_bucket{le="+Inf"}']
        == 4
    )
    assert 0 < values["tweetner_request_seconds_sum"] < 20


def test_openapi_describes_what_is_asked_and_answered(service: Client) -> None:
    api = service.ask("GET", "/openapi.json").body
    assert api["openapi"].startswith("3.")
    operations = {
        path: operation for path, methods in api["paths"].items() for operation in methods.values()
    }
    assert {path: operation["operationId"] for path, operation in operations.items()} == {
        "/tag": "tag",
        "/health": "health",
        "/metrics": "metrics",
    }
    schemas = api["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(api))) == set(schemas)
    assert set(operations["/tag"]["responses"]) == {
        "200",
        "400",
        "408",
        "413",
        "415",
        "422",
        "500",
        "503",
    }
    assert operations["/metrics"]["responses"]["200"]["content"].keys() == {
        "text/plain; version=0.0.4; charset=utf-8"
    }
    (example,) = schemas["TagRequest"]["examples"]
    (promised,) = schemas["TagResponse"]["examples"]
    answer = service.post(json.dumps(example).replace("Berlin", "BERLIN")).body
    assert (
        json.loads(json.dumps(answer).replace("BERLIN", "Berlin").replace("0.5", "0.97"))
        == promised
    )


# --- the process ----------------------------------------------------------------------------------

GATED = """
import sys, time
from pathlib import Path
from tweetner import tagger
from tweetner.cli import main

class Gated:
    "Waits with the tweet `wait` until the file is there."
    def __init__(self, tagger):
        self.tagger, self.labels, self.decoder = tagger, tagger.labels, tagger.decoder
        self.backend = tagger.backend
    def __call__(self, tweets):
        while "wait" in tweets and not Path(sys.argv[1]).exists():
            time.sleep(0.01)
        return self.tagger(tweets)

load = tagger.load
tagger.load = lambda *args, **options: Gated(load(*args, **options))
sys.exit(main(["serve", "places", "--port", "0", "--timeout", "60"]))
"""


@contextmanager
def process(hub: Path, gate: Path) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """Run `tweetner serve places`, whose tagger holds the tweet `wait` until `gate` exists."""
    environment = {"TWEETNER_HUB": str(hub), "PYTHONPATH": str(ROOT), "PATH": ""}
    command = [sys.executable, "-c", GATED, str(gate)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as started:
        assert started.stderr
        line = started.stderr.readline()
        match = re.fullmatch(r"serving places at (http://127\.0\.0\.1:\d+)\n", line)
        assert match, line + started.stderr.read()
        try:
            yield started, Client(match[1], stop=started.terminate)
        finally:
            started.kill()


def wait_until_it_stops(client: Client) -> None:
    """Wait until the service accepts no new connection."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            client.ask("GET", "/health")
        except ConnectionError:
            return
    raise AssertionError("it goes on")


@pytest.mark.slow
def test_sigterm_answers_what_has_arrived_and_the_exit_status_is_0(
    hub: Path, tmp_path: Path
) -> None:
    with process(hub, tmp_path / "gate") as (started, client), ThreadPoolExecutor(8) as pool:
        (snapshot,) = (hub / "models--tweetner--places" / "snapshots").iterdir()
        assert client.ask("GET", "/health").body["revision"] == snapshot.name
        answers = [pool.submit(client.tag, "wait")]
        client.wait_for("tweetner_tweets_total", 1)
        answers += [pool.submit(client.tag, "wait", "Rome") for _ in range(7)]
        client.wait_for("tweetner_waiting_tweets", 14)
        client.stop()
        wait_until_it_stops(client)
        assert not any(answer.done() for answer in answers)
        (tmp_path / "gate").touch()
        assert [len(entities_of(answer.result())) for answer in answers] == [1] + [2] * 7
        assert {answer.result().headers["connection"] for answer in answers} == {"close"}
        assert started.wait(10) == 0
        assert started.stderr and started.stderr.read() == ""


def test_a_request_that_is_on_its_way_when_the_server_stops_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tweetner.serving.server.READ_SECONDS", 1.0)
    with serving(Places()) as client:
        connection = HTTPConnection(client.address, timeout=20)
        connection.connect()
        client.stop()
        wait_until_it_stops(client)
        connection.request("POST", "/tag", b'{"tweets": []}', {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert (response.status, response.headers["connection"]) == (200, "close")
        connection.close()


@pytest.mark.slow
def test_a_second_ctrl_c_does_not_wait(hub: Path, tmp_path: Path) -> None:
    with process(hub, tmp_path / "gate") as (started, client), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.tag, "wait")
        client.wait_for("tweetner_tweets_total", 1)
        started.send_signal(signal.SIGINT)
        wait_until_it_stops(client)
        assert started.poll() is None
        started.send_signal(signal.SIGINT)
        assert started.wait(10) == 130
        with pytest.raises(ConnectionError):
            answer.result()


def test_a_server_that_cannot_start_says_so_in_one_line(
    hub: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "run", pytest.fail)
    monkeypatch.setenv("TWEETNER_HUB", str(hub))
    listener, url = listen("127.0.0.1", 0)
    taken = url.rpartition(":")[2]
    with listener:
        assert main(["serve", "places", "--port", taken]) == 2
    assert main(["serve", "places", "--port", "70000"]) == 2
    assert main(["serve", "places", "--max-tweets", "0"]) == 2
    assert main(["serve", "nothing"]) == 2
    lines = [line.partition("; another hub")[0] for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        f"error: 127.0.0.1:{taken}: Address already in use",
        "error: port: expected a number from 0 to 65535, got 70000",
        "error: max_tweets: expected 1 or more, got 0",
        f"error: no model tweetner/nothing in {hub}; there are: tweetner/places",
    ]


def test_connections_send_small_parts_at_once() -> None:
    listener, url = listen("127.0.0.1", 0)
    with (
        listener,
        socket.create_connection(url.removeprefix("http://").split(":")),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_ipv6_url_has_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    listener, url = listen("::1", 0)
    with listener:
        assert url == f"http://[::1]:{listener.getsockname()[1]}"


def test_help_imports_no_web_framework() -> None:
    script = (
        "import sys\nfrom tweetner.cli import main\n"
        "try: main(['serve', '--help'])\nfinally: print(*sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {"fastapi", "uvicorn", "pydantic", "asyncio", "numpy"} & set(finished.stdout.split())


# --- the page, and reviewers' decisions ---


def test_the_page_loads_only_files_of_ours(service: Client) -> None:
    page = service.ask("GET", "/")
    assert page.status == 200
    assert "<script>" not in page.body and "http" not in page.body and "style=" not in page.body
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for name, kind in (("review.css", "text/css"), ("tag.js", "text/javascript")):
        answer = service.ask("GET", f"/static/{name}")
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, kind)
    assert service.ask("GET", "/static/app.py").status == 404


def test_a_reviewers_decision_wins_over_the_models_answer() -> None:
    tweet = RawTweet("7", "in ROME", ())
    decisions = {7: Decision(7, tweet, "ann", "2026-11-02T10:00:00Z")}
    with serving(Places(), decisions=decisions) as client:
        body = {"tweets": [{"id": 7, "text": "in ROME"}, {"id": 8, "text": "in ROME"}]}
        mine, other = client.post(json.dumps(body)).body["tweets"]
    assert mine == {"id": 7, "entities": [], "by": "review"}
    assert "by" not in other and other["entities"][0]["text"] == "ROME"


def test_a_tagger_with_a_gate_says_what_answered() -> None:
    class Gated(Places):
        def __call__(self, tweets: list[str]) -> list[Any]:
            answers = super().__call__(tweets)
            for answer in answers:
                answer.by = "model" if answer else "triage"
            return answers

    with serving(Gated()) as client:
        assert [tweet["by"] for tweet in client.tag("in ROME", "no").body["tweets"]] == [
            "model",
            "triage",
        ]


# --- trends ---------------------------------------------------------------------------------------


def test_trends_are_the_newest_alarms_of_a_state(tmp_path: Path) -> None:
    progress = Progress(newest=[{"start": f"{n}", "alarms": [{"entity": "Rome"}]} for n in "321"])
    state = tmp_path / "state"
    with serving(Places(), trends=state) as client:
        assert client.ask("GET", "/trends").status == 503
        save_state(state, TrendTracker(), progress)
        assert client.ask("GET", "/trends").body == {"buckets": progress.newest}
        assert client.ask("GET", "/trends?n=1").body == {"buckets": progress.newest[:1]}
        assert client.ask("GET", "/trends?n=0").status == 422
        unknown = client.ask("GET", "/trends?n=1&since=2").body
        assert unknown == {"detail": 'query: expected n, got "since"'}
        state.write_bytes(b"something else")
        assert client.ask("GET", "/trends").status == 503


def test_without_a_state_there_are_no_trends(service: Client) -> None:
    assert service.ask("GET", "/trends").status == 404
