"""Whole words are masked, and nothing else."""

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from tweetner.tokenization import tweet_tokenizer, word_start_mask
from tweetner.training.pretraining import WholeWordMasking


@pytest.fixture(scope="module")
def tokenizer(tiny_tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    return tweet_tokenizer(tiny_tokenizer, normalize=True, max_subwords=32)


def words_of(ids: list[int], starts: np.ndarray) -> list[list[int]]:
    """Return the places of each word of a window, without its first and last special token."""
    words: list[list[int]] = []
    for place in range(1, len(ids) - 1):
        if starts[ids[place]]:
            words.append([])
        words[-1].append(place)
    return words


def test_words_are_masked_whole_and_special_tokens_never(
    tokenizer: PreTrainedTokenizerFast, invented: list[str]
) -> None:
    masking = WholeWordMasking(tokenizer, 0.3)
    starts = word_start_mask(tokenizer.backend_tokenizer)
    rows = [np.array(tokenizer(tweet)["input_ids"]) for tweet in invented]
    masked = masking(rows, np.random.default_rng(1))
    chosen = np.zeros(masked.input_ids.shape, bool)
    chosen.ravel()[masked.positions] = True
    n_words = n_chosen = 0
    for row, (ids, places) in enumerate(zip(rows, chosen, strict=True)):
        words = words_of(ids.tolist(), starts)
        fates = [set(places[word].tolist()) for word in words]
        assert all(len(fate) == 1 for fate in fates), "a word is masked in part"
        assert places.sum() == sum(len(word) for word in words if places[word[0]])
        kept = masked.input_ids[row][: len(ids)][~places[: len(ids)]]
        assert kept.tolist() == ids[~places[: len(ids)]].tolist()
        n_words += len(words)
        n_chosen += sum(fate == {True} for fate in fates)
    assert any(len(word) > 1 for ids in rows for word in words_of(ids.tolist(), starts))
    assert n_chosen / n_words == pytest.approx(0.3, abs=0.06)
    originals = np.concatenate([ids[p[: len(ids)]] for ids, p in zip(rows, chosen, strict=True)])
    assert masked.targets.tolist() == originals.tolist()


def test_most_masked_words_are_hidden_some_replaced_and_some_kept(
    tokenizer: PreTrainedTokenizerFast, invented: list[str]
) -> None:
    masking = WholeWordMasking(tokenizer, 0.5)
    rows = [np.array(tokenizer(tweet)["input_ids"]) for tweet in invented] * 10
    masked = masking(rows, np.random.default_rng(2))
    now = masked.input_ids.ravel()[masked.positions]
    hidden = now == tokenizer.mask_token_id
    assert hidden.mean() == pytest.approx(0.8, abs=0.03)
    assert (now == masked.targets).mean() == pytest.approx(0.1, abs=0.03)
    special = {*tokenizer.all_special_ids} - {tokenizer.unk_token_id}
    assert special.isdisjoint(now[~hidden].tolist())


def test_padding_is_marked_and_every_batch_has_a_target(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    rows = [np.array([2, 8, 3]), np.array([2, 9, 10, 11, 3])]
    masked = WholeWordMasking(tokenizer, 1e-9)(rows, np.random.default_rng(0))
    assert masked.is_subword.sum(axis=1).tolist() == [3, 5]
    assert masked.input_ids[0, 3:].tolist() == [tokenizer.pad_token_id] * 2
    assert (masked.positions.tolist(), masked.targets.tolist()) == ([1], [8])


def test_a_tokenizer_without_a_mask_token_is_refused(wordpiece: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match="expected an encoder whose tokenizer has a mask_token"):
        WholeWordMasking(wordpiece, 0.2)
