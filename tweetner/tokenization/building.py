"""Build and save tokenizers that begin with the tweet word splitter."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tweetner.tokenization.normalizing import is_tweet_step, tweet_steps
from tweetner.tokenization.splitting import splitter_tokenizer, word_splitter

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def tweet_tokenizer(
    tokenizer: "PreTrainedTokenizerFast", *, normalize: bool, max_subwords: int
) -> "PreTrainedTokenizerFast":
    """Give a pretrained fast tokenizer the word splitter; vocabulary and special tokens stay.

    Args:
        tokenizer: WordPiece, byte-level BPE or Metaspace (SentencePiece); it is not modified.
        normalize: Shorten `@name` to `@` and URLs to `http`: fewer subwords, nothing to memorise.
        max_subwords: Longest window, special tokens included; saved as `model_max_length`.

    Raises:
        ValueError: The tokenizer is slow (so it has no offsets) or of an unknown kind.
    """
    from transformers import PreTrainedTokenizerFast

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ValueError(
            f"expected a fast tokenizer, got the slow {type(tokenizer).__name__}: "
            "it has no offsets and no tokenizer.json"
        )
    backend = Tokenizer.from_str(backend.to_str())
    backend.no_padding()
    backend.no_truncation()
    steps = json.loads(backend.to_str())
    backend.pre_tokenizer = pre_tokenizers.Sequence([word_splitter(), *_subword_steps(steps)])
    backend.normalizer = _normalizer(steps.get("normalizer"), normalize)
    backend = _with_offsets_of_words(backend)
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=max_subwords, **tokenizer.special_tokens_map
    )


def _subword_steps(steps: dict[str, Any]) -> list[pre_tokenizers.PreTokenizer]:
    """Return the steps after the splitter that encode each word independently of its context."""
    kind = steps["model"]["type"]
    step_names = json.dumps([steps.get("pre_tokenizer"), steps.get("decoder")])
    if kind == "WordPiece" and steps["model"]["continuing_subword_prefix"]:
        return []
    if kind == "BPE" and "ByteLevel" in step_names:
        return [pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)]
    if "Metaspace" in step_names:
        return [pre_tokenizers.Metaspace(prepend_scheme="always", split=False)]
    raise ValueError(
        "expected a WordPiece, byte-level BPE or Metaspace tokenizer, "
        f"got a {kind} model of another kind"
    )


def _with_offsets_of_words(tokenizer: Tokenizer) -> Tokenizer:
    """Let a byte-level tokenizer's offsets be those of the words.

    Its first subword of a word stands for a space too, which the splitter has already removed:
    trimming it would cut the word's first letter off.
    """
    saved: dict[str, Any] = json.loads(tokenizer.to_str())
    last_steps = saved["post_processor"] or {}
    for step in [last_steps, *last_steps.get("processors", [])]:
        if "trim_offsets" in step:
            step["trim_offsets"] = False
    return Tokenizer.from_str(json.dumps(saved))


def _normalizer(original: dict[str, Any] | None, normalize: bool) -> normalizers.Normalizer:
    steps = tweet_steps(normalize=normalize)
    original = _without_tweet_steps(original)
    if original is not None:
        if original["type"] == "BertNormalizer":
            # it would put spaces, and so word boundaries, inside words
            original["handle_chinese_chars"] = False
        holder = json.loads(splitter_tokenizer().to_str()) | {"normalizer": original}
        steps.append(Tokenizer.from_str(json.dumps(holder)).normalizer)
    return normalizers.Sequence(steps)


def _without_tweet_steps(normalizer: dict[str, Any] | None) -> dict[str, Any] | None:
    """Remove the steps that `tweet_tokenizer` gave to the tokenizer of an adapted encoder."""
    if normalizer is None or normalizer["type"] != "Sequence":
        return normalizer
    steps = normalizer["normalizers"]
    others = [step for step in steps if not is_tweet_step(step)]
    return others[0] if len(others) == 1 else {"type": "Sequence", "normalizers": others}


def word_tokenizer(
    tweets: Iterable[Sequence[str]], *, min_count: int, max_subwords: int
) -> "PreTrainedTokenizerFast":
    """Build a word-level model's tokenizer: one id per lower-cased word, `[UNK]` for rare ones.

    It is a WordPiece model of whole words. With a WordLevel model, the stock pipeline's `first`
    strategy would join words that a TAB or a newline separates.

    Args:
        tweets: The tweets, as words, that provide the vocabulary.
        min_count: How often a word must occur to be in the vocabulary.
        max_subwords: Longest window, special tokens included.
    """
    from transformers import PreTrainedTokenizerFast

    counts = Counter(word.lower() for words in tweets for word in words)
    frequent = [word for word, count in counts.items() if count >= min_count]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *frequent]
    ids = {word: i for i, word in enumerate(vocabulary)}
    model = models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=10_000)
    backend = Tokenizer(model)
    steps = [*tweet_steps(normalize=False), normalizers.Lowercase()]
    backend.normalizer = normalizers.Sequence(steps)
    backend.pre_tokenizer = word_splitter()
    # an empty tweet must not be an empty sequence
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=max_subwords,
    )


def save_tokenizer(tokenizer: "PreTrainedTokenizerFast", folder: Path) -> None:
    """Write `tokenizer.json` and its config, under the class name that every library knows.

    Raises:
        ValueError: The reloaded tokenizer splits differently: some readers restore a stock one.
    """
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    probe = "@you don't :-) #WNUT"
    reloaded = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if reloaded(probe)["input_ids"] != tokenizer(probe)["input_ids"]:
        raise ValueError(
            f"{folder}: the saved tokenizer does not split {probe!r} as the trained one did"
        )
