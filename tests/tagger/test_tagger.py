"""Tests of taggers of tiny saved models: one tag a word, right offsets, no effect of grouping."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

import tweetner
from tweetner.corpus import load_sample_texts, load_tweets
from tweetner.tagger import Emitted, TaggedTweet, Tagger, join_windows, load
from tweetner.tagger.batches import batches_of
from tweetner.tagger.decoding import Emissions, bio_chain
from tweetner.tags import count_ill_formed, joined_offsets, tags_of
from tweetner.tokenization import SubwordEncoder, Windows, splitter_tokenizer

TAGS = tags_of(["geo-loc", "person"])
KINDS = [
    ("distilbert", "bio"),
    ("distilbert", "argmax"),
    ("distilbert-bilstm", "crf"),
    ("bilstm", "bio"),
]
TEXTS = [raw.text for raw in load_sample_texts()["dev"]]
ODD = [
    "",
    " \t\n\u00a0\u3000",
    "\u200b\ufe0f\u200d",
    "👨‍👩‍👧 in New York 👍🏽, 🇩🇪!",
    "line\nbreak\tand\u2028more",
    "שלום Berlin مرحبا",
    "&amp; &lt;3 @you http://t.co/x",
    "a\ud83d\udc4db \udfff c",  # surrogates that no UTF-8 can hold
    "null\x00 in Berlin",
]


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def tagger(request: pytest.FixtureRequest, model_folder: Callable[[str, str], Path]) -> Tagger:
    return load(model_folder(*request.param))


@pytest.fixture(scope="module")
def bilstm(model_folder: Callable[[str, str], Path]) -> Path:
    return model_folder("bilstm", "bio")


# --- raw tweets -----------------------------------------------------------------------------------


def test_an_entity_stands_where_it_says_and_nothing_cuts_a_word(tagger: Tagger) -> None:
    found = tagger([*TEXTS, *ODD])
    assert len(found) == len(TEXTS) + len(ODD)
    assert sum(map(len, found)) > 100
    for tweet, entities in zip([*TEXTS, *ODD], found, strict=True):
        starts, ends = (set(at) for at in zip((0, 0), *tagger.split(tweet), strict=True))
        for entity in entities:
            assert [*entity] == ["type", "text", "start", "end", "score"]
            assert entity["text"] == tweet[entity["start"] : entity["end"]]
            assert entity["start"] in starts
            assert entity["end"] in ends
            assert entity["type"] in ("geo-loc", "person")
        assert [entity["start"] for entity in entities] == sorted(
            entity["start"] for entity in entities
        )
        assert all(before["end"] <= after["start"] for before, after in pairwise(entities))


def test_answers_are_plain_values_with_scores_from_0_to_1(tagger: Tagger) -> None:
    found = tagger(TEXTS)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    scores = [entity["score"] for tweet in found for entity in tweet]
    assert scores, "expected at least one entity"
    assert all(type(score) is float and 0 <= score <= 1 for score in scores)


def test_raw_text_and_its_words_get_the_same_entities(tagger: Tagger) -> None:
    for text, entities in zip(TEXTS, tagger(TEXTS), strict=True):
        offsets = tagger.split(text, line_breaks=True)
        (tagged,) = tagger.tag_words([[text[start:end] for start, end in offsets]])
        expected = [
            (e.type, offsets[e.start][0], offsets[e.end - 1][1], score)
            for e, score in tagged.entities
        ]
        assert [(e["type"], e["start"], e["end"]) for e in entities] == [
            entity[:3] for entity in expected
        ]
        assert [e["score"] for e in entities] == pytest.approx(
            [entity[3] for entity in expected], abs=1e-4
        )


def test_one_tweet_and_a_list_of_it_say_the_same(tagger: Tagger) -> None:
    assert [tagger(TEXTS[0])] == tagger([TEXTS[0]])
    assert tagger([]) == []
    assert [tagger(text) for text in ("", " \n", "\u3000")] == [[], [], []]


def test_the_same_tweet_twice_is_answered_twice(tagger: Tagger) -> None:
    first, other, again = tagger([TEXTS[1], TEXTS[2], TEXTS[1]])
    assert first == again
    assert [entity["start"] for entity in other] == [entity["start"] for entity in tagger(TEXTS[2])]


# --- streams of raw tweets ------------------------------------------------------------------------


class Counted:
    """A backend that remembers what it was asked."""

    def __init__(self, backend: Any) -> None:
        self.labels, self.chain, self._backend = backend.labels, backend.chain, backend
        self.asked: list[list[str]] = []

    def encode(self, tweets: Any) -> Any:
        self.asked += tweets
        return self._backend.encode(tweets)

    def emissions(self, encoded: Any) -> Any:
        return self._backend.emissions(encoded)


def counted(folder: Path) -> tuple[Tagger, Counted]:
    backend = Counted(load(folder).backend)
    return Tagger(backend, Tokenizer.from_file(str(folder / "tokenizer.json")), "bio"), backend


def test_a_stream_answers_as_the_whole_list_would(tagger: Tagger) -> None:
    tweets = [*TEXTS, *ODD]
    batches = [tweets[:7], [], tweets[7:8], tweets[8:]]
    streamed = list(tagger.stream(batches))
    assert [len(answers) for answers in streamed] == [len(batch) for batch in batches]
    for ours, whole in zip(
        (answer for answers in streamed for answer in answers), tagger(tweets), strict=True
    ):
        assert [{**entity, "score": None} for entity in ours] == [
            {**entity, "score": None} for entity in whole
        ]
        assert [entity["score"] for entity in ours] == pytest.approx(
            [entity["score"] for entity in whole], abs=1e-4
        )


def test_a_tweet_given_in_words_counts_offsets_as_if_spaces_joined_them(tagger: Tagger) -> None:
    words = ("just", "landed", "in", "New", "York", "don't", "", "a,b")
    ((found,),) = tagger.stream([[words]])
    (tagged,) = tagger.tag_words([words])
    offsets = joined_offsets(words)
    assert [(e["start"], e["end"]) for e in found] == [
        (offsets[e.start][0], offsets[e.end - 1][1]) for e, _ in tagged.entities
    ]
    assert all(
        entity["text"] == " ".join(words)[entity["start"] : entity["end"]] for entity in found
    )


def test_retweets_are_tagged_once_and_answered_each(bilstm: Path) -> None:
    tagger, backend = counted(bilstm)
    tweets = ["RT in Berlin", "in Berlin now", "RT in Berlin"]
    assert tagger(tweets) == [tagger(tweet) for tweet in tweets]
    assert len(backend.asked) == 2 + 3
    backend.asked.clear()
    answers = list(tagger.stream([tweets, tweets[:2], ["new"], tweets]))
    assert answers[0] == answers[3] == tagger(tweets)
    assert len(backend.asked) == 3 + 2
    answers[0][0].append({"changed": True})  # an answer is the caller's own
    assert answers[3][0] == tagger(tweets[0])


def test_a_stream_remembers_no_more_than_it_may(
    bilstm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetner.tagger.tagger.CACHE_TWEETS", 2)
    tagger, backend = counted(bilstm)
    answers = list(tagger.stream([["a", "b", "c in Rome"], ["c in Rome", "a"], ["b", "b"]]))
    assert [len(batch) for batch in answers] == [3, 2, 2]
    assert [" ".join(words) for words in backend.asked] == ["a", "b", "c in Rome", "a", "b"]
    assert answers[0][2] == answers[1][0]


def test_a_stream_of_very_long_tweets_remembers_few(
    bilstm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetner.tagger.tagger.CACHE_CHARACTERS", 10)
    tagger, backend = counted(bilstm)
    long = "a" * 11
    assert [len(batch) for batch in tagger.stream([[long, "b"], [long, "b"], ["b"]])] == [2, 2, 1]
    assert [" ".join(words) for words in backend.asked] == [
        long,
        "b",
        long,
        "b",
    ]  # the oldest go first


def test_an_answer_comes_before_the_batch_after_the_next_is_read(bilstm: Path) -> None:
    read = []

    def batches() -> Iterator[list[str]]:
        for number in range(4):
            read.append(number)
            yield [f"tweet {number}"] if number % 2 == 0 else []

    assert [read[-1] for _ in load(bilstm).stream(batches())] == [1, 2, 3, 3]


def test_many_threads_may_share_a_tagger(bilstm: Path) -> None:
    tagger = load(bilstm)
    expected = tagger(TEXTS)
    fresh = load(bilstm)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fresh, [[text] for text in TEXTS] * 3))
    for one, whole in zip(found, expected * 3, strict=True):
        assert [(e["type"], e["start"]) for e in one[0]] == [(e["type"], e["start"]) for e in whole]


# --- words ----------------------------------------------------------------------------------------


def test_every_word_gets_one_tag_its_score_and_a_distribution(tagger: Tagger) -> None:
    odd = ["New York", "a,b", "x" * 400, "\ud83d"]
    tweets = [[], [""], ["new", "", "york"], ["\u200d", "\ufe0f"], odd, ["in"] * 700]
    for words, tagged in zip(tweets, tagger.tag_words(tweets, probabilities=True), strict=True):
        assert len(tagged.tags) == len(tagged.scores) == len(words)
        assert set(tagged.tags) <= set(TAGS)
        assert tagged.probabilities is not None
        assert tagged.probabilities.shape == (len(words), len(TAGS))
        np.testing.assert_allclose(tagged.probabilities.sum(-1), np.ones(len(words)), rtol=1e-4)
        for word, (tag, score) in enumerate(zip(tagged.tags, tagged.scores, strict=True)):
            if not words[word]:
                assert (tag, score) == ("O", 1.0)
            elif tagger.decoder == "argmax":
                assert score == pytest.approx(tagged.probabilities[word].max())
        assert tagger.decoder == "argmax" or count_ill_formed(tagged.tags) == 0
    assert tagger.tag_words([["in"]])[0].probabilities is None


def test_a_batch_of_64_equals_its_tweets_one_by_one(tagger: Tagger) -> None:
    tweets = [tweet.words for tweet in load_tweets("sample:test")][:64]
    for words, tagged in zip(tweets, tagger.tag_words(tweets), strict=True):
        (alone,) = tagger.tag_words([words])
        assert alone.tags == tagged.tags
        assert alone.scores == pytest.approx(tagged.scores, abs=1e-4)


def test_a_tweet_longer_than_the_model_is_tagged_to_its_end(tagger: Tagger) -> None:
    text = ("just landed in New York, back in Berlin! " * 300)[:10_000]
    offsets = tagger.split(text)
    words = [text[start:end] for start, end in offsets]
    (tagged,) = tagger.tag_words([words], probabilities=True)
    assert tagged.probabilities is not None
    assert tagged.probabilities[:, 0].max() < 1  # every word was read: one that is not has O with 1
    assert [entity["end"] for entity in tagger(text)] == [
        offsets[e.end - 1][1] for e, _ in tagged.entities
    ]


def test_the_words_of_a_short_tweet_do_not_depend_on_a_long_one_beside_it(tagger: Tagger) -> None:
    short, long = ["back", "in", "Berlin"], ["in"] * 600
    assert tagger.tag_words([long, short])[1].tags == tagger.tag_words([short])[0].tags


@pytest.mark.parametrize("tweets", [["just landed"], "just landed", [["ok"], "just landed"]])
def test_a_string_where_words_belong_is_refused(bilstm: Path, tweets: list[str]) -> None:
    with pytest.raises(
        ValueError, match="expected each tweet as a list of words, got the string 'j"
    ):
        load(bilstm).tag_words(tweets)


# --- rules, on emissions read by eye --------------------------------------------------------------


def from_scores(decoder: str, units: list[int], labels: list[str]) -> TaggedTweet:
    """What a tagger makes of a tweet of four words when each unit's likeliest label is given."""
    scores = np.log(
        np.array(
            [[0.6 if tag == label else 0.1 for tag in TAGS] for label in labels], np.float32
        ).reshape(-1, 5)
    )
    emissions = Emissions(scores, np.array(units, np.int64), np.array([0, len(units)]))
    backend = Emitted(TAGS, emissions)
    return Tagger(backend, splitter_tokenizer(), decoder).tag_words([["w"] * 4])[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("decoder", "units", "labels", "tags"),
    [
        ("argmax", [0, 1, 2, 3], "O B-person I-person O", "O B-person I-person O"),
        # a word without units is O; what it cuts off begins anew under bio and stays under argmax
        ("argmax", [0, 2, 3], "B-person I-person O", "B-person O I-person O"),
        ("bio", [0, 2, 3], "B-person I-person O", "B-person O B-person O"),
        # a word of two units has the tag of its first
        ("bio", [0, 0, 1, 2, 3], "B-person I-person I-person O O", "B-person I-person O O"),
        ("bio", [0, 1, 1, 2, 3], "O O B-person I-person O", "O O B-person O"),
        ("argmax", [0, 1, 2, 3], "I-person O O I-geo-loc", "I-person O O I-geo-loc"),
        ("argmax", [], "", "O O O O"),
    ],
)
def test_units_become_words_by_the_documented_rules(
    decoder: str, units: list[int], labels: str, tags: str
) -> None:
    assert from_scores(decoder, units, labels.split()).tags == tags.split()


