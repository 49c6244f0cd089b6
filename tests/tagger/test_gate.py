from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from tweetner.files import read_object
from tweetner.hub import GateProof, ModelFolder, update_metrics
from tweetner.tagger import N_BUCKETS, Gate, Tagger, load
from tweetner.tagger.gate import buckets_of, features_of, own_features_of
from tweetner.training.gate import feature_matrix

TWEETS = [["in", "NYC", "!"], ["@nina", "Berlin"], ["😀"], ["http://t.co/1", "the", "the", "Ünal"]]


def random_gate(threshold: float = 0.5) -> Gate:
    weights = np.random.default_rng(5).normal(size=N_BUCKETS).astype(np.float32)
    return Gate(weights, -1.0, threshold)


def gate_for(word: str) -> Gate:
    """A gate that passes the tweets with a word."""
    weights = np.zeros(N_BUCKETS, np.float32)
    weights[buckets_of(word)[2][0]] = 9
    return Gate(weights, -4.0, 0.5)


@pytest.fixture
def gated(lexicon: Path) -> Tagger:
    """The lexicon with a gate that passes only the tweets with Berlin."""
    plain = load(lexicon)
    return Tagger(plain.backend, plain.backend.encoder.tokenizer, "bio", gate_for("Berlin"))  # type: ignore[attr-defined]


# --- scores ---------------------------------------------------------------------------------------


def test_features_of_a_word() -> None:
    assert features_of("iPhone6s") == ["lower=iphone6s", "shape=xXx0x", "end=e6s"]
    own = own_features_of("Abc")
    assert own[:4] == ["word=Abc", "title=True", "start=a", "end=c"]
    assert own[-3:] == ["part=^ab", "part=abc", "part=bc$"]


def test_a_tweet_scores_as_its_most_probable_word_under_the_sparse_product() -> None:
    weights = np.random.default_rng(5).normal(size=N_BUCKETS).astype(np.float32)
    words = expit(feature_matrix(TWEETS) @ weights - 1.0)
    bounds = np.cumsum([0, *map(len, TWEETS)])
    expected = [words[start:end].max() for start, end in pairwise(bounds)]
    gate = random_gate()
    assert gate.scores(TWEETS) == pytest.approx(expected, rel=1e-4)
    assert gate.scores(TWEETS) == pytest.approx(expected, rel=1e-4)  # from the cache
    assert gate.scores([[], *TWEETS])[0] == 0.0


def test_a_full_cache_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = random_gate().scores(TWEETS)
    monkeypatch.setattr("tweetner.tagger.gate.CACHE_WORDS", 2)
    assert random_gate().scores(TWEETS) == expected


def test_a_gate_with_other_weights_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 262144 weights of a gate, got \(3,\)"):
        Gate(np.zeros(3, np.float32), 0.0)


# --- a tagger with a gate -------------------------------------------------------------------------

TEXTS = ["in Berlin", "in New York", "nina is in Berlin", "hello", ""]


def test_the_gate_answers_what_it_keeps_from_the_model(gated: Tagger, lexicon: Path) -> None:
    plain = load(lexicon)(TEXTS)
    assert [len(entities) for entities in plain] == [1, 1, 2, 0, 0]
    assert {answer.by for answer in plain} == {None}
    answers = gated(TEXTS)
    assert answers == [plain[0], [], plain[2], [], []]
    by = ["model", "triage", "model", "triage", "triage"]
    assert [answer.by for answer in answers] == by
    streamed = list(chain.from_iterable(gated.stream([TEXTS[:2], TEXTS[2:], TEXTS])))
    assert streamed == [*answers, *answers]
    assert [answer.by for answer in streamed] == by * 2
    tagged = gated.tag_words([text.split() for text in TEXTS], probabilities=True)
    assert [len(tweet.entities) for tweet in tagged] == [1, 0, 2, 0, 0]


