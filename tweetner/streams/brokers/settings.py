"""Settings of the brokers' clients: TLS, SASL and others, with secrets from the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tweetner.streams.brokers.addresses import Address

SECTIONS = ("kafka", "redis", "from", "to", "dead-letter")
VARIABLE = re.compile(r"\$\{(\w+)\}")

Values = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """The sections of a settings file, and the secrets in them.

    Attributes:
        sections: The settings of all clients of `kafka` and of `redis`, and those that only `from`,
            `to` or `dead-letter` has.
        secrets: The values that came from the environment.
    """

    sections: Mapping[str, Values] = field(default_factory=dict, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def of(self, address: Address, role: str) -> Values:
        """Return the settings of a client; those of its role win over those of its broker."""
        broker = "redis" if address.kind == "rediss" else address.kind
        return {**self.sections.get(broker, {}), **self.sections.get(role, {})}

    def hide(self, text: str) -> str:
        """Replace the secrets in a message."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def read_settings(path: Path) -> Settings:
    """Read a YAML file such as

        kafka:
          security.protocol: SASL_SSL
          sasl.password: ${KAFKA_PASSWORD}

    `${NAME}` in a value is replaced by the environment's variable.

    Raises:
        ValueError: The file is not YAML, a section is unknown, or a variable is not set.
    """
    import yaml

    try:
        sections = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = getattr(error, "problem_mark", None)  # the message would quote the file's lines
        at = f":{place.line + 1}" if place else ""
        raise ValueError(f"{path}{at}: expected YAML in UTF-8") from None
    if not isinstance(sections, dict) or not all(isinstance(v, dict) for v in sections.values()):
        raise ValueError(f"{path}: expected sections of settings: {', '.join(SECTIONS)}")
    for name in sections:
        if name not in SECTIONS:
            raise ValueError(f"{path}: expected sections {', '.join(SECTIONS)}, got {name!r}")
    secrets: set[str] = set()
    filled = {}
    for name, values in sections.items():
        filled[name] = {key: _filled(path, value, secrets) for key, value in values.items()}
    return Settings(filled, frozenset(secrets))


def _filled(path: Path, value: Any, secrets: set[str]) -> Any:
    """Put the environment's variables into a value, and note them as secrets."""
    if not isinstance(value, str):
        return value
    for name in VARIABLE.findall(value):
        if not os.environ.get(name):
            raise ValueError(f"{path}: the variable {name} is not set in the environment")
        secrets.add(os.environ[name])
    return VARIABLE.sub(lambda found: os.environ[found[1]], value)
