"""The masked language model: its losses, its embeddings with case, and the encoder in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from tweetner.models import extend_embeddings, load_encoder
from tweetner.training import PretrainConfig
from tweetner.training.pretraining import Adaptable, MaskedLanguageModel, load_adaptable
from tweetner.training.pretraining.model import CasedEmbedding

Make = Callable[..., PretrainConfig]
IDS = torch.tensor([[2, 7, 9, 3], [2, 8, 3, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])


def model_of(adaptable: Adaptable) -> MaskedLanguageModel:
    torch.manual_seed(0)
    return MaskedLanguageModel(adaptable.encoder, adaptable.vocabulary, 0.5).eval()


def test_the_loss_is_that_of_masked_subwords_and_half_of_that_of_their_case(make: Make) -> None:
    model = model_of(load_adaptable(make()))
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
    adaptable = load_adaptable(make())
    assert adaptable.vocabulary is not None
    plain, _ = load_encoder(make().encoder)
    extend_embeddings(plain, adaptable.vocabulary)
    model = model_of(adaptable)
    ids = torch.arange(len(adaptable.vocabulary.source))
    embedding = model.encoder.get_input_embeddings()
    assert isinstance(embedding, CasedEmbedding)
    assert len(ids) > 1.5 * len(embedding.base.weight)
    torch.testing.assert_close(embedding(ids), plain.get_input_embeddings().weight)


def test_the_plain_encoder_has_the_same_hidden_states(make: Make) -> None:
    model = model_of(load_adaptable(make()))
    torch.nn.init.normal_(model.encoder.get_input_embeddings().case.weight)
    with torch.no_grad():
        before = model.encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
        encoder = model.plain_encoder()
        after = encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    torch.testing.assert_close(after, before)
    assert type(encoder.get_input_embeddings()) is torch.nn.Embedding
    assert encoder.config.vocab_size == len(encoder.get_input_embeddings().weight)


def test_every_weight_has_a_gradient_but_the_vector_of_lower_case(make: Make) -> None:
    model = model_of(load_adaptable(make())).train()
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
    adaptable = load_adaptable(make(casing=casing))
    assert (adaptable.vocabulary is not None) == casing
    same = adaptable.tokenizer("Rome")["input_ids"] == adaptable.tokenizer("rome")["input_ids"]
    assert same != casing
    model = model_of(adaptable)
    losses = model(IDS, MASK, torch.tensor([1]), torch.tensor([7]), torch.tensor([1]))
    assert ("case_loss" in losses) == casing


def test_an_adapted_encoder_can_be_adapted_again(make: Make, tmp_path: Path) -> None:
    adaptable = load_adaptable(make())
    model_of(adaptable).plain_encoder().save_pretrained(tmp_path / "adapted")
    adaptable.tokenizer.save_pretrained(tmp_path / "adapted")
    again = load_adaptable(make(encoder=str(tmp_path / "adapted")))
    assert again.vocabulary is None
    text = "Anna in ROME"
    assert again.tokenizer(text)["input_ids"] == adaptable.tokenizer(text)["input_ids"]
