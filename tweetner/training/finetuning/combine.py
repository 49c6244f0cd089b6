"""Combine the models of several seeds into one: averaged weights or averaged probabilities."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import PreTrainedModel

from tweetner.hub import Decoder
from tweetner.models import TweetTaggerForTokenClassification
from tweetner.training.finetuning.build import with_bio
from tweetner.training.finetuning.calibrate import Predictions, Trained
from tweetner.training.finetuning.saving import load_unscaled

O_BIASES = np.round(np.arange(0, 2.05, 0.1), 1)
"""What may be added to the score of O of averaged weights."""


def load_members(folders: Sequence[Path]) -> list[Trained]:
    """Load the models of several seeds.

    Raises:
        ValueError: One of them does not exist.
    """
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder}: expected the model of a seed; train all seeds anew")
    return [load_unscaled(folder) for folder in folders]


def average_weights(members: Sequence[Trained]) -> Trained:
    """Average the weights of models that were trained from one encoder.

    This is the uniform soup of Wortsman et al. 2022: as fast as one of the models.
    """
    states = [member.model.state_dict() for member in members]
    for name, weights in states[0].items():
        if weights.is_floating_point():
            weights.copy_(torch.stack([state[name] for state in states]).mean(0))
    return members[0]


def average_probabilities(members: Sequence[Trained]) -> Trained:
    """Build the ensemble of our class that averages the members' probabilities.

    Raises:
        ValueError: A member has more than a linear classifier on top of an encoder of transformers.
    """
    models = [_in_our_class(member) for member in members]
    return Trained(TweetTaggerForTokenClassification.from_members(models), members[0].tokenizer)


def _in_our_class(member: Trained) -> TweetTaggerForTokenClassification:
    if isinstance(member.model, TweetTaggerForTokenClassification):
        return member.model
    model = with_bio(member.model, member.tokenizer)
    if model is None:
        raise ValueError(
            "config key 'combine': expected an encoder with a linear classifier for an ensemble, "
            f"got {type(member.model).__name__}"
        )
    return model


def choose_o_bias(calibration: Predictions, decoder: Decoder) -> float:
    """Choose what to add to the scores of O: of the values with the best F1, the smallest.

    Averaged weights give flatter scores, so that too many words are tagged.
    """
    f1 = [calibration.with_o_raised(bias).f1(decoder) for bias in O_BIASES]
    return float(O_BIASES[np.argmax(f1)])


def raise_o(model: PreTrainedModel, bias: float) -> None:
    """Add a number to the scores that a native model gives to O, in place."""
    model.classifier.bias.data[model.config.label2id["O"]] += bias
