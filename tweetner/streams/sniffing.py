"""Guessing the format of a stream from its first bytes, to tell a user who named another one."""

import re

from tweetner.files import parse_object

SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel file: unpack or export it first",
    b"PAR1": "Parquet: --input-format parquet",
    b"%PDF": "a PDF file",
    b"SQLite format 3": "an SQLite database: export the tweets first",
    b"\x1f\x8b": "data that is compressed twice: unpack it once",
}
NOT_TEXT = "binary data, or text that is not UTF-8"
SEPARATORS = {"\t": "tsv", ",": "csv", ";": "csv --separator ';'", "|": "csv --separator '|'"}
TAG = re.compile(r"O|[BIESLU]-\S+")


def looks_like(start: bytes) -> str:
    r"""Return the format that a stream seems to have, and the option that reads it.

    >>> looks_like(b"id;text\n1;in NYC\n")
    "columns between ';': --input-format csv --separator ';'"
    """
    for signature, format_ in SIGNATURES.items():
        if start.startswith(signature):
            return format_
    whole_lines = start[: start.rfind(b"\n") + 1] or start
    try:
        lines = whole_lines.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return NOT_TEXT
    return NOT_TEXT if b"\0" in start else _text_format(lines)


def _text_format(lines: list[str]) -> str:
    first = lines[0].strip() if lines else ""
    if first.lower().startswith(("<!doctype", "<html", "<?xml")):
        return "a web page or XML"
    if first.startswith(("{", "[")):
        return _json_format(first)
    if _is_conll(lines):
        return "CoNLL: --input-format conll"
    for separator, option in SEPARATORS.items():
        counts = {line.count(separator) for line in lines[:3]}
        if counts and min(counts) > 0 and (separator == "\t" or len(counts) == 1):
            return f"columns between {separator!r}: --input-format {option}"
    return "plain text, a tweet on each line: --input-format text"


def _json_format(first_line: str) -> str:
    try:
        keys = ", ".join(map(ascii, parse_object(first_line)))
    except ValueError:
        return "JSON: --input-format jsonl"
    return f"JSON lines with the keys {keys}: --column names the one that holds the tweet"


def _is_conll(lines: list[str]) -> bool:
    rows = [re.split(r"[\t ]+", line.strip()) for line in lines[:100] if line.strip()]
    return len(rows) > 1 and all(len(row) > 1 and TAG.fullmatch(row[-1]) for row in rows)
