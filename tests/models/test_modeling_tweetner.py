"""Tests of the PyTorch taggers on readable ids: 3 to 19 begin a word, 20 to 29 continue one.

The ids 0, 1 and 2 are [PAD], [CLS] and [SEP]."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tweetner.models import TweetTaggerConfig, TweetTaggerForTokenClassification
from tweetner.models.modeling_tweetner import RAISED, BiLSTM, to_subwords

LABELS = ["O", "B-geo-loc", "I-geo-loc", "B-movie", "I-movie"]
NAMES = {
    "id2label": dict(enumerate(LABELS)),
    "label2id": {tag: label for label, tag in enumerate(LABELS)},
}
N_SUBWORDS = 30
WORD_STARTS = (torch.arange(N_SUBWORDS) >= 3) & (torch.arange(N_SUBWORDS) < 20)

TWEETS = [
    [1, 3, 20, 21, 4, 5, 22, 2],  # three words, of 3, 1 and 2 subwords
    [1, 6, 2],
    [1, 7, 8, 9, 10, 2],
    [1, 2],  # no word
    [1, 23, 11, 12, 24, 2],  # begins inside a word, as a window of a long tweet may
    [1, 13, 14, 15, 2],
]
GOLD = [[1, 2, 0], [3], [0, 1, 2, 3], [], [0, 3], [1, 0, 1]]  # labels of the words above

KINDS = ["bilstm", "distilbert", "distilbert-bilstm"]
DECODERS = ["argmax", "bio", "crf"]


def build(
    kind: str = "distilbert-bilstm", decoder: str = "bio"
) -> TweetTaggerForTokenClassification:
    from transformers import DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    lstm_size = 0 if kind == "distilbert" else 12
    if kind == "bilstm":
        config = TweetTaggerConfig(
            vocab_size=N_SUBWORDS, embedding_size=16, lstm_size=lstm_size, decoder=decoder, **NAMES
        )
        model = TweetTaggerForTokenClassification(config)
    else:
        encoder = DistilBertModel(
            DistilBertConfig(vocab_size=N_SUBWORDS, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
        )
        model = TweetTaggerForTokenClassification.from_encoder(
            encoder, lstm_size=lstm_size, decoder=decoder, **NAMES
        )
    if decoder == "crf":
        for scores in model.crf.parameters():
            nn.init.normal_(scores)
    model.set_word_starts(WORD_STARTS, special_ids=[0, 1, 2])
    return model.eval()


def batch(tweets: list[list[int]] = TWEETS, extra: int = 0) -> dict[str, Tensor]:
    width = max(map(len, tweets)) + extra
    input_ids = torch.tensor([tweet + [0] * (width - len(tweet)) for tweet in tweets])
    return {"input_ids": input_ids, "attention_mask": (input_ids != 0).long()}


def labels_of(input_ids: Tensor) -> Tensor:
    labels = torch.full_like(input_ids, -100)
    labels[WORD_STARTS[input_ids]] = torch.tensor(list(itertools.chain(*GOLD)))
    return labels


# --- words and subwords ---------------------------------------------------------------------------


def test_subwords_take_the_scores_of_their_word_and_continue_it() -> None:
    scores = torch.tensor(
        [[[0.0, 5.0, 1.0, -1.0, -2.0], [9.0, 0.0, 1.0, 2.0, 3.0]]]
    )  # words: B-geo-loc, O
    is_start = torch.tensor([[False, True, False, True, False, False]])
    word = torch.tensor([[-1, 0, 0, 1, 1, -1]])  # [CLS], a word of two subwords, another, [SEP]
    no = -1e4
    assert to_subwords(scores, is_start, word)[0].tolist() == [
        [0, no, no, no, no],
        [0, 5, 1, -1, -2],
        [0, 1, 5, -2, -1],
        [9, 0, 1, 2, 3],
        [9, 0, 1, 2, 3],
        [0, no, no, no, no],
    ]


@pytest.mark.parametrize("decoder", DECODERS)
def test_other_subwords_continue_their_word_and_all_else_is_o(decoder: str) -> None:
    model, inputs = build(decoder=decoder), batch()
    model.classifier.weight.data *= 20  # so that many labels are not O
    labels = model(**inputs).logits.argmax(-1)
    assert labels[WORD_STARTS[inputs["input_ids"]]].ne(0).any()
    for ids, row in zip(inputs["input_ids"].tolist(), labels.tolist(), strict=True):
        expected = 0
        for subword, label in zip(ids, row, strict=True):
            if 3 <= subword < 20:
                expected = label + label % 2  # B-x is odd, and its I-x the next
            elif subword < 3:
                expected = 0
                assert label == 0
            else:
                assert label == expected


def test_emissions_are_those_of_the_words_in_order() -> None:
    long_tweet = [1, *[3, 20, 4, 21, 22, 5] * 20, 2]
    model, inputs = build("distilbert"), batch([*TWEETS, long_tweet])
    emissions, word_mask = model.emissions(**inputs)
    assert word_mask.sum(1).tolist() == [3, 1, 4, 0, 2, 3, 60]
    assert emissions.shape == (7, 60, 5)
    hidden = model.encoder(**inputs).last_hidden_state
    torch.testing.assert_close(emissions[0, :3], model.classifier(hidden[0, [1, 4, 5]]))
    torch.testing.assert_close(
        emissions[word_mask], model.classifier(hidden[WORD_STARTS[inputs["input_ids"]]])
    )


def test_a_batch_without_any_word_is_all_o() -> None:
    for kind in KINDS:
        output = build(kind)(**batch([[1, 2], [1, 2]]), labels=torch.full((2, 2), -100))
        assert output.logits.argmax(-1).eq(0).all()
        assert output.loss == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_attention_mask_hides_is_no_word(kind: str) -> None:
    model, tweet = build(kind), torch.tensor([[1, 3, 4, 5]])
    hidden = model(tweet, torch.tensor([[1, 1, 1, 0]])).logits
    assert hidden[0, 3].tolist() == [0, -1e4, -1e4, -1e4, -1e4]
    torch.testing.assert_close(hidden[:, :3], model(tweet[:, :3]).logits)


def test_without_word_starts_set_every_subword_but_padding_is_a_word() -> None:
    model = TweetTaggerForTokenClassification(TweetTaggerConfig(vocab_size=4, **NAMES))
    assert model.word_start.tolist() == [False, True, True, True]
    assert model.special.tolist() == [True, False, False, False]


def test_word_starts_of_a_shorter_vocabulary_leave_the_rest_out_and_longer_ones_are_refused() -> (
    None
):
    model = TweetTaggerForTokenClassification(TweetTaggerConfig(vocab_size=4, **NAMES))
    model.set_word_starts(torch.tensor([True, True, False]), special_ids=[0])
    assert model.word_start.tolist() == [False, True, False, False]
    with pytest.raises(ValueError, match=r"expected torch.bool \(4,\), got torch.bool \(5,\)"):
        model.set_word_starts(torch.ones(5, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"got torch.int64 \(4,\)"):
        model.set_word_starts(torch.ones(4, dtype=torch.long))


# --- padding and batches --------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_equals_its_tweets_one_by_one_whatever_the_padding(kind: str, decoder: str) -> None:
    model = build(kind, decoder)
    with torch.no_grad():
        together, padded = model(**batch()).logits, model(**batch(extra=5)).logits
        for row, tweet in enumerate(TWEETS):
            alone = model(**batch([tweet])).logits[0]
            torch.testing.assert_close(together[row, : len(tweet)], alone, atol=1e-5, rtol=0)
            torch.testing.assert_close(padded[row, : len(tweet)], alone, atol=1e-5, rtol=0)


def test_the_bilstm_equals_torchs_own_on_packed_rows() -> None:
    torch.manual_seed(0)
    ours, theirs = BiLSTM(3, 8), nn.LSTM(3, 4, batch_first=True, bidirectional=True)
    leftward = {f"{name}_reverse": weight for name, weight in ours.leftward.state_dict().items()}
    theirs.load_state_dict({**ours.rightward.state_dict(), **leftward})
    lengths = torch.tensor([5, 2, 1])
    words, mask = torch.randn(3, 5, 3), torch.arange(5) < lengths[:, None]
    packed, _ = theirs(pack_padded_sequence(words, lengths, batch_first=True))
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    torch.testing.assert_close(ours(words, mask)[mask], expected[mask])


# --- decoding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", ["bio", "crf"])
def test_the_largest_logits_are_the_best_of_all_label_sequences(decoder: str) -> None:
    model, inputs = build("bilstm", decoder), batch()
    model.classifier.weight.data *= 10
    start, transitions, end = model.transition_scores()
    emissions, word_mask = model.emissions(**inputs)
    labels = model(**inputs).logits.argmax(-1)
    for row in range(len(TWEETS)):
        scores = emissions[row, word_mask[row]]
        paths = torch.tensor(
            list(itertools.product(range(5), repeat=len(scores))), dtype=torch.long
        )
        if not len(scores):
            continue
        totals = (
            start[paths[:, 0]] + scores[torch.arange(len(scores)), paths].sum(1) + end[paths[:, -1]]
        )
        totals = totals + transitions[paths[:, :-1], paths[:, 1:]].sum(1)
        starts = WORD_STARTS[inputs["input_ids"][row]]
        assert labels[row, starts].tolist() == paths[totals.argmax()].tolist()


def test_the_decoded_label_is_raised_only_where_the_marginals_prefer_another() -> None:
    # The best path is O O with 1.7, but B-geo-loc is the likelier first label:
    # two paths with 1.5 share it.
    emissions = torch.tensor([[[1.0, 0.8, -99, -99, -99], [0.7, 0.0, 0.7, -99, -99]]])
    weights = {path: torch.tensor(score).exp() for path, score in
               {"OO": 1.7, "OB": 1.0, "BO": 1.5, "BI": 1.5, "BB": 0.8}.items()}  # fmt: skip
    first, second = build().decode(emissions, torch.ones(1, 2).bool())[0]
    assert first.argmax() == 0
    assert (first[0] - first[1]).item() == pytest.approx(RAISED, abs=1e-5)
    all_weights = sum(weights.values())
    expected = [(weights["OO"] + weights["BO"]), (weights["OB"] + weights["BB"]), weights["BI"]]
    torch.testing.assert_close(second.softmax(-1)[:3], torch.stack(expected) / all_weights)


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_folded_temperature_tempers_scores_and_keeps_the_labels(decoder: str) -> None:
    model, inputs = build("bilstm", decoder), batch()
    model.classifier.weight.data *= 10
    cold, (emissions, word_mask) = model(**inputs).logits, model.emissions(**inputs)
    chain = model.transition_scores()
    model.fold_temperature(2.0)
    warm = model(**inputs).logits
    assert torch.equal(warm.argmax(-1), cold.argmax(-1))
    assert warm.softmax(-1).amax(-1).mean() < cold.softmax(-1).amax(-1).mean()
    torch.testing.assert_close(model.emissions(**inputs)[0][word_mask], emissions[word_mask] / 2)
    for tempered, original in zip(model.transition_scores(), chain, strict=True):
        learned = original > -1e3
        torch.testing.assert_close(tempered[learned], original[learned] / 2)
        assert tempered[~learned].lt(-9e3).all()  # what is impossible stays so


@pytest.mark.parametrize("kind", ["bilstm", "distilbert"])
@pytest.mark.parametrize("decoder", ["argmax", "bio"])
def test_an_ensemble_gives_the_mean_probabilities_of_its_members(
    kind: str, decoder: str, tmp_path: Path
) -> None:
    members = [build(kind, decoder), build(kind, decoder)]
    nn.init.normal_(members[1].classifier.weight)
    ensemble = TweetTaggerForTokenClassification.from_members(members)
    inputs = batch()
    emitted = [member.emissions(**inputs)[0].softmax(-1).detach().numpy() for member in members]
    mean = np.mean(emitted, 0)
    found, mask = ensemble.emissions(**inputs)
    np.testing.assert_allclose(found.exp()[mask].detach(), mean[mask], rtol=1e-5)

    ensemble.fold_temperature(2.0)
    flatter = ensemble.emissions(**inputs)[0]
    torch.testing.assert_close(flatter, found / 2)
    ensemble.save_pretrained(tmp_path)
    loaded = TweetTaggerForTokenClassification.from_pretrained(tmp_path).eval()
    torch.testing.assert_close(loaded(**inputs).logits, ensemble(**inputs).logits)


@pytest.mark.parametrize("kind", KINDS)
def test_an_ensemble_of_one_is_its_member(kind: str) -> None:
    member = build(kind, "bio")
    ensemble = TweetTaggerForTokenClassification.from_members([member])
    torch.testing.assert_close(ensemble(**batch()).logits, member(**batch()).logits)


def test_members_that_differ_or_have_a_crf_are_refused() -> None:
    with pytest.raises(ValueError, match="expected members with the same settings"):
        TweetTaggerForTokenClassification.from_members([build("bilstm"), build("distilbert")])
    other = build()
    other.set_word_starts(~WORD_STARTS, special_ids=[0, 1, 2])
    with pytest.raises(ValueError, match="the same vocabulary"):
        TweetTaggerForTokenClassification.from_members([build(), other])
    with pytest.raises(ValueError, match="expected argmax or bio for an ensemble"):
        TweetTaggerForTokenClassification.from_members([build(decoder="crf")])


def test_a_temperature_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a number above 0, got 0"):
        build().fold_temperature(0)


# --- learning -------------------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("kind", KINDS)
def test_one_step_moves_every_parameter(kind: str, decoder: str) -> None:
    model, inputs = build(kind, decoder).train(), batch()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    model(**inputs, labels=labels_of(inputs["input_ids"])).loss.backward()
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    assert [
        name for name, parameter in model.named_parameters() if torch.equal(parameter, before[name])
    ] == []


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_six_tweets_are_learnt_by_heart(kind: str, decoder: str) -> None:
    model, inputs = build(kind, decoder).train(), batch()
    labels = labels_of(inputs["input_ids"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-2)
    for _ in range(80):
        optimizer.zero_grad()
        model(**inputs, labels=labels).loss.backward()
        optimizer.step()
    starts = WORD_STARTS[inputs["input_ids"]]
    assert torch.equal(model.eval()(**inputs).logits.argmax(-1)[starts], labels[starts])


@pytest.mark.parametrize("decoder", DECODERS)
def test_micro_batches_divided_by_all_labels_sum_to_the_loss_of_the_whole(decoder: str) -> None:
    model = build(decoder=decoder)
    whole = model(**batch(), labels=labels_of(batch()["input_ids"])).loss
    n_labels = torch.tensor(sum(map(len, GOLD)))
    parts = 0.0
    for rows in ([0, 1], [2, 3, 4, 5]):
        inputs = {name: tensor[rows] for name, tensor in batch().items()}
        labels = labels_of(batch()["input_ids"])[rows]
        parts += model(**inputs, labels=labels, num_items_in_batch=n_labels).loss
    torch.testing.assert_close(parts, whole)


@pytest.mark.parametrize("decoder", ["argmax", "bio"])
def test_the_loss_is_the_mean_cross_entropy_of_labelled_words(decoder: str) -> None:
    model, inputs = build("distilbert", decoder), batch()
    labels = labels_of(inputs["input_ids"])
    labels[0, 4] = -100  # the second word of the first tweet is not observed
    emissions, word_mask = model.emissions(**inputs)
    gold = torch.tensor([label for i, label in enumerate(itertools.chain(*GOLD)) if i != 1])
    observed = torch.arange(int(word_mask.sum())) != 1
    expected = nn.functional.cross_entropy(emissions[word_mask][observed], gold)
    torch.testing.assert_close(model(**inputs, labels=labels).loss, expected)


def test_a_label_inside_a_word_is_refused() -> None:
    inputs = batch()
    labels = labels_of(inputs["input_ids"])
    labels[0, 2] = 1
    with pytest.raises(ValueError, match="expected -100 at subwords that begin no word"):
        build()(**inputs, labels=labels)


@pytest.mark.parametrize("decoder", ["bio", "crf"])
def test_bf16_autocast_leaves_all_behind_the_encoder_in_float32(decoder: str) -> None:
    model, inputs = build("bilstm", decoder), batch()
    labels = labels_of(inputs["input_ids"])
    expected = model(**inputs, labels=labels)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(**inputs, labels=labels)
    assert torch.equal(output.loss, expected.loss)
    assert torch.equal(output.logits, expected.logits)


# --- building, saving, loading --------------------------------------------------------------------


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_and_loaded_model_gives_the_same_logits(
    kind: str, decoder: str, tmp_path: Path
) -> None:
    model = build(kind, decoder)
    model.save_pretrained(tmp_path)
    loaded = TweetTaggerForTokenClassification.from_pretrained(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json",
        "configuration_tweetner.py",
        "model.safetensors",
        "modeling_tweetner.py",
    ]
    assert torch.equal(loaded.word_start, model.word_start)
    assert torch.equal(loaded.special, model.special)
    assert torch.equal(loaded(**batch()).logits, model(**batch()).logits)


def test_a_model_loaded_in_bf16_keeps_its_head_in_float32(tmp_path: Path) -> None:
    model = build(decoder="crf")
    model.save_pretrained(tmp_path)
    loaded = TweetTaggerForTokenClassification.from_pretrained(tmp_path, dtype=torch.bfloat16)
    dtypes = {name.split(".")[0]: parameter.dtype for name, parameter in loaded.named_parameters()}
    head = dict.fromkeys(("lstm", "classifier", "crf"), torch.float32)
    assert dtypes == {"encoder": torch.bfloat16} | head
    torch.testing.assert_close(
        loaded(**batch()).logits, model(**batch()).logits, atol=5e-2, rtol=5e-2
    )


def test_a_crf_may_start_from_a_model_without_one(tmp_path: Path) -> None:
    model = build(decoder="bio")
    model.save_pretrained(tmp_path)
    loaded = TweetTaggerForTokenClassification.from_pretrained(tmp_path, decoder="crf")
    assert all(scores.eq(0).all() for scores in loaded.crf.parameters())
    torch.testing.assert_close(loaded(**batch()).logits, model(**batch()).logits)


def test_a_pretrained_encoder_is_kept_as_it_is() -> None:
    from transformers import BertConfig, BertModel

    encoder = BertModel(
        BertConfig(
            vocab_size=N_SUBWORDS,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
        )
    )
    before = {
        name: weight.clone()
        for name, weight in encoder.state_dict().items()
        if "pooler" not in name
    }
    model = TweetTaggerForTokenClassification.from_encoder(encoder, **NAMES)
    assert model.encoder is encoder
    assert model.config.encoder["model_type"] == "bert"
    after = encoder.state_dict()
    assert after.keys() == before.keys()  # no pooler: it would never get a gradient
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


def test_the_word_level_model_starts_as_torch_starts_its_layers() -> None:
    torch.manual_seed(0)
    config = TweetTaggerConfig(vocab_size=5000, **NAMES)
    model = TweetTaggerForTokenClassification(config)
    assert model.embedding.weight[0].eq(0).all()
    assert model.embedding.weight[1:].std().item() == pytest.approx(1.0, abs=0.01)
    bound = 96**-0.5  # hidden size of one direction
    for name, parameter in model.lstm.named_parameters():
        assert bound * 0.95 < parameter.abs().max() <= bound, name


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["O", "B-x"], r"id2label: expected .* got \['O', 'B-x'\]"),
        (["B-x", "I-x", "O"], "id2label: expected"),
        (["O", "I-x", "B-x"], "id2label: expected"),
        (["O", "B-x", "I-y"], "id2label: expected"),
        (["O", "B-x", "I-x", "B-x", "I-x"], "id2label: expected"),
        (["LABEL_0", "LABEL_1"], "id2label: expected"),
        (["O"], "id2label: expected"),
    ],
)
def test_labels_of_another_form_are_refused(tags: list[str], message: str) -> None:
    names = {
        "id2label": dict(enumerate(tags)),
        "label2id": {tag: label for label, tag in enumerate(tags)},
    }
    with pytest.raises(ValueError, match=message):
        TweetTaggerForTokenClassification(TweetTaggerConfig(vocab_size=5, **names))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"decoder": "viterbi"}, "decoder: expected one of argmax, bio, crf, got 'viterbi'"),
        (
            {"lstm_size": 7},
            "lstm_size: expected an even number, half of it for each direction, got 7",
        ),
        ({"label2id": {"O": 1}}, "label2id: expected the inverse of id2label, got {'O': 1}"),
    ],
)
def test_settings_that_make_no_model_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TweetTaggerForTokenClassification(TweetTaggerConfig(vocab_size=5, **(NAMES | settings)))


def test_an_encoder_keeps_its_weights_also_in_layers_that_were_replaced() -> None:
    from transformers import DistilBertConfig, DistilBertModel

    encoder = DistilBertModel(
        DistilBertConfig(vocab_size=N_SUBWORDS, dim=16, n_layers=1, n_heads=2, hidden_dim=32)
    )
    encoder.set_input_embeddings(nn.Embedding(N_SUBWORDS, 16))
    before = {name: weight.clone() for name, weight in encoder.state_dict().items()}
    model = TweetTaggerForTokenClassification.from_encoder(
        encoder, lstm_size=0, decoder="bio", **NAMES
    )
    assert all(
        torch.equal(weight, before[name]) for name, weight in model.encoder.state_dict().items()
    )
