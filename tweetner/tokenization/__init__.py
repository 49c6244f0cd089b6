"""Tweet-aware tokenizers: words to subwords, tags to labels, and windows for long tweets.

All preprocessing is part of the saved `tokenizer.json`: its pre-tokenizer splits raw tweets into
words, and its normalizer shortens `@name` to `@` and a URL to `http` where that is wanted. Every
word is encoded on its own, so raw text, words and the stock pipeline give the same ids.
"""

from tweetner.tokenization.building import save_tokenizer, tweet_tokenizer, word_tokenizer
from tweetner.tokenization.casing import N_CASES, CasedVocabulary, with_case
from tweetner.tokenization.normalizing import is_shortened
from tweetner.tokenization.splitting import (
    Splitter,
    is_line_break,
    split_tweet,
    splitter_of,
    splitter_tokenizer,
    without_surrogates,
    word_splitter,
)
from tweetner.tokenization.subwords import SubwordEncoder, word_start_mask
from tweetner.tokenization.windows import (
    UNOBSERVED,
    Windows,
    align_labels,
    bounds_of,
    position_limit,
)

__all__ = [
    "N_CASES",
    "UNOBSERVED",
    "CasedVocabulary",
    "Splitter",
    "SubwordEncoder",
    "Windows",
    "align_labels",
    "bounds_of",
    "is_line_break",
    "is_shortened",
    "position_limit",
    "save_tokenizer",
    "split_tweet",
    "splitter_of",
    "splitter_tokenizer",
    "tweet_tokenizer",
    "with_case",
    "without_surrogates",
    "word_splitter",
    "word_start_mask",
    "word_tokenizer",
]
