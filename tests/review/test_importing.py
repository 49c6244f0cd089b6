"""Tests of decisions that were made in an annotation tool."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.review.conftest import FACTS, queued, verdict
from tweetner.cli import main
from tweetner.corpus import EXCHANGE_FORMATS, write_annotations
from tweetner.review import Queue, agreements_of, decisions_of, import_decisions, progress_of

NYC = {"type": "geo-loc", "start": 3, "end": 6}


def write(path: Path, *lines: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def line(id_: int = 0, label: object = ((3, 6, "person"),), text: str = "in NYC now") -> dict:  # type: ignore[type-arg]
    return {"tweet_id": id_, "text": text, "label": label}


@pytest.mark.parametrize("format_", [name for name in EXCHANGE_FORMATS if name != "conll"])
def test_an_export_read_again_changes_nothing_and_fills_another_queue(
    format_: str, new_queue: Callable[[int], Queue], tmp_path: Path
) -> None:
    if format_ == "spacy":
        pytest.importorskip("spacy", reason="needs the extra `spacy`")
    queue = new_queue(3)
    for id_, entities in ((0, [NYC]), (1, [])):
        queue.next("ann")
        queue.decide(verdict(id_, "ann", entities))
    path = tmp_path / "file"
    write_annotations(path, format_, list(decisions_of(queue)))
    counts = import_decisions(queue, path, format_, reviewer="bob")
    assert (counts["new"], counts["known"]) == (0, 2)
    other = Queue.create(tmp_path / "other.db", FACTS, map(queued, range(3)))
    assert import_decisions(other, path, format_, reviewer="bob")["new"] == 2
    assert [(r["id"], r["entities"], r["reviewer"]) for r in decisions_of(other)] == [
        (0, [NYC], "ann"),
        (1, [], "ann"),
    ]
    assert progress_of(other).waiting == 1


def test_conll_finds_its_tweets_by_their_words(tmp_path: Path) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, [queued(7)])
    path = tmp_path / "d.conll"
    path.write_text("in\tO\nNYC\tB-person\nnow\tO\n")
    assert import_decisions(queue, path, "conll", reviewer="bob")["new"] == 1
    (record,) = decisions_of(queue)
    assert (record["id"], record["entities"]) == (7, [NYC | {"type": "person"}])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (line(9), "there is no tweet 9"),
        ({"text": "in NYC", "label": []}, "expected a tweet of the queue, got another text"),
        (line(text="in NYC now!"), "tweet 0: expected the text of the queue, got another one"),
        (line(label=[[3, 6, "film"]]), "tweet 0: unknown type 'film'"),
        (line(label=[[3, 6, "person"], [3, 6, "geo-loc"]]), "tweet 0: expected entities inside"),
        (line(label=[[0, 6, "person"], [3, 6, "geo-loc"]]), "tweet 0: expected entities inside"),
        (line(label=[[4, 6, "person"]]), "entity .* begins or ends inside a word"),
        (line(label=[[3, 60, "person"]]), "expected offsets"),
        (line([0]), "expected an id that is a string or an integer, got an array"),  # type: ignore[arg-type]
    ],
    ids=["id", "no id", "text", "type", "overlap", "nesting", "inside a word", "outside", "array"],
)
def test_what_does_not_fit_is_refused_with_file_and_line_and_nothing_is_recorded(
    bad: dict[str, object], message: str, new_queue: Callable[[int], Queue], tmp_path: Path
) -> None:
    queue = new_queue(2)
    path = write(tmp_path / "d.jsonl", line(1), bad)
    with pytest.raises(ValueError, match=rf"d\.jsonl:2: {message}"):
        import_decisions(queue, path, "doccano", reviewer="bob")
    assert list(decisions_of(queue)) == []


def test_spans_inside_words_are_grown_or_their_tweets_left_out(
    new_queue: Callable[[int], Queue], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = new_queue(2)
    path = str(write(tmp_path / "d.jsonl", line(0), line(1, [[4, 6, "person"]])))
    command = ["review", "import", str(queue.path), "doccano", path, "--reviewer", "bob"]
    assert main(command) == 2
    assert "d.jsonl:2: entity ('person', 4, 6) begins or ends inside a word" in (
        capsys.readouterr().err
    )
    assert main([*command, "--skip"]) == 0
    assert "1 new decisions, 0 known, 0 entities grown to whole words, 1 tweets left out" in (
        capsys.readouterr().out
    )
    assert main([*command, "--snap"]) == 0
    assert "1 new decisions, 1 known, 1 entities grown" in capsys.readouterr().out
    assert [record["entities"][0]["start"] for record in decisions_of(queue)] == [3, 3]


def test_a_reviewers_later_decision_replaces_the_earlier_one(
    new_queue: Callable[[int], Queue], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS, [replace(queued(0), readings=2)])
    path = tmp_path / "d.jsonl"
    for label in ([[3, 6, "person"]], [], [[3, 6, "person"]]):
        write(path, line(0, label))
        assert import_decisions(queue, path, "doccano", reviewer="bob")["new"] == 1
    (record,) = decisions_of(queue)
    assert len(record["entities"]) == 1
    progress = progress_of(queue)
    assert (progress.decided, progress.waiting) == (1, 1)  # the second reading is another person's
    write(path, line(0), line(0, []))
    command = ["review", "import", str(queue.path), "doccano", str(path), "--reviewer", "bob"]
    assert main(command) == main(command) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith(f"{queue.path}: 1 new decisions, 0 known,")
    assert out[1].startswith(f"{queue.path}: 0 new decisions, 1 known,")
    assert out[0].endswith("1 replaced by later ones in the file")


def test_answers_that_are_no_whole_annotation_are_counted(
    new_queue: Callable[[int], Queue], tmp_path: Path
) -> None:
    task = {"text": "in NYC now", "spans": [], "meta": {"id": 0}, "answer": "reject"}
    path = write(tmp_path / "d.jsonl", task, task | {"answer": "accept"})
    counts = import_decisions(new_queue(1), path, "prodigy", reviewer="bob")
    assert (counts["new"], counts["left out"]) == (1, 1)


def test_conll_has_the_types_of_the_queue_and_no_ids(
    new_queue: Callable[[int], Queue], tmp_path: Path
) -> None:
    queue = Queue.create(tmp_path / "q.db", FACTS | {"types": ["PER"]}, [queued(7)])
    path = tmp_path / "d.conll"
    path.write_text("in\tO\nNYC\tB-PER\nnow\tO\n")
    assert import_decisions(queue, path, "conll", reviewer="bob")["new"] == 1
    path.write_text("in\tO\nNYC\tB-film\nnow\tO\n")
    with pytest.raises(ValueError, match=r"d.conll:2: type 'film' .*; declared: PER$"):
        import_decisions(queue, path, "conll", reviewer="bob")
    two = Queue.create(tmp_path / "two.db", FACTS, map(queued, range(2)))
    path.write_text("in\tO\nNYC\tO\nnow\tO\n")
    with pytest.raises(ValueError, match=r"d.conll: tweet 1: 2 tweets of the queue have this text"):
        import_decisions(two, path, "conll", reviewer="bob")


def test_an_export_never_replaces_the_queue(
    new_queue: Callable[[int], Queue], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(new_queue(1).path)
    assert main(["review", "export", path, "jsonl", path]) == 2
    assert "expected another file than the queue itself" in capsys.readouterr().err


def test_the_agreement_of_two_reviewers_is_entity_f1_on_what_both_decided(
    new_queue: Callable[[int], Queue], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue = new_queue(3)
    for id_, entities in ((0, [NYC]), (1, [NYC]), (2, [])):
        queue.next("ann")
        queue.decide(verdict(id_, "ann", entities))
    assert agreements_of(queue) == []
    path = write(tmp_path / "d.jsonl", line(0), line(1, [[0, 2, "person"], [3, 6, "geo-loc"]]))
    import_decisions(queue, path, "doccano", reviewer="bob")
    (agreement,) = agreements_of(queue)
    # ann has 2 entities on the shared tweets, bob has 3, and one is the same
    assert (agreement.reviewers, agreement.tweets) == (("ann", "bob"), 2)
    assert agreement.f1 == pytest.approx(2 * 1 / 5)
    assert main(["review", "status", str(queue.path)]) == 0
    assert "ann and bob agree with entity F1 40.0 on 2 tweets" in capsys.readouterr().out
