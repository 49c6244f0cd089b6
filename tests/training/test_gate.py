from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tweetner.corpus import Tweet, load_tweets
from tweetner.hub import GateProof, ModelFolder, open_model, verify
from tweetner.tagger import TaggedTweet, load
from tweetner.training.gate import fit_gate, publish_gate

PROOF = GateProof(0.125, 0.05, 0.9, 200, 3, 0.31, on="90 tweets", fitted_on="800 tweets")


def answers_of(tweets: list[Tweet]) -> list[TaggedTweet]:
    return [TaggedTweet(list(tweet.gold), [1.0] * len(tweet.words)) for tweet in tweets]


def test_a_gate_tells_tweets_with_entities_from_others() -> None:
    train, dev = load_tweets("sample:train"), load_tweets("sample:dev")
    gate = fit_gate([tweet.words for tweet in train], answers_of(train))
    scores = gate.scores([tweet.words for tweet in dev])
    has_entity = [tweet.has_entity for tweet in dev]
    assert roc_auc_score(has_entity, scores) > 0.8
    assert np.mean(scores) == pytest.approx(np.mean(has_entity), abs=0.1)  # they are probabilities


def test_answers_without_entities_fit_no_gate() -> None:
    with pytest.raises(ValueError, match="expected 30 tweets or more with entities of the model"):
        fit_gate([["a", "b"]], [TaggedTweet(["O", "O"], [1.0, 1.0])])


def test_a_gate_is_published_with_its_model(hub: Path) -> None:
    before = open_model("places", hub=hub)
    tweets = load_tweets("sample:train")
    gate = fit_gate([tweet.words for tweet in tweets], answers_of(tweets))
    first = publish_gate(before, gate, PROOF, "places", hub=str(hub))
    assert (first.name, first.tag) == ("tweetner/places", "v2")
    assert verify("places", hub=hub) == []
    folder = ModelFolder(first.path)
    assert folder.metrics.gate == PROOF
    card = (folder.path / "README.md").read_text(encoding="utf-8")
    assert "scores below 0.125 is answered without the model. With 90% confidence" in card
    assert "at most 5% of the model's entities are lost" in card
    assert "certified on 90 tweets (3 of 200 entities lost, 31% of the tweets)" in card
    for path in before.path.iterdir():
        assert path.name == "README.md" or (folder.path / path.name).samefile(path.resolve())
    tagger = load("places", hub=hub, triage=True)
    assert tagger.gate is not None
    assert tagger.gate.threshold == 0.125
    words = [tweet.words for tweet in tweets]
    np.testing.assert_allclose(tagger.gate.scores(words), gate.scores(words))

    unproven = GateProof(None, 0.05, 0.9, 20, 0, 0.0, on="9 tweets", fitted_on="800 tweets")
    second = publish_gate(folder, gate, unproven, "places", hub=str(hub))
    card = (second.path / "README.md").read_text(encoding="utf-8")
    assert card.count("## Triage") == 1
    assert "No threshold could be certified" in card
