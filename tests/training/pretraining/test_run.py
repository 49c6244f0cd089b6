"""Whole runs: the loss falls, resuming is exact, excluded text is never seen."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from types import ModuleType
from typing import Any

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, TrainerCallback

from tweetner.corpus import load_tweets
from tweetner.models import load_encoder
from tweetner.tags import tags_of
from tweetner.training import PretrainConfig, RunConfig
from tweetner.training.finetuning import build
from tweetner.training.pretraining import AdaptedEncoder, MaskedBatches, pretrain
from tweetner.training.pretraining import run as run_module
from tweetner.training.pretraining.trainer import Clock

Make = Callable[..., PretrainConfig]

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow


def adapt(config: PretrainConfig, *, resume: bool = False) -> AdaptedEncoder:
    result = pretrain(config, resume=resume)
    assert result is not None
    return result


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_held_out_loss_falls_and_the_case_vectors_are_learnt(make: Make) -> None:
    result = adapt(make(epochs=12))
    points = result.curve.held_out
    assert points[-1].loss < 0.6 * points[0].loss
    assert [point.step for point in points] == sorted({point.step for point in points})
    train = result.curve.train
    assert train[-1].loss < train[0].loss
    assert points[-1].subwords == 12 * result.tweets.train.bounds[-1]
    tokenizer = AutoTokenizer.from_pretrained(result.folder)
    rows = AutoModel.from_pretrained(result.folder).get_input_embeddings().weight
    lower, capital = (tokenizer.convert_tokens_to_ids(word) for word in ("rome", "Rome"))
    other, other_capital = (tokenizer.convert_tokens_to_ids(word) for word in ("lima", "Lima"))
    vector = rows[capital] - rows[lower]
    torch.testing.assert_close(vector, rows[other_capital] - rows[other], atol=1e-5, rtol=0)
    assert vector.norm() > 0.01


class Interrupt(TrainerCallback):
    """Stops a run in the middle of an epoch, as Ctrl-C would."""

    def on_step_end(self, *arguments: Any, **_: Any) -> None:
        if arguments[1].global_step == 10:
            raise KeyboardInterrupt


@pytest.mark.parametrize("limit", [{"epochs": 3}, {"max_steps": 14}, {"accumulation": 2}])
def test_a_resumed_run_gives_the_same_files(
    limit: dict[str, int], make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = make(**limit)
    whole = contents(adapt(config).folder)
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "StopWhenNotFinite", Interrupt)
        with pytest.raises(KeyboardInterrupt):
            adapt(config)
    checkpoints = {path.name for path in Path("outputs/runs/tiny").glob("checkpoint-*")}
    assert checkpoints == {"checkpoint-4", "checkpoint-8"}
    assert contents(adapt(config, resume=True).folder) == whole
    assert contents(adapt(config, resume=True).folder) == whole  # nothing is left to train


def test_a_run_is_resumed_only_as_it_was_begun(make: Make) -> None:
    with pytest.raises(ValueError, match="expected a run to resume, found none"):
        adapt(make(), resume=True)
    adapt(make(max_steps=2))
    with pytest.raises(ValueError, match="got other values of max_steps, learning_rate"):
        adapt(make(max_steps=3, learning_rate=1.0), resume=True)
    Path("tweets.txt").write_text("\n".join(f"tweet {i}" for i in range(99)))
    rmtree("outputs/runs/tiny/tweets")  # left by the run that was refused
    with pytest.raises(ValueError, match="began with other words or tags in train, held_out of"):
        adapt(make(max_steps=2), resume=True)


def test_nothing_of_excluded_text_is_seen(
    make: Make, invented: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated = [" ".join(tweet.words) for tweet in load_tweets("sample:test")][:60]
    long = [text for text in evaluated if len(text) > 45]
    assert long
    repeated = [*evaluated, *(f"RT @zed : {text} zyx" for text in long)]
    Path("mixed.txt").write_text("\n".join([*repeated, *invented]), encoding="utf-8")
    seen: list[list[int]] = []
    original = MaskedBatches.__getitem__

    def recorded(batches: MaskedBatches, number: int) -> dict[str, torch.Tensor]:
        epoch, batch = divmod(number, len(batches))
        first, last = batches._bounds[batch], batches._bounds[batch + 1]
        bounds = batches.tweets.bounds
        for i in batches._rows(epoch)[first:last]:
            seen.append(batches.tweets.ids[bounds[i] : bounds[i + 1]].tolist())
        return original(batches, number)

    monkeypatch.setattr(MaskedBatches, "__getitem__", recorded)
    result = adapt(make(tweets=("mixed.txt",), exclude=("sample:test",), epochs=1))
    tokenizer = AutoTokenizer.from_pretrained(result.folder)
    ids = {text: tuple(tokenizer(text)["input_ids"]) for text in [*repeated, *invented]}
    assert {tuple(window) for window in seen} == {ids[text] for text in invented}
    counts = result.tweets.counts
    assert counts.equal == len({text.casefold().replace(" ", "") for text in evaluated})
    assert counts.equal + counts.repeated == len(evaluated)
    assert counts.shared == len(set(long))
    assert counts.train + counts.held_out == len(invented)


def test_the_folder_is_an_encoder_here_and_in_plain_transformers(make: Make) -> None:
    folder = adapt(make(max_steps=4)).folder
    assert folder == Path("outputs/encoders/tiny")
    encoder, tokenizer = load_encoder(f"./{folder}")
    assert encoder.config.vocab_size == len(tokenizer)
    plain = AutoModel.from_pretrained(folder)
    inputs = AutoTokenizer.from_pretrained(folder)("Anna in ROME", return_tensors="pt")
    with torch.no_grad():
        hidden = plain(**{name: inputs[name] for name in ("input_ids", "attention_mask")})
    assert hidden.last_hidden_state.shape[-1] == 32
    run = RunConfig(encoder=f"./{folder}", types=("person",), max_subwords=32)
    model, tagger_tokenizer = build(run, tags_of(["person"]), [])
    weights = model.base_model.get_input_embeddings().weight
    assert torch.equal(weights, plain.get_input_embeddings().weight)
    same = AutoTokenizer.from_pretrained(folder).backend_tokenizer.to_str()
    assert tagger_tokenizer.backend_tokenizer.to_str() == same


def test_a_folder_says_what_it_was_adapted_on_without_text_and_paths(
    make: Make, tmp_path: Path, tiny_encoder: Path, invented: list[str]
) -> None:
    config = make(tweets=(str(tmp_path / "tweets.txt"),), exclude=("sample:test",), max_steps=4)
    result = adapt(config)
    names = {"README.md", "config.json", "curve.json", "curve.png", "environment.json"}
    names |= {"model.safetensors", "run_config.json", "tokenizer.json", "tokenizer_config.json"}
    assert {path.name for path in result.folder.iterdir()} == names
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert f"| trained on | {result.tweets.counts.train} |" in card
    assert f"| tweets.txt | `{result.tweets.files['tweets.txt']}` |" in card
    assert "The evaluation tweets are those of sample:test." in card
    for name, content in contents(result.folder).items():
        text = content.decode("utf-8", "replace")
        for path in (tmp_path, tiny_encoder):
            assert str(path) not in text, name
        assert invented[0] not in text, name
    curve = json.loads((result.folder / "curve.json").read_text(encoding="utf-8"))
    assert [point["step"] for point in curve["held_out"]] == [0, 4]
    assert not Path("outputs/runs/tiny/tweets").exists()


def test_time_ends_a_run_and_a_resumed_one_has_the_rest(make: Make) -> None:
    result = adapt(make(minutes=0.03))
    assert result.curve.held_out[-1].step > 1
    checkpoint = max(
        Path("outputs/runs/tiny").glob("checkpoint-*"), key=lambda path: path.stat().st_mtime
    )
    clock = Clock.resumed(0.03, checkpoint)
    assert clock.elapsed >= 1.8
    assert clock.progress == 1.0
    assert Clock.resumed(0.03, None).elapsed == 0.0


def test_a_loss_that_is_not_finite_stops_the_run(make: Make) -> None:
    with pytest.raises(ValueError, match="is nan; a lower learning_rate may help"):
        adapt(make(learning_rate=1e300, warmup=0.0, max_steps=40))
    assert not Path("outputs/encoders/tiny").exists()


def test_two_processes_adapt_one_encoder(
    make: Make, tiny_encoder: Path, run_in_processes: Callable[..., Any]
) -> None:
    make()
    options = f"--name two --encoder {tiny_encoder} --tweets tweets.txt --exclude sample:dev"
    options += " --held_out_share 0.2 --max_subwords 32 --batch_subwords 128 --epochs 2"
    finished = run_in_processes(ROOT / "scripts" / "pretrain.py", *options.split(), n=2)
    assert finished.stdout.count("120 tweets read") == 1
    assert finished.stderr.count("reading tweets: 120") == 1
    curve = json.loads(Path("outputs/encoders/two/curve.json").read_text(encoding="utf-8"))
    config = make(epochs=2, name="one")
    one = adapt(config).curve
    assert curve["held_out"][-1]["subwords"] == one.held_out[-1].subwords
    assert curve["held_out"][-1]["step"] == -(-one.held_out[-1].step // 2)
    assert curve["held_out"][0]["loss"] == pytest.approx(one.held_out[0].loss, rel=1e-5)
    assert curve["held_out"][-1]["loss"] < curve["held_out"][0]["loss"]


def test_the_script_says_what_was_left_out_and_where_the_encoder_is(
    make: Make,
    tiny_encoder: Path,
    load_script: Callable[[str], ModuleType],
    capsys: pytest.CaptureFixture[str],
) -> None:
    make()
    options = f"--encoder {tiny_encoder} --tweets tweets.txt --exclude sample:dev sample:test"
    options += " --held_out_share 0.2 --max_subwords 32 --batch_subwords 128 --max_steps 3"
    script = load_script("scripts/pretrain.py")
    assert script.main([*options.split(), "--name", "mine"]) == 0
    printed = capsys.readouterr().out
    assert "120 tweets read; left out: 0 unreadable, 0 empty, 0 repeated, 0 equal" in printed
    assert "after 3 steps" in printed
    assert "--encoder ./outputs/encoders/mine" in printed
    assert script.main([*options.split(), "--minutes", "1"]) == 2
    assert "config key 'minutes': expected 0 where max_steps" in capsys.readouterr().err
