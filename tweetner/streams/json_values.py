"""Cutting a stream of JSON documents into its records, in constant memory."""

import codecs
import re
from json import JSONDecodeError, JSONDecoder

ARCHIVE_START = re.compile(r"\s*window\.YTD\.[\w.]+ = ")
"""The files of a downloaded Twitter archive are JavaScript: an array after an assignment."""

SPACE = re.compile(r"[ \t\r\n]*")
LONG_CHARACTERS = 1 << 20
CUT_CHARACTERS = 16
"""An error so near the end of the text may be only a value that is not there completely."""


def is_document(start: bytes) -> bool:
    """Tell whether JSON begins as an array or as a pretty-printed object, not as JSON lines."""
    text = start.lstrip(b" \t\r\n")
    first_line = text.partition(b"\n")[0].rstrip()
    is_archive = ARCHIVE_START.match(text[:100].decode("latin-1")) is not None
    return text.startswith(b"[") or is_archive or first_line.endswith((b"{", b"["))


class ValueCutter:
    """Takes blocks of bytes, and returns the text of each JSON value as soon as it is complete.

    The elements of an array at the top are values of their own. Bytes that are not UTF-8 become
    lone surrogates.

    Args:
        name: The name of the stream in errors.
        max_characters: The longest value.
    """

    def __init__(self, name: str, max_characters: int) -> None:
        self._name = name
        self._max_characters = max_characters
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        # numbers are not converted: here only the end of a value is looked for
        self._decoder = JSONDecoder(parse_int=len, parse_float=len, parse_constant=len)
        self._text = ""
        self._in_array = False
        self._after_value = False
        self._retry_at = 0  # length of the text at which a long value is tried again
        self._n_values = 0

    def feed(self, block: bytes) -> list[str]:
        """Return the values that a block completes.

        Raises:
            ValueError: The text is not JSON, or a value is too long.
        """
        self._text += self._decode(block)
        return self._cut(is_last=False) if len(self._text) >= self._retry_at else []

    def finish(self) -> list[str]:
        """Return the values that the end of the stream completes; call it until there are none.

        Raises:
            ValueError: The text is not JSON, or it is cut off.
        """
        self._text += self._decode(b"", True)
        values = self._cut(is_last=True)
        if not values and self._in_array:
            raise self._error("expected ',' or ']', got the end of the file")
        return values

    def _cut(self, *, is_last: bool) -> list[str]:
        values: list[str] = []
        at = 0
        try:
            at = self._skip_punctuation(at)
            while at < len(self._text):
                end = self._end_of_value(at, is_last=is_last)
                if end is None:
                    break
                values.append(self._text[at:end])
                self._n_values += 1
                self._after_value = True
                at = end
                at = self._skip_punctuation(at)
            if len(self._text) - at > self._max_characters:
                raise self._error(f"expected at most {self._max_characters:,} characters, got more")
        except ValueError:
            # the values before the error come first; it is met again in the next call
            if not values:
                raise
        self._text = self._text[at:]
        # trying a long value again at every block would take quadratic time
        self._retry_at = 2 * len(self._text) if len(self._text) > LONG_CHARACTERS else 0
        return values

    def _end_of_value(self, at: int, *, is_last: bool) -> int | None:
        """Return where a value ends, or nothing if it is not complete."""
        try:
            return self._decoder.raw_decode(self._text, at)[1]
        except JSONDecodeError as error:
            is_cut = error.msg.startswith("Unterminated string")
            if not is_last and (is_cut or error.pos > len(self._text) - CUT_CHARACTERS):
                return None
            raise self._error(f"expected JSON: {error.msg}") from None
        except RecursionError:
            raise self._error("expected JSON, got too many brackets inside each other") from None

    def _skip_punctuation(self, at: int) -> int:
        """Return where the next value begins; brackets and commas between values are checked."""
        while True:
            at = self._skip_space(at)
            sign = self._text[at : at + 1]
            if not self._in_array:
                if sign != "[":
                    return at
                self._in_array = True
                self._after_value = False
            elif sign == "]":
                self._in_array = False
            elif self._after_value and sign == ",":
                self._after_value = False
            elif self._after_value and sign:
                raise self._error(f"expected ',' or ']' after it, got {sign!r}")
            else:
                return at
            at += 1

    def _skip_space(self, at: int) -> int:
        start = None if self._in_array else ARCHIVE_START.match(self._text, at)
        found = start or SPACE.match(self._text, at)
        assert found is not None
        return found.end()

    def _error(self, reason: str) -> ValueError:
        return ValueError(f"{self._name}: record {self._n_values + 1}: {reason}")
