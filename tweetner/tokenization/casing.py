"""Capitals for an uncased WordPiece tokenizer: its vocabulary with a capitalised and an upper-case copy of subwords.

A capital is the best hint that a new name is a name, and an uncased tokenizer throws it away. With the copies `Berlin`
is one subword beside `berlin`, so a native model sees the difference and every reader of `tokenizer.json` makes it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

N_CASES = 3
"""0: as it was, 1: capitalised, 2: upper case."""


@dataclass(frozen=True)
class CasedVocabulary:
    """A vocabulary with its copies.

    Attributes:
        ids: Subword → id; the ids that were there stay.
        source: For each id, the id that it is a copy of (itself when it is none).
        case: For each id, its case, 0 to 2.
    """

    ids: dict[str, int]
    source: list[int]
    case: list[int]


def cased_vocabulary(vocabulary: Mapping[str, int], prefix: str = "##") -> CasedVocabulary:
    """Add the copies of every subword that has them; special tokens have none.

    >>> cased_vocabulary({"[UNK]": 0, "us": 1, "##a": 2, "7": 3}).ids
    {'[UNK]': 0, 'us': 1, '##a': 2, '7': 3, 'Us': 4, 'US': 5, '##A': 6}
    """
    ids = dict(vocabulary)
    source = list(range(max(ids.values()) + 1))
    case = [0] * len(source)
    for subword, i in sorted(vocabulary.items(), key=lambda item: item[1]):
        start = prefix if subword.startswith(prefix) else ""
        letters = subword[len(start) :]
        if letters.startswith("[") and letters.endswith("]"):
            continue
        for kind, copy in enumerate((letters[:1].upper() + letters[1:], letters.upper()), start=1):
            if len(copy) == len(letters) and start + copy not in ids:
                ids[start + copy] = len(source)
                source.append(i)
                case.append(kind)
    return CasedVocabulary(ids, source, case)


def with_case(
    tokenizer: "PreTrainedTokenizerFast",
) -> tuple["PreTrainedTokenizerFast", CasedVocabulary] | None:
    """A lower-casing WordPiece tokenizer that lower-cases no more, and its new vocabulary.

    Returns:
        None where there is nothing to add: the tokenizer does not lower-case, or is of another kind.
    """
    from transformers import PreTrainedTokenizerFast

    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    saved: dict[str, Any] = json.loads(backend.to_str())
    normalizer = saved.get("normalizer") or {}
    if (
        saved["model"]["type"] != "WordPiece"
        or normalizer.get("type") != "BertNormalizer"
        or not normalizer["lowercase"]
    ):
        return None
    vocabulary = cased_vocabulary(
        saved["model"]["vocab"], saved["model"]["continuing_subword_prefix"]
    )
    saved["model"]["vocab"] = vocabulary.ids
    strips = normalizer["strip_accents"] in (True, None)  # None means: as `lowercase` says
    saved["normalizer"] |= {"lowercase": False, "strip_accents": strips}
    cased = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(saved)), **tokenizer.special_tokens_map
    )
    return cased, vocabulary
