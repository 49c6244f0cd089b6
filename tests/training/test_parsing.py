"""A YAML file and a command line become a config, and every mistake in them is refused."""

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from tweetner.training import RunConfig, parse_config, read_config
from tweetner.training.parsing import config_from


def parse(*argv: str) -> RunConfig:
    return parse_config(argparse.ArgumentParser(), RunConfig, argv)[0]


def read(tmp_path: Path, text: str) -> RunConfig:
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return read_config(RunConfig, path, {})


# files


def test_a_file_holds_only_what_differs_from_the_defaults(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        "model: bilstm\nlearning_rate: 2.0e-3\nseeds: [11, 21]\nstrict: true\ntypes: [a, b-c]\n",
    )
    expected = {
        "model": "bilstm",
        "learning_rate": 2e-3,
        "seeds": (11, 21),
        "strict": True,
        "types": ("a", "b-c"),
    }
    for field in fields(RunConfig):
        assert getattr(config, field.name) == expected.get(field.name, field.default)


@pytest.mark.parametrize("name", ["no", "on", "1.5", "1:30", "2024-01-01", "="])
def test_a_name_stays_the_word_that_it_is(name: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"name: {name}\n").name == name


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n"])
def test_an_empty_file_is_the_defaults(text: str, tmp_path: Path) -> None:
    assert read(tmp_path, text) == RunConfig()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5e-5", 5e-5),
        ("5.0e-5", 5e-5),
        ("'0.1'", 0.1),
        (".1", 0.1),
        ("1", 1.0),
        ("010", 10.0),
        ("0", 0.0),
        ("0e-9", 0.0),
    ],
)
def test_a_number_is_read_as_a_person_means_it(value: str, expected: float, tmp_path: Path) -> None:
    rate = read(tmp_path, f"learning_rate: {value}\n").learning_rate
    assert (type(rate), rate) == (float, expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # keys
        ("learnig_rate: 1.0", "config key 'learnig_rate': expected one of name, data, "),
        ("epochs: 3\nepochs: 4", "config key 'epochs' is given twice"),
        ("1: 2", "config key '1': expected one of"),
        # types
        ("epochs: 3.5", "config key 'epochs': expected a value of type int, got '3.5'"),
        ("epochs: '3'", "config key 'epochs': expected a value of type int, got '3'"),
        ("epochs: true", "config key 'epochs': expected a value of type int, got True"),
        ("epochs:", "config key 'epochs': expected a value of type int, got None"),
        ("strict: 1", "config key 'strict': expected a value of type bool, got 1"),
        ("strict: 'no'", "config key 'strict': expected a value of type bool, got 'no'"),
        ("name: 7", "config key 'name': expected a value of type str, got 7"),
        ("seeds: 42", "config key 'seeds': expected a list, got 42"),
        ("seeds: [1, x]", "config key 'seeds': expected a value of type int, got 'x'"),
        ("types: person", "config key 'types': expected a list, got 'person'"),
        (
            "learning_rate: fast",
            "config key 'learning_rate': expected a number that a float can hold, got 'fast'",
        ),
        (
            "learning_rate: true",
            "config key 'learning_rate': expected a value of type float, got True",
        ),
        (
            "learning_rate: [1.0]",
            "config key 'learning_rate': expected a value of type float, got ['1.0']",
        ),
        (
            "learning_rate: .nan",
            "config key 'learning_rate': expected a number that a float can hold, got '.nan'",
        ),
        (
            "learning_rate: .inf",
            "config key 'learning_rate': expected a number that a float can hold, got '.inf'",
        ),
        (
            "learning_rate: nan",
            "config key 'learning_rate': expected a number that a float can hold, got 'nan'",
        ),
        (
            "weight_decay: -inf",
            "config key 'weight_decay': expected a number that a float can hold, got '-inf'",
        ),
        # what YAML 1.1 would read as another number or a boolean
        ("epochs: 010", "config key 'epochs': expected a value of type int, got '010'"),
        ("epochs: 1:30", "config key 'epochs': expected a value of type int, got '1:30'"),
        ("epochs: 0x10", "config key 'epochs': expected a value of type int, got '0x10'"),
        ("epochs: 1_000", "config key 'epochs': expected a value of type int, got '1_000'"),
        (
            "dropout: 1:30",
            "config key 'dropout': expected a number that a float can hold, got '1:30'",
        ),
        (
            "learning_rate: 1e-400",
            "config key 'learning_rate': expected a number that a float can hold, got '1e-400'",
        ),
        (
            "learning_rate: 1e-" + 30 * "9",
            "config key 'learning_rate': expected a number that a float can hold, got '1e-",
        ),
        (
            "learning_rate: 1e400",
            "config key 'learning_rate': expected a number that a float can hold, got '1e400'",
        ),
        (
            "learning_rate: 1" + 400 * "0",
            "config key 'learning_rate': expected a number that a float can hold, got 10",
        ),
        *(
            (f"strict: {word}", f"config key 'strict': expected a value of type bool, got '{word}'")
            for word in ("yes", "no", "on", "off", "NO")
        ),
        # values
        (
            "model: bert",
            "config key 'model': expected one of bilstm, distilbert, distilbert-bilstm, got 'bert'",
        ),
        ("decoder: [bio]", "config key 'decoder': expected one of argmax, bio, crf, got ['bio']"),
        ("epochs: 0", "config key 'epochs': expected a number above 0, got 0"),
        ("max_grad_norm: 0", "config key 'max_grad_norm': expected a number above 0, got 0.0"),
        ("patience: -1", "config key 'patience': expected a number of at least 0, got -1"),
        (
            "learning_rate: -1",
            "config key 'learning_rate': expected a number of at least 0, got -1.0",
        ),
        ("dropout: 1", "config key 'dropout': expected a number from 0 to below 1, got 1.0"),
        (
            "threshold_share: 1",
            "config key 'threshold_share': expected a number from 0 to below 1, got 1.0",
        ),
        ("folds: -1", "config key 'folds': expected a number of at least 0, got -1"),
        (
            "combine: ensemble\ndecoder: crf",
            "config key 'combine': expected best for model distilbert with decoder crf, "
            "got 'ensemble'",
        ),
        (
            "combine: soup\nmodel: bilstm",
            "config key 'combine': expected best or ensemble for model bilstm with decoder bio, "
            "got 'soup'",
        ),
        (
            "combine: student",
            "config key 'unlabelled': expected files of tweets for a student, got ()",
        ),
        (
            "folds: 5\nsplit: notebook",
            "config key 'folds': expected 0 with split notebook, which trains on no dev, got 5",
        ),
        ("warmup: 1.5", "config key 'warmup': expected a number from 0 to below 1, got 1.5"),
        ("lstm_size: 7", "config key 'lstm_size': expected an even number above 0, got 7"),
        ("max_subwords: 4", "config key 'max_subwords': expected at least 8, got 4"),
        ("seeds: []", "config key 'seeds': expected at least one seed, got ()"),
        ("seeds: [1, 1]", "config key 'seeds': expected different seeds, got (1, 1)"),
        ("seeds: [-1]", "config key 'seeds': expected seeds from 0 to 2**32 - 1, got (-1,)"),
        ("types: []", "config key 'types': expected at least one type, got none"),
        ("types: [a, a]", "config key 'types': type 'a' is declared twice"),
        (
            "types: [geo loc]",
            "config key 'types': expected a type without white space, got 'geo loc'",
        ),
        # not a config at all
        ("- a\n- b", "expected `key: value` lines, got a list"),
        ("[]", "expected `key: value` lines, got a list"),
        ("0", "expected `key: value` lines, got a int"),
        ("just words", "expected `key: value` lines, got a str"),
        ("a: [", "while parsing"),
        ("epochs: !!python/object:os.system {}", "could not determine a constructor"),
    ],
)
def test_a_mistake_in_a_file_is_refused_in_one_line_that_names_file_and_key(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError) as refusal:
        read(tmp_path, text + "\n")
    assert str(refusal.value).startswith(f"{tmp_path / 'run.yaml'}: ")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    for name, message in [
        ("missing.yaml", "No such file"),
        (".", "Is a directory"),
        ("latin.yaml", "can't decode"),
    ]:
        with pytest.raises(ValueError, match=message) as refusal:
            read_config(RunConfig, tmp_path / name, {})
        assert "\n" not in str(refusal.value)


