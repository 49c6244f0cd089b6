"""Options of corpus files: schemes, types, columns, comments, empty words, and names of files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tweetner.corpus import (
    Corpus,
    Tweet,
    content_hash,
    content_hashes,
    corpus_label,
    load_corpus,
    load_run_splits,
    load_tweets,
    save_corpus,
)
from tweetner.tags import WNUT16_TYPES

TYPES = ("person", "geo-loc", "company")
Rows = list[tuple[tuple[str, ...], tuple[str, ...]]]

IOB1 = "New\tI-geo-loc\nYork\tI-geo-loc\nAnn\tI-person\n\nBob\tI-person\nParis\tI-geo-loc\n\nNike\t"
IOB1_REFUSED = "begin with I- and {} with B-; the file looks like IOB1: pass --scheme IOB1"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rows_of(tweets: list[Tweet]) -> Rows:
    return [(tweet.words, tweet.gold) for tweet in tweets]


def refusal_of(action: Callable[[], object]) -> str:
    with pytest.raises(ValueError) as refusal:
        action()
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


# --- schemes, in every format --------------------------------------------------------------------


def write_form(folder: Path, form: str, words: list[str], tags: list[str]) -> Path:
    """Write one tweet with tags as they are, in a form that a reader may meet."""
    path = folder / f"f.{form.partition(' ')[0]}"
    if form == "conll":
        return write(path, "".join(f"{w}\t{t}\n" for w, t in zip(words, tags, strict=True)))
    if form == "csv":
        return write(path, "".join(f'"{w}",{t}\n' for w, t in zip(words, tags, strict=True)))
    if form == "jsonl":
        return write(path, json.dumps({"tokens": words, "ner_tags": tags}) + "\n")
    if form == "json":
        return write(path, json.dumps([{"words": words, "tags": tags}], indent=1))
    return write_dataset(path, form, words, tags)


def write_dataset(path: Path, form: str, words: list[str], tags: list[str]) -> Path:
    from datasets import ClassLabel, Dataset, Features, List, Value

    tag_feature = Value("string")
    if "labels" in form:
        tag_feature = ClassLabel(names=sorted({*tags, "O"}, reverse=True))
    features = Features({"tokens": List(Value("string")), "tags": List(tag_feature)})
    dataset = Dataset.from_dict({"tokens": [words], "tags": [tags]}, features=features)
    if path.suffix == ".parquet":
        dataset.to_parquet(str(path))
    else:
        dataset.save_to_disk(str(path))
    return path


FORMS = [
    *("conll", "csv", "jsonl", "json", "parquet strings", "parquet labels"),
    *("saved strings", "saved labels"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("scheme", "tags", "iob2"),
    [
        ("IOB1", "I-person I-person B-person I-geo-loc", "B-person I-person B-person B-geo-loc"),
        ("BIOES", "B-person E-person S-person S-geo-loc", "B-person I-person B-person B-geo-loc"),
        ("BMES", "B-person M-person E-person O", "B-person I-person I-person O"),
        ("IOB2", "B-person I-person B-person O", "B-person I-person B-person O"),
    ],
)
def test_the_scheme_is_honoured_in_every_form(
    tmp_path: Path, form: str, scheme: str, tags: str, iob2: str
) -> None:
    words = ["Ann", "Lee", "Bob", "Rome"]
    path = write_form(tmp_path, form, words, tags.split())
    assert rows_of(load_tweets(str(path), types=TYPES, scheme=scheme)) == [
        (tuple(words), tuple(iob2.split()))
    ]


@pytest.mark.parametrize("form", FORMS)
def test_iob1_is_refused_in_every_form_though_some_b_are_out_of_place(
    tmp_path: Path, form: str
) -> None:
    words = ["New", "York", "Ann", ".", "Bob", "Paris", "Nike"]
    tags = ["I-geo-loc", "I-geo-loc", "I-person", "O", "I-person", "I-geo-loc", "B-company"]
    path = write_form(tmp_path, form, words, tags)
    message = refusal_of(lambda: load_tweets(str(path), types=TYPES))
    assert message.startswith(f"{path}: expected IOB2, got 4 entities that")
    assert message.endswith(IOB1_REFUSED.format(1))


@pytest.mark.parametrize(
    ("content", "n_inside", "n_proper"),
    [
        pytest.param(IOB1 + "B-company\n", 4, 1, id="four of five"),
        pytest.param(IOB1 + "I-company\n", 5, 0, id="all"),
        pytest.param("a\tI-person\nb\tB-person\n\n" * 3, 3, 0, id="B- between neighbours"),
        pytest.param("a\tI-person\n\n" * 8 + "b\tB-person\n\n" * 2, 8, 2, id="eight of ten"),
    ],
)
def test_a_file_of_mostly_i_starts_names_the_scheme(
    tmp_path: Path, content: str, n_inside: int, n_proper: int
) -> None:
    path = write(tmp_path / "f.conll", content)
    message = refusal_of(lambda: load_tweets(str(path), types=TYPES))
    assert f"got {n_inside} entities that {IOB1_REFUSED.format(n_proper)}" in message


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("a\tI-person\n\nb\tI-person\n", id="only two"),
        pytest.param("a\tI-person\n\n" * 7 + "b\tB-person\n\n" * 2, id="seven of nine"),
    ],
)
def test_a_few_i_starts_are_kept_and_counted(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "f.conll", content)
    tweets = load_tweets(str(path), types=TYPES)
    assert tweets[0].tags == ("I-person",)
    assert "I- tags continue no entity of their type; kept as they are" in caplog.text


def test_what_was_iob1_is_read_with_the_scheme_that_the_refusal_names(tmp_path: Path) -> None:
    path = write(tmp_path / "f.conll", IOB1 + "B-company\n")
    tweets = load_tweets(str(path), types=TYPES, scheme="IOB1")
    names = [" ".join(t.words[e.start : e.end]) for t in tweets for e in t.entities]
    assert names == ["New York", "Ann", "Bob", "Paris", "Nike"]


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("B-person,B-company", "expected one tag per word, got several: 'B-person,B-company'"),
        ("I-person|O", "expected one tag per word, got several: 'I-person|O'"),
        ("B-person;I-x; B-y", "expected one tag per word, got several: 'B-person;I-x; B-y'"),
        ("person", "got 'person', a type without prefix; expected B-person at an entity's start"),
        ("PER", "got 'PER', a type without prefix; expected B-PER at an entity's start"),
        ("O\u200b", "got 'O\\u200b' (it contains U+200B ZERO WIDTH SPACE)"),
        ("\ufeffO", "got '\\ufeffO' (it contains U+FEFF ZERO WIDTH NO-BREAK SPACE)"),
        (
            "B-person\u200d",
            "is not declared; declared: person, geo-loc, company (it contains U+200D",
        ),
        ("B-person\xa0", "is not declared; declared: person, geo-loc, company (it contains U+00A0"),
    ],
)
def test_a_tag_that_is_none_is_named_for_what_it_is(tmp_path: Path, tag: str, reason: str) -> None:
    for form in ("conll", "jsonl", "parquet strings"):
        path = write_form(tmp_path, form, ["x"], [tag])
        assert reason in refusal_of(lambda path=path: load_tweets(str(path), types=TYPES))


def test_invisible_characters_are_named_where_they_hide_the_columns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "f.conll", "a\xa0O\n")
    assert "got 1 column (it contains U+00A0 NO-BREAK SPACE)" in refusal_of(
        lambda: load_tweets(str(path))
    )
    write(path, "a\tO\n\n\ufeffb\tO\n")
    assert load_tweets(str(path))[1].words == ("\ufeffb",)
    assert "1 words contain U+FEFF (a byte order mark inside the file)" in caplog.text


# --- types ---------------------------------------------------------------------------------------


def test_all_undeclared_types_of_all_files_make_one_ready_line(tmp_path: Path) -> None:
    write(tmp_path / "c/train", "a\tB-LOC\n\nb\tB-person\n\nc\tB-ORG\nd\tI-ORG\n")
    write(tmp_path / "c/dev", "a\tB-it's\n")
    write(tmp_path / "c/test", "a\tB-LOC\nb\tB-MISC\n")
    message = refusal_of(lambda: load_corpus(str(tmp_path / "c")))
    line = "--types person LOC ORG 'it'\"'\"'s' MISC"
    assert (
        f"c/train:1: type 'LOC' of tag 'B-LOC' is not declared; "
        f"declared: {', '.join(WNUT16_TYPES)}; to declare all that occur: {line};" in message
    )
    types = ["person", "LOC", "ORG", "it's", "MISC"]
    corpus = load_corpus(str(tmp_path / "c"), types=types)
    assert (corpus.types, len(corpus.splits["train"])) == (tuple(types), 3)
    others = refusal_of(lambda: load_corpus(str(tmp_path / "c"), types=["LOC", "movie"]))
    assert "--types LOC movie person ORG 'it'\"'\"'s' MISC;" in others


def test_twenty_types_are_named_at_once_in_jsonl_and_datasets_too(tmp_path: Path) -> None:
    names = [f"t{n}" for n in range(20)]
    for form in ("jsonl", "parquet strings"):
        path = write_form(tmp_path, form, ["x"] * 20, [f"B-{name}" for name in names])
        message = refusal_of(lambda path=path: load_tweets(str(path)))
        assert f"--types {' '.join(names)};" in message


def test_types_of_other_corpora_are_mapped_or_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = "a\tB-PER\nb\tI-PER\nc\tI-PERS\nd\tB-MISC\ne\tI-MISC\nf\tB-person\n"
    path = str(write(tmp_path / "f.conll", content))
    rules = ["person=PER", "person=PERS", "=MISC"]
    (tweet,) = load_tweets(path, types=["person"], map_types=rules)
    assert tweet.gold == ("B-person", "I-person", "B-person", "O", "O", "B-person")
    caplog.clear()
    load_tweets(path, types=["person"], map_types=[*rules, "person=PRE"])
    assert "f: no tag has the mapped types PRE" in caplog.text


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("PER=person", "map_types: expected a declared type before the = of 'PER=person'"),
        ("PER", "map_types: expected DECLARED=FILE, as person=PER, got 'PER'"),
        ("person=", "map_types: expected DECLARED=FILE, as person=PER, got 'person='"),
    ],
)
def test_a_map_that_cannot_be_meant_is_refused(tmp_path: Path, rule: str, reason: str) -> None:
    path = write(tmp_path / "f.conll", "a\tB-PER\n")
    options: Any = {"types": ["person"], "map_types": [rule]}
    assert refusal_of(lambda: load_tweets(str(path), **options)).startswith(reason)


def test_the_sample_is_mapped_too() -> None:
    others = [f"={type_}" for type_ in WNUT16_TYPES if type_ not in ("person", "geo-loc")]
    rules = ["PER=person", "LOC=geo-loc", *others]
    corpus = load_corpus("sample:test", types=["PER", "LOC"], map_types=rules)
    found = {entity.type for tweet in corpus.splits["test"] for entity in tweet.entities}
    assert (corpus.types, found) == (("PER", "LOC"), {"PER", "LOC"})


# --- columns, comments, empty words --------------------------------------------------------------

GERMEVAL = (
    "#\thttp://de.example.org/Ort [2009-10-17]\n"
    "1\tAnn\tB-PER\tO\n2\tin\tO\tO\n3\tBonner\tB-LOCderiv\tB-LOC\n\n"
    "#\thttp://de.example.org/Tag [2010-01-02]\n1\t#Zeit\tB-OTH\tO\n\n"
)
GERMEVAL_TYPES = ["PER", "LOCderiv", "OTH"]


def test_germeval_is_refused_with_the_options_that_read_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(write(tmp_path / "NER-de-train.tsv", GERMEVAL))
    assert '--comment "#" skips lines that begin with #' in refusal_of(lambda: load_corpus(path))
    with_comment: Any = {"types": [*GERMEVAL_TYPES, "LOC"], "comment": "#"}
    message = refusal_of(lambda: load_corpus(path, **with_comment))
    assert "got an index (1, 2, 3, ...); --columns 2 4 reads the word from the second" in message
    corpus = load_corpus(path, comment="#", columns=["2", "3"], types=GERMEVAL_TYPES)
    assert [*corpus.splits] == ["train"]
    assert rows_of(corpus.splits["train"]) == [
        (("Ann", "in", "Bonner"), ("B-PER", "O", "B-LOCderiv")),
        (("#Zeit",), ("B-OTH",)),
    ]
    assert "2 lines that begin with # were skipped" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("f.csv", 'word,tag\n"a,b",O\n"say ""x""",O\nAnn,B-person\n', {"header": True}),
        ("f.csv", 'tag,word\nO,"a,b"\nO,x\nB-person,Ann\n', {"columns": ["word", "tag"]}),
        ("f.tsv", "a,b\tO\nsay x\tO\nAnn\tB-person\n", {}),
        ("f.txt", "a,b;O\nx;O\nAnn;B-person\n", {"separator": "semicolon"}),
        ("f.txt", "1|a,b|O|-\n2|x|O|-\n3|Ann|B-person|-\n",
         {"separator": "|", "columns": ["2", "-2"]}),
    ],
)  # fmt: skip
def test_columns_are_chosen_by_number_or_name(
    tmp_path: Path, name: str, content: str, options: dict[str, Any]
) -> None:
    path = write(tmp_path / name, content)
    (tweet,) = load_tweets(str(path), types=TYPES, **options)
    assert tweet.gold == ("O", "O", "B-person")
    assert (tweet.words[0], tweet.words[2]) == ("a,b", "Ann")


