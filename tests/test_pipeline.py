"""The stock `pipeline("token-classification")` gives the entities and scores of our tagger, on words and raw tweets."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tweetner.corpus import Tweet, load_tweets
from tweetner.corpus.sample import load_sample_texts
from tweetner.inference import Tagger, load
from tweetner.parity import parity_on_text, parity_on_words
from tweetner.tags import Entity

OURS = [("distilbert-bilstm", "bio"), ("distilbert-bilstm", "crf"), ("distilbert-bilstm", "argmax"), ("bilstm", "bio")]
KINDS = [("distilbert", "bio"), *OURS]
TWEETS = load_tweets("sample:dev")
RAW = load_sample_texts()["dev"]
TEXTS = {"words": [" ".join(tweet.words) for tweet in TWEETS], "raw": [raw.text for raw in RAW]}

ModelFolder = Callable[[str, str], Path]


def tagger_of(folder: Path, kind: str) -> Tagger:
    """The stock pipeline can only take the argmax of a native class."""
    return load(folder, decoder="argmax" if kind == "distilbert" else None)


def stock(folder: Path, texts: Sequence[str], aggregation: str) -> list[list[dict]]:
    from transformers import pipeline

    tag = pipeline("token-classification", model=str(folder), aggregation_strategy=aggregation, device="cpu")
    return tag(list(texts), batch_size=32)


def keys(entities: Sequence[dict]) -> list[tuple[str, int, int]]:
    return [(e.get("type") or e["entity_group"], e["start"], e["end"]) for e in entities]


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize(("kind", "decoder"), KINDS)
def test_first_gives_our_entities_and_scores(kind: str, decoder: str, form: str, model_folder: ModelFolder) -> None:
    folder = model_folder(kind, decoder)
    ours = tagger_of(folder, kind)(TEXTS[form])
    assert sum(map(len, ours)) > 50
    for text, mine, theirs in zip(TEXTS[form], ours, stock(folder, TEXTS[form], "first"), strict=True):
        assert keys(mine) == keys(theirs), text
        assert [e["score"] for e in mine] == pytest.approx([float(e["score"]) for e in theirs], abs=1e-4), text


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize(("kind", "decoder"), OURS)
def test_simple_gives_the_entities_of_our_own_class_too(
    kind: str, decoder: str, form: str, model_folder: ModelFolder
) -> None:
    folder = model_folder(kind, decoder)
    for text, mine, theirs in zip(
        TEXTS[form], tagger_of(folder, kind)(TEXTS[form]), stock(folder, TEXTS[form], "simple"), strict=True
    ):
        assert keys(mine) == keys(theirs), text


def test_tagging_words_and_tagging_their_text_agree(model_folder: ModelFolder) -> None:
    tagger = load(model_folder("distilbert-bilstm", "bio"))
    for tweet, entities in zip(TWEETS, tagger(TEXTS["words"]), strict=True):
        starts = [0]
        for word in tweet.words:
            starts.append(starts[-1] + len(word) + 1)
        (tagged,) = tagger.tag_words([tweet.words])
        assert keys(entities) == [(e.type, starts[e.start], starts[e.end] - 1) for e, _ in tagged.entities]


# --- the figure of the reports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "decoder"), [("distilbert", "bio"), ("bilstm", "bio")])
def test_parity_is_complete_between_a_folder_and_its_tagger(
    kind: str, decoder: str, model_folder: ModelFolder
) -> None:
    folder = model_folder(kind, decoder)
    tagger = tagger_of(folder, kind)
    for parity in (parity_on_words(folder, tagger, TWEETS), parity_on_text(folder, tagger, RAW)):
        assert (parity.tweets, parity.equal, parity.agreement) == (len(TWEETS), len(TWEETS), 1.0)
        assert parity.ours == parity.stock


def test_parity_counts_what_differs(model_folder: ModelFolder) -> None:
    folder = model_folder("distilbert", "bio")
    argmax, bio = load(folder, decoder="argmax"), load(folder, decoder="bio")
    differ = [keys(a) != keys(b) for a, b in zip(argmax(TEXTS["words"]), bio(TEXTS["words"]), strict=True)]
    parity = parity_on_words(folder, bio, TWEETS)
    assert parity.equal == differ.count(False) < len(TWEETS)
    assert 0 < parity.agreement < 1
    assert f"evaluation (bio) on {parity.equal} of {len(TWEETS)} tweets" in str(parity)
    assert parity.to_dict()["decoder"] == "bio"


def test_a_tagger_that_is_right_has_an_f1_of_one(model_folder: ModelFolder) -> None:
    folder = model_folder("bilstm", "bio")
    tagger = load(folder)
    tagged = tagger.tag_words([tweet.words for tweet in TWEETS])
    echo = [Tweet(t.id, t.words, tuple(found.tags)) for t, found in zip(TWEETS, tagged, strict=True)]
    parity = parity_on_words(folder, tagger, echo)
    assert (parity.ours, parity.stock) == (1.0, 1.0)
    assert all(isinstance(entity, Entity) for found in tagged for entity, _ in found.entities)
