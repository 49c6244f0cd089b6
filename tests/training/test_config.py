"""The limits of config values, and the configs of the repository."""

import argparse
import shlex
from pathlib import Path
from typing import Any

import pytest

from tweetner.training import BaselineConfig, PretrainConfig, RunConfig, parse_config, read_config

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
SCRIPTS: dict[str, Any] = {
    "scripts/finetune.py": RunConfig,
    "scripts/baseline.py": BaselineConfig,
    "scripts/pretrain.py": PretrainConfig,
}


def test_there_are_configs_to_look_at() -> None:
    assert {path.stem for path in CONFIGS} >= {
        *("bilstm", "distilbert", "distilbert_bilstm", "quickstart", "majority", "sgd")
    }


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_the_first_line_of_a_config_is_the_command_that_runs_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    *launcher, script = command.split(" --config ")[0].split()
    assert launcher in (["accelerate", "launch"], ["python"])
    options = shlex.split(command.split(script)[1])
    assert options[:2] == ["--config", f"configs/{path.name}"]
    config, _ = parse_config(argparse.ArgumentParser(), SCRIPTS[script], options)
    assert config.name == read_config(SCRIPTS[script], path, {}).name


@pytest.mark.parametrize("name", ["sgd", "majority"])
def test_the_baselines_of_the_repository_are_those_of_the_notebook(name: str) -> None:
    config = read_config(BaselineConfig, ROOT / "configs" / f"{name}.yaml", {})
    assert (config.model, config.split, config.name) == (name, "notebook", f"{name}-wnut16")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("alphas", []),
        ("alphas", [0.0]),
        ("max_iter", 0),
        ("tol", -1.0),
        ("seeds", [3, 3]),
        ("seed", -1),
        ("threshold_share", 1.0),
        ("types", []),
    ],
)
def test_a_baseline_value_out_of_range_is_refused_by_its_key(key: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"config key '{key}'"):
        read_config(BaselineConfig, None, {key: value})