@pytest.mark.parametrize(
    ("line", "name"), [("a,O", "comma"), ("a;O", "semicolon"), ("a|O", "pipe")]
)
def test_another_separator_is_named(tmp_path: Path, line: str, name: str) -> None:
    path = write(tmp_path / "f.conll", line + "\n")
    assert f"got 1 column; --separator {name} splits at {line[1]}" in refusal_of(
        lambda: load_tweets(str(path))
    )
    assert rows_of(load_tweets(str(path), separator=name)) == [(("a",), ("O",))]


def test_a_third_column_tells_tweets_apart(tmp_path: Path) -> None:
    content = "Sentence #,Word,POS,Tag\nSentence: 1,Ann,N,B-person\n,ran,V,O\nSentence: 2,ok,N,O\n"
    path = write(tmp_path / "ner.csv", content)
    columns = ["Word", "Tag", "Sentence #"]
    assert rows_of(load_tweets(str(path), types=TYPES, columns=columns)) == [
        (("Ann", "ran"), ("B-person", "O")),
        (("ok",), ("O",)),
    ]


def test_a_column_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    path = write(tmp_path / "f.tsv", "word\ttag\na\tO\n")
    for columns, expected in ((["token", "tag"], "'token'"), (["1", "5"], "'5'")):
        message = refusal_of(lambda c=columns: load_tweets(str(path), columns=c, header=True))
        assert f"f.tsv:1: expected a column {expected}, got 2 columns: word, tag" in message


