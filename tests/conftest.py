"""Fixtures that several rooms share, such as tiny models of a few thousand random weights.

`HYPOTHESIS_PROFILE=soak` or `--hypothesis-profile soak` tries 5,000 examples of every property.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from string import ascii_lowercase, digits, punctuation
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from tweetner.corpus import Tweet
    from tweetner.tagger import SgdTagger
    from tweetner.tokenization import Windows

TYPES = ("geo-loc", "person")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WHOLE_WORDS = ("http", "the", "in", "new", "york", "berlin", "##ing")

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "scripts"))  # last: scripts/evaluate.py must not hide `evaluate`

# The environment is set before torch, numpy or huggingface_hub is imported: they read it once.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    # The workers already fill the cores: more threads would only wait for one another.
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

settings.register_profile("default", deadline=None)  # a busy machine fails no test
settings.register_profile("soak", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with the model `places`, for which every word is a place with score 0.75."""
    import numpy as np

    from tweetner.hub import publish
    from tweetner.tagger import MajorityTagger
    from tweetner.tokenization import splitter_tokenizer

    folder = tmp_path_factory.mktemp("model")
    MajorityTagger(
        ["O", "B-geo-loc", "I-geo-loc"], frequencies=np.array([0.125, 0.75, 0.125])
    ).save(folder)
    splitter_tokenizer().save(str(folder / "tokenizer.json"))
    hub = tmp_path_factory.mktemp("outputs") / "hub"
    publish(folder, "places", hub=hub)
    return hub


