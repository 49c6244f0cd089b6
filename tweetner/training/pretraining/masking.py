"""Mask whole words of encoded tweets, to be predicted from the words around them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from tweetner.tokenization import word_start_mask

Ids = NDArray[np.int64]

MASKED_SHARE, RANDOM_SHARE = 0.8, 0.1
"""Shares of the chosen words that are replaced by mask tokens and by random subwords; the others
stay as they are (Devlin et al. 2019, BERT)."""


@dataclass(frozen=True, eq=False)
class Masked:
    """A batch of windows with masked words.

    Attributes:
        input_ids: (windows, subwords), padded.
        is_subword: bool, (windows, subwords), False at padding.
        positions: (targets,), the masked subwords as indices into the flattened batch.
        targets: (targets,), their ids before masking.
    """

    input_ids: Ids
    is_subword: NDArray[np.bool_]
    positions: Ids
    targets: Ids


class WholeWordMasking:
    """Chooses words of a batch and masks all their subwords.

    Args:
        tokenizer: The encoder's tokenizer, with the tweet splitter.
        share: The fraction of the words to choose.

    Raises:
        ValueError: The tokenizer has no mask token or no padding token.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, share: float) -> None:
        for name in ("mask_token", "pad_token"):
            if getattr(tokenizer, name) is None:
                raise ValueError(f"expected an encoder whose tokenizer has a {name}, got none")
        self.share = share
        self.mask_id = tokenizer.mask_token_id
        self.pad_id = tokenizer.pad_token_id
        # (vocabulary,) each
        self.starts_word = word_start_mask(tokenizer.backend_tokenizer)
        self.is_special = np.zeros(len(self.starts_word), bool)
        self.is_special[sorted({*tokenizer.all_special_ids} - {tokenizer.unk_token_id})] = True
        self.ordinary_ids = np.flatnonzero(~self.is_special)  # what random subwords are drawn from

    def __call__(self, windows: Sequence[Ids], random: np.random.Generator) -> Masked:
        """Pad windows to one length, and mask words of theirs."""
        lengths = np.array([len(ids) for ids in windows])
        is_subword = np.arange(lengths.max()) < lengths[:, None]  # (windows, subwords)
        input_ids = np.full(is_subword.shape, self.pad_id, np.int64)
        input_ids[is_subword] = np.concatenate(windows)

        flat = input_ids.ravel()  # (windows * subwords,), a view
        special = self.is_special[flat]
        # special tokens, padding included, are words of their own that are never chosen
        starts = self.starts_word[flat] | special  # (windows * subwords,)
        word = np.cumsum(starts, dtype=np.int64)  # (windows * subwords,), number of the word
        draw = random.random(word[-1] + 1)[word]  # one number per word
        positions = np.flatnonzero((draw < self.share) & ~special)
        if not len(positions):  # a batch of a few words
            positions = np.flatnonzero(~special)[:1]
        targets = flat[positions]
        flat[positions] = self._replacements(targets, word[positions], random)
        return Masked(input_ids, is_subword, positions, targets)

    def _replacements(self, targets: Ids, word: Ids, random: np.random.Generator) -> Ids:
        """Return the ids to put in the places of chosen subwords; a word's fate is one."""
        draw = random.random(word[-1] + 1 if len(word) else 0)[word]  # (targets,)
        drawn = random.choice(self.ordinary_ids, len(targets))
        replaced = np.where(draw < MASKED_SHARE + RANDOM_SHARE, drawn, targets)
        return np.where(draw < MASKED_SHARE, self.mask_id, replaced)
