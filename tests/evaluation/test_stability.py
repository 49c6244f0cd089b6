import pytest

from tweetner.evaluation import Stability


@pytest.mark.parametrize(
    ("scores", "sd", "unstable", "shown"),
    [
        (
            {11: 0.395544, 21: 0.394947, 42: 0.389557},
            0.00330,
            False,
            "0.3933 ± 0.0033 over 3 seeds: stable",
        ),
        ({1: 0.30, 2: 0.34}, 0.02828, True, "0.3200 ± 0.0283 over 2 seeds: unstable"),
        ({1: 0.30, 2: 0.32, 3: 0.34}, 0.02, False, "0.3200 ± 0.0200 over 3 seeds: stable"),
        ({7: 0.5}, None, False, "0.5000 over 1 seed: spread unknown"),
    ],
    ids=["the notebook's three seeds", "unstable", "exactly at the limit", "one seed"],
)
def test_the_flag_is_raised_above_a_standard_deviation_of_two_hundredths(
    scores: dict[int, float], sd: float | None, unstable: bool, shown: str
) -> None:
    stability = Stability(scores)
    assert stability.sd == (None if sd is None else pytest.approx(sd, abs=1e-5))
    assert stability.unstable is unstable
    assert str(stability) == shown
    assert ("average the seeds" in stability.advice) is unstable
    assert stability.to_dict()["scores"] == {str(seed): score for seed, score in scores.items()}