def test_an_entitys_score_is_the_mean_probability_of_its_words_tags() -> None:
    tagged = TaggedTweet(["O", "B-person", "I-person", "B-person"], [0.9, 0.5, 0.7, 0.25])
    assert [(entity, round(score, 6)) for entity, score in tagged.entities] == [
        (("person", 1, 3), 0.6),
        (("person", 3, 4), 0.25),
    ]


def test_the_chain_of_a_bio_tagger_is_that_of_its_labels() -> None:
    scores = np.log(np.array([[0.1, 0.2, 0.7]], np.float32))
    backend = Emitted(["O", "B-x", "I-x"], Emissions(scores, np.array([0]), np.array([0, 1])))
    (tagged,) = Tagger(backend, splitter_tokenizer(), "bio").tag_words([["w"]], probabilities=True)
    assert (tagged.tags, bio_chain(backend.labels).start[2]) == (["B-x"], -1e4)
    assert tagged.scores == [pytest.approx(2 / 3, abs=1e-5)]  # 0.2 of the 0.3 that bio leaves


# --- windows and batches --------------------------------------------------------------------------


@given(
    lengths=st.lists(st.lists(st.integers(0, 25), max_size=40), max_size=3),
    max_subwords=st.integers(8, 24),
)
def test_windows_are_joined_to_tweets_with_each_unit_once(
    wordpiece_splitter: Tokenizer, lengths: list[list[int]], max_subwords: int
) -> None:
    windows = SubwordEncoder(wordpiece_splitter, max_subwords).encode(
        [["x" * n for n in tweet] for tweet in lengths]
    )
    scores = windows.words[:, None].astype(np.float32)  # a unit's score is the number of its word
    joined = join_windows(windows, scores, n_tweets=len(lengths))
    assert len(joined.bounds) == len(lengths) + 1
    for tweet, (start, end) in zip(lengths, pairwise(joined.bounds), strict=True):
        expected = [word for word, length in enumerate(tweet) if length]
        assert joined.words[start:end].tolist() == expected
        assert joined.scores[start:end, 0].tolist() == expected