def test_words_that_the_gate_answers_are_as_surely_o_as_it_says(gated: Tagger) -> None:
    (tagged,) = gated.tag_words([["hello", "you"]], probabilities=True)
    assert gated.gate is not None
    (score,) = gated.gate.scores([["hello", "you"]])
    assert tagged.tags == ["O", "O"]
    assert tagged.scores == [1 - score] * 2
    assert tagged.probabilities is not None
    assert tagged.probabilities.shape == (2, len(gated.labels))
    assert tagged.probabilities.sum(axis=1) == pytest.approx(1)


def test_the_threshold_may_be_changed_at_any_time(gated: Tagger, lexicon: Path) -> None:
    assert gated.gate is not None
    gated.gate.threshold = 0.0
    assert gated(TEXTS) == load(lexicon)(TEXTS)
    gated.gate.threshold = np.inf
    assert gated(TEXTS) == [[]] * 5
    assert {answer.by for answer in gated(TEXTS)} == {"triage"}


def test_a_stream_asks_the_gate_again_for_a_tweet_that_it_kept_from_the_model(
    gated: Tagger, lexicon: Path
) -> None:
    assert gated.gate is not None
    gate = gated.gate
    gate.threshold = np.inf

    def batches() -> Iterator[list[str]]:
        yield TEXTS
        yield []  # the first batch is answered
        gate.threshold = 0.0
        yield TEXTS + TEXTS

    answers = list(gated.stream(batches()))
    assert answers[0] == [[]] * 5
    assert answers[2] == load(lexicon)(TEXTS) * 2
    assert {answer.by for answer in answers[2]} == {"model"}


# --- in a model folder ----------------------------------------------------------------------------


@pytest.fixture
def with_gate(lexicon: Path, tmp_path: Path) -> Path:
    """A copy of the lexicon with a gate."""
    for path in lexicon.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    gate_for("Berlin").save(tmp_path)
    update_metrics(tmp_path, {"gate": vars(GateProof(0.25, 0.05, 0.9, 100, 1, 0.3))})
    return tmp_path


def test_a_saved_gate_comes_back_with_its_proven_threshold(with_gate: Path) -> None:
    gate = Gate.load(ModelFolder(with_gate))
    assert gate.threshold == 0.25
    assert gate.scores(TWEETS) == gate_for("Berlin").scores(TWEETS)
    update_metrics(with_gate, {"gate": vars(GateProof(None, 0.05, 0.9, 100, 1, 0.3))})
    assert Gate.load(ModelFolder(with_gate)).threshold == 0.0  # nothing proven: all pass


def test_the_model_is_loaded_when_a_tweet_needs_it(
    with_gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []
    network = load(with_gate).backend.network  # type: ignore[attr-defined]
    monkeypatch.setattr(
        "tweetner.tagger.loading.TorchNetwork.from_folder",
        lambda *_, **__: loaded.append(1) or network,
    )
    tagger = load(with_gate, triage=True)
    assert tagger("hello").by == "triage"
    assert not loaded
    assert tagger("in Berlin") == load(with_gate)("in Berlin")
    tagger("in Berlin again")
    assert len(loaded) == 2  # one of them by the plain tagger


def test_a_model_without_a_gate_is_refused(lexicon: Path) -> None:
    with pytest.raises(
        ValueError, match=r"the model has no gate: fit one with scripts/cascade\.py"
    ):
        load(lexicon, triage=True)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ("no", "gate: expected an object, got str"),
        ({"threshold": 0.5}, "gate: expected threshold, max_lost"),
        (vars(GateProof(0.5, 0.05, 0.9, 1, 0, 0.0)) | {"threshold": "x"}, "expected a number"),
    ],
)
def test_a_damaged_proof_is_refused(with_gate: Path, values: object, reason: str) -> None:
    update_metrics(with_gate, {"gate": values})
    assert read_object(with_gate / "metrics.json")["gate"] == values
    with pytest.raises(ValueError, match=reason):
        load(with_gate, triage=True)
