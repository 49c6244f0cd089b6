import random
from typing import Any

import pytest

HOUR = 3_600_000


def tagged(id_: object, seconds: float, author: str | None, *names: str) -> dict[str, Any]:
    """Return a record as `tweetner tag --keep created_at author_id` writes it."""
    entities = [{"type": "geo-loc", "text": name, "score": 0.8} for name in names]
    return {"id": id_, "created_at": seconds, "author_id": author, "entities": entities}


@pytest.fixture
def story() -> list[dict[str, Any]]:
    """A day of 1,200 tweets with 20 usual names and one that 30 authors mention in 20 minutes."""
    draw = random.Random(0)
    records = []
    for number in range(1_200):
        name = f"Town {draw.randrange(20)}"
        names = [name] if draw.random() < 0.5 else []
        author = f"a{draw.randrange(300)}"
        records.append(tagged(f"t{number}", number * 72 + draw.random(), author, *names))
    for number in range(30):
        names = ["Westport" if number % 3 else "#WestPort"]
        records.append(tagged(f"w{number}", 50_400 + 40 * number, f"w{number}", *names))
    return sorted(records, key=lambda record: record["created_at"])
