"""Properties of any tweet and any stream, in any Unicode or bytes.

Properties of single modules are in their own files. `HYPOTHESIS_PROFILE=soak` tries more examples.
"""

import csv
import io
import json
from collections.abc import Callable
from itertools import count, pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tweetner.corpus import Tweet
from tweetner.corpus.jsonl import read_jsonl, write_jsonl
from tweetner.models.modeling_tweetner import Chain as TorchChain
from tweetner.models.modeling_tweetner import log_marginals, log_partition, viterbi
from tweetner.streams import RecordOptions
from tweetner.streams.lines import Lines
from tweetner.streams.records import csv_records, jsonl_records, text_records
from tweetner.tagger import Tagger, load
from tweetner.tagger.decoding import Chain, Emissions, decode
from tweetner.tags import count_ill_formed
from tweetner.tokenization import Splitter, splitter_of, without_surrogates

SURROGATES_TOO = st.text(st.characters(exclude_categories=()))
SIGNS = st.sampled_from(
    [*"@#'’&;:().\t\n\r \x0b\x1c\x85\u00a0\u2028\0", *"\u200b\u200d\ufe0f\u0301\ud83d\udc4d👍🏽🇩🇪"]
)
NAMES = st.sampled_from(
    ["new", "york", "berlin", "@nina", "#NYC", "http://t.co/x", "don't", "&amp;"]
)
TWEET = st.one_of(SURROGATES_TOO, st.lists(st.one_of(SIGNS, NAMES, st.just(" "))).map("".join))
WORDS = st.lists(st.one_of(SURROGATES_TOO, SIGNS, NAMES), max_size=12)
KINDS = [("distilbert", "bio"), ("distilbert-bilstm", "crf"), ("bilstm", "argmax")]


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def tagger(request: pytest.FixtureRequest, model_folder: Callable[[str, str], Path]) -> Tagger:
    return load(model_folder(*request.param))


@pytest.fixture(scope="module")
def published(model_folder: Callable[[str, str], Path]) -> Tokenizer:
    return Tokenizer.from_file(str(model_folder("bilstm", "argmax") / "tokenizer.json"))


# --- words, tweets --------------------------------------------------------------------------------


@given(tweets=st.lists(WORDS, max_size=3))
def test_every_word_gets_one_tag_and_probabilities_that_sum_to_one(
    tweets: list[list[str]], tagger: Tagger
) -> None:
    tagged = tagger.tag_words(tweets, probabilities=True)
    assert len(tagged) == len(tweets)
    for words, tweet in zip(tweets, tagged, strict=True):
        assert len(tweet.tags) == len(tweet.scores) == len(words)
        assert set(tweet.tags) <= set(tagger.labels)
        assert tagger.decoder == "argmax" or count_ill_formed(tweet.tags) == 0
        np.testing.assert_allclose(tweet.probabilities.sum(-1), np.ones(len(words)), rtol=1e-4)


@given(tweets=st.lists(TWEET, max_size=3))
def test_entities_stand_in_the_text_in_order_and_on_the_borders_of_words(
    tweets: list[str], tagger: Tagger
) -> None:
    for tweet, entities in zip(tweets, tagger(tweets), strict=True):
        words = tagger.split(tweet)
        assert {entity["start"] for entity in entities} <= {start for start, _ in words}
        assert {entity["end"] for entity in entities} <= {end for _, end in words}
        assert all(
            entity["text"] == tweet[entity["start"] : entity["end"]] != "" for entity in entities
        )
        assert all(before["end"] <= after["start"] for before, after in pairwise(entities))
        json.dumps(entities, allow_nan=False)


@given(tweet=TWEET)
def test_a_tweet_is_split_piece_by_piece_as_the_published_tokenizer_splits_it_whole(
    tweet: str, published: Tokenizer
) -> None:
    whole = splitter_of(published).pre_tokenize_str(without_surrogates(tweet))
    assert Splitter(published)(tweet) == [at for _, at in whole]


# --- the label chain against every path -----------------------------------------------------------

NUMBERS = st.integers(-40, 40).map(lambda tenths: tenths / 10)
N_LABELS = 3


