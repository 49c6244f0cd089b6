"""The review page in a real browser, a large queue, and reviewers that are killed.

The browser is headless Chromium with chromedriver, where both are found. The keystrokes are counted
with the model `distilbert-wnut16-bio` of the hub on 200 tweets of WNUT-16 dev.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra `serve`")

import uvicorn

import tweetner
from tests.review.conftest import FACTS, queued, verdict
from tweetner.corpus import load_tweets
from tweetner.review import (
    Plan,
    Queue,
    QueuedTweet,
    arrange,
    decisions_of,
    progress_of,
    read_doubts,
)
from tweetner.review.web import build_review_app
from tweetner.serving import Limits, build_app
from tweetner.tags import WNUT16_TYPES, joined_offsets, tags_to_entities
from tweetner.tokenization import split_tweet

pytestmark = pytest.mark.soak
TOKEN = "0123456789abcdef0123456789abcdef"
ROOT = Path(__file__).parents[2]
Span = tuple[str, int, int]


@contextmanager
def browsing(queue: Queue) -> Iterator[Any]:
    """Open the review page of a queue in headless Chromium."""
    app = build_review_app(
        queue, reviewer="gold", token=TOKEN, hosts=frozenset({"127.0.0.1", "localhost"})
    )
    with opening(app, f"/?token={TOKEN}") as chrome:
        _wait(lambda: chrome.execute_script("return tweet !== null || !busy"))
        yield chrome


@contextmanager
def opening(app: Any, path: str) -> Iterator[Any]:
    """Serve an application, and open a page of it in headless Chromium."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("needs chromium and chromedriver")
    from selenium.webdriver.chrome.service import Service

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"):
        options.add_argument(f"--{flag}")
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        chrome.get(f"http://127.0.0.1:{port}{path}")
        yield chrome
    finally:
        chrome.quit()
        server.should_exit = True
        thread.join(30)


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Reviewer:
    """A reviewer who knows the gold entities and uses nothing but the keyboard."""

    STATE = (
        "return tweet && {id: tweet.id, text: tweet.text, words: tweet.words,"
        " entities: tweet.entities, current}"
    )
    DOUBTFUL = (
        "return tweet.doubts.map((doubt, i) => [doubt, i])"
        ".filter(([_, i]) => !entityAt(i) && i !== current && !visited.has(i))"
        ".sort((a, b) => b[0] - a[0]).map((pair) => pair[1])"
    )

    def __init__(self, chrome: Any, types: list[str]) -> None:
        self.chrome = chrome
        self.types = types

    def state(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.chrome.execute_script(self.STATE)
        return found

    def press(self, *keys: str) -> None:
        """Press keys one after the other; `Shift+ArrowLeft` holds Shift."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        named = {
            "Enter": Keys.ENTER,
            "ArrowLeft": Keys.ARROW_LEFT,
            "ArrowRight": Keys.ARROW_RIGHT,
            "ArrowUp": Keys.ARROW_UP,
            "ArrowDown": Keys.ARROW_DOWN,
        }
        for key in keys:
            modifier, _, plain = key.rpartition("+")
            actions = ActionChains(self.chrome)
            if modifier:
                actions.key_down(Keys.SHIFT if modifier == "Shift" else Keys.ALT)
            actions.send_keys(named.get(plain, plain))
            if modifier:
                actions.key_up(Keys.SHIFT if modifier == "Shift" else Keys.ALT)
            actions.perform()

    def click(self, *selectors: str) -> None:
        """Click elements one after the other."""
        for selector in selectors:
            self.chrome.find_element("css selector", selector).click()

    def drag(self, first: int, last: int) -> None:
        """Drag the mouse from one word to another."""
        from selenium.webdriver.common.action_chains import ActionChains

        words = self.chrome.find_elements("css selector", ".word")
        ActionChains(self.chrome).click_and_hold(words[first]).release(words[last]).perform()

    def correct(self, gold: list[Span]) -> None:
        """Make the entities of the tweet those of gold, and accept."""
        for _ in range(40):
            state = self.state()
            assert state is not None
            have = [(e["type"], e["first"], e["last"]) for e in state["entities"]]
            want = [self._in_words(state, entity) for entity in gold]
            if sorted(have) == sorted(want):
                break
            self._mend(state, have, want)
        else:
            raise AssertionError(f"not mended: {state}")
        self.press("Enter")
        _wait(lambda: (self.state() or {}).get("id") != state["id"])

    def _in_words(self, state: dict[str, Any], entity: Span) -> Span:
        type_, start, end = entity
        inside = [i for i, (a, b) in enumerate(state["words"]) if a < end and b > start]
        return type_, inside[0], inside[-1]

    def _mend(self, state: dict[str, Any], have: list[Span], want: list[Span]) -> None:
        wrong = [entity for entity in have if entity not in want]
        missing = [entity for entity in want if entity not in have]
        if not wrong:
            type_, first, _ = missing[0]
            self._go_to(state, first)
            self.press(self._digit(type_))
            return
        entity = min(wrong, key=lambda entity: abs(entity[1] - state["current"]))
        over = [gold for gold in missing if gold[1] <= entity[2] and gold[2] >= entity[1]]
        if len(wrong) > 1 and len(wrong) == len(have) and not over:
            self.press("X")
            return
        if not entity[1] <= state["current"] <= entity[2]:
            self._go_to(state, entity[1])
        if not over:
            self.press("x")
            return
        type_, first, last = over[0]
        if type_ != entity[0]:
            self.press(self._digit(type_))
        self.press(
            *self._moves("Shift+", last - entity[2]), *self._moves("Alt+", first - entity[1])
        )

    def _digit(self, type_: str) -> str:
        return str((self.types.index(type_) + 1) % 10)

    @staticmethod
    def _moves(modifier: str, step: int) -> list[str]:
        return [f"{modifier}Arrow{'Right' if step > 0 else 'Left'}"] * abs(step)

    def _go_to(self, state: dict[str, Any], word: int) -> None:
        """Go to a word by the fewest keys."""
        current = state["current"]
        starts = [entity["first"] for entity in state["entities"]]
        ways = [self._moves("", word - current)]
        if word in starts:
            between = [s for s in starts if min(current, word) <= s <= max(current, word)]
            n = len([s for s in between if s != current])
            ways.append(["ArrowDown" if word > current else "ArrowUp"] * n)
        doubtful = self.chrome.execute_script(self.DOUBTFUL)
        if word in doubtful:
            ways.append(["n"] * (doubtful.index(word) + 1))
        letter = state["text"][state["words"][word][0]].lower()
        if letter.isalnum():
            ways.append(["f", letter] * self._occurrences(state, word, letter))
        self.press(*min(ways, key=len))

    @staticmethod
    def _occurrences(state: dict[str, Any], word: int, letter: str) -> int:
        n = len(state["words"])
        after = [(state["current"] + step) % n for step in range(1, n + 1)]
        until = after[: after.index(word) + 1]
        return sum(state["text"][state["words"][i][0]].lower() == letter for i in until)


def test_two_hundred_tweets_are_reviewed_by_keyboard_alone(tmp_path: Path) -> None:
    try:
        tagger = tweetner.load("distilbert-wnut16-bio")
        tweets = load_tweets("wnut16:dev")[:200]
    except ValueError as reason:
        pytest.skip(str(reason))
    gold: dict[str, list[Span]] = {}
    records: list[dict[str, Any]] = []
    for tweet in tweets:
        text, offsets = " ".join(tweet.words), joined_offsets(tweet.words)
        gold[tweet.id] = [
            (entity.type, offsets[entity.start][0], offsets[entity.end - 1][1])
            for entity in tags_to_entities(tweet.gold)
        ]
        records.append({"id": tweet.id, "text": text, "entities": tagger(text)})
    types = [label[2:] for label in tagger.labels if label[:2] == "B-"]
    arranged = arrange(read_doubts(tagger, records), Plan(blind=0.0), str.casefold)
    facts = FACTS | {"types": types, "precision": None}
    queue = Queue.create(tmp_path / "q.db", facts, arranged)
    with browsing(queue) as chrome:
        reviewer = Reviewer(chrome, types)
        while (state := reviewer.state()) is not None:
            reviewer.correct(gold[state["id"]])
    progress = progress_of(queue)
    print(f"{progress.decided} tweets, {progress.keystrokes:.2f} keystrokes a tweet")
    assert progress.decided == 200
    for record in decisions_of(queue):
        found = [(e["type"], e["start"], e["end"]) for e in record["entities"]]
        assert sorted(found) == sorted(gold[record["id"]])
    assert progress.keystrokes <= 2.5


STORY = [
    (
        "Queue outside the Nordlicht Arena already goes round the block, @minakoh where are you??",
        [(18, 33, "facility", 0.81)],
    ),
    ("anyone else stuck in Lindenhafen because of the rain #commute", [(21, 32, "geo-loc", 0.64)]),
    (
        "Tilda Morgenstern signing books at Blauwal on friday",
        [(0, 17, "person", 0.93), (35, 42, "company", 0.38)],
    ),
]
"""Invented tweets for the pictures, with the entities and scores of a model."""


def photograph(chrome: Any, name: str) -> None:
    """Save a page at two widths; nothing of it may stick out, and each button has a name."""
    folder = ROOT / "outputs" / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    for width, ending in ((400, "-phone"), (900, "")):
        chrome.set_window_size(width, 700)
        path = folder / f"{name}{ending}.png"
        chrome.save_screenshot(str(path))
        assert path.stat().st_size <= 100_000
        overflow = "return document.documentElement.scrollWidth - window.innerWidth"
        assert chrome.execute_script(overflow) <= 0
    named = "return Array.from(document.querySelectorAll('button'), b => b.textContent)"
    assert all(name.strip() for name in chrome.execute_script(named))
    print(f"pictures in {folder}")


def test_pictures_of_the_review_page(tmp_path: Path) -> None:
    story = [story_tweet(number, *row) for number, row in enumerate(STORY)]
    queue = Queue.create(tmp_path / "q.db", FACTS | {"types": list(WNUT16_TYPES)}, story)
    with browsing(queue) as chrome:
        photograph(chrome, "review")


def test_pictures_of_the_page_of_the_service() -> None:
    try:
        tagger = tweetner.load("distilbert-wnut16-bio")
    except ValueError as reason:
        pytest.skip(str(reason))
    limits = Limits(max_tweets=100, max_characters=10_000, timeout=10)
    app = build_app(tagger, model="distilbert-wnut16-bio", revision=None, limits=limits)
    with opening(app, "/") as chrome:
        _wait(lambda: chrome.execute_script("return document.querySelector('mark') !== null"))
        photograph(chrome, "service")


def test_more_than_ten_types_and_the_mouse(tmp_path: Path) -> None:
    types = [*WNUT16_TYPES, "person-group", "event"]
    story = [story_tweet(number, *row) for number, row in enumerate(STORY)]
    queue = Queue.create(tmp_path / "q.db", FACTS | {"types": types}, story)
    with browsing(queue) as chrome:
        reviewer = Reviewer(chrome, types)

        def entities() -> list[Span]:
            state = reviewer.state()
            assert state is not None
            return [(e["type"], e["first"], e["last"]) for e in state["entities"]]

        assert entities() == [("facility", 3, 4)]
        reviewer.press("t", "e")
        assert entities() == [("event", 3, 4)]
        reviewer.press("t", "p", "e", "r", "Enter")
        assert entities() == [("person", 3, 4)]
        reviewer.press("t", *"person-")
        assert entities() == [("person-group", 3, 4)]
        reviewer.press("u", "u", "u")
        assert entities() == [("facility", 3, 4)]
        reviewer.drag(3, 5)
        assert entities() == [("facility", 3, 5)]
        reviewer.click("#shorter", "#shorter", "#longer", ".word[data-word='8']", "#types button")
        assert entities() == [("facility", 3, 4), ("company", 8, 8)]
        reviewer.click("#delete")
        assert entities() == [("facility", 3, 4)]
        reviewer.drag(0, 1)
        assert entities() == [("company", 0, 1), ("facility", 3, 4)]
        reviewer.click("#undo", "#accept")
        _wait(lambda: (reviewer.state() or {}).get("id") == 1)
        reviewer.click("#undo")
        _wait(lambda: (reviewer.state() or {}).get("id") == 0)
        assert list(decisions_of(queue)) == []
        reviewer.click("#skip")
        _wait(lambda: (reviewer.state() or {}).get("id") == 1)
        assert progress_of(queue).skipped == 1


def story_tweet(number: int, text: str, found: list[tuple[int, int, str, float]]) -> QueuedTweet:
    """Return a tweet of the story whose words are as doubtful as their entities."""
    words = split_tweet(text)
    entities = [
        {"type": type_, "text": text[start:end], "start": start, "end": end, "score": score}
        for start, end, type_, score in found
    ]
    doubts = [
        max((score for start, end, _, score in found if start <= word < end), default=0.02)
        for word, _ in words
    ]
    return QueuedTweet(
        id=number, text=text, words=words, entities=entities, doubts=doubts, certainty=0.5
    )


HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "<svg onload=window.hit=1>",
    '"><script>window.hit=1</script>',
    "'; window.hit = 1; //",
    "javascript:window.hit=1",
    "<a href=javascript:window.hit=1>click</a>",
    "</div></main><script>window.hit=1</script>",
    "{{ 7 * 7 }} ${window.hit = 1} #{7*7} <%= 7 %>",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<style>@import 'http://evil.example'</style>",
    "<body onload=window.hit=1>",
    "<details open ontoggle=window.hit=1>",
    "<input autofocus onfocus=window.hit=1>",
    "<math><mtext></mtext><script>window.hit=1</script></math>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "\u202e<script>window.hit=1</script>",
    "<scr\u0000ipt>window.hit=1</scr\u0000ipt>",
    "<template><script>window.hit=1</script></template>",
    "]]><script>window.hit=1</script>",
    "<base href='http://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<object data='data:text/html,<script>parent.hit=1</script>'>",
    "<form action=http://evil.example><button>x</button></form>",
    "--><script>window.hit=1</script><!--",
]


def hostile_tweet(text: str) -> QueuedTweet:
    """Return a tweet of one word whose text is also its id and its entity."""
    entity = {"type": "person", "text": text, "start": 0, "end": len(text), "score": 0.5}
    return QueuedTweet(
        id=text, text=text, words=[(0, len(text))], entities=[entity], doubts=[0.5], certainty=0.5
    )


def test_hostile_tweets_run_nothing(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, map(hostile_tweet, HOSTILE))
    with browsing(queue) as chrome:
        reviewer = Reviewer(chrome, FACTS["types"])
        for text in HOSTILE:
            state = reviewer.state()
            assert state is not None
            shown = chrome.execute_script("return document.querySelector('.word').firstChild.data")
            assert shown == text
            assert chrome.execute_script("return window.hit") is None
            assert chrome.execute_script("return document.querySelectorAll('#tweet *').length") == 2
            reviewer.press("Enter")
            _wait(lambda id_=state["id"]: (reviewer.state() or {}).get("id") != id_)
        assert "evil" not in chrome.current_url
    assert progress_of(queue).decided == len(HOSTILE) == 25


def test_the_next_of_100_000_tweets_comes_fast(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, map(queued, range(100_000)))
    times = []
    for number in range(500):
        started = time.perf_counter()
        tweet = queue.next("ann")
        assert tweet is not None and tweet.id == number
        times.append(1000 * (time.perf_counter() - started))
        queue.decide(verdict(number, "ann", [], f"decision-{number}"))
    p95 = float(np.percentile(times, 95))
    print(f"next tweet of 100,000: p95 {p95:.1f} ms")
    assert p95 <= 50


REVIEWING = """
import random, sys
from tweetner.review import Queue, Verdict
queue, reviewer = Queue(sys.argv[1]), sys.argv[2]
while (tweet := queue.next(reviewer)) is not None:
    queue.decide(Verdict(key=f"{reviewer}-{tweet.id}", id=tweet.id, reviewer=reviewer, entities=[]))
"""


def test_two_reviewers_and_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, map(queued, range(1000)))
    generator = random.Random(0)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    n_kills = 0
    while progress_of(queue).waiting:
        command = [sys.executable, "-c", REVIEWING, str(queue.path)]
        processes = [subprocess.Popen([*command, name], env=environment) for name in ("ann", "bob")]
        if n_kills < 100:
            before = progress_of(queue).decided
            while progress_of(queue).decided == before:
                time.sleep(0.001)
            time.sleep(generator.random() * 0.01)
            for process in processes:
                process.send_signal(signal.SIGKILL)
                n_kills += 1
        for process in processes:
            process.wait()
    decided = Counter(record["id"] for record in decisions_of(queue))
    assert decided == dict.fromkeys(range(1000), 1)
    print(f"1,000 decisions, {n_kills} kills: 0 lost, 0 doubled")
    assert n_kills >= 100
