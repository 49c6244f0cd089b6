"""Tweet-aware tokenizers, and what they make of a tweet: words → subwords, tags → labels, windows for long text.

All preprocessing lives in the saved `tokenizer.json`: its pre-tokenizer splits raw tweets into words, its normalizer
shortens `@name` to `@` and a URL to `http` where that is wanted. Every word is encoded on its own, so the same ids come
out of raw text, of words, and of the stock pipeline.
"""

from tweetner.tokenization.building import save_tokenizer, tweet_tokenizer, word_tokenizer
from tweetner.tokenization.casing import N_CASES, CasedVocabulary, with_case
from tweetner.tokenization.splitting import (
    Splitter,
    split_tweet,
    splitter_of,
    splitter_tokenizer,
    without_surrogates,
    word_splitter,
)
from tweetner.tokenization.subwords import (
    UNOBSERVED,
    SubwordEncoder,
    Window,
    Windows,
    align_labels,
    word_start_mask,
)

__all__ = [
    "N_CASES",
    "UNOBSERVED",
    "CasedVocabulary",
    "Splitter",
    "SubwordEncoder",
    "Window",
    "Windows",
    "align_labels",
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