def numbers(*shape: int) -> st.SearchStrategy[np.ndarray]:
    size = int(np.prod(shape))
    return st.lists(NUMBERS, min_size=size, max_size=size).map(
        lambda flat: np.reshape(flat, shape).astype(np.float32)
    )


@given(
    emissions=st.integers(1, 5).flatmap(lambda n_words: numbers(n_words, N_LABELS)),
    start=numbers(N_LABELS),
    transitions=numbers(N_LABELS, N_LABELS),
    end=numbers(N_LABELS),
)
def test_both_decoders_find_the_best_path_and_the_share_of_paths_through_each_label(
    emissions: np.ndarray, start: np.ndarray, transitions: np.ndarray, end: np.ndarray
) -> None:
    n_words = len(emissions)
    paths = np.array(list(product(range(N_LABELS), repeat=n_words)))
    totals = (
        start[paths[:, 0]].astype(np.float64)
        + end[paths[:, -1]]
        + emissions[np.arange(n_words), paths].sum(1)
    )
    totals += transitions[paths[:, :-1], paths[:, 1:]].sum(1)
    shares = np.exp(totals - totals.max())
    shares /= shares.sum()
    through = np.array(
        [[shares[paths[:, i] == label].sum() for label in range(N_LABELS)] for i in range(n_words)]
    )

    def check(labels: np.ndarray) -> None:
        (path,) = np.flatnonzero((paths == labels).all(1))
        assert totals[path] == pytest.approx(totals.max(), abs=1e-4)

    batch, mask = torch.from_numpy(emissions)[None], torch.ones(1, n_words).bool()
    chain = TorchChain(*map(torch.from_numpy, (start, transitions, end)))
    check(viterbi(batch, mask, chain)[0].numpy())
    np.testing.assert_allclose(log_marginals(batch, mask, chain)[0].exp(), through, atol=1e-5)
    best = float(totals.max())
    assert float(log_partition(batch, mask, chain)) == pytest.approx(
        best + np.log(np.exp(totals - best).sum()), abs=1e-4
    )

    units = Emissions(emissions, np.arange(n_words), np.array([0, n_words]))
    decoded = decode(units, Chain(start, transitions, end))
    check(decoded.labels)
    likeliest = (
        np.take_along_axis(through, decoded.labels[:, None], 1)[:, 0] > through.max(1) - 1e-9
    )
    np.testing.assert_allclose(
        np.exp(decoded.log_probabilities)[likeliest], through[likeliest], atol=1e-3
    )


# --- streams and files ----------------------------------------------------------------------------


def lines_of(data: bytes) -> Lines:
    return Lines(io.BytesIO(data), "x")  # type: ignore[arg-type]


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")),
            st.text(max_size=9).map(lambda text: json.dumps({"text": text}).encode()),
        ),
        max_size=9,
    )
)
def test_a_stream_has_a_record_a_line_whatever_the_bytes(lines: list[bytes]) -> None:
    data = b"{}\n" + b"".join(line + b"\n" for line in lines)
    for read in (jsonl_records, text_records):
        records = list(read(lines_of(data), "x", RecordOptions(), count(1)))
        assert len(records) == 1 + len(lines)
        assert all((record.error is None) or record.error.startswith("x:") for record in records)


@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
    )
)
def test_csv_is_read_back_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows([("id", "text"), *rows])
    records = csv_records(lines_of(written.getvalue().encode()), "x", RecordOptions(), count(1))
    assert [(record.id, record.text) for record in records] == rows


@given(
    rows=st.lists(
        st.lists(st.tuples(SURROGATES_TOO, st.sampled_from(["O", "B-person"])), min_size=1),
        min_size=1,
    )
)
def test_a_jsonl_corpus_is_read_back_as_it_was_written_or_refused(
    rows: list[list[tuple[str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "f.jsonl"
    tweets = [
        Tweet(str(n), tuple(word for word, _ in row), tuple(tag for _, tag in row))
        for n, row in enumerate(rows)
    ]
    try:
        write_jsonl(path, tweets)
    except ValueError:
        assert not path.exists()
    else:
        assert read_jsonl(path) == tweets