@given(
    lengths=st.lists(st.lists(st.integers(0, 9), max_size=30), min_size=1, max_size=9),
    most=st.integers(1, 99),
)
def test_a_batch_holds_what_the_windows_hold(
    wordpiece_splitter: Tokenizer,
    list_windows: Callable[[Windows], list[Any]],
    lengths: list[list[int]],
    most: int,
) -> None:
    windows = SubwordEncoder(wordpiece_splitter, 24).encode(
        [["x" * n for n in tweet] for tweet in lengths]
    )
    found = []
    for batch in batches_of(windows, pad=7, most=most):
        assert batch.input_ids[batch.attention_mask == 0].tolist() == [7] * int(
            (batch.attention_mask == 0).sum()
        )
        assert batch.word_starts[~batch.word_mask].sum() == 0
        units = iter(batch.units.tolist())
        for ids, attended, starts, mask in zip(
            batch.input_ids, batch.attention_mask, batch.word_starts, batch.word_mask, strict=True
        ):
            own = [next(units) for _ in range(mask.sum())]
            assert windows.positions[own].tolist() == starts[mask].tolist()
            found.append((ids[attended == 1].tolist(), starts[mask].tolist()))
    expected = [(window.input_ids, window.positions) for window in list_windows(windows)]
    assert sorted(found) == sorted(expected)


