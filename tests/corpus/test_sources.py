"""Corpora by name and path, the embedded sample, JSONL, the download and the notebook's split."""

import hashlib
import os
import re
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tweetner.corpus import (
    RawTweet,
    Tweet,
    load_corpus,
    load_sample_texts,
    load_tweets,
    notebook_split,
    read_conll,
    wnut16,
)
from tweetner.corpus.jsonl import to_tweet
from tweetner.tags import WNUT16_TYPES, Entity, tags_to_entities

CONLL = "in\tO\nNYC\tB-geo-loc\n\n"
JSONL = '{"id": "7", "tokens": ["in", "NYC"], "ner_tags": ["O", "B-geo-loc"]}\n'
NO_FILES = "expected files train, dev, test (as train, train.conll, x_train.txt, x.train)"
IN_NYC = (("in", "NYC"), ("O", "B-geo-loc"))


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


# --- folders and files ---


@pytest.mark.parametrize(
    "files",
    [
        {"train": CONLL, "dev": CONLL, "test": CONLL},
        {"test.conll": CONLL, "train.txt": CONLL, "dev.tsv": CONLL},
        {"train.iob2": CONLL, "validation.bio": CONLL, "test.jsonl": JSONL},
        {
            "train": CONLL,
            "valid.txt": CONLL,
            "test": CONLL,
            "README.txt": "?",
            "notes.md": "?",
            "dev.py": "?",
        },
    ],
)
def test_a_folder_has_a_split_for_each_file_that_is_named_after_one(
    tmp_path: Path, files: dict[str, str]
) -> None:
    write(tmp_path / "mine", **files)
    corpus = load_corpus(str(tmp_path / "mine"))
    assert (corpus.name, corpus.types) == ("mine", WNUT16_TYPES)
    assert [*corpus.splits] == ["train", "dev", "test"]
    assert all((tweet.words, tweet.tags) == IN_NYC for (tweet,) in corpus.splits.values())


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"train": CONLL, "train.txt": CONLL}, "expected one train, got train and train.txt"),
        ({"dev.txt": CONLL, "valid.txt": CONLL}, "expected one dev, got dev.txt and valid.txt"),
        ({"corpus.conll": CONLL}, f"{NO_FILES}, got corpus.conll; --train_file"),
        ({}, f"{NO_FILES}, got an empty folder; --train_file"),
    ],
)
def test_a_folder_whose_splits_are_unclear_is_refused(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    write(tmp_path / "mine", **files)
    with pytest.raises(ValueError, match=re.escape(f"mine: {message}")):
        load_corpus(str(tmp_path / "mine"))


def test_a_split_is_chosen_with_a_colon_and_only_its_file_is_read(tmp_path: Path) -> None:
    write(tmp_path, train="broken", test=CONLL)
    assert [*load_corpus(f"{tmp_path}:test").splits] == ["test"]
    assert load_tweets(f"{tmp_path}:test") == [Tweet("test-000001", *IN_NYC)]
    with pytest.raises(ValueError, match=r"expected a split train, test, got 'dev'$"):
        load_tweets(f"{tmp_path}:dev")


def test_a_path_that_exists_is_not_parted_at_its_colon(tmp_path: Path) -> None:
    write(tmp_path / "a:b", test=CONLL, **{"12:30.conll": CONLL})
    assert load_tweets(str(tmp_path / "a:b" / "12:30.conll")) == [Tweet("12:30-000001", *IN_NYC)]
    assert load_tweets(f"{tmp_path}/a:b:test") == [Tweet("test-000001", *IN_NYC)]


@pytest.mark.parametrize(
    ("file", "split"), [("my.conll", "my"), ("test", "test"), ("valid.txt", "dev")]
)
def test_a_file_is_one_split_named_after_it(tmp_path: Path, file: str, split: str) -> None:
    write(tmp_path, **{file: CONLL})
    assert [*load_corpus(str(tmp_path / file)).splits] == [split]
    assert load_tweets(f"{tmp_path / file}:{split}") == load_tweets(str(tmp_path / file))


def test_several_splits_are_not_taken_for_one(tmp_path: Path) -> None:
    write(tmp_path, train=CONLL, test=CONLL)
    with pytest.raises(
        ValueError, match=r"expected one split, got train, test; name one, as .*:test$"
    ):
        load_tweets(str(tmp_path))


@pytest.mark.parametrize("data", ["wnut17", "nowhere/my.conll", "nowhere:test", ":test", ""])
def test_what_does_not_exist_is_refused_with_what_would_be_understood(data: str) -> None:
    with pytest.raises(
        ValueError, match=f"^{data}: expected wnut16, sample, or an existing folder or file$"
    ):
        load_corpus(data)


def test_a_name_wins_over_a_folder_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "sample", test=CONLL)
    assert len(load_tweets("sample:test")) > 1
    assert len(load_tweets("./sample:test")) == 1


