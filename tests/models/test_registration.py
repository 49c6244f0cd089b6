"""Tests of loading a saved folder with the stock pipeline, each in a process of its own."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = "back in berlin"
ENTITIES = [{"entity_group": "geo-loc", "start": 8, "end": 14}]

FIND_ENTITIES = f"""
def find_entities(**options):
    tagger = pipeline("token-classification", model=FOLDER, aggregation_strategy="first", **options)
    keys = ("entity_group", "start", "end")
    return [{{key: found[key] for key in keys}} for found in tagger({TEXT!r})]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved word-level model with readable weights: a word's embedding is its label scores."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    from tweetner.models import TweetTaggerConfig, TweetTaggerForTokenClassification

    vocabulary = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3, "back": 4, "in": 5, "berlin": 6}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary, unk_token="[UNK]", continuing_subword_prefix="##")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    labels = ["O", "B-geo-loc", "I-geo-loc"]
    config = TweetTaggerConfig(
        vocab_size=len(vocabulary),
        embedding_size=len(labels),
        lstm_size=0,
        id2label=dict(enumerate(labels)),
        label2id={tag: label for label, tag in enumerate(labels)},
    )
    model = TweetTaggerForTokenClassification(config)
    model.embedding.weight.data = torch.tensor([[9.0, 0, 0]] * 6 + [[0, 9.0, 0]])
    model.classifier.weight.data = torch.eye(3)
    model.set_word_starts(torch.ones(len(vocabulary), dtype=torch.bool), special_ids=[0, 1, 2])
    folder = tmp_path_factory.mktemp("model")
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)
    return folder


def run(script: str, folder: Path) -> object:
    """The `result` of a script run in a process of its own, stdin closed."""
    frame = (
        f"import json, sys\nFOLDER = {str(folder)!r}\n{script}\nprint('\\n' + json.dumps(result))"
    )
    own = {
        "HF_HUB_OFFLINE": "1",
        "HF_MODULES_CACHE": str(folder / "modules"),
        "PYTHONPATH": str(ROOT),
    }
    finished = subprocess.run(
        [sys.executable, "-c", frame],
        env=os.environ | own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.mark.slow
def test_tweetner_imports_nothing_heavy_and_its_models_register_with_the_auto_classes(
    folder: Path,
) -> None:
    script = f"""
import tweetner
light = not {{"torch", "transformers", "numpy"}} & set(sys.modules)
import tweetner.models
from transformers import AutoConfig, pipeline
config = AutoConfig.from_pretrained(FOLDER)
{FIND_ENTITIES}
result = [light, type(config).__module__, find_entities()]
"""
    assert run(script, folder) == [True, "tweetner.models.configuration_tweetner", ENTITIES]


@pytest.mark.slow
def test_transformers_may_be_imported_first(folder: Path) -> None:
    script = f"""
from transformers import pipeline
import tweetner.models
{FIND_ENTITIES}
result = find_entities()
"""
    assert run(script, folder) == ENTITIES


@pytest.mark.slow
def test_without_tweetner_the_folder_needs_trust_and_then_works(folder: Path) -> None:
    script = f"""
from transformers import pipeline
{FIND_ENTITIES}
try:
    refusal = find_entities()
except ValueError as error:
    refusal = "trust_remote_code=True" in str(error)
result = [refusal, find_entities(trust_remote_code=True), "tweetner" in sys.modules]
"""
    assert run(script, folder) == [True, ENTITIES, False]


def test_the_version_is_the_projects() -> None:
    import tweetner

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project.get("version", tweetner.__version__) == tweetner.__version__


def test_an_unknown_name_is_an_attribute_error() -> None:
    import tweetner

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = tweetner.nothing
