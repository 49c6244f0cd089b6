"""scripts/convert.py, and the forms that it converts between."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner.corpus import (
    FORMS,
    Corpus,
    Tweet,
    from_dataset,
    load_corpus,
    save_corpus,
    to_dataset_dict,
)
from tweetner.tags import WNUT16_TYPES, repair, tags_of

CONLL = 'in\tO\n"NYC\tB-geo-loc\n\nNA\tO\n#\u2028x\tO\n\n'


@pytest.fixture(scope="module")
def main(load_script: Callable[[str], ModuleType]) -> Callable[[list[str]], int]:
    return load_script("scripts/convert.py").main


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.conll").write_text(CONLL, encoding="utf-8")
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


WITHOUT_WORDS = {"label-studio", "doccano", "argilla"}
"""Forms that hold text alone: words are split anew."""


@pytest.mark.parametrize("form", [form for form in FORMS if form not in WITHOUT_WORDS])
def test_there_and_back_again_is_the_same_conll_byte_by_byte(
    main: Callable[[list[str]], int],
    source: Path,
    tmp_path: Path,
    form: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if form == "spacy":
        pytest.importorskip("spacy", reason="needs the extra `spacy`")
    assert main([str(source), str(tmp_path / "there"), "--to", form]) == 0
    assert load_corpus(str(tmp_path / "there")).splits == load_corpus(str(source)).splits
    assert main([str(tmp_path / "there"), str(tmp_path / "back"), "--to", "conll"]) == 0
    assert files_of(tmp_path / "back") == files_of(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "source", "there"]
    assert "train: 2 tweets, 4 words\ntest: 2 tweets, 4 words\nwrote" in capsys.readouterr().out


@pytest.mark.parametrize("form", FORMS)
def test_the_same_input_gives_the_same_bytes(
    main: Callable[[list[str]], int], source: Path, tmp_path: Path, form: str
) -> None:
    if form == "spacy":
        pytest.importorskip("spacy", reason="needs the extra `spacy`")
    for name in ("one", "two"):
        assert main([str(source), str(tmp_path / name), "--to", form]) == 0
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two") != {}


@pytest.mark.parametrize(("form", "file"), [("datasets", "my"), ("parquet", "my.parquet")])
def test_a_saved_dataset_brings_its_own_types_and_may_be_loaded_alone(
    main: Callable[[list[str]], int], tmp_path: Path, form: str, file: str
) -> None:
    (tmp_path / "my.conll").write_text("Ann\tB-PER\n")
    assert (
        main(
            [
                str(tmp_path / "my.conll"),
                str(tmp_path / "there"),
                "--to",
                form,
                "--types",
                "LOC",
                "PER",
            ]
        )
        == 0
    )
    saved = str(tmp_path / "there" / file)
    assert load_corpus(saved).types == ("LOC", "PER")
    assert load_corpus(saved).splits == {"my": [Tweet("my-000001", ("Ann",), ("B-PER",))]}
    with pytest.raises(
        ValueError, match="my-000001': type 'PER' of tag 'B-PER' is not declared; declared: LOC"
    ):
        load_corpus(saved, types=["LOC"])


def test_an_output_that_exists_is_kept_unless_forced(
    main: Callable[[list[str]], int],
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "out"
    assert main([str(source), str(target), "--to", "jsonl"]) == 0
    before = files_of(target)
    assert main([str(source), str(target), "--to", "conll"]) == 2
    assert (
        capsys.readouterr().err == f"error: {target}: exists already; pass --force to replace it\n"
    )
    assert files_of(target) == before
    assert main([str(source), str(target), "--to", "conll", "--force"]) == 0
    assert files_of(target) == files_of(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "source"]


def test_force_replaces_only_what_convert_writes(
    main: Callable[[list[str]], int],
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    assert main([str(source), str(tmp_path / "home"), "--force"]) == 2
    assert main([str(source), str(tmp_path / "file"), "--force"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"error: {tmp_path / 'home'}: holds letter.txt, which is no part of a corpus; not replaced",
        f"error: {tmp_path / 'file'}: expected a folder, got a file",
    ]
    assert (
        (tmp_path / "home" / "letter.txt").read_text() == (tmp_path / "file").read_text() == "dear"
    )


@pytest.mark.parametrize("data", ["source", "source/train.conll", "source:test"])
def test_the_input_is_never_replaced(
    main: Callable[[list[str]], int],
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    data: str,
) -> None:
    before = files_of(source)
    assert main([str(tmp_path / data), str(source), "--to", "jsonl", "--force"]) == 2
    assert (
        capsys.readouterr().err
        == f"error: {source}: would replace its own input {tmp_path / data}\n"
    )
    assert files_of(source) == before


def test_a_bad_input_writes_nothing_and_says_why_in_one_line(
    main: Callable[[list[str]], int],
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (source / "test.conll").write_text("awh\tO\nNYC\n")
    assert main([str(source), str(tmp_path / "out")]) == 2
    assert (
        capsys.readouterr().err
        == f'error: {source}/test.conll:2: expected "token<TAB>tag", got 1 column\n'
    )
    assert main([str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_tweet_that_conll_cannot_hold_leaves_no_half_written_folder(
    main: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = '{{"id": "7", "tokens": ["{}"], "ner_tags": ["O"]}}\n'
    (tmp_path / "my.jsonl").write_text(line.format("fine") + line.format("a\\tb"))
    assert main([str(tmp_path / "my.jsonl"), str(tmp_path / "out"), "--to", "conll"]) == 2
    assert (
        capsys.readouterr().err
        == "error: tweet '7': word 'a\\tb' with tag 'O' would not read back from CoNLL\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["my.jsonl"]


def test_a_file_that_is_not_parquet_is_refused_in_one_line(
    main: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my.parquet").write_text("PAR?")
    assert main([str(tmp_path / "my.parquet"), str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path / 'my.parquet'}: ")
    assert error.count("\n") == 1


def test_a_replacement_that_fails_brings_the_old_folder_back(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, target = load_corpus(str(source)), tmp_path / "out"
    save_corpus(corpus, target, form="jsonl")
    before, replace = files_of(target), Path.replace

    def failing_replace(self: Path, new: Path) -> Path:
        if self.suffix == ".tmp" and self.is_dir():
            raise OSError("disk full")
        return replace(self, new)

    monkeypatch.setattr(Path, "replace", failing_replace)
    with pytest.raises(OSError, match="disk full"):
        save_corpus(corpus, target, form="conll", force=True)
    assert files_of(target) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "source"]


# --- datasets ---


def test_the_features_are_strings_and_class_labels_in_the_declared_order() -> None:
    from datasets import ClassLabel, Features, List, Value

    tweets = [Tweet("7", ("in", "NYC"), ("O", "B-geo-loc"))]
    dataset = to_dataset_dict(Corpus("c", ("movie", "geo-loc"), {"dev": tweets}))["dev"]
    names = ["O", "B-movie", "I-movie", "B-geo-loc", "I-geo-loc"]
    assert dataset.features == Features(
        {
            "id": Value("string"),
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=names)),
        }
    )
    assert dataset[0] == {"id": "7", "tokens": ["in", "NYC"], "ner_tags": [0, 3]}


PAIRS = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(tags_of(WNUT16_TYPES))
    ),
    max_size=4,
)


@given(st.lists(PAIRS, min_size=1, max_size=3))
def test_words_keep_their_code_points_in_a_dataset(rows: list[Any]) -> None:
    tweets = [
        Tweet(str(n), tuple(w for w, _ in row), tuple(repair([t for _, t in row])))
        for n, row in enumerate(rows)
    ]
    assert (
        from_dataset(to_dataset_dict(Corpus("c", WNUT16_TYPES, {"dev": tweets}))["dev"]) == tweets
    )


def test_a_dataset_without_tags_or_with_a_label_outside_them_is_refused() -> None:
    from datasets import ClassLabel, Dataset, Features, List, Value

    words = {"tokens": [["in", "NYC"]]}
    with pytest.raises(ValueError, match="expected columns tokens and ner_tags"):
        from_dataset(Dataset.from_dict(words))
    with pytest.raises(ValueError, match="the tags are numbers without names: --types gives the"):
        from_dataset(Dataset.from_dict(words | {"ner_tags": [[0, 1]]}))
    features = Features(
        {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=["O", "B-x", "I-x"]))}
    )
    with pytest.raises(ValueError, match=r"tweet '1': expected labels from 0 to 2, got \[0, -1\]"):
        from_dataset(Dataset.from_dict(words | {"ner_tags": [[0, -1]]}, features=features))
    with pytest.raises(ValueError, match="tweet '1': expected words and labels, got null"):
        from_dataset(
            Dataset.from_dict({"tokens": [["in", None]], "ner_tags": [[0, 0]]}, features=features)
        )


def test_validation_is_dev_in_a_saved_folder_too(source: Path, tmp_path: Path) -> None:
    shutil.move(source / "test.conll", source / "validation.conll")
    to_dataset_dict(load_corpus(str(source))).save_to_disk(str(tmp_path / "out"))
    shutil.move(tmp_path / "out" / "dev", tmp_path / "out" / "validation")
    assert [*load_corpus(str(tmp_path / "out")).splits] == ["train", "dev"]
