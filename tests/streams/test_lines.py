"""Lines are cut at LF alone, however the bytes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.streams.lines import Lines


class Reads:
    def __init__(self, data: bytes, size: int) -> None:
        self.data, self.size, self.at = data, size, 0

    def read(self, _: int) -> bytes:
        self.at += self.size
        return self.data[self.at - self.size : self.at]


def pieces(data: bytes, size: int = 1 << 20) -> Lines:
    """Lines from a pipe whose reads return `size` bytes at most."""
    return Lines(Reads(data, size), "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@given(
    data=st.lists(
        st.sampled_from([b"\n", b"\r", b"a", "é".encode(), "\u2028".encode(), b"\x0b\x0c\x1c"])
    ).map(b"".join)
)
def test_lines_end_at_lf_alone_however_the_bytes_arrive(size: int, data: bytes) -> None:
    expected = [line + b"\n" for line in data.split(b"\n")]
    expected[-1] = expected[-1][:-1]
    assert list(pieces(data, size)) == [line for line in expected if line]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_line_that_does_not_end_is_refused_before_it_fills_the_memory(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tweetner.streams.lines.LINE_BYTES", 20)
    assert list(pieces(b"a" * 19 + b"\n" + b"b" * 20, size)) == [b"a" * 19 + b"\n", b"b" * 20]
    with pytest.raises(ValueError, match="x: expected lines of at most 20 bytes, got a longer one"):
        list(pieces(b"a\n" + b"b" * 21, size))
