"""The stock pipeline gives the entities and scores of our tagger, on words and on raw tweets.

One difference is expected: the pipeline does not know what the normalizer drops at a word's end
(the rest of `@name` or of a URL, an emoji's variation selector), so an entity with such a last word
ends before what was dropped.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tweetner.corpus import Tweet, load_sample_texts, load_tweets
from tweetner.evaluation import parity_on_text, parity_on_words
from tweetner.tagger import NeuralBackend, Tagger, load
from tweetner.tags import Entity

OURS = [
    ("distilbert-bilstm", "bio"),
    ("distilbert-bilstm", "crf"),
    ("distilbert-bilstm", "argmax"),
    ("bilstm", "bio"),
]
KINDS = [("distilbert", "bio"), *OURS]
TWEETS = load_tweets("sample:dev")
RAW = load_sample_texts()["dev"]
SHORTENED = re.compile(r"(?<=^@)\w+$|(?i:(?<=^http)s?://.*|(?<=^www)\..*)|\ufe0f$")
# Random weights also tag the full stop that stands for a line break; ours is `O`.
PLAIN = [i for i, raw in enumerate(RAW) if not re.search("@|http|www|\ufe0f|\n", raw.text)]
TEXTS = {
    "words": [" ".join(tweet.words) for tweet in TWEETS],
    "raw": [raw.text for raw in RAW if "\n" not in raw.text],
}

ModelFolder = Callable[[str, str], Path]


def tagger_of(folder: Path, kind: str) -> Tagger:
    """The stock pipeline can only take the argmax of a native class."""
    return load(folder, decoder="argmax" if kind == "distilbert" else None)


def stock(folder: Path, texts: Sequence[str], aggregation: str) -> list[list[dict]]:
    from transformers import pipeline

    tag = pipeline(
        "token-classification", model=str(folder), aggregation_strategy=aggregation, device="cpu"
    )
    return tag(list(texts), batch_size=32)


def keys(entities: Sequence[dict]) -> list[tuple[str, int, int]]:
    return [(e.get("type") or e["entity_group"], e["start"], e["end"]) for e in entities]


def as_shortened(tagger: Tagger, entities: Sequence[dict]) -> list[tuple[str, int, int]]:
    """Entities that end where the tokenizer's normalizer leaves the end of their last word."""
    found = []
    for type_, entity in ((e["type"], e) for e in entities):
        last = entity["text"][tagger.split(entity["text"])[-1][0] :]
        shortened = SHORTENED.sub("", last) if shortens(tagger) else last
        found.append((type_, entity["start"], entity["end"] - len(last) + len(shortened)))
    return found


def shortens(tagger: Tagger) -> bool:
    """Whether a model's tokenizer shortens names and URLs; that of a word-level model does not."""
    assert isinstance(tagger.backend, NeuralBackend)
    return "http" in tagger.backend.encoder.tokenizer.normalizer.__getstate__().decode()


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize(("kind", "decoder"), KINDS)
def test_first_gives_our_entities_and_scores(
    kind: str, decoder: str, form: str, model_folder: ModelFolder
) -> None:
    folder = model_folder(kind, decoder)
    tagger = tagger_of(folder, kind)
    ours = tagger(TEXTS[form])
    assert sum(map(len, ours)) > 50
    for text, mine, theirs in zip(
        TEXTS[form], ours, stock(folder, TEXTS[form], "first"), strict=True
    ):
        assert as_shortened(tagger, mine) == keys(theirs), text
        assert [e["score"] for e in mine] == pytest.approx(
            [float(e["score"]) for e in theirs], abs=1e-4
        ), text


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize(("kind", "decoder"), OURS)
def test_simple_gives_the_entities_of_our_own_class_too(
    kind: str, decoder: str, form: str, model_folder: ModelFolder
) -> None:
    folder = model_folder(kind, decoder)
    tagger = load(folder)
    ours = tagger(TEXTS[form])
    assert sum(map(len, ours)) > 50
    for mine, theirs in zip(ours, stock(folder, TEXTS[form], "simple"), strict=True):
        assert as_shortened(tagger, mine) == keys(theirs)


def test_tagging_words_and_tagging_their_text_agree(model_folder: ModelFolder) -> None:
    tagger = load(model_folder("distilbert-bilstm", "bio"))
    found = tagger(TEXTS["words"])
    assert sum(map(len, found)) > 50
    for tweet, entities in zip(TWEETS, found, strict=True):
        starts = [0]
        for word in tweet.words:
            starts.append(starts[-1] + len(word) + 1)
        (tagged,) = tagger.tag_words([tweet.words])
        assert keys(entities) == [
            (e.type, starts[e.start], starts[e.end] - 1) for e, _ in tagged.entities
        ]


# --- the figure of the reports -------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "decoder"), [("distilbert", "bio"), ("bilstm", "bio")])
def test_parity_is_complete_between_a_folder_and_its_tagger(
    kind: str, decoder: str, model_folder: ModelFolder
) -> None:
    folder = model_folder(kind, decoder)
    tagger = tagger_of(folder, kind)
    words, texts = [TWEETS[i] for i in PLAIN], [RAW[i] for i in PLAIN]
    for parity in (parity_on_words(folder, tagger, words), parity_on_text(folder, tagger, texts)):
        assert (parity.tweets, parity.equal, parity.agreement) == (len(PLAIN), len(PLAIN), 1.0)
        assert parity.ours == parity.stock


def test_parity_counts_what_differs(model_folder: ModelFolder) -> None:
    folder = model_folder("distilbert", "bio")
    argmax, bio = load(folder, decoder="argmax"), load(folder, decoder="bio")
    texts = [TEXTS["words"][i] for i in PLAIN]
    differ = [keys(a) != keys(b) for a, b in zip(argmax(texts), bio(texts), strict=True)]
    parity = parity_on_words(folder, bio, [TWEETS[i] for i in PLAIN])
    assert parity.equal == differ.count(False) < len(PLAIN)
    assert 0 < parity.agreement < 1
    assert f"evaluation (bio) on {parity.equal} of {len(PLAIN)} tweets" in str(parity)
    assert parity.to_dict()["decoder"] == "bio"


def test_a_tagger_that_is_right_has_an_f1_of_one(model_folder: ModelFolder) -> None:
    folder = model_folder("bilstm", "bio")
    tagger = load(folder)
    tagged = tagger.tag_words([tweet.words for tweet in TWEETS])
    echo = [
        Tweet(t.id, t.words, tuple(found.tags)) for t, found in zip(TWEETS, tagged, strict=True)
    ]
    parity = parity_on_words(folder, tagger, echo)
    assert (parity.ours, parity.stock) == (1.0, 1.0)
    assert all(isinstance(entity, Entity) for found in tagged for entity, _ in found.entities)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", *"\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"])
def test_the_stock_pipeline_ends_entities_at_line_breaks(lexicon: Path, line_end: str) -> None:
    texts = [
        f"in new{line_end}york",
        f"new york {line_end}{line_end} new york",
        f"{line_end}nina.{line_end}berlin{line_end}",
    ]
    expected = [["new"], ["new york"] * 2, ["nina", "berlin"]]
    ours = load(lexicon)(texts)
    assert [[entity["text"] for entity in found] for found in ours] == expected
    for text, mine, theirs in zip(texts, ours, stock(lexicon, texts, "first"), strict=True):
        assert keys(mine) == keys(theirs), text
