"""Letter case for an uncased WordPiece tokenizer: capitalised and upper-case subwords.

A capital is the best hint that an unknown word is a name, and an uncased tokenizer discards it.
With cased copies of its subwords, `Berlin` is a subword of its own beside `berlin`, so a native
model sees the difference, and every library that reads `tokenizer.json` reproduces it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

N_CASES = 3
"""0: unchanged, 1: capitalised, 2: upper case."""


@dataclass(frozen=True)
class CasedVocabulary:
    """A vocabulary with capitalised and upper-case copies.

    Attributes:
        ids: Subword → id; original subwords keep their ids.
        source: Id → id of the original subword (an original's own id).
        case: Id → case, 0 to 2.
    """

    ids: dict[str, int]
    source: list[int]
    case: list[int]


def cased_vocabulary(vocabulary: Mapping[str, int], prefix: str = "##") -> CasedVocabulary:
    """Add a capitalised and an upper-case copy of every subword that has letters.

    Special tokens get no copies.

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
    """Make a lower-casing WordPiece tokenizer keep case, and return it with its new vocabulary.

    Returns:
        None if the tokenizer does not lower-case or is not WordPiece.
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