def test_types_and_scheme_reach_the_file(tmp_path: Path) -> None:
    write(tmp_path, **{"my.conll": "Ann\tS-PER\n"})
    corpus = load_corpus(str(tmp_path / "my.conll"), types=["PER"], scheme="BIOES")
    assert (corpus.types, corpus.splits["my"][0].tags) == (("PER",), ("B-PER",))


# --- JSONL ---


def test_jsonl_holds_words_with_tags_or_text_with_entities(tmp_path: Path) -> None:
    entity = '{"type": "geo-loc", "start": 4, "end": 7}'
    raw = f'\ufeff{{"text": "in \u2028NYC!", "entities": [{entity}], "more": 1}}\r\n\r\n'
    write(tmp_path, **{"mine.jsonl": raw + JSONL})
    assert load_tweets(str(tmp_path / "mine.jsonl")) == [
        Tweet("mine-000001", ("in", "NYC", "!"), ("O", "B-geo-loc", "O")),
        Tweet("7", *IN_NYC),
    ]


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        (Entity("geo-loc", 3, 5), "begins or ends inside a word"),
        (Entity("geo-loc", 4, 6), "begins or ends inside a word"),
        (Entity("geo-loc", 2, 6), "begins or ends inside a word or on white space"),
    ],
)
def test_an_entity_that_ends_inside_a_word_is_refused_with_its_tweet(
    entity: Entity, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^tweet '7': entity .* {message}"):
        to_tweet(RawTweet("7", "in NYC", (entity,)))


# --- sample ---


def test_the_sample_has_every_type_often_in_three_splits_that_share_no_text() -> None:
    splits = load_corpus("sample").splits
    assert [*splits] == ["train", "dev", "test"]
    tweets = [tweet for split in splits.values() for tweet in split]
    assert len(tweets) >= 400
    counts = Counter(entity.type for tweet in tweets for entity in tags_to_entities(tweet.gold))
    assert set(counts) == set(WNUT16_TYPES)
    assert min(counts.values()) >= 20
    assert (
        len({tweet.id for tweet in tweets}) == len({tweet.words for tweet in tweets}) == len(tweets)
    )


def test_the_words_of_the_sample_spell_its_texts_and_its_entities() -> None:
    texts, splits = load_sample_texts(), load_corpus("sample").splits
    for split, raws in texts.items():
        for raw, tweet in zip(raws, splits[split], strict=True):
            assert "".join(tweet.words) == "".join(raw.text.split())
            by_words = [
                (e.type, "".join(tweet.words[e.start : e.end]))
                for e in tags_to_entities(tweet.gold)
            ]
            by_characters = [
                (e.type, "".join(raw.text[e.start : e.end].split())) for e in sorted_entities(raw)
            ]
            assert by_words == by_characters


def sorted_entities(raw: RawTweet) -> list[Entity]:
    return sorted(raw.entities, key=lambda entity: entity.start)


# --- wnut16 ---

CONTENT = {split: f"{split}\tO\n\n" for split in ("train", "dev", "test")}


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty places to find a stand-in corpus in, whose published hashes are those of `CONTENT`."""
    monkeypatch.setenv("TWEETNER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("TWEETNER_DOWNLOAD", raising=False)
    hashes = {
        split: hashlib.sha256(content.encode()).hexdigest() for split, content in CONTENT.items()
    }
    monkeypatch.setattr(wnut16, "SHA256", hashes)
    return tmp_path


@pytest.fixture
def server(monkeypatch):
    """A loopback stand-in for the public repository: set `served` to say what it sends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = server.served.get(self.path.removeprefix("/data/"))
            server.requests.append(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write((content or "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.served, server.requests = dict(CONTENT), []
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setattr(wnut16, "URL", f"http://127.0.0.1:{server.server_port}/data")
    yield server
    server.shutdown()
    server.server_close()


def words_of(data: str, **options) -> list[str]:
    return [
        tweet.words[0] for split in load_corpus(data, **options).splits.values() for tweet in split
    ]


def test_wnut16_is_taken_from_the_users_folder_first(places: Path) -> None:
    (places / "data").mkdir()
    write(places / "data" / "wnut16", **CONTENT)
    assert words_of("wnut16") == ["train", "dev", "test"]
    assert words_of("wnut16:dev") == ["dev"]


def test_a_changed_file_in_the_users_folder_is_used_with_a_warning(
    places: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (places / "data").mkdir()
    write(places / "data" / "wnut16", **CONTENT | {"dev": "mine\tO\n"})
    assert words_of("wnut16") == ["train", "mine", "test"]
    (message,) = caplog.messages
    assert wnut16.SHA256["dev"] in message
    assert hashlib.sha256(b"mine\tO\n").hexdigest() in message


def test_nothing_is_downloaded_unless_asked_and_the_error_says_which_ways_there_are(
    places: Path, server: Any
) -> None:
    with pytest.raises(
        ValueError, match=r"set TWEETNER_DATA .*tweetner/wnut16; or set TWEETNER_DOWNLOAD=1"
    ) as refusal:
        load_corpus("wnut16")
    assert str(places / "cache" / "tweetner" / "wnut16") in str(refusal.value)
    assert server.requests == []


def test_a_download_is_checked_and_cached(places: Path, server: Any) -> None:
    assert words_of("wnut16", download=True) == ["train", "dev", "test"]
    assert server.requests == ["/data/train", "/data/dev", "/data/test"]
    cached = places / "cache" / "tweetner" / "wnut16"
    assert {path.name: path.read_text() for path in cached.iterdir()} == CONTENT
    assert words_of("wnut16") == ["train", "dev", "test"]
    (cached / "dev").write_text("damaged\tO\n")
    assert words_of("wnut16", download=True) == ["train", "dev", "test"]
    assert server.requests[3:] == ["/data/dev"]


def test_the_environment_may_ask_for_the_download_and_the_caller_may_refuse_it(
    places: Path, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWEETNER_DOWNLOAD", "1")
    with pytest.raises(ValueError, match="wnut16 is not here"):
        load_corpus("wnut16", download=False)
    assert words_of("wnut16") == ["train", "dev", "test"]


@pytest.mark.parametrize(
    ("served", "message"),
    [
        ({"train": "<html>"}, "/data/train: expected sha256 .*, got .*; nothing was kept$"),
        ({}, "/data/train: download failed: HTTP Error 404: Not Found$"),
    ],
)
def test_a_download_that_is_not_the_corpus_leaves_nothing_behind(
    places: Path, server: Any, served: dict[str, str], message: str
) -> None:
    server.served = served
    with pytest.raises(ValueError, match=message):
        load_corpus("wnut16", download=True)
    assert not (places / "cache").exists()


def test_a_download_without_a_network_is_refused_in_one_line(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wnut16, "URL", "http://127.0.0.1:9/data")
    with pytest.raises(
        ValueError, match=r"^http://127.0.0.1:9/data/train: download failed: .*refused"
    ) as refusal:
        load_corpus("wnut16", download=True)
    assert "\n" not in str(refusal.value)


# --- the notebook's split ---


def test_the_notebook_split_keeps_every_tweet_once_and_the_share_of_tweets_with_entities() -> None:
    tweets = [Tweet(str(n), ("x",), ("B-movie" if n % 4 == 0 else "O",)) for n in range(200)]
    train, validation = notebook_split(tweets)
    assert (len(train), len(validation)) == (160, 40)
    assert sorted(int(tweet.id) for tweet in train + validation) == [*range(200)]
    assert [sum(tweet.gold != ("O",) for tweet in part) for part in (train, validation)] == [40, 10]
    assert (train, validation) == notebook_split(tweets, seed=42) != notebook_split(tweets, seed=43)


def test_the_notebook_split_of_wnut16_has_the_notebooks_counts() -> None:
    if "TWEETNER_DATA" not in os.environ:
        pytest.skip("TWEETNER_DATA names no folder with wnut16")
    train, validation = notebook_split(
        read_conll(Path(os.environ["TWEETNER_DATA"]) / "wnut16" / "train")
    )
    assert (len(train), len(validation)) == (1915, 479)
    assert (
        sum(len(tweet.words) for tweet in train) == 37160
    )  # the rows of the notebook's feature matrix
