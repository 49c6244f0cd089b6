"""The `tweetner` command, in its own process where pipes, signals, locale or imports are tested."""

import gzip
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet

from tweetner import __version__
from tweetner.cli import main
from tweetner.hub import DECODERS, publish
from tweetner.streams import INPUT_FORMATS, OUTPUT_FORMATS
from tweetner.tagger import load

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "tweetner.cli"]


@pytest.fixture
def run(hub: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run a shell line with the command `tweetner` in an empty folder, without a terminal."""

    def run_line(
        line: str, data: bytes = b"", **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        script = f'tweetner() {{ {shlex.join(COMMAND)} "$@"; }}\n{line}'
        own = environment_of(hub) | environment
        return subprocess.run(
            ["bash", "-c", script],
            input=data,
            cwd=tmp_path,
            env=own,
            capture_output=True,
            check=False,
            timeout=120,
        )

    return run_line


def environment_of(hub: Path) -> dict[str, str]:
    return os.environ | {"TWEETNER_HUB": str(hub), "PYTHONPATH": str(ROOT)}


def rows_of(out: bytes) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


# --- the whole command ---


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {},
    ],
)
@pytest.mark.slow
def test_e35_stdin_to_stdout_is_utf8_whatever_the_locale(run, locale: dict[str, str]) -> None:
    tweet = {"id": "é", "text": "👍🏽 \u2028Málaga"}
    finished = run("tweetner tag places", json.dumps(tweet, ensure_ascii=False).encode(), **locale)
    emoji = {"type": "geo-loc", "text": "👍🏽", "start": 0, "end": 2, "score": 0.75}
    place = {"type": "geo-loc", "text": "Málaga", "start": 4, "end": 10, "score": 0.75}
    row = json.dumps({"id": "é", "entities": [emoji, place]}, ensure_ascii=False)
    assert (finished.returncode, finished.stderr, finished.stdout.decode()) == (0, b"", row + "\n")


def test_e28_errors_are_records_and_the_exit_status_is_1(run) -> None:
    finished = run(
        "tweetner tag places", b'{"id": 1, "text": "Rome"}\nbroken\n{"id": 3, "text": ""}\n'
    )
    assert [row["id"] for row in rows_of(finished.stdout)] == [1, None, 3]
    assert (finished.returncode, finished.stderr) == (1, b"1 of 3 records are errors\n")


def test_strict_stops_at_the_record_with_its_line(run) -> None:
    finished = run(
        "tweetner tag places --strict",
        b'{"id": 1, "text": "Rome"}\nbroken\n{"id": 3, "text": ""}\n',
    )
    assert [row["id"] for row in rows_of(finished.stdout)] == [1]
    assert finished.returncode == 2
    assert finished.stderr == b"error: stdin:2: expected JSON: Expecting value at column 1\n"


def test_files_and_globs_go_to_a_file_by_its_extension(run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello Rome\n")
    (tmp_path / "b.txt").write_text("Rome\n")
    assert run("tweetner tag places '[ab].txt' --output out.conll").returncode == 0
    assert (
        tmp_path / "out.conll"
    ).read_text() == "hello\tB-geo-loc\nRome\tB-geo-loc\n\nRome\tB-geo-loc\n\n"


@pytest.mark.parametrize(
    "arguments",
    [
        "places a.txt b.txt --batch 1",
        "places --batch 1 a.txt b.txt",
        "--batch 1 places a.txt --strict b.txt",
    ],
)
@pytest.mark.slow
def test_inputs_stand_before_between_and_after_options(run, tmp_path: Path, arguments: str) -> None:
    (tmp_path / "a.txt").write_text("hello\n")
    (tmp_path / "b.txt").write_text("Rome\n")
    finished = run(f"tweetner tag {arguments}")
    assert [row["entities"][0]["text"] for row in rows_of(finished.stdout)] == ["hello", "Rome"]
    assert (finished.returncode, finished.stderr) == (0, b"")


def test_a_file_whose_name_looks_like_an_option_stands_after_two_hyphens(
    run, tmp_path: Path
) -> None:
    (tmp_path / "--strict").write_text('{"text": "Rome"}\n')
    finished = run("tweetner tag places --batch 1 -- --strict")
    assert [row["id"] for row in rows_of(finished.stdout)] == [1]


def test_e32_head_closes_the_pipe_quietly(run, tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("hello Rome\n" * 20_000)
    finished = run("tweetner tag places many.txt | head -1; exit ${PIPESTATUS[0]}")
    assert len(rows_of(finished.stdout)) == 1
    assert (finished.returncode, finished.stderr) == (128 + signal.SIGPIPE, b"")


def start(hub: Path, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*COMMAND, "tag", "places", "--input-format", "text", *arguments],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        cwd=folder,
        env=environment_of(hub),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a background job ignores it
    )


def test_e32_a_tweet_is_answered_before_the_next_one_comes_and_ctrl_c_is_one_line(
    hub: Path, tmp_path: Path
) -> None:
    with start(hub, tmp_path) as process:
        assert process.stdin and process.stdout
        for number, tweet in enumerate([b"hello Rome\n", b"hello you\n"], start=1):
            process.stdin.write(tweet)
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert process.communicate()[1] == b"interrupted\n"


@pytest.mark.slow
def test_a_killed_run_leaves_a_part_and_resume_completes_it(run, hub: Path, tmp_path: Path) -> None:
    data = b"".join(b"hello Rome %d\n" % number for number in range(3000))
    whole = run("tweetner tag places --input-format text", data).stdout
    with start(hub, tmp_path, "--output", "out.jsonl") as process:
        assert process.stdin
        process.stdin.write(data[: len(data) // 2])
        process.stdin.flush()
        while not (part := tmp_path / "out.jsonl.part").exists() or not part.stat().st_size:
            assert process.poll() is None
        process.kill()
    assert not (tmp_path / "out.jsonl").exists()
    refused = run("tweetner tag places --input-format text --output out.jsonl", data)
    assert (
        refused.stderr == b"error: out.jsonl.part: is there already; "
        b"--resume goes on from it, --force begins anew\n"
    )
    assert (
        run("tweetner tag places --input-format text --output out.jsonl --resume", data).returncode
        == 0
    )
    assert (tmp_path / "out.jsonl").read_bytes() == whole
    assert not part.exists()


def test_the_command_says_what_the_tagger_says(
    model_folder: Callable[[str, str], Path], tmp_path: Path
) -> None:
    folder = model_folder("bilstm", "bio")
    tweets = ["in new york with @nina :-)", "", "Berlin, the city " * 30, "RT @bob: the 10 best"]
    (tmp_path / "in.txt").write_text("\n".join(tweets), encoding="utf-8")
    output = tmp_path / "out.jsonl"
    assert (
        main(
            [
                "tag",
                str(folder),
                str(tmp_path / "in.txt"),
                "--output",
                str(output),
                "--min-score",
                "0.3",
            ]
        )
        == 0
    )
    expected = [
        {"id": number, "entities": [entity for entity in entities if entity["score"] >= 0.3]}
        for number, entities in enumerate(load(folder)(tweets), start=1)
    ]
    assert rows_of(output.read_bytes()) == expected
    assert sum(len(row["entities"]) for row in expected) > 5


PAGE = {
    "data": [
        {"id": "7", "text": "Rome &amp; you", "created_at": "now", "author_id": "1"},
        {"id": "8", "text": "RT @nina: Ro…", "referenced_tweets": [{"type": "retweeted"}]},
    ],
    "meta": {"result_count": 2},
}


def test_a_page_of_tweets_in_gzip_becomes_answers_with_their_text(run, tmp_path: Path) -> None:
    (tmp_path / "page.json.gz").write_bytes(gzip.compress(json.dumps(PAGE, indent=1).encode()))
    kept = "--keep text created_at author=author_id"
    finished = run(f"tweetner tag places page.json.gz {kept}")
    first, second = rows_of(finished.stdout)
    assert (finished.returncode, finished.stderr) == (0, b"")
    assert list(first) == ["id", "text", "created_at", "author", "entities"]
    assert (first["id"], first["text"], first["created_at"]) == ("7", "Rome & you", "now")
    assert list(second) == ["id", "text", "created_at", "author", "truncated", "entities"]
    assert (second["text"], second["author"], second["truncated"]) == ("RT @nina: Ro…", None, True)
    for row in (first, second):
        assert row["entities"]
        for entity in row["entities"]:
            assert row["text"][entity["start"] : entity["end"]] == entity["text"]


def test_the_kept_fields_are_columns_of_parquet(run, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps(PAGE))
    kept = "--keep author_id text data.created_at"
    assert run(f"tweetner tag places page.json {kept} --output out.parquet").returncode == 0
    table = parquet.read_table(tmp_path / "out.parquet")
    names = ["id", "author_id", "text", "created_at", "truncated", "entities", "error"]
    assert table.column_names == names
    assert table["text"].to_pylist() == ["Rome & you", "RT @nina: Ro…"]
    assert table["truncated"].to_pylist() == [None, True]


def test_the_answers_can_be_tagged_again_and_keep_their_fields(run, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(json.dumps(PAGE))
    kept = "--keep text created_at author_id"
    first = run(f"tweetner tag places page.json {kept}").stdout
    again = run(f"tweetner tag places {kept}", first).stdout
    assert again == first.replace(b', "truncated": true', b"")


def test_a_kept_field_that_no_record_has_is_told(run) -> None:
    finished = run("tweetner tag places --keep created", b'{"text": "a", "created_at": "now"}\n')
    assert rows_of(finished.stdout)[0]["created"] is None
    warning = b"warning: no record has a value for 'created' of --keep\n"
    assert (finished.returncode, finished.stderr) == (0, warning)


@pytest.mark.parametrize("separator", ["';'", "tab", "'\\t'", "'|'"])
def test_columns_may_have_other_separators(run, tmp_path: Path, separator: str) -> None:
    sign = {"tab": "\t", "'\\t'": "\t"}.get(separator, separator.strip("'"))
    (tmp_path / "in.csv").write_text(f'id{sign}text\n7{sign}"in {sign}Rome"\n')
    finished = run(f"tweetner tag places in.csv --separator {separator} --keep text")
    (row,) = rows_of(finished.stdout)
    assert (row["id"], row["text"]) == ("7", f"in {sign}Rome")


# --- refusals ---

REFUSALS = [
    (
        "E33-output-is-input",
        "tweetner tag places x.jsonl --output x.jsonl",
        "is the input and the output at once",
    ),
    (
        "E33-appended-to-input",
        "tweetner tag places x.jsonl >> x.jsonl",
        "is the input and the output at once",
    ),
    (
        "E33-stdin-is-output",
        "tweetner tag places < x.jsonl >> x.jsonl",
        "stdin: is the input and the output at once",
    ),
    (
        "E33-folder-missing",
        "tweetner tag places x.jsonl --output no/out.jsonl",
        "no/out.jsonl: there is no folder no",
    ),
    (
        "E33-exists",
        "tweetner tag places x.jsonl --output old.jsonl",
        "is there already; --force replaces it",
    ),
    (
        "E33-device",
        "tweetner tag places --force --output /dev/null",
        "/dev/null: expected a file to write",
    ),
    ("E33-disk-full", "tweetner tag places x.jsonl > /dev/full", "No space left on device"),
    ("A31-missing", "tweetner tag places no.jsonl", "no.jsonl: no such file"),
    ("A31-folder", "tweetner tag places .", "expected a file, got a folder"),
    ("stdin-closed", "tweetner tag places <&-", "Bad file descriptor"),
    ("stdout-closed", "tweetner tag places x.jsonl >&-", "Bad file descriptor"),
    (
        "format",
        "tweetner tag places --input-format xml",
        "argument --input-format: invalid choice: 'xml'",
    ),
    (
        "output-format",
        "tweetner tag places x.jsonl --output out.csv",
        "expected an output format of jsonl",
    ),
    (
        "parquet-stdout",
        "tweetner tag places x.jsonl --output-format parquet",
        "expected a file for Parquet",
    ),
    (
        "resume-stdout",
        "tweetner tag places x.jsonl --resume",
        "expected a file to resume, got standard output",
    ),
    (
        "min-score",
        "tweetner tag places --min-score 1.5",
        "--min-score: expected a number from 0 to 1, got 1.5",
    ),
    (
        "min-score-nan",
        "tweetner tag places --min-score nan",
        "--min-score: expected a number from 0 to 1, got nan",
    ),
    ("batch", "tweetner tag places --batch 0", "--batch: expected 1 or more, got 0"),
    (
        "column",
        "tweetner tag places --input-format text --column a",
        "--column: expected an input of jsonl, csv or",
    ),
    (
        "keep-text-input",
        "tweetner tag places --input-format text --keep created_at",
        "--keep: expected an input of jsonl, csv or parquet, got text",
    ),
    (
        "keep-conll",
        "tweetner tag places x.jsonl --output-format conll --keep text",
        "--keep: expected an output of jsonl or parquet, got conll",
    ),
    (
        "keep-nothing",
        "tweetner tag places x.jsonl --keep",
        "argument --keep: expected at least one argument",
    ),
    ("keep-id", "tweetner tag places x.jsonl --keep id", "--keep: every answer has its own 'id'"),
    (
        "id-text-input",
        "tweetner tag places --input-format text --id key",
        "--id: expected an input of jsonl, csv or parquet, got text",
    ),
    (
        "separator-jsonl",
        "tweetner tag places x.jsonl --separator ';'",
        "--separator: expected an input of csv, got jsonl",
    ),
    (
        "separator-word",
        "tweetner tag places --input-format csv --separator ';;'",
        "--separator: expected one character or 'tab', got ';;'",
    ),
    (
        "output-gzip",
        "tweetner tag places x.jsonl --output out.jsonl.gz",
        "out.jsonl.gz: expected a file that is not compressed",
    ),
    ("no-model", "tweetner tag nothing x.jsonl --output out.jsonl", "no model tweetner/nothing in"),
    ("F6-name", "tweetner tag a/../../b", "expected a model name"),
    ("no-revision", "tweetner tag places --revision v9", "tweetner/places has no revision 'v9'"),
    ("decoder", "tweetner tag places --decoder crf", "decodes by argmax or bio, got 'crf'"),
    ("no-command", "tweetner", "the following arguments are required: COMMAND"),
    ("unknown-option", "tweetner tag places --bach 1 x.jsonl", "unrecognized arguments: --bach"),
    (
        "list-no-hub",
        "tweetner hub list --hub no/hub",
        "no/hub: there is no such hub folder; name it with --hub or $TWEETNER_HUB",
    ),
    (
        "list-no-default",
        "TWEETNER_HUB= tweetner hub list",
        "outputs/hub: there is no such hub folder",
    ),
    ("verify-no-hub", "tweetner hub verify --hub x.jsonl", "x.jsonl: there is no such hub folder"),
    ("verify-nothing", "tweetner hub verify nothing", "no model tweetner/nothing in"),
]


@pytest.mark.parametrize(
    ("line", "reason"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
@pytest.mark.slow
def test_a_refusal_is_one_line_and_leaves_the_files_as_they_were(
    run, tmp_path: Path, line: str, reason: str
) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "Rome"}\n')
    (tmp_path / "old.jsonl").write_text("old")
    finished = run(line)
    assert finished.returncode == 2, finished.stderr
    (message,) = finished.stderr.decode().splitlines()
    assert message.startswith("error: ") and reason in message
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "x.jsonl": '{"text": "Rome"}\n',
        "old.jsonl": "old",
    }


def test_a_refusal_never_goes_to_stdout(run) -> None:
    finished = run("tweetner tag nothing 2>&-")
    assert (finished.returncode, finished.stdout, finished.stderr) == (2, b"", b"")


# --- help and imports ---

HEAVY = {
    "numpy",
    "tokenizers",
    "torch",
    "transformers",
    "datasets",
    "sklearn",
    "pyarrow",
    "pandas",
    "tqdm",
}


def modules_after(arguments: list[str], data: bytes, hub: Path) -> set[str]:
    script = (
        "import sys\nfrom tweetner.cli import main\n"
        f"try: main({arguments!r})\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        input=data,
        env=environment_of(hub),
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0 and finished.stdout
    return set(finished.stderr.decode().split())


def test_help_imports_nothing_heavy(hub: Path) -> None:
    for arguments in (
        ["--help"],
        ["tag", "--help"],
        ["hub", "--help"],
        ["--version"],
        ["hub", "list"],
    ):
        assert not HEAVY & modules_after(arguments, b"", hub)


def test_a_linear_model_tags_without_torch_transformers_and_pyarrow(hub: Path) -> None:
    loaded = modules_after(["tag", "places"], b'{"text": "Rome"}\n', hub)
    assert not {"torch", "transformers", "datasets", "sklearn", "pyarrow", "pandas"} & loaded


def test_help_names_the_choices_that_there_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # no line breaks
    with pytest.raises(SystemExit, match="0"):
        main(["tag", "--help"])
    text = capsys.readouterr().out
    for choices in (INPUT_FORMATS, OUTPUT_FORMATS, DECODERS):
        assert f"{{{','.join(choices)}}}" in text


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"tweetner {__version__}\n"


# --- tweetner hub ---


@pytest.fixture
def two_versions(tmp_path: Path) -> list[str]:
    """A hub with a model in two versions; their revisions."""
    folder = tmp_path / "model"
    folder.mkdir()
    revisions = []
    for version in ("one", "two"):
        (folder / "config.json").write_text(f'{{"version": "{version}"}}')
        revisions.append(publish(folder, "pair", hub=tmp_path / "hub").revision)
    return revisions


def test_hub_lists_points_back_and_finds_the_folder(
    two_versions: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def say(*arguments: str) -> list[str]:
        assert main(["hub", *arguments, "--hub", str(tmp_path / "hub")]) == 0
        return capsys.readouterr().out.split()

    first, second = two_versions
    snapshots = tmp_path / "hub" / "models--tweetner--pair" / "snapshots"
    assert say("list") == ["tweetner/pair", "v2", second[:12], "1", "files", "0.0", "MB"]
    assert say("path", "pair") == [str(snapshots / second)]
    assert say("path", "pair", "--revision", "v1") == [str(snapshots / first)]
    assert say("rollback", "pair", "v1") == f"tweetner/pair: main is v1, revision {first}".split()
    assert say("path", "pair") == [str(snapshots / first)]
    assert say("verify") == ["tweetner/pair:", "ok"]


def test_a_hub_without_models_lists_and_verifies_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("list", "verify"):
        assert main(["hub", command, "--hub", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("", "")


def test_hub_verify_finds_a_flipped_byte(
    two_versions: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = tmp_path / "hub" / "models--tweetner--pair" / "snapshots" / two_versions[0]
    blob = (snapshot / "config.json").resolve()
    blob.chmod(0o644)
    blob.write_bytes(b"}" + blob.read_bytes()[1:])
    assert main(["hub", "verify", "pair", "--hub", str(tmp_path / "hub")]) == 1
    assert capsys.readouterr().out == (
        f"pair: snapshots/{two_versions[0]}/config.json: contents do not match their hash\n"
    )
    assert main(["hub", "rollback", "pair", "v1", "--hub", str(tmp_path / "hub")]) == 2
    assert "cannot roll back to v1" in capsys.readouterr().err
