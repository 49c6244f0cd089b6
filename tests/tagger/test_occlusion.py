import numpy as np
import pytest

from tweetner.tagger import SgdTagger, Tagger, occlude
from tweetner.tagger.features import FLAGS
from tweetner.tagger.occlusion import FILLERS
from tweetner.tags import tags_of
from tweetner.tokenization import splitter_tokenizer
from tweetner.training.baseline import word_weights

NAMES = [*FLAGS, "prev_lower=in", "tok=Rome"]
COEF = np.zeros((2, len(NAMES)))
COEF[0, NAMES.index("prev_lower=in")], COEF[0, NAMES.index("tok=Rome")] = 2.0, 4.0


@pytest.fixture
def backend():
    """B-geo-loc has 4 for the word Rome and 2 for a word after "in", against 3 for O."""
    vocabulary = {name: column for column, name in enumerate(NAMES)}
    return SgdTagger(
        tags_of(["geo-loc"]),
        classes=["B-geo-loc", "O"],
        coef=COEF,
        intercept=np.array([-1.0, 3.0]),
        vocabulary=vocabulary,
    )


@pytest.fixture
def tagger(backend):
    return Tagger(backend, splitter_tokenizer(), "argmax")


def test_a_drop_is_how_much_the_score_falls_when_a_word_is_hidden(tagger):
    def probability(score):
        own, other = 1 / (1 + np.exp(-score)), 1 / (1 + np.exp(-3.0))
        return own / (own + other)

    (evidence,) = occlude(tagger, ["now", "in", "Rome"])
    assert (evidence.entity, evidence.tags) == (("geo-loc", 2, 3), ["B-geo-loc"])
    assert evidence.score == pytest.approx(probability(4 + 2 - 1), abs=1e-6)
    expected = [0.0, evidence.score - probability(4 - 1), evidence.score - probability(2 - 1)]
    assert evidence.drops == pytest.approx(expected, abs=1e-6)


def test_every_word_is_hidden_behind_every_filler_in_one_batch(tagger, monkeypatch):
    batches = []
    tag_words = tagger.tag_words
    monkeypatch.setattr(
        tagger,
        "tag_words",
        lambda tweets, **options: batches.append(tweets) or tag_words(tweets, **options),
    )
    occlude(tagger, ["in", "Rome"])
    assert batches == [
        [
            ["in", "Rome"],
            *([filler, "Rome"] for filler in FILLERS),
            *(["in", filler] for filler in FILLERS),
        ]
    ]


@pytest.mark.parametrize("words", [[], ["nothing", "here"]])
def test_a_tweet_without_an_entity_has_no_evidence(tagger, words):
    assert occlude(tagger, words) == []


def test_the_weights_of_a_word_add_up_to_its_score(backend):
    words = ["in", "Rome", "Oslo"]
    weights = word_weights(backend, words, 1, "B-geo-loc")
    assert weights == [("tok=Rome", 4.0), ("prev_lower=in", 2.0), ("is_title", 0.0)]
    assert sum(weight for _, weight in weights) - 1.0 == backend.scores([words])[1, 1]


def test_the_command_prints_words_and_weights(load_script, backend, tmp_path, capsys):
    backend.save(tmp_path)
    splitter_tokenizer().save(str(tmp_path / "tokenizer.json"))
    script = load_script("scripts/explain.py")
    assert script.main(["now in Rome", "--model", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "Rome (geo-loc), score 0.510; without each word it falls by" in out
    assert "Rome as B-geo-loc: tok=Rome +4.0, prev_lower=in +2.0" in out
    assert script.main(["nothing here", "--model", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "no entity found\n"
    assert script.main(["x", "--model", str(tmp_path / "none")]) == 2
