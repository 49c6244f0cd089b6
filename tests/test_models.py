"""The PyTorch taggers, on a vocabulary read by eye: 0 [PAD], 1 [CLS], 2 [SEP], 3-19 begin a word, 20-29 continue one."""

import itertools
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tweetner.models import TweetTaggerConfig, TweetTaggerForTokenClassification
from tweetner.models.modeling_tweetner import RAISED, BiLSTM, to_subwords

LABELS = ["O", "B-geo-loc", "I-geo-loc", "B-movie", "I-movie"]
NAMES = {"id2label": dict(enumerate(LABELS)), "label2id": {tag: label for label, tag in enumerate(LABELS)}}
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


def build(kind: str = "distilbert-bilstm", decoder: str = "bio") -> TweetTaggerForTokenClassification:
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
        model = TweetTaggerForTokenClassification.from_encoder(encoder, lstm_size=lstm_size, decoder=decoder, **NAMES)
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


# --- words and subwords ----------------------------------------------------------------------------------------------


def test_subwords_take_the_scores_of_their_word_and_continue_it() -> None:
    scores = torch.tensor([[[0.0, 5.0, 1.0, -1.0, -2.0], [9.0, 0.0, 1.0, 2.0, 3.0]]])  # words: B-geo-loc, O
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
    model = build("distilbert")
    emissions, word_mask = model.emissions(**batch())
    assert word_mask.sum(1).tolist() == [len(gold) for gold in GOLD]
    assert emissions.shape == (6, 4, 5)
    hidden = model.encoder(**batch()).last_hidden_state
    expected = model.classifier(hidden[0, [1, 4, 5]])  # where the words of the first tweet begin
    torch.testing.assert_close(emissions[0, :3], expected)


def test_a_batch_without_any_word_is_all_o() -> None:
    for kind in KINDS:
        output = build(kind)(**batch([[1, 2], [1, 2]]), labels=torch.full((2, 2), -100))
        assert output.logits.argmax(-1).eq(0).all()
        assert output.loss == 0


def test_without_word_starts_set_every_subword_but_padding_is_a_word() -> None:
    model = TweetTaggerForTokenClassification(TweetTaggerConfig(vocab_size=4, **NAMES))
    assert model.word_start.tolist() == [False, True, True, True]
    assert model.special.tolist() == [True, False, False, False]


def test_word_starts_of_a_shorter_vocabulary_leave_the_rest_out_and_longer_ones_are_refused() -> None:
    model = TweetTaggerForTokenClassification(TweetTaggerConfig(vocab_size=4, **NAMES))
    model.set_word_starts(torch.tensor([True, True, False]), special_ids=[0])
    assert model.word_start.tolist() == [False, True, False, False]
    with pytest.raises(ValueError, match=r"expected torch.bool \(4,\), got torch.bool \(5,\)"):
        model.set_word_starts(torch.ones(5, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"got torch.int64 \(4,\)"):
        model.set_word_starts(torch.ones(4, dtype=torch.long))


# --- padding and batches ---------------------------------------------------------------------------------------------


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
    theirs.load_state_dict(
        {name: weight for name, weight in ours.rightward.state_dict().items()}
        | {f"{name}_reverse": weight for name, weight in ours.leftward.state_dict().items()}
    )
    lengths = torch.tensor([5, 2, 1])
    words, mask = torch.randn(3, 5, 3), torch.arange(5) < lengths[:, None]
    packed, _ = theirs(pack_padded_sequence(words, lengths, batch_first=True))
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    torch.testing.assert_close(ours(words, mask)[mask], expected[mask])


# --- decoding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", ["bio", "crf"])
def test_the_largest_logits_are_the_best_of_all_label_sequences(decoder: str) -> None:
    model, inputs = build("bilstm", decoder), batch()
    model.classifier.weight.data *= 10
    start, transitions, end = model.transition_scores()
    emissions, word_mask = model.emissions(**inputs)
    labels = model(**inputs).logits.argmax(-1)
    for row in range(len(TWEETS)):
        scores = emissions[row, word_mask[row]]
        paths = torch.tensor(list(itertools.product(range(5), repeat=len(scores))), dtype=torch.long)
        if not len(scores):
            continue
        totals = start[paths[:, 0]] + scores[torch.arange(len(scores)), paths].sum(1) + end[paths[:, -1]]
        totals = totals + transitions[paths[:, :-1], paths[:, 1:]].sum(1)
        starts = WORD_STARTS[inputs["input_ids"][row]]
        assert labels[row, starts].tolist() == paths[totals.argmax()].tolist()


def test_the_decoded_label_is_raised_only_where_the_marginals_prefer_another() -> None:
    # Two words; the best sequence begins with O, while B- with either successor is likelier than O in sum.
    model = build()
    emissions = torch.tensor([[[1.0, 0.8, -9, -9, -9], [0.7, 0.0, 0.7, -9, -9]]])
    logits = model.decode(emissions, torch.ones(1, 2).bool())[0]
    assert logits.argmax(-1).tolist() == [1, 2]  # B-geo-loc I-geo-loc: 1.5, just below O O: 1.7
