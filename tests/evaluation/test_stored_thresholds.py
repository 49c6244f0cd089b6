import json

import numpy as np

from tweetner.corpus import Corpus, Tweet, divide_dev
from tweetner.evaluation import (
    WANTED,
    ScoredEntities,
    fit_temperature,
    prove_thresholds,
)
from tweetner.evaluation.calibration import calibration
from tweetner.hub import Metrics


def test_rows_are_read_as_they_were_proven() -> None:
    entities = ScoredEntities(
        np.full(60, 0.95), np.arange(60) >= 12, np.arange(60), np.ones(60, int)
    )
    rows = prove_thresholds(entities, decoder="bio", on="60 tweets")
    assert [(row.precision, row.score is not None) for row in rows] == [
        *((wanted, True) for wanted in (0.5, 0.6, 0.7)),
        *((wanted, False) for wanted in (0.8, 0.9)),
    ]
    stored = Metrics.from_dict(json.loads(json.dumps(Metrics(thresholds=rows).to_dict())))
    assert stored.thresholds_of("bio") == rows
    assert [(row.precision, row.on) for row in rows] == [(p, "60 tweets") for p in WANTED]


# --- the whole way, simulated ----------------------------------------------------------------------------------------


class Source:
    """Tweets with entities whose scores are too bold: a logit of z is right with the chance that z / 2.5 promises."""

    def __init__(self, seed: int, n_tweets: int) -> None:
        generator = np.random.default_rng(seed)
        self.n_entities = generator.choice([0, 1, 2, 3], n_tweets, p=[0.5, 0.3, 0.15, 0.05])
        self.tweets = np.repeat(np.arange(n_tweets), self.n_entities)
        self.logits = generator.normal(1.5, 4, len(self.tweets))
        self.right = generator.random(len(self.tweets)) < 1 / (1 + np.exp(-self.logits / 2.5))

    def entities(self, temperature: float, numbers: np.ndarray) -> ScoredEntities:
        kept = np.isin(self.tweets, numbers)
        scores = 1 / (1 + np.exp(-self.logits[kept] / temperature))
        return ScoredEntities(scores, self.right[kept], self.tweets[kept], self.n_entities)


@pytest.mark.slow
def test_a_model_calibrated_by_a_part_of_dev_keeps_the_promises_proven_on_the_other():
    n_trials, n_dev = 100, 1000
    new, all_new = Source(10**6, 20_000), np.arange(20_000)
    dev = [Tweet(str(number), ("tweet", str(number)), ("B-a", "O")) for number in range(n_dev)]
    corpus = Corpus("c", ("a",), {"dev": dev})
    dev_sets = divide_dev(corpus, corpus.splits, split="corpus", share=0.4)
    tempering, proving = (
        np.array([int(t.id) for t in part]) for part in (dev_sets.calibration, dev_sets.held_out)
    )
    found, broken = dict.fromkeys(WANTED, 0), dict.fromkeys(WANTED, 0)
    before, after = ece_of(new.entities(1.0, all_new)), []
    for seed in range(n_trials):
        source = Source(seed, n_dev)
        temperature = fit_temperature(lambda t, source=source: source.entities(t, tempering))
        rows = prove_thresholds(source.entities(temperature, proving), decoder="bio", on="")
        later = new.entities(temperature, all_new)
        after.append(ece_of(later))
        for row in rows:
            if row.score is not None:
                found[row.precision] += 1
                broken[row.precision] += (
                    later.right[later.scores >= row.score].mean() < row.precision
                )
    assert max(after) < before
    assert np.mean(after) < 0.25 * before
    assert all(count <= 0.1 * n_trials for count in broken.values()), broken
    assert all(found[wanted] > 0.5 * n_trials for wanted in (0.5, 0.6, 0.7, 0.8)), found


def ece_of(entities: ScoredEntities) -> float:
    ece = calibration(entities.scores, entities.right).ece
    assert ece is not None
    return ece
