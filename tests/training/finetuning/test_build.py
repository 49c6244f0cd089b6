"""Building the model of a run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

from tweetner.models import load_classifier
from tweetner.tagger import NeuralBackend, TorchNetwork, load
from tweetner.tags import tags_of
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    SeedResult,
    build,
)

TYPES = ("geo-loc", "person")
TAGS = tags_of(TYPES)


@pytest.mark.slow
def test_training_goes_on_from_a_published_model(
    make: Callable[..., RunConfig], train: Callable[..., SeedResult]
) -> None:
    start = str(train(make(epochs=1)).folder.resolve())
    model, tokenizer = build(make(start=start), TAGS, [])
    backend = load(start).backend
    assert isinstance(backend, NeuralBackend)
    assert isinstance(backend.network, TorchNetwork)
    assert backend.encoder.tokenizer.get_vocab() == tokenizer.get_vocab()
    weights = backend.network.model.state_dict()
    assert all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())
    with pytest.raises(ValueError, match="expected labels"):
        build(make(start=start), tags_of(["movie"]), [])
    with pytest.raises(ValueError, match="was not trained with decoder 'crf'"):
        build(make(start=start, decoder="crf"), TAGS, [])


@pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    ("model", "decoder"), [("distilbert", "bio"), ("distilbert-bilstm", "crf")]
)
@pytest.mark.slow
def test_an_encoder_and_a_start_stored_in_half_precision_train_in_float32(
    stored: torch.dtype,
    model: str,
    decoder: str,
    make: Callable[..., RunConfig],
    train: Callable[..., SeedResult],
    encoder_folder: Path,
    tmp_path: Path,
) -> None:
    half = shutil.copytree(encoder_folder, tmp_path / "half")
    AutoModel.from_pretrained(half).to(stored).save_pretrained(half)
    encoder = str(half)
    result = train(make(model=model, decoder=decoder, encoder=encoder))
    published = load_classifier(result.folder)
    stored_weights = load_file(result.folder / "model.safetensors")
    floats = {weight.dtype for weight in stored_weights.values() if weight.is_floating_point()}
    assert floats == {torch.float32}
    published.to(stored).save_pretrained(result.folder)
    start, _ = build(make(start=str(result.folder.resolve()), decoder=decoder), TAGS, [])
    assert {weight.dtype for weight in start.parameters()} == {torch.float32}


@pytest.mark.parametrize("kind", ["llama", "opt"])
def test_a_type_without_a_classifier_that_we_can_calibrate_is_refused_before_training(
    kind: str, make: Callable[..., RunConfig], wordpiece: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    shape = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "word_embed_proj_dim": 16,  # OPT
    }
    config = AutoConfig.for_model(kind, vocab_size=len(wordpiece), **shape)
    AutoModel.from_config(config).save_pretrained(tmp_path / kind)
    wordpiece.save_pretrained(tmp_path / kind)
    with pytest.raises(ValueError, match=rf"encoder of type '{kind}': expected .* `classifier`"):
        build(make(encoder=f"./{kind}", model="distilbert"), TAGS, [])
    build(make(encoder=f"./{kind}", model="distilbert-bilstm"), TAGS, [])