# the command line


@pytest.mark.parametrize(
    ("argv", "key", "value"),
    [
        ("--name other", "name", "other"),
        ("--epochs 9", "epochs", 9),
        ("--learning_rate 5e-5", "learning_rate", 5e-5),
        ("--strict true", "strict", True),
        ("--normalize False", "normalize", "false"),
        ("--seeds 11 21 42", "seeds", (11, 21, 42)),
        ("--types person geo-loc", "types", ("person", "geo-loc")),
        ("--decoder crf", "decoder", "crf"),
        ("--start ./folder", "start", "./folder"),
    ],
)
def test_an_option_of_every_type_is_read(argv: str, key: str, value: object) -> None:
    config = parse(*argv.split())
    assert getattr(config, key) == value
    assert config == config_from(RunConfig, {key: value})


def test_the_command_line_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("epochs: 7\nbatch_size: 3\n", encoding="utf-8")
    config = parse("--config", str(tmp_path / "run.yaml"), "--epochs", "2")
    assert (config.epochs, config.batch_size, config.patience) == (2, 3, RunConfig().patience)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("--strict maybe", "argument --strict: expected true or false, got 'maybe'"),
        ("--epochs three", "argument --epochs: invalid int value: 'three'"),
        ("--seeds 1 x", "argument --seeds: invalid int value: 'x'"),
        ("--seeds", "argument --seeds: expected at least one argument"),
        ("--epoch 3", "unrecognized arguments: --epoch 3"),  # not even a part of a name
        ("--config", "argument --config: expected one argument"),
    ],
)
def test_a_command_line_that_cannot_be_read_ends_with_status_2(
    argv: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        parse(*argv.split())
    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            "--decoder viterbi",
            "config key 'decoder': expected one of argmax, bio, crf, got 'viterbi'",
        ),
        (
            "--learning_rate fast",
            "config key 'learning_rate': expected a number that a float can hold, got 'fast'",
        ),
        (
            "--learning_rate 1e-400",
            "config key 'learning_rate': expected a number that a float can hold, got '1e-400'",
        ),
        (
            "--learning_rate nan",
            "config key 'learning_rate': expected a number that a float can hold, got 'nan'",
        ),
        ("--epochs 0", "config key 'epochs': expected a number above 0, got 0"),
        ("--types a a", "config key 'types': type 'a' is declared twice"),
    ],
)
def test_a_value_out_of_range_is_refused_as_in_a_file(argv: str, message: str) -> None:
    with pytest.raises(ValueError) as refusal:
        parse(*argv.split())
    assert str(refusal.value) == message


def test_help_has_a_line_for_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--help")
    printed = " ".join(capsys.readouterr().out.split())
    for field in fields(RunConfig):
        assert f"--{field.name} " in printed
        assert " ".join(field.metadata["help"].split()) in printed