@pytest.fixture(scope="module")
def wordpiece_splitter(model_folder: Callable[[str, str], Path]) -> Tokenizer:
    return Tokenizer.from_file(str(model_folder("distilbert", "bio") / "tokenizer.json"))


# --- loading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "own"), KINDS)
def test_a_model_decodes_as_it_was_published_unless_told_otherwise(
    kind: str, own: str, model_folder: Callable[[str, str], Path]
) -> None:
    folder = model_folder(kind, own)
    native = kind == "distilbert"
    assert load(folder).decoder == ("bio" if native else own)
    assert load(str(folder)).labels == TAGS
    for decoder in ("argmax", "bio", "crf", "viterbi"):
        if decoder == own or (own != "crf" and decoder in ("argmax", "bio")):
            assert load(folder, decoder=decoder).decoder == decoder  # type: ignore[arg-type]
        else:
            with pytest.raises(ValueError, match=f"decodes by .*, got '{decoder}'"):
                load(folder, decoder=decoder)  # type: ignore[arg-type]


def test_argmax_and_bio_differ_just_where_argmax_is_ill_formed(
    model_folder: Callable[[str, str], Path],
) -> None:
    tweets = [tweet.words for tweet in load_tweets("sample:dev")]
    argmax, bio = (
        load(model_folder("distilbert", "bio"), decoder=d).tag_words(tweets)
        for d in ("argmax", "bio")
    )  # type: ignore[arg-type]
    ill_formed = [count_ill_formed(tagged.tags) > 0 for tagged in argmax]
    assert [a.tags != b.tags for a, b in zip(argmax, bio, strict=True)] == ill_formed
    assert 0 < sum(ill_formed) < len(tweets)


