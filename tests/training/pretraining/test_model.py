"""The masked language model: its losses, its embeddings with case, and the encoder in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from tweetner.models import extend_embeddings, load_encoder
from tweetner.training import PretrainConfig
from tweetner.training.encoder import TweetEncoder, load_tweet_encoder
from tweetner.training.pretraining import MaskedLanguageModel
from tweetner.training.pretraining.model import CasedEmbedding

Make = Callable[..., PretrainConfig]
IDS = torch.tensor([[2, 7, 9, 3], [2, 8, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])


def model_of(loaded: TweetEncoder) -> MaskedLanguageModel:
    torch.manual_seed(0)
    return MaskedLanguageModel(loaded.model, loaded.cased, 0.5).eval()


def test_the_loss_is_that_of_masked_subwords_and_half_of_that_of_their_case(make: Make) -> None:
    model = model_of(load_tweet_encoder(make()))
    targets, cases = torch.tensor([7, 8]), torch.tensor([1, 0])
    losses = model(IDS, MASK, torch.tensor([1, 5]), targets, cases)
    hidden = model.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    masked = model.transform(torch.stack([hidden[0, 1], hidden[1, 1]]))
    scores = masked @ model.encoder.get_input_embeddings().base.weight.T + model.bias
    torch.testing.assert_close(losses["subword_loss"], cross_entropy(scores, targets))
    assert model.case_classifier is not None
    case_loss = cross_entropy(model.case_classifier(masked), cases)
    torch.testing.assert_close(losses["loss"], losses["subword_loss"] + 0.5 * case_loss)


def test_an_encoder_begins_with_the_embeddings_that_fine_tuning_gives_it(make: Make) -> None:
    loaded = load_tweet_encoder(make())
    assert loaded.cased is not None
    plain, _ = load_encoder(make().encoder)
    extend_embeddings(plain, loaded.cased)
    model = model_of(loaded)
    ids = torch.arange(len(loaded.cased.source))
    embedding = model.encoder.get_input_embeddings()
    assert isinstance(embedding, CasedEmbedding)
    assert len(ids) > 1.5 * len(embedding.base.weight)
    torch.testing.assert_close(embedding(ids), plain.get_input_embeddings().weight)


def test_the_plain_encoder_has_the_same_hidden_states(make: Make) -> None:
    model = model_of(load_tweet_encoder(make()))
    torch.nn.init.normal_(model.encoder.get_input_embeddings().case.weight)
    with torch.no_grad():
        before = model.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        encoder = model.plain_encoder()
        after = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(after, before)
    assert type(encoder.get_input_embeddings()) is torch.nn.Embedding
    assert encoder.config.vocab_size == len(encoder.get_input_embeddings().weight)


def test_every_weight_has_a_gradient_but_the_vector_of_lower_case(make: Make) -> None:
    model = model_of(load_tweet_encoder(make())).train()
    losses = model(
        IDS, MASK, torch.tensor([1, 2, 5]), torch.tensor([7, 9, 8]), torch.tensor([1, 2, 0])
    )
    losses["loss"].backward()
    assert all(weight.grad is not None for weight in model.parameters())
    case = model.encoder.get_input_embeddings().case
    assert not case.weight.grad[0].any()
    assert not case.weight[0].any()


@pytest.mark.parametrize("casing", [True, False])
def test_without_case_the_encoders_own_vocabulary_is_kept(casing: bool, make: Make) -> None:
    loaded = load_tweet_encoder(make(casing=casing))
    assert (loaded.cased is not None) == casing
    same = loaded.tokenizer("Rome")["input_ids"] == loaded.tokenizer("rome")["input_ids"]
    assert same != casing
    model = model_of(loaded)
    losses = model(IDS, MASK, torch.tensor([1]), torch.tensor([7]), torch.tensor([1]))
    assert ("case_loss" in losses) == casing


def test_an_adapted_encoder_can_be_adapted_again(make: Make, tmp_path: Path) -> None:
    loaded = load_tweet_encoder(make())
    model_of(loaded).plain_encoder().save_pretrained(tmp_path / "adapted")
    loaded.tokenizer.save_pretrained(tmp_path / "adapted")
    again = load_tweet_encoder(make(encoder=str(tmp_path / "adapted")))
    assert again.cased is None
    text = "Anna in ROME"
    assert again.tokenizer(text)["input_ids"] == loaded.tokenizer(text)["input_ids"]
