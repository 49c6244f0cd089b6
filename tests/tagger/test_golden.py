"""Tests of models whose weights are a formula, against answers computed here without torch.

Any version of torch, transformers, tokenizers and of this package must give these answers from
these files.
"""

import json
from collections.abc import Callable
from itertools import product
from math import erf, prod
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, processors
from transformers import PreTrainedTokenizerFast, pipeline

from tweetner.tagger import load
from tweetner.tags import count_ill_formed, tags_of, tags_to_entities
from tweetner.tokenization import save_tokenizer, tweet_tokenizer

TAGS = tags_of(["geo-loc", "person"])
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
SUBWORDS = [*SPECIAL, "in", "new", "york", "berlin", "bob", "loves", "@", "##by", "##s"]
WIDTH = 4
TWEETS = {  # text → its words → the subwords of each
    "Bob loves New York": [["bob"], ["loves"], ["new"], ["york"]],
    "@ in Berlin, bobs": [["@"], ["in"], ["berlin"], ["[UNK]"], ["bob", "##s"]],
    "bobby": [["bob", "##by"]],
}
OFFSETS = {
    "Bob loves New York": [(0, 3), (4, 9), (10, 13), (14, 18)],
    "@ in Berlin, bobs": [(0, 1), (2, 4), (5, 11), (11, 12), (13, 17)],
    "bobby": [(0, 5)],
}


def weights(name: str, *shape: int) -> np.ndarray:
    """The formula: entry n, from 1, is 3 sin(c + n (1 + c mod 7)); c sums the name's characters."""
    c = sum(map(ord, name))
    return 3 * np.sin(c + np.arange(1, prod(shape) + 1) * (1 + c % 7)).reshape(shape)


# --- the files ------------------------------------------------------------------------------------

LSTM = {
    f"lstm.{direction}.{kind}": shape
    for direction in ("rightward", "leftward")
    for kind, shape in {
        "weight_ih_l0": (4 * 2, WIDTH),
        "weight_hh_l0": (4 * 2, 2),
        "bias_ih_l0": (4 * 2,),
        "bias_hh_l0": (4 * 2,),
    }.items()
}
HEAD = {"classifier.weight": (5, WIDTH), "classifier.bias": (5,)}
EMBEDDING = {"embedding.weight": (len(SUBWORDS), WIDTH)}
CRF = {"crf.start": (5,), "crf.transitions": (5, 5), "crf.end": (5,)}
ENCODER = {
    "embeddings.word_embeddings.weight": (len(SUBWORDS), WIDTH),
    "embeddings.position_embeddings.weight": (16, WIDTH),
    **{f"embeddings.LayerNorm.{part}": (WIDTH,) for part in ("weight", "bias")},
    **{
        f"transformer.layer.0.{layer}.{part}": shape if part == "weight" else shape[:1]
        for layer, shape in {
            **{
                f"attention.{linear}": (WIDTH, WIDTH)
                for linear in ("q_lin", "k_lin", "v_lin", "out_lin")
            },
            "sa_layer_norm": (WIDTH,),
            "ffn.lin1": (8, WIDTH),
            "ffn.lin2": (WIDTH, 8),
            "output_layer_norm": (WIDTH,),
        }.items()
        for part in ("weight", "bias")
    },
}
LABELS = {
    "id2label": dict(enumerate(TAGS)),
    "label2id": {tag: label for label, tag in enumerate(TAGS)},
}
DISTILBERT = {
    "model_type": "distilbert",
    "vocab_size": len(SUBWORDS),
    "dim": WIDTH,
    "n_layers": 1,
    "n_heads": 2,
    "hidden_dim": 8,
    "max_position_embeddings": 16,
    "pad_token_id": 0,
}
OURS = {"model_type": "tweetner-tagger", "vocab_size": len(SUBWORDS), "pad_token_id": 0, **LABELS}