def test_fields_of_json_and_datasets_are_chosen_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "f.jsonl", '{"toks": ["a"], "labels": ["B-person"]}\n')
    assert "got id (a string), toks (an array), labels (an array); --columns" in refusal_of(
        lambda: load_tweets(str(path))
    )
    assert rows_of(load_tweets(str(path), columns=["toks", "labels"])) == [(("a",), ("B-person",))]


@pytest.mark.parametrize(
    ("empty_words", "rows"),
    [
        ("drop", [(("Ann", "Lee"), ("B-person", "I-person")), (("Bob",), ("B-person",))]),
        (
            "placeholder",
            [
                (("Ann", "_", "Lee"), ("B-person", "I-person", "I-person")),
                (("_", "Bob"), ("B-person", "I-person")),
                (("_",), ("O",)),
            ],
        ),
    ],
)
def test_empty_words_are_dropped_or_replaced_counted_and_told(
    tmp_path: Path, empty_words: str, rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    content = "Ann\tB-person\n\tI-person\nLee\tI-person\n\n\tB-person\nBob\tI-person\n\n\tO\n"
    path = write(tmp_path / "a.conll", content)
    assert "--empty_words drop leaves such lines out" in refusal_of(lambda: load_tweets(str(path)))
    assert rows_of(load_tweets(str(path), empty_words=empty_words)) == rows
    told = "dropped" if empty_words == "drop" else "replaced by _"
    assert f"a.conll: 3 empty words were {told}" in caplog.text


@pytest.mark.parametrize("form", ["jsonl", "parquet strings"])
def test_empty_words_are_dropped_in_every_form(tmp_path: Path, form: str) -> None:
    path = write_form(tmp_path, form, ["", "Ann"], ["B-person", "I-person"])
    assert load_tweets(str(path), empty_words="drop")[0].gold == ("B-person",)
    assert load_tweets(str(path))[0].words == ("", "Ann")


# --- which file is which split -------------------------------------------------------------------

WORD = "awh\tO\n"


@pytest.mark.parametrize(
    "names",
    [
        ["emerging.train", "emerging.dev", "emerging.test.annotated"],
        ["train.bmes", "dev.bmes", "test.bmes"],
        ["eng.train", "eng.testa", "eng.testb"],
        ["x_train.txt", "x-valid.txt", "x.test.txt"],
        ["Train.CoNLL", "VAL.conll", "TEST.conll"],
        ["data/train.txt", "data/validation.txt", "data/test.txt"],
    ],
)
def test_the_usual_names_of_files_are_found(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        write(tmp_path / "c" / name, WORD)
    write(tmp_path / "c" / "README.md", "hello")
    write(tmp_path / "c" / "train.py", "pass")
    assert [*load_corpus(str(tmp_path / "c")).splits] == ["train", "dev", "test"]


def test_a_plain_name_wins_over_one_with_more_in_it(tmp_path: Path) -> None:
    write(tmp_path / "c" / "test.conll", WORD)
    write(tmp_path / "c" / "test_predictions.txt", "?")
    assert rows_of(load_tweets(str(tmp_path / "c"))) == [(("awh",), ("O",))]


def test_shards_are_read_one_after_the_other_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    from datasets import Dataset

    (tmp_path / "c/data").mkdir(parents=True)
    for number, word in enumerate("ab"):
        dataset = Dataset.from_dict({"tokens": [[word]], "ner_tags": [["O"]]})
        dataset.to_parquet(str(tmp_path / f"c/data/train-0000{number}-of-00002.parquet"))
    assert [t.words for t in load_tweets(str(tmp_path / "c"))] == [("a",), ("b",)]
    (tmp_path / "c/data/train-00000-of-00002.parquet").unlink()
    message = refusal_of(lambda: load_tweets(str(tmp_path / "c")))
    assert message.endswith("expected 2 shards of train, got train-00001-of-00002.parquet")


def test_files_of_splits_are_given_one_by_one(tmp_path: Path) -> None:
    btc = tmp_path / "btc"
    for name in "abfh":
        write(btc / f"{name}.conll", f"{name}\tO\n")
    assert f"{btc}: expected files train, dev, test" in refusal_of(lambda: load_corpus(str(btc)))
    files = {
        "train": [str(btc / "a.conll"), str(btc / "b.conll")],
        "dev": [str(btc / "f.conll")],
        "test": [str(btc / "h.conll")],
    }
    corpus, splits = load_run_splits("wnut16", split="corpus", files=files)
    assert corpus.name == "btc"
    assert [[t.id for t in splits[split]] for split in ("train", "dev", "test")] == [
        ["a-000001", "b-000001"], ["f-000001"], ["h-000001"],
    ]  # fmt: skip
    write(btc / "dev.conll", WORD)
    some = {"train": files["train"]}
    assert [*load_corpus(str(btc), files=some).splits] == ["train", "dev"]
    assert "the splits of wnut16 are not mixed with other files" in refusal_of(
        lambda: load_corpus("wnut16", files=some)
    )
    assert "train_file: expected an existing file, got nowhere" in refusal_of(
        lambda: load_corpus(str(btc), files={"train": ["nowhere"]})
    )


# --- datasets and JSONL as people have them ------------------------------------------------------


def test_class_labels_in_another_order_are_mapped_by_name(tmp_path: Path) -> None:
    path = write_form(tmp_path, "parquet labels", ["Ann", "in", "Rome"], ["B-a", "O", "B-b"])
    corpus = load_corpus(str(path))
    assert corpus.types == ("b", "a")  # the order of the names, which begin with O
    assert corpus.splits["f"][0].gold == ("B-a", "O", "B-b")
    assert load_tweets(str(path), types=["a", "b"])[0].gold == ("B-a", "O", "B-b")


def test_our_own_dataset_through_to_json_is_read_with_the_types_in_its_order(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from tweetner.corpus import to_dataset_dict

    tweets = [Tweet("7", ("Ann", "ok"), ("B-person", "O")), Tweet("8", ("ok",), ("O",))]
    dataset = to_dataset_dict(Corpus("c", TYPES, {"train": tweets}))["train"]
    dataset.to_json(str(tmp_path / "train.json"))
    dataset.to_json(str(tmp_path / "array.json"), lines=False)
    for name in ("train.json", "array.json"):
        path = str(tmp_path / name)
        assert load_tweets(path, types=TYPES) == tweets
        assert "numbers without names: --types gives" in refusal_of(lambda p=path: load_tweets(p))
    assert "read as 0 = O, 1 = B-person, 2 = I-person, 3 = B-geo-loc, ..." in caplog.text


@pytest.mark.parametrize("form", ["conll", "jsonl", "parquet", "datasets"])
def test_what_is_written_is_read_again_with_its_types_and_splits(tmp_path: Path, form: str) -> None:
    tweets = [Tweet("my-000001", ("Ann",), ("B-PER",))]
    corpus = Corpus("c", ("LOC", "PER"), {"my": tweets, "train": tweets})
    save_corpus(corpus, tmp_path / "there", form=form)
    again = load_corpus(str(tmp_path / "there"))
    assert (again.types, {*again.splits}) == (corpus.types, {"my", "train"})
    assert rows_of(load_tweets(f"{tmp_path / 'there'}:my")) == rows_of(tweets)
    if form in ("conll", "jsonl"):
        one = load_corpus(str(tmp_path / "there" / f"my.{form}"))
        assert (one.types, rows_of(one.splits["my"])) == (corpus.types, rows_of(tweets))


# --- a corpus is its content ---------------------------------------------------------------------


def test_a_content_hash_is_of_words_and_tags_alone() -> None:
    tweet = Tweet("1", ("Ann", "b"), ("B-person", "O"))
    base = content_hash([tweet, tweet])
    assert content_hash([Tweet("2", tweet.words, tweet.tags)] * 2) == base
    others = [
        [tweet],
        [Tweet("1", ("Ann", "b"), ("B-movie", "O"))] * 2,
        [Tweet("1", ("Ann b",), ("B-person",))] * 2,
        [Tweet("1", ("Ann", "b", "Ann", "b"), ("B-person", "O", "B-person", "O"))],
    ]
    assert len({base, *map(content_hash, others)}) == 5
    assert content_hashes({"train": [tweet, tweet]}) == {"train": base}
    # printf '[["Ann", "b"], ["B-person", "O"]]\\n' | sha256sum
    assert content_hash([tweet])[:16] == "479aa2c8869ff112"


@pytest.mark.parametrize(
    ("data", "label"),
    [
        ("sample", "sample"),
        ("wnut16:test", "wnut16:test"),
        ("./sample", "./sample"),
        ("/somewhere/wnut16", "./wnut16"),
        ("/somewhere/sample:test", "./sample:test"),
        ("/somewhere/my", "my"),
    ],
)
def test_a_folder_is_not_named_as_a_built_in_corpus(data: str, label: str) -> None:
    assert corpus_label(data) == label
