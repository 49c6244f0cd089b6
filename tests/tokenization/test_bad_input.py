"""Words, subwords and tags: tweets whose tags shift or vanish in other libraries."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import DataCollatorForTokenClassification, PreTrainedTokenizerFast

from tweetner.corpus import Tweet, from_dataset
from tweetner.evaluation import TagPairs, score_entities
from tweetner.tagger import Tagger, load
from tweetner.tags import tags_of
from tweetner.tokenization import UNOBSERVED, SubwordEncoder, tweet_tokenizer
from tweetner.training.finetuning import encode_dataset

TAGS = tags_of(["geo-loc", "person"])
LONG = ["in"] * 654

# --- words → tags ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def places(
    model_folder: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A model of 256 subwords to which every word that it sees is a place."""
    from safetensors.numpy import load_file, save_file

    folder = shutil.copytree(
        model_folder("distilbert", "bio"), tmp_path_factory.mktemp("places") / "model"
    )
    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"][:] = 0
    weights["classifier.bias"][:] = [0, 9, 0, 0, 0]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.fixture(scope="module", params=["argmax", "bio"])
def tagger(request: pytest.FixtureRequest, places: Path) -> Tagger:
    return load(places, decoder=request.param)


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        *(
            pytest.param(["in", word, "york"], [True, False, True], id=f"B1-{name}")
            for name, word in {
                "U+FE0F": "\ufe0f",
                "U+200B": "\u200b",
                "U+200D": "\u200d",
                "empty": "",
                "space": " ",
                "NUL": "\0",
                "U+FFFD": "\ufffd",
                "U+0301": "\u0301",
                "private use": "\ue000",
                "lone surrogate": "\ud83d",
                "U+2028": "\u2028",
            }.items()
        ),
        pytest.param(["\u200b", "\ufe0f"], [False, False], id="B1-no word with subwords"),
        pytest.param([], [], id="B1-no word"),
        pytest.param(LONG, [True] * 654, id="B3-654 words"),
        pytest.param(
            [*LONG, "\u200d", *LONG],
            [*[True] * 654, False, *[True] * 654],
            id="B3-a joiner among them",
        ),
        pytest.param(["in", "x" * 300, "york"], [True] * 3, id="B4-a word longer than the window"),
        pytest.param(["x" * 200] * 5, [True] * 5, id="B4-no two words fit a window"),
        pytest.param(
            ["http://t.co/" + "x" * 262, "in"], [True, True], id="B12-URL of 274 characters"
        ),
        pytest.param(["x" * 150, "in"], [True, True], id="B12-word of 150 characters"),
        pytest.param(["New York", "in"], [True, True], id="B13-inner space"),
        pytest.param(
            ["New\u00a0York", "a\tb", "in"], [True, True, True], id="B13-other inner white space"
        ),
    ],
)
def test_every_word_has_one_tag_and_one_that_leaves_no_subword_has_o(
    words: list[str], seen: list[bool], tagger: Tagger
) -> None:
    expected = ["B-geo-loc" if word else "O" for word in seen]
    alone, again = tagger.tag_words([words])[0], tagger.tag_words([["in"], words, LONG])[1]
    assert alone.tags == again.tags == expected
    assert score_entities(TagPairs([expected], [alone.tags])).micro.gold == sum(seen)


# --- tags → labels of subwords --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "tags", "labelled"),
    [
        pytest.param(
            "new york",
            "B-geo-loc I-geo-loc",
            "[CLS] new=B-geo-loc york=I-geo-loc [SEP]",
            id="B5-one a word",
        ),
        pytest.param(
            "bo in", "B-person O", "[CLS] b=B-person ##o in=O [SEP]", id="B6-first subword alone"
        ),
        pytest.param(
            "a,b", "B-person", "[CLS] a=B-person ,=I-person b=I-person [SEP]", id="B6-parted word"
        ),
        pytest.param(
            "in \u200b york",
            "O B-person I-person",
            "[CLS] in=O york=I-person [SEP]",
            id="B1-no subword",
        ),
        pytest.param(
            "o" * 30, "B-person", f"[CLS] o=B-person{' ##o' * 13} [SEP]", id="B4-cut inside a word"
        ),
        pytest.param("new york", "O O", "[CLS] new=O york=O [SEP]", id="B5-only O"),
        pytest.param("", "", "[CLS] [SEP]", id="B5-no word"),
    ],
)
def test_labels_stand_at_first_subwords_alone(
    words: str, tags: str, labelled: str, wordpiece: PreTrainedTokenizerFast
) -> None:
    tokenizer = tweet_tokenizer(wordpiece, normalize=True, max_subwords=16)
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, 16)
    dataset, _ = encode_dataset(
        [Tweet("1", tuple(words.split(" ") if words else ()), tuple(tags.split()))], encoder, TAGS
    )
    (row,) = dataset
    shown = [
        subword + (f"={TAGS[label]}" if label != UNOBSERVED else "")
        for subword, label in zip(
            tokenizer.convert_ids_to_tokens(row["input_ids"]), row["labels"], strict=True
        )
    ]
    assert " ".join(shown) == labelled


