import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tweetner.hub import DecoderScores, Metrics, Parity, Threshold

ROWS = [
    Threshold(0.3, 0.5, 0.9, 60, 45, "9 tweets", "bio"),
    Threshold(0.45, 0.6, 0.9, 50, 45, "9 tweets", "bio"),
    Threshold(None, 0.9, 0.9, 0, 0, "9 tweets", "bio"),
    Threshold(0.7, 0.6, 0.9, 40, 38, "9 tweets", "argmax"),
]
METRICS = Metrics(thresholds=ROWS)


def test_a_threshold_is_found_by_decoder_and_precision() -> None:
    assert METRICS.min_score(0.6, "bio") == 0.45
    assert METRICS.min_score(0.6, "argmax") == 0.7
    assert METRICS.thresholds_of("argmax") == [ROWS[3]]


@pytest.mark.parametrize(
    ("precision", "decoder", "message"),
    [
        (
            0.9,
            "bio",
            "precision 0.9 could not be proven for this model with decoder bio; proven: 0.5, 0.6",
        ),
        (
            0.65,
            "bio",
            "precision 0.65 is not stored for this model with decoder bio; proven: 0.5, 0.6",
        ),
        (0.5, "crf", "precision 0.5 is not stored for this model with decoder crf; proven: none"),
    ],
)
def test_a_threshold_that_is_not_there_is_refused_in_one_line(
    precision: float, decoder: str, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        METRICS.min_score(precision, decoder)


def test_what_is_written_is_read_back_the_same() -> None:
    scores = DecoderScores("bio", {"f1": 0.5}, reading="conlleval", tweets=3, words=9)
    metrics = Metrics(
        seed=1,
        data="sample",
        temperature=2.0,
        temperature_on="dev",
        scores={"test": {"bio": scores}},
        thresholds=ROWS,
        parity_on_dev=Parity("first", "bio", 6, 6, 1.0, 0.5, 0.5),
    )
    assert Metrics.from_dict(json.loads(json.dumps(metrics.to_dict()))) == metrics


def test_values_that_a_run_does_not_have_are_not_written() -> None:
    assert Metrics(data="sample").to_dict() == {"data": "sample", "scores": {}, "thresholds": ()}


def test_keys_of_another_version_are_ignored() -> None:
    row = {"score": 0.5, "precision": 0.6, "confidence": 0.9, "n": 9, "n_right": 8, "new": 1}
    metrics = Metrics.from_dict({"later": 1, "thresholds": [row]})
    assert metrics == Metrics(thresholds=[Threshold(0.5, 0.6, 0.9, 9, 8)])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": "hot"}, "temperature: expected a number above 0, got 'hot'"),
        ({"temperature": 0}, "temperature: expected a number above 0, got 0"),
        ({"thresholds": {}}, "thresholds: expected an array, got dict"),
        ({"thresholds": [5]}, "thresholds: expected an object, got int"),
        (
            {"thresholds": [{"score": 0.5}]},
            "thresholds: expected score, precision, confidence, n, n_right, on, decoder, got score",
        ),
        ({"scores": []}, "scores: expected an object, got list"),
        ({"scores": {"dev": 1}}, "scores: dev: expected an object, got int"),
        ({"scores": {"dev": {"bio": []}}}, "scores: dev: bio: expected an object, got list"),
        ({"parity_on_dev": 1}, "parity_on_dev: expected an object, got int"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_key(
    values: Mapping[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Metrics.from_dict(values)