def test_load_stands_at_the_front_door(bilstm: Path) -> None:
    assert tweetner.load is load
    assert tweetner.Tagger is Tagger


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"backend": "tensorrt"}, "backend: expected torch, onnx, onnx-int8, got 'tensorrt'"),
        ({"backend": "onnx", "device": "cuda"}, "backend 'onnx' runs on the CPU"),
        ({"backend": "onnx-int8", "bf16": True}, "backend 'onnx-int8' runs on the CPU"),
        ({"backend": "onnx"}, r"onnx/model\.onnx: there is no such graph"),
    ],
)
def test_a_backend_that_is_not_there_is_refused(
    options: dict[str, Any], reason: str, bilstm: Path
) -> None:
    with pytest.raises(ValueError, match=reason):
        load(bilstm, **options)


def test_bfloat16_finds_nearly_the_same(bilstm: Path) -> None:
    exact, rough = load(bilstm, device="cpu"), load(bilstm, device="cpu", bf16=True)
    tags, others = (
        [tag for tweet in t.tag_words([[*x.split()] for x in TEXTS]) for tag in tweet.tags]
        for t in (exact, rough)
    )
    assert np.mean([tag == other for tag, other in zip(tags, others, strict=True)]) > 0.95


def relabelled(source: Path, folder: Path, names: list[str], order: list[int]) -> Path:
    """A native model whose labels have other names, its weights ordered as `order` says."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(source, folder)
    weights = load_file(folder / "model.safetensors")
    for name in ("classifier.weight", "classifier.bias"):
        weights[name] = weights[name][order].contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {
        "id2label": dict(enumerate(names)),
        "label2id": {name: i for i, name in enumerate(names)},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_a_foreign_models_labels_are_put_in_our_order(
    model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    source, order = model_folder("distilbert", "bio"), [1, 3, 2, 0, 4]  # O in the middle
    foreign = load(relabelled(source, tmp_path / "foreign", [TAGS[i] for i in order], order))
    tweets = [tweet.words for tweet in load_tweets("sample:dev")][:20]
    assert foreign.labels == TAGS
    for ours, theirs in zip(load(source).tag_words(tweets), foreign.tag_words(tweets), strict=True):
        assert (ours.tags, ours.scores) == (theirs.tags, pytest.approx(theirs.scores, abs=1e-5))


@pytest.mark.parametrize(
    "names",
    [
        ["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"],
        ["O", "B-person", "I-person", "B-geo-loc", "S-geo-loc"],
        ["O", "B-person", "I-person", "B-O", "I-person "],
    ],
)
def test_labels_that_are_no_tags_are_refused_with_both_lists(
    names: list[str], model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    folder = relabelled(
        model_folder("distilbert", "bio"), tmp_path / "foreign", names, [0, 1, 2, 3, 4]
    )
    with pytest.raises(ValueError, match=r"expected a model with labels|white space") as refusal:
        load(folder)
    if "white space" not in str(refusal.value):
        assert str(names) in str(refusal.value)


def test_padding_and_truncation_in_a_foreign_tokenizer_change_nothing(
    model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    source = model_folder("distilbert", "bio")
    folder = shutil.copytree(source, tmp_path / "foreign")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding(length=12)
    tokenizer.enable_truncation(5)
    tokenizer.save(str(folder / "tokenizer.json"))
    tweets = [tweet.words for tweet in load_tweets("sample:dev")][:10]
    for ours, theirs in zip(
        load(source).tag_words(tweets), load(folder).tag_words(tweets), strict=True
    ):
        assert (ours.tags, ours.scores) == (theirs.tags, pytest.approx(theirs.scores, abs=1e-5))


# --- lines ----------------------------------------------------------------------------------------

LINE_ENDS = ["\n", "\r\n", *"\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"]


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("decoder", ["bio", "argmax"])
def test_no_entity_goes_over_a_line_break(lexicon: Path, decoder: str, line_end: str) -> None:
    tagger = load(lexicon, decoder=decoder)
    text = f"in new{line_end}york, new york {line_end} {line_end}york"
    alone = ["york"] if decoder == "argmax" else []  # under BIO nothing can begin with `I-`
    expected = ["new", *alone, "new york", *alone]
    assert [entity["text"] for entity in tagger(text)] == expected
    (streamed,) = next(tagger.stream([[text], []]))
    assert [entity["text"] for entity in streamed] == expected
    ((offsets, tagged),) = tagger.tag_texts([text], probabilities=True)
    words = ["in", "new", "york", ",", "new", "york", "york"]
    assert [text[start:end] for start, end in offsets] == words
    york = "B-geo-loc" if alone else "O"
    assert tagged.tags == ["O", "B-geo-loc", york, "O", "B-geo-loc", "I-geo-loc", york]
    assert tagged.probabilities is not None and len(tagged.probabilities) == len(words)
    (tagged,) = tagger.tag_words([["new", line_end, "york"]])
    assert tagged.tags == ["B-geo-loc", "O", york]
    assert tagged.scores[1] == 1


def test_a_line_break_is_o_whatever_the_model_thinks(hub: Path) -> None:
    tagger = load("places", hub=hub)
    assert [entity["text"] for entity in tagger("in Paris\nTaylor")] == ["in", "Paris", "Taylor"]


def test_a_line_break_inside_the_text_given_as_words_is_kept(lexicon: Path) -> None:
    tagger = load(lexicon)
    (found,) = next(tagger.stream([[("new\nyork", "berlin")], []]))
    assert [(entity["start"], entity["end"]) for entity in found] == [(0, 8), (9, 15)]
