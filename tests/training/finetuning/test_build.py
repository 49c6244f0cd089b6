"""Building the model of a run."""

from collections.abc import Callable

import pytest
import torch

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