@pytest.fixture(scope="session")
def load_script() -> Callable[[str], ModuleType]:
    """`load_script("scripts/score.py")` runs a file of the checkout and returns it as a module."""

    def load(path: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def six_tweets() -> list["Tweet"]:
    """Six annotated tweets with persons and places."""
    from tweetner.corpus import Tweet

    rows = [
        ("Anna is in New York", "B-person O O B-geo-loc I-geo-loc"),
        ("@ben loves Rome", "O O B-geo-loc"),
        ("thanks Anna Smith !", "O B-person I-person O"),
        ("New shoes :)", "O O O"),
        ("in Rome with Ben Smith", "O B-geo-loc O B-person I-person"),
        ("hello", "O"),
    ]
    return [Tweet(words, tuple(words.split()), tuple(tags.split())) for words, tags in rows]


@pytest.fixture(scope="session")
def six_tweets_sgd(six_tweets: list["Tweet"]) -> "SgdTagger":
    """An SGD tagger that has learnt `six_tweets` by heart."""
    from tweetner.training import BaselineConfig
    from tweetner.training.baseline import fit_sgd

    config = BaselineConfig(types=("person", "geo-loc"), alphas=(1e-3,), tol=1e-2)
    return fit_sgd(six_tweets, six_tweets, config).tagger


@pytest.fixture(scope="session")
def wordpiece() -> "PreTrainedTokenizerFast":
    """A BERT tokenizer that splits nearly every word into its characters."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    characters = ascii_lowercase + digits + punctuation
    inner = ["##" + character for character in characters]
    vocabulary = dict.fromkeys([*SPECIAL, *WHOLE_WORDS, *characters, *inner])  # ids without gaps
    backend = Tokenizer(
        models.WordPiece({subword: i for i, subword in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    return PreTrainedTokenizerFast(tokenizer_object=backend, **names)


@pytest.fixture(scope="session")
def encoder_folder(
    wordpiece: "PreTrainedTokenizerFast", tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The saved folder of a DistilBERT with one layer of width 16 and 256 positions."""
    import torch
    from transformers import DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    shape = {
        "dim": 16,
        "n_layers": 1,
        "n_heads": 2,
        "hidden_dim": 32,
        "max_position_embeddings": 256,
    }
    folder = tmp_path_factory.mktemp("encoder")
    DistilBertModel(DistilBertConfig(vocab_size=len(wordpiece), **shape)).save_pretrained(folder)
    wordpiece.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def model_folder(
    encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Path]:
    """`model_folder(model, decoder)` returns the saved folder of an untrained model.

    Its random weights are scaled up, so that it finds many entities.
    """
    saved: dict[tuple[str, str], Path] = {}

    def folder_of(model: str, decoder: str) -> Path:
        if (model, decoder) not in saved:
            saved[model, decoder] = _save(
                model, decoder, encoder_folder, tmp_path_factory.mktemp("model")
            )
        return saved[model, decoder]

    return folder_of


def _save(kind: str, decoder: str, encoder_folder: Path, folder: Path) -> Path:
    import torch

    from tweetner.corpus import load_tweets
    from tweetner.tags import tags_of
    from tweetner.training import RunConfig
    from tweetner.training.finetuning import build
    from tweetner.training.finetuning.saving import save_model
    from tweetner.training.parsing import config_from

    torch.manual_seed(0)
    sizes = {"embedding_size": 8, "lstm_size": 8, "max_subwords": 256, "types": TYPES}
    run = {"model": kind, "decoder": decoder, "encoder": str(encoder_folder)}
    config = config_from(RunConfig, sizes | run)
    model, tokenizer = build(
        config, tags_of(TYPES), [tweet.words for tweet in load_tweets("sample:train")]
    )
    model.classifier.weight.data *= 20
    if decoder == "crf":
        for scores in model.crf.parameters():
            torch.nn.init.normal_(scores)
    save_model(model.eval(), tokenizer, config, folder)
    return folder


class Window(NamedTuple):
    """One window of `Windows`; `answered` holds the words that it answers for."""

    tweet: int
    input_ids: list[int]
    positions: list[int]
    words: list[int]
    answered: list[int]


@pytest.fixture(scope="session")
def list_windows() -> "Callable[[Windows], list[Window]]":
    """`list_windows(windows)`: the windows one by one."""

    def listed(windows: "Windows") -> list[Window]:
        rows = []
        for i in range(len(windows)):
            subwords = slice(*windows.bounds[i : i + 2])
            units = slice(*windows.unit_bounds[i : i + 2])
            words = windows.words[units]
            rows.append(
                Window(
                    int(windows.tweets[i]),
                    windows.input_ids[subwords].tolist(),
                    windows.positions[units].tolist(),
                    words.tolist(),
                    words[windows.answered[units]].tolist(),
                )
            )
        return rows

    return listed


LEXICON = {
    "berlin": "B-geo-loc",
    "nyc": "B-geo-loc",
    "new": "B-geo-loc",
    "york": "I-geo-loc",
    "nina": "B-person",
}


@pytest.fixture(scope="session")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 64 subwords that knows five names by heart; any other word is O."""
    import torch
    from transformers.utils.logging import disable_progress_bar

    from tweetner.models import TweetTaggerConfig, TweetTaggerForTokenClassification
    from tweetner.tags import tags_of
    from tweetner.tokenization import save_tokenizer, word_tokenizer
    from tweetner.training.finetuning.build import set_word_starts

    tags = tags_of(TYPES)
    disable_progress_bar()  # as the command does before it imports transformers
    tokenizer = word_tokenizer([list(LEXICON)], min_count=1, max_subwords=64)
    names = {
        "id2label": dict(enumerate(tags)),
        "label2id": {tag: label for label, tag in enumerate(tags)},
    }
    model = TweetTaggerForTokenClassification(
        TweetTaggerConfig(
            vocab_size=len(tokenizer), embedding_size=5, lstm_size=0, decoder="bio", **names
        )
    )
    set_word_starts(model, tokenizer)
    model.classifier.weight.data = 9 * torch.eye(5)
    model.classifier.bias.data.zero_()
    scores = torch.tensor([0.5, 0, 0, 0, 0]).repeat(len(tokenizer), 1)
    for word, tag in LEXICON.items():
        scores[tokenizer.get_vocab()[word], tags.index(tag)] = 1
    model.embedding.weight.data = scores
    folder = tmp_path_factory.mktemp("lexicon")
    model.eval().save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    return folder
