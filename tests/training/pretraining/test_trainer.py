"""The held-out loss, as the Trainer measures it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tweetner.training import PretrainConfig
from tweetner.training.encoder import load_tweet_encoder
from tweetner.training.pretraining import (
    EncodedTweets,
    MaskedBatches,
    MaskedLanguageModel,
    PretrainTrainer,
    WholeWordMasking,
    training_arguments,
)


def test_the_held_out_loss_is_the_mean_over_masked_subwords(
    make: Callable[..., PretrainConfig], invented: list[str]
) -> None:
    import numpy as np

    config = make()
    loaded = load_tweet_encoder(config)
    rows = [loaded.tokenizer(tweet)["input_ids"] for tweet in invented]
    bounds = np.cumsum([0, *map(len, rows)])
    encoded = EncodedTweets(np.concatenate(rows).astype(np.uint32), bounds)
    masking = WholeWordMasking(loaded.tokenizer, 0.2)
    batches = MaskedBatches(encoded, masking, loaded.cased, budget=90, seed=1)
    torch.manual_seed(0)
    model = MaskedLanguageModel(loaded.model, loaded.cased, 0.5)
    trainer = PretrainTrainer(
        clock=None,
        warmup=0.1,
        model=model,
        args=training_arguments(config, Path("run")),
        train_dataset=batches,
        eval_dataset=batches,
    )
    found = trainer.evaluate()
    model.eval()
    sums = {"loss": 0.0, "case_loss": 0.0}
    n_targets = 0
    with torch.no_grad():
        for i in range(len(batches)):
            losses = model(**batches[i])
            n = len(batches[i]["targets"])
            n_targets += n
            for name in sums:
                sums[name] += n * float(losses[name])
    for name, total in sums.items():
        assert found[f"eval_{name}"] == pytest.approx(total / n_targets, rel=1e-5)
    assert trainer.evaluate() == found
