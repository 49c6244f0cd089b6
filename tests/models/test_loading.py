"""Tests of loading: weights are float32 whatever they are stored in, and integers can follow."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer, PreTrainedModel

from tweetner.models import load_classifier, load_encoder
from tweetner.tagger import load
from tweetner.training.finetuning.build import with_bio

HALF = pytest.mark.parametrize("stored", [torch.float16, torch.bfloat16], ids=str)
KINDS = [("distilbert", "argmax"), ("distilbert", "bio"), ("distilbert-bilstm", "crf")]


def precisions(model: PreTrainedModel) -> set[torch.dtype]:
    return {weight.dtype for weight in model.parameters()}


def store(folder: Path, model: PreTrainedModel, stored: torch.dtype, to: Path) -> Path:
    """Copy a model folder, with its weights in another precision."""
    shutil.copytree(folder, to)
    model.to(stored).save_pretrained(to)
    assert precisions(type(model).from_pretrained(to, dtype="auto")) >= {stored}
    return to


@HALF
def test_an_encoder_stored_in_half_precision_is_loaded_in_float32(
    stored: torch.dtype, encoder_folder: Path, tmp_path: Path
) -> None:
    half = AutoModel.from_pretrained(encoder_folder)
    folder = store(encoder_folder, half, stored, tmp_path / "half")
    encoder, _ = load_encoder(str(folder))
    assert precisions(encoder) == {torch.float32}
    assert encoder.config.dtype == torch.float32


@HALF
@pytest.mark.parametrize(("model", "decoder"), KINDS)
def test_a_tagger_computes_in_float32_whatever_is_stored(
    stored: torch.dtype,
    model: str,
    decoder: str,
    model_folder: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    source = model_folder(model, decoder)
    folder = store(source, load_classifier(source), stored, tmp_path / "half")
    network = load_classifier(folder)
    assert precisions(network) == {torch.float32}
    words = [["in", "Berlin"], ["new", "york", "!"]]
    found = load(folder, backend="torch").tag_words(words, probabilities=True)
    expected = load(source, backend="torch").tag_words(words, probabilities=True)
    for half, full in zip(found, expected, strict=True):
        np.testing.assert_allclose(half.probabilities, full.probabilities, atol=0.05)


@pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("kind", ["bio", "bilstm-crf"])
@pytest.mark.parametrize("dtype", [torch.qint8, torch.float16], ids=str)
def test_a_model_of_our_class_survives_pytorchs_dynamic_quantization(
    dtype: torch.dtype, kind: str, model_folder: Callable[[str, str], Path]
) -> None:
    folder = model_folder(*{"bio": KINDS[1], "bilstm-crf": KINDS[2]}[kind])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = load_classifier(folder)
    if kind == "bio":
        model = with_bio(model, tokenizer)  # as a run publishes it beside the native model
    layers = {torch.nn.Linear, torch.nn.LSTM}
    quantized = torch.ao.quantization.quantize_dynamic(model.eval(), layers, dtype=dtype)
    assert type(quantized.classifier) is not torch.nn.Linear
    inputs = tokenizer("just landed in Berlin", return_tensors="pt")
    with torch.no_grad():
        expected = model(**inputs).logits.softmax(-1)
        found = quantized(**inputs).logits.softmax(-1)
    torch.testing.assert_close(found, expected, atol=0.2, rtol=0)


def test_a_head_of_eight_bit_weights_gets_float32(
    model_folder: Callable[[str, str], Path],
) -> None:
    class Integers(torch.nn.Module):
        """An 8-bit layer as loaders put it: `weight` holds integers."""

        def __init__(self, layer: torch.nn.Linear) -> None:
            super().__init__()
            self.scale = layer.weight.detach().abs().max() / 127
            integers = (layer.weight.detach() / self.scale).round().to(torch.int8)
            self.weight = torch.nn.Parameter(integers, requires_grad=False)
            self.bias = layer.bias

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            assert rows.dtype == torch.float32
            return torch.nn.functional.linear(rows, self.weight * self.scale, self.bias)

    folder = model_folder("distilbert", "crf")
    model = load_classifier(folder).eval()
    ids = torch.tensor([[2, 5, 6, 3]])
    with torch.no_grad():
        expected = model(ids).logits.softmax(-1)
        model.classifier = Integers(model.classifier)
        torch.testing.assert_close(model(ids).logits.softmax(-1), expected, atol=0.2, rtol=0)