def tensors_of(prefix: str, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    return {
        prefix + name: weights(name, *shape).astype(np.float32) for name, shape in shapes.items()
    }


def write(folder: Path, kind: str, decoder: str) -> Path:
    """A model folder: config, tokenizer and weights."""
    from safetensors.numpy import save_file

    folder.mkdir()
    crf = CRF if decoder == "crf" else {}
    if kind == "native":
        config = DISTILBERT | LABELS | {"architectures": ["DistilBertForTokenClassification"]}
        tensors = tensors_of("distilbert.", ENCODER) | tensors_of("", HEAD)
    elif kind == "encoder":
        config = OURS | {"encoder": DISTILBERT, "lstm_size": 0, "decoder": decoder}
        tensors = tensors_of("encoder.", ENCODER) | tensors_of("", HEAD | crf)
    else:
        config = OURS | {"embedding_size": WIDTH, "lstm_size": WIDTH, "decoder": decoder}
        tensors = tensors_of("", EMBEDDING | LSTM | HEAD | crf)
    if kind != "native":
        tensors["special"] = np.array(
            [subword in ("[PAD]", "[CLS]", "[SEP]") for subword in SUBWORDS]
        )
        tensors["word_start"] = ~tensors["special"] & [
            not subword.startswith("##") for subword in SUBWORDS
        ]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    backend = Tokenizer(
        models.WordPiece({subword: i for i, subword in enumerate(SUBWORDS)}, unk_token="[UNK]")
    )
    backend.normalizer = normalizers.Lowercase()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    plain = PreTrainedTokenizerFast(tokenizer_object=backend, **names)
    save_tokenizer(tweet_tokenizer(plain, normalize=True, max_subwords=16), folder)
    return folder


# --- the answers, computed by hand ----------------------------------------------------------------


def emissions_of(kind: str, words: list[list[str]]) -> np.ndarray:
    """The classifier's scores, (words, labels)."""
    firsts = np.cumsum([1, *map(len, words)])[:-1]  # [CLS] stands before them
    ids = [
        SUBWORDS.index(subword)
        for subword in ["[CLS]", *(subword for word in words for subword in word), "[SEP]"]
    ]
    embedded = weights("embedding.weight", len(SUBWORDS), WIDTH)[ids]
    hidden = (
        bilstm(embedded[firsts]) if kind == "word-level" else encode(ids)[firsts]
    )  # (words, hidden)
    return hidden @ weights("classifier.weight", 5, WIDTH).T + weights("classifier.bias", 5)


def bilstm(embedded: np.ndarray) -> np.ndarray:
    rightward, leftward = lstm("rightward", embedded), lstm("leftward", embedded[::-1])[::-1]
    return np.concatenate([rightward, leftward], 1)


def lstm(direction: str, rows: np.ndarray) -> np.ndarray:
    """An LSTM (Hochreiter & Schmidhuber 1997), gates in torch's order."""
    part = {
        name.split(".")[-1]: weights(name, *shape)
        for name, shape in LSTM.items()
        if direction in name
    }
    hidden, cell, states = np.zeros(2), np.zeros(2), []
    for row in rows:
        gates = (
            part["weight_ih_l0"] @ row
            + part["bias_ih_l0"]
            + part["weight_hh_l0"] @ hidden
            + part["bias_hh_l0"]
        )
        enter, forget, new, leave = gates.reshape(4, 2)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
        states.append(hidden)
    return np.array(states)


def encode(ids: list[int]) -> np.ndarray:
    """DistilBERT with one layer of two heads."""
    part = {name: weights(name, *shape) for name, shape in ENCODER.items()}
    layer = {name.removeprefix("transformer.layer.0."): tensor for name, tensor in part.items()}

    def linear(name: str, rows: np.ndarray) -> np.ndarray:
        return rows @ layer[f"{name}.weight"].T + layer[f"{name}.bias"]

    def normalized(name: str, rows: np.ndarray) -> np.ndarray:
        centred = rows - rows.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * layer[f"{name}.weight"] + layer[f"{name}.bias"]

    positions = part["embeddings.position_embeddings.weight"][: len(ids)]
    hidden = normalized(
        "embeddings.LayerNorm", part["embeddings.word_embeddings.weight"][ids] + positions
    )
    query, key, value = (
        linear(f"attention.{name}", hidden) for name in ("q_lin", "k_lin", "v_lin")
    )
    heads = [
        softmax(query[:, head] @ key[:, head].T / np.sqrt(2)) @ value[:, head]
        for head in (slice(0, 2), slice(2, 4))
    ]
    hidden = normalized(
        "sa_layer_norm", linear("attention.out_lin", np.concatenate(heads, 1)) + hidden
    )
    return normalized(
        "output_layer_norm", linear("ffn.lin2", gelu(linear("ffn.lin1", hidden))) + hidden
    )


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def softmax(rows: np.ndarray) -> np.ndarray:
    exponents = np.exp(rows - rows.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


def gelu(x: np.ndarray) -> np.ndarray:
    return x * (1 + np.vectorize(erf)(x / np.sqrt(2))) / 2


def answer(kind: str, decoder: str, words: list[list[str]]) -> tuple[list[str], np.ndarray]:
    """Tags, and probabilities (words, labels), by writing every path out."""
    emissions = emissions_of(kind, words)
    if decoder == "argmax":
        return [TAGS[label] for label in emissions.argmax(-1)], softmax(emissions)
    paths = np.array(list(product(range(5), repeat=len(words))))
    paths = paths[[count_ill_formed([TAGS[label] for label in path]) == 0 for path in paths]]
    scores = emissions[np.arange(len(words)), paths].sum(1)
    if decoder == "crf":
        start, transitions, end = (weights(name, *shape) for name, shape in CRF.items())
        scores += (
            start[paths[:, 0]] + transitions[paths[:, :-1], paths[:, 1:]].sum(1) + end[paths[:, -1]]
        )
    shares = np.exp(scores) / np.exp(scores).sum()
    through = np.array(
        [[shares[paths[:, i] == label].sum() for label in range(5)] for i in range(len(words))]
    )
    best = paths[scores.argmax()]
    for row, label in zip(
        through, best, strict=True
    ):  # the emitted tag is put above a likelier one
        row[label] = max(row[label], np.delete(row, label).max() * np.exp(1e-3))
    return [TAGS[label] for label in best], through / through.sum(1, keepdims=True)


# --- the same from the files ----------------------------------------------------------------------

TAGGED = {  # kind, decoder → the tags of the tweets above
    ("word-level", "argmax"): [
        "I-geo-loc I-geo-loc I-geo-loc I-person",
        "I-geo-loc B-geo-loc I-person I-person I-geo-loc",
        "I-geo-loc",
    ],
    ("word-level", "bio"): [
        "B-geo-loc I-geo-loc I-geo-loc I-geo-loc",
        "B-geo-loc B-geo-loc B-geo-loc I-geo-loc I-geo-loc",
        "B-geo-loc",
    ],
    ("word-level", "crf"): [
        "B-geo-loc I-geo-loc I-geo-loc O",
        "B-geo-loc I-geo-loc O B-person B-geo-loc",
        "B-geo-loc",
    ],
    ("encoder", "argmax"): [
        "B-geo-loc I-geo-loc I-geo-loc I-geo-loc",
        "O O I-geo-loc B-geo-loc O",
        "I-geo-loc",
    ],
    ("encoder", "bio"): [
        "B-geo-loc I-geo-loc I-geo-loc I-geo-loc",
        "O O B-geo-loc B-geo-loc O",
        "B-geo-loc",
    ],
    ("encoder", "crf"): [
        "B-geo-loc I-geo-loc I-geo-loc B-geo-loc",
        "O B-geo-loc I-geo-loc B-geo-loc O",
        "B-geo-loc",
    ],
    ("native", "argmax"): [
        "B-geo-loc I-geo-loc I-geo-loc I-geo-loc",
        "O O I-geo-loc B-geo-loc O",
        "I-geo-loc",
    ],
    ("native", "bio"): [
        "B-geo-loc I-geo-loc I-geo-loc I-geo-loc",
        "O O B-geo-loc B-geo-loc O",
        "B-geo-loc",
    ],
}
MODELS = pytest.mark.parametrize(("kind", "decoder"), TAGGED)


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    home = tmp_path_factory.mktemp("golden")

    def folder(kind: str, decoder: str) -> Path:
        path = home / f"{kind}-{decoder}"
        return path if path.exists() else write(path, kind, decoder)

    return folder


@MODELS
def test_what_is_computed_by_hand_has_the_written_tags(kind: str, decoder: str) -> None:
    assert [" ".join(answer(kind, decoder, words)[0]) for words in TWEETS.values()] == TAGGED[
        kind, decoder
    ]


@MODELS
def test_the_tagger_gives_these_tags_and_probabilities(
    kind: str, decoder: str, golden: Callable[[str, str], Path]
) -> None:
    tagger = load(golden(kind, decoder), decoder=decoder)
    words = [[text[start:end] for start, end in at] for text, at in OFFSETS.items()]
    for (text, subwords), tagged in zip(
        TWEETS.items(), tagger.tag_words(words, probabilities=True), strict=True
    ):
        tags, probabilities = answer(kind, decoder, subwords)
        assert tagged.tags == tags, text
        np.testing.assert_allclose(tagged.probabilities, probabilities, atol=1e-4)
        assert tagged.scores == pytest.approx(
            [row[TAGS.index(tag)] for row, tag in zip(probabilities, tags, strict=True)], abs=1e-4
        )


@pytest.mark.parametrize(("kind", "decoder"), [key for key in TAGGED if key != ("native", "bio")])
def test_the_stock_pipeline_and_the_tagger_give_the_entities_of_these_tags(
    kind: str, decoder: str, golden: Callable[[str, str], Path]
) -> None:
    folder = golden(kind, decoder)
    ours = load(folder, decoder=decoder)
    stock = pipeline(
        "token-classification", model=str(folder), aggregation_strategy="first", device="cpu"
    )
    for text, words in TWEETS.items():
        expected = entities(text, *answer(kind, decoder, words))
        for found, type_ in ((ours(text), "type"), (stock(text), "entity_group")):
            assert [(entity[type_], entity["start"], entity["end"]) for entity in found] == [
                row[:3] for row in expected
            ]
            assert [entity["score"] for entity in found] == pytest.approx(
                [row[3] for row in expected], abs=1e-4
            )


def entities(
    text: str, tags: list[str], probabilities: np.ndarray
) -> list[tuple[str, int, int, float]]:
    """Type, offsets and score: the mean of its words' tags' probabilities."""
    scores = probabilities[np.arange(len(tags)), [TAGS.index(tag) for tag in tags]]
    return [
        (type_, OFFSETS[text][first][0], OFFSETS[text][last - 1][1], scores[first:last].mean())
        for type_, first, last in tags_to_entities(tags)
    ]
