import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.corpus import (
    Corpus,
    Tweet,
    content_hashes,
    divide_dev,
    hash_fraction,
    load_corpus,
    write_conll,
)
from tweetner.evaluation import fitted_tweets, n_shared, training_corpus
from tweetner.hub import ModelFolder

TYPES = ("person",)
words = st.lists(st.text(max_size=3), min_size=1, max_size=3).map(tuple)


def tweet(*words: str, tag: str = "B-person", id: str = "") -> Tweet:
    return Tweet(id, words, (tag,) * len(words))


def corpus_of(dev: list[Tweet]) -> tuple[Corpus, dict[str, list[Tweet]]]:
    splits = {"train": [tweet("a")], "dev": dev, "test": [tweet("b")]}
    return Corpus("c", TYPES, splits), splits


MANY = [tweet("tweet", str(number)) for number in range(2000)]


@given(st.lists(words, min_size=1, max_size=30), st.sampled_from([0.0, 0.2, 0.4, 0.9]))
def test_every_dev_tweet_proves_or_chooses_and_equal_tweets_do_the_same(
    dev: list[tuple[str, ...]], share: float
) -> None:
    tweets = [tweet(*row, id=str(number)) for number, row in enumerate(dev)]
    dev_sets = divide_dev(*corpus_of(tweets), split="corpus", share=share)
    assert sorted(t.id for t in dev_sets.selection + dev_sets.held_out) == sorted(
        t.id for t in tweets
    )
    assert dev_sets.calibration == dev_sets.selection
    assert n_shared([t.words for t in dev_sets.held_out], dev_sets.selection) == 0


def test_the_parts_depend_on_words_alone_and_have_about_the_share() -> None:
    dev_sets = divide_dev(*corpus_of(MANY), split="corpus", share=0.4)
    assert 740 < len(dev_sets.held_out) < 860
    backwards = [tweet(*row.words, tag="O", id="x") for row in MANY[::-1][:1000]] + [tweet("last")]
    others = divide_dev(*corpus_of(backwards), split="corpus", share=0.4)
    assert {t.words for t in others.held_out} <= {t.words for t in dev_sets.held_out} | {("last",)}


def test_places_for_two_purposes_have_nothing_to_do_with_each_other() -> None:
    both = [
        hash_fraction(row, "proving") < 0.5 and hash_fraction(row, "fold") < 0.5 for row in MANY
    ]
    assert 430 < sum(both) < 570


def test_the_hash_fraction_a_tweet_is_the_same_everywhere_and_always() -> None:
    # printf 'proving\\nso\\ntired' | sha256sum
    assert hash_fraction(tweet("so", "tired"), "proving") == 0x2D2239D472A1 / 16**12


def test_nothing_is_kept_back_where_the_rest_would_have_no_entity() -> None:
    proving = next(row for row in MANY if hash_fraction(row, "proving") < 0.4)
    dev = [proving, tweet("x", tag="O"), tweet("y", tag="O")]
    dev_sets = divide_dev(*corpus_of(dev), split="corpus", share=0.4)
    assert (dev_sets.selection, dev_sets.calibration, dev_sets.held_out) == (dev, dev, [])


def test_with_the_notebooks_split_the_corpus_own_dev_is_free_for_calibration() -> None:
    corpus, splits = corpus_of(MANY)
    validation = [tweet("validation")]
    dev_sets = divide_dev(corpus, {**splits, "dev": validation}, split="notebook", share=0.4)
    assert dev_sets.selection == validation
    assert len(dev_sets.calibration) + len(dev_sets.held_out) == len(MANY)
    assert dev_sets.source == "the corpus's own dev"


@pytest.mark.parametrize(("folds", "n_train"), [(0, 1), (2, 41)])
def test_what_a_model_was_fitted_on_is_what_its_run_config_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folds: int, n_train: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name, tweets in (("train", [tweet("a")]), ("dev", MANY[:40]), ("test", [tweet("b")])):
        write_conll(tmp_path / "data" / f"{name}.conll", tweets)
    run = {"data": "./data", "split": "corpus", "threshold_share": 0.4, "folds": folds}
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "run_config.json").write_text(json.dumps(run), encoding="utf-8")
    assert len(fitted_tweets(ModelFolder(tmp_path), "train", TYPES)) == n_train
    chose = fitted_tweets(ModelFolder(tmp_path), "dev", TYPES)
    assert [t.words for t in chose] == [
        t.words for t in MANY[:40] if hash_fraction(t, "proving") >= 0.4
    ]


def test_a_run_whose_data_are_elsewhere_is_named_in_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    assert fitted_tweets(ModelFolder(tmp_path), "train", TYPES) == []
    (tmp_path / "run_config.json").write_text('{"data": "nowhere"}', encoding="utf-8")
    assert fitted_tweets(ModelFolder(tmp_path), "train", TYPES) == []
    assert "what the model was fitted on is not here: nowhere: expected" in caplog.text


# --- a corpus is its content ---------------------------------------------------------------------


def write_splits(folder: Path, **splits: list[Tweet]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split, tweets in splits.items():
        write_conll(folder / f"{split}.conll", tweets)
    return folder


def model_trained_on(folder: Path, data: str, hashes: dict[str, str]) -> ModelFolder:
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    (folder / "run_config.json").write_text(json.dumps({"data": data}), encoding="utf-8")
    metrics = {"corpus_sha256": hashes}
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    return ModelFolder(folder)


ONE = {"train": [tweet("a")], "dev": [tweet("b")], "test": [tweet("c")]}
OTHER = {"train": [tweet("x")], "dev": [tweet("b")], "test": [tweet("c")]}


def words_of(tweets: list[Tweet]) -> list[tuple[str, ...]]:
    return [t.words for t in tweets]


def test_another_corpus_under_the_same_path_is_not_taken_for_the_training_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    write_splits(tmp_path / "my", **OTHER)
    model = model_trained_on(tmp_path / "model", "./my", content_hashes(ONE))
    assert fitted_tweets(model, "train", TYPES) == []
    assert (
        "./my has other words or tags than the corpus that the model was trained on" in caplog.text
    )
    write_splits(tmp_path / "my", **ONE)
    assert words_of(fitted_tweets(model, "train", TYPES)) == [("a",)]


def test_the_training_text_is_found_at_another_path_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_splits(tmp_path / "elsewhere", **ONE)
    write_splits(tmp_path / "wrong", **OTHER)
    model = model_trained_on(tmp_path / "model", "./my", content_hashes(ONE))
    assert fitted_tweets(model, "train", TYPES, candidates=["wrong", "nowhere"]) == []
    found = fitted_tweets(model, "train", TYPES, candidates=["wrong", "elsewhere:test"])
    assert words_of(found) == [("a",)]


def test_other_tags_on_the_same_words_are_another_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    retagged = {**ONE, "test": [tweet("c", tag="O")]}
    write_splits(tmp_path / "my", **retagged)
    model = model_trained_on(tmp_path / "model", "./my", content_hashes(ONE))
    with pytest.raises(ValueError, match="other words or tags"):
        training_corpus(model, TYPES)


def test_a_folder_called_sample_is_not_the_sample_and_the_sample_is_found_under_any_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_splits(tmp_path / "sample", **ONE)
    mine = model_trained_on(tmp_path / "mine", "./sample", content_hashes(ONE))
    assert words_of(fitted_tweets(mine, "train", TYPES)) == [("a",)]
    hashes = content_hashes(load_corpus("sample").splits)
    builtin = model_trained_on(tmp_path / "builtin", "./gone", hashes)
    assert fitted_tweets(builtin, "train", TYPES) == load_corpus("sample").splits["train"]
