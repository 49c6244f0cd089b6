"""Settings of clients come from a YAML file, and secrets from the environment."""

from pathlib import Path

import pytest

from tweetner.streams.brokers import parse_address, read_settings

KAFKA = parse_address("kafka://h:1/t")
REDIS = parse_address("rediss://h:1/t")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAFKA_PASSWORD", "hush")
    return tmp_path / "clients.yaml"


def test_sections_of_a_role_win_and_secrets_come_from_the_environment(path: Path) -> None:
    path.write_text("""
kafka:
  acks: all
  sasl.password: a-${KAFKA_PASSWORD}-b
redis:
  ssl_ca_certs: ca.pem
from:
  acks: 1
""")
    settings = read_settings(path)
    assert settings.of(KAFKA, "to") == {"acks": "all", "sasl.password": "a-hush-b"}
    assert settings.of(KAFKA, "from") == {"acks": 1, "sasl.password": "a-hush-b"}
    assert settings.of(REDIS, "to") == {"ssl_ca_certs": "ca.pem"}
    assert "hush" not in repr(settings)
    assert settings.hide("wrong password hush!") == "wrong password ***!"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kafka: [1, 2", ":1: expected YAML in UTF-8"),
        ("- kafka", "expected sections of settings: kafka, redis"),
        ("kafka: 7", "expected sections of settings: kafka, redis"),
        ("kafak: {acks: all}", "got 'kafak'"),
        ("kafka: {sasl.password: '${NOT_SET_HERE}'}", "NOT_SET_HERE is not set"),
    ],
)
def test_a_malformed_file_is_refused(path: Path, text: str, reason: str) -> None:
    path.write_text(text)
    with pytest.raises(ValueError, match=r"expected|needs|only|belong|not set|got") as refused:
        read_settings(path)
    assert str(refused.value).startswith(str(path))
    assert reason in str(refused.value)
