from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tweetner.corpus import load_tweets
from tweetner.evaluation import evaluate_tagger, pairs, score
from tweetner.evaluation.robustness import CHANGES
from tweetner.evaluation.taggers import tag_without_temperature
from tweetner.hub import ModelFolder, Threshold, update_metrics
from tweetner.tagger import load

TWEETS = load_tweets("sample:dev")
WORDS = [tweet.words for tweet in TWEETS]

Tags = Sequence[Sequence[str]]


@pytest.fixture
def folder(model_folder: Callable[[str, str], Path], tmp_path: Path) -> ModelFolder:
    """A model with a temperature of 2 in its metrics."""
    for path in model_folder("bilstm", "bio").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    update_metrics(tmp_path, {"temperature": 2.0})
    return ModelFolder(tmp_path)


@pytest.mark.parametrize(("with_robustness", "n_pairs"), [(False, 1), (True, 1 + len(CHANGES))])
def test_each_evaluated_pair_is_checked_once(
    folder: ModelFolder, monkeypatch: pytest.MonkeyPatch, with_robustness: bool, n_pairs: int
) -> None:
    checked = []
    check = pairs.check_aligned

    def count(gold: Tags, predicted: Tags) -> None:
        checked.append(gold)
        check(gold, predicted)

    monkeypatch.setattr(pairs, "check_aligned", count)
    thresholds = [Threshold(0.5, 0.8, 0.9, 40, 36)]
    evaluation = evaluate_tagger(
        load(folder), TWEETS, folder, thresholds=thresholds, with_robustness=with_robustness
    )
    assert len(checked) == n_pairs
    assert evaluation.thresholds[0].kept is not None
    assert list(evaluation.robustness) == (list(CHANGES) if with_robustness else [])


def test_an_evaluation_has_the_figures_of_the_tagger_and_undoes_its_temperature(
    folder: ModelFolder,
) -> None:
    tagger = load(folder)
    evaluation = evaluate_tagger(tagger, TWEETS, folder)
    scores = score(tagger, TWEETS)
    assert evaluation.scores.micro.to_dict() == scores.entities
    assert evaluation.scores.micro.predicted > 50
    tagged, untempered = tag_without_temperature(tagger, WORDS, folder)
    assert [tweet.tags for tweet in tagged] == [tweet.tags for tweet in tagger.tag_words(WORDS)]
    assert evaluation.pairs.predicted == [tweet.tags for tweet in tagged]
    assert evaluation.confidence is not None
    assert evaluation.confidence.before is not None
    before = np.concatenate([tweet.scores for tweet in untempered])
    after = np.concatenate([tweet.scores for tweet in tagged])
    assert before.mean() > after.mean()