@pytest.mark.parametrize(
    ("lengths", "max_subwords"),
    [
        pytest.param([654], 16, id="B3-654 words, windows of 16"),
        pytest.param([1, 0, 40, 3], 16, id="B5-some tweets"),
        pytest.param([300] * 3, 256, id="B3-windows of 256"),
    ],
)
def test_a_dataset_has_as_many_labels_as_the_tweets_have_words(
    lengths: list[int], max_subwords: int, wordpiece: PreTrainedTokenizerFast
) -> None:
    tokenizer = tweet_tokenizer(wordpiece, normalize=True, max_subwords=max_subwords)
    tweets = [
        Tweet(str(n), ("york",) * length, ("O",) * length) for n, length in enumerate(lengths)
    ]
    dataset, _ = encode_dataset(
        tweets, SubwordEncoder(tokenizer.backend_tokenizer, max_subwords), TAGS
    )
    assert sum(label != UNOBSERVED for labels in dataset["labels"] for label in labels) == sum(
        lengths
    )
    assert max(map(len, dataset["input_ids"])) <= max_subwords


@pytest.mark.parametrize(
    ("input_ids", "labels"),
    [pytest.param([[2, 9, 3], [2, 3]], [[-100, 1, -100], [-100, -100, -100]], id="B10-two tweets")],
)
def test_padding_has_no_label(
    input_ids: list[list[int]], labels: list[list[int]], wordpiece: PreTrainedTokenizerFast
) -> None:
    rows = [
        {"input_ids": ids, "labels": row[: len(ids)]}
        for ids, row in zip(input_ids, labels, strict=True)
    ]
    assert DataCollatorForTokenClassification(wordpiece)(rows)["labels"].tolist() == labels


# --- tokenizers and labels that are refused -------------------------------------------------------


def byte_level(add_prefix_space: bool) -> PreTrainedTokenizerFast:
    """A tokenizer as RoBERTa's, one subword a character."""
    backend = Tokenizer(models.BPE({character: i for i, character in enumerate("Ġinyork")}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=backend)


@pytest.mark.parametrize(
    "prefix", [pytest.param(False, id="B7-prefix space off"), pytest.param(True, id="B7-on")]
)
def test_a_first_word_and_split_words_are_encoded_as_inside_a_tweet(prefix: bool) -> None:
    tokenizer = tweet_tokenizer(byte_level(prefix), normalize=False, max_subwords=16)
    expected = ["Ġ", *"in", "Ġ", *"york"]
    assert tokenizer.convert_ids_to_tokens(tokenizer("in york")["input_ids"]) == expected
    assert (
        tokenizer.convert_ids_to_tokens(
            tokenizer(["in", "york"], is_split_into_words=True)["input_ids"]
        )
        == expected
    )


def dataset_of(label: int) -> Dataset:
    features = Features({"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=TAGS))})
    return Dataset.from_dict({"tokens": [["in"]], "ner_tags": [[label]]}, features=features)


class BertTokenizerPython:
    """A slow tokenizer: it has no backend."""


@pytest.mark.parametrize(
    ("action", "message"),
    [
        pytest.param(
            lambda: tweet_tokenizer(BertTokenizerPython(), normalize=True, max_subwords=16),  # type: ignore[arg-type]
            "expected a fast tokenizer, got the slow BertTokenizerPython: "
            "it has no offsets and no tokenizer.json",
            id="B8-slow tokenizer",
        ),
        pytest.param(
            lambda: tweet_tokenizer(
                PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}))),
                normalize=True,
                max_subwords=16,
            ),
            "expected a WordPiece, byte-level BPE or Metaspace tokenizer, "
            "got a WordLevel model of another kind",
            id="B7-another kind",
        ),
        pytest.param(
            lambda: from_dataset(dataset_of(-1)),
            "dataset: tweet '1': expected labels from 0 to 4, got [-1]",
            id="B11-label -1",
        ),
        pytest.param(
            lambda: tags_of(["geo-loc", "geo-loc"]),
            "type 'geo-loc' is declared twice",
            id="B11-two labels for a tag",
        ),
    ],
)
def test_what_would_shift_tags_is_refused_before_it_is_used(
    action: Callable[[], object], message: str
) -> None:
    with pytest.raises(ValueError) as refusal:
        action()
    assert str(refusal.value) == message
