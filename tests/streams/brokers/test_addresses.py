"""Addresses of brokers are parsed; those that cannot be are refused without their password."""

import pytest

from tweetner.streams.brokers import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tweets.jsonl", Address("file", "", "tweets.jsonl")),
        ("-", Address("file", "", "-")),
        ("kafka://a:1,b:2/t?group=g", Address("kafka", "a:1,b:2", "t", {"group": "g"})),
        (
            "rediss://me:p%40ss@h:6380/my%20tweets?group=g&db=2&claim=5",
            Address(
                "rediss",
                "h:6380",
                "my tweets",
                {"group": "g", "db": "2", "claim": "5"},
                "me",
                "p@ss",
            ),
        ),
        ("redis://:p@h/t?group=g", Address("redis", "h", "t", {"group": "g"}, None, "p")),
    ],
)
def test_an_address_has_a_kind_hosts_a_topic_and_options(text: str, address: Address) -> None:
    assert parse_address(text, is_input=True) == address


@pytest.mark.parametrize(
    ("text", "is_input", "reason"),
    [
        ("amqp://h/t", False, "expected kafka://, redis://, rediss:// or a file"),
        ("file://tweets.jsonl", False, "expected kafka://, redis://, rediss:// or a file"),
        ("kafka://h:9092", False, "expected kafka://HOST:PORT/TOPIC"),
        ("kafka:///t", False, "expected kafka://HOST:PORT/TOPIC"),
        ("redis://h:1/a/b", False, "expected redis://HOST:PORT/TOPIC"),
        ("redis://:secret@h:port/t", False, "expected a port of 1 to 65535"),
        ("kafka://me:secret@h:1/t", False, "belong into --config"),
        ("kafka://h:1/t", True, "needs ?group=NAME"),
        ("kafka://h:1/t?group=", True, "group: expected a value"),
        ("kafka://h:1/t?group=g", False, "only --from has a group"),
        ("kafka://h:1/t?db=1", False, "expected the option group, got 'db'"),
        ("redis://:secret@h:1/t?group=g&db=x", True, "db: expected a number of 0 or more, got 'x'"),
        ("redis://h:1/t?group=g&claim=-1", True, "claim: expected a number of 0 or more"),
    ],
)
def test_a_malformed_address_is_refused_without_its_password(
    text: str, is_input: bool, reason: str
) -> None:
    with pytest.raises(ValueError, match=r"expected|needs|only|belong|not set|got") as refused:
        parse_address(text, is_input=is_input)
    assert reason in str(refused.value)
    assert "secret" not in str(refused.value)


def test_neither_the_text_nor_the_repr_of_an_address_has_its_password() -> None:
    address = parse_address("redis://me:secret@h:1/t?group=g", is_input=True)
    assert str(address) == "redis://h:1/t"
    assert "secret" not in repr(address)
