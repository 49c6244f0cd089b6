"""spaCy's `DocBin` files (spacy.io/api/docbin); needs the extra `spacy`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tweetner.corpus.exchange.records import Record, record_of
from tweetner.files import open_plain

KEPT = ("id", "reviewer", "at", "words")
"""Fields of a record that a document keeps in its user data."""


def write_docbin(path: Path, records: Sequence[Record]) -> None:
    """Write one document a record, with our words as its tokens.

    Raises:
        ValueError: An id does not fit, or spaCy is not installed.
    """
    spacy_tokens, vocabulary = _spacy()
    bin_ = spacy_tokens.DocBin(store_user_data=True)
    for record in records:
        words, spaces = _tokens(record["text"], record["words"])
        document = spacy_tokens.Doc(vocabulary, words=words, spaces=spaces)
        document.set_ents(
            [
                document.char_span(entity["start"], entity["end"], entity["type"])
                for entity in record["entities"]
            ]
        )
        document.user_data |= {name: record[name] for name in KEPT if name in record}
        try:
            bin_.add(document)
        except OverflowError:
            raise ValueError(f"tweet {record['id']}: spaCy keeps numbers of 64 bits") from None
    bin_.to_disk(path)


def read_docbin(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number of each document and its record.

    Raises:
        ValueError: The file is no DocBin, tokens are not annotated, or spaCy is not installed.
    """
    spacy_tokens, vocabulary = _spacy()
    with open_plain(path) as stream:
        content = stream.read()
    try:
        documents = list(spacy_tokens.DocBin().from_bytes(content).get_docs(vocabulary))
    except Exception:  # zlib and msgpack raise exceptions of their own
        raise ValueError(f"{path}: expected a DocBin of spaCy, got other bytes") from None
    for number, document in enumerate(documents, start=1):
        if not document.has_annotation("ENT_IOB", require_complete=True):
            raise ValueError(f"{path}:{number}: expected all entities, got tokens without a tag")
        spans = [(span.label_, span.start_char, span.end_char) for span in document.ents]
        # `token.is_space` is false for a vocabulary without a language
        tokens = [token for token in document if token.text.strip()]
        offsets = [[token.idx, token.idx + len(token)] for token in tokens]
        kept = {name: document.user_data.get(name) for name in KEPT}
        kept["words"] = kept["words"] or offsets
        id_ = kept.pop("id")
        yield number, record_of(id_, document.text, spans, **kept)


def _spacy() -> tuple[Any, Any]:
    try:
        from spacy import tokens
        from spacy.vocab import Vocab
    except ImportError:
        raise ValueError("expected spaCy for this format: pip install 'tweetner[spacy]'") from None
    return tokens, Vocab()


def _tokens(text: str, offsets: Sequence[Sequence[int]]) -> tuple[list[str], list[bool]]:
    """Return tokens and whether a space follows each; other white space is a token of its own."""
    words: list[str] = []
    spaces: list[bool] = []
    end_before = 0
    for start, end in [*offsets, [len(text), len(text)]]:
        gap = text[end_before:start]
        if gap.startswith(" ") and words:
            spaces[-1] = True
            gap = gap[1:]
        for token in (gap, text[start:end]):
            if token:
                words.append(token)
                spaces.append(False)
        end_before = end
    return words, spaces
