"""One run: every seed trained and scored, the best on dev published."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tweetner.config import RunConfig
from tweetner.corpus import Tweet
from tweetner.decoding import Decoder
from tweetner.inference import Emitted, Tagger, TorchBackend
from tweetner.model_folder import score, write_json
from tweetner.tags import tags_of
from tweetner.training.build import with_bio
from tweetner.training.data import Splits
from tweetner.training.finish import fit_temperature, fold_temperature, save_model
from tweetner.training.fit import fit

RUNS = Path("outputs/runs")


@dataclass(frozen=True)
class SeedResult:
    """What one seed gave.

    Attributes:
        seed: The seed.
        folder: Its finished model folder; `folder` + "-bio" holds the same weights in our class where the run has both.
        scores: `{split: {decoder: scores}}` as `metrics.json` has them.
    """

    seed: int
    folder: Path
    scores: dict[str, dict[str, dict[str, Any]]]

    def f1(self, split: str, decoder: str) -> float:
        """Entity F1 of a split under a decoder, 0 to 1."""
        return float(self.scores[split][decoder]["entities"]["f1"])


def decoders_of(config: RunConfig) -> tuple[Decoder, ...]:
    """The decoders that a run's scores are given for, its own first."""
    if config.decoder == "crf":
        return ("crf",)
    return ("bio", "argmax") if config.decoder == "bio" else ("argmax", "bio")


def train_seed(config: RunConfig, seed: int, splits: Splits, *, resume: bool = False) -> SeedResult | None:
    """Train, calibrate, score and save one seed under `outputs/runs/NAME/seed-SEED`.

    Returns:
        None in all processes but the first of a distributed run.

    Raises:
        ValueError: See `fit`; or the run to resume was made with another config.
    """
    home = RUNS / config.name / f"seed-{seed}"
    home.mkdir(parents=True, exist_ok=True)
    if resume:
        _check_resumed(config, home)
    else:
        write_json(asdict(config), home / "run_config.json")
    labels = tags_of(config.types)
    trainer = fit(config, seed, labels, splits, home, resume=resume)
    if not trainer.is_world_process_zero():
        return None
    model = trainer.accelerator.unwrap_model(trainer.model).eval()
    return _finish(config, seed, model, trainer.processing_class, splits, home / "model")


def _check_resumed(config: RunConfig, home: Path) -> None:
    path = home / "run_config.json"
    if not path.is_file():
        raise ValueError(f"{home}: there is no run to resume")
    before = json.loads(path.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(asdict(config)))
    changed = [key for key in now if key != "seeds" and now[key] != before.get(key)]
    if changed:
        raise ValueError(f"{home}: the run to resume has other values of {', '.join(changed)}")


def _finish(
    config: RunConfig,
    seed: int,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    splits: Splits,
    folder: Path,
) -> SeedResult:
    backend = TorchBackend(model, tokenizer.backend_tokenizer, tokenizer.model_max_length)
    temperature = fit_temperature(_emit(backend, splits.dev), config.decoder, splits.dev)
    fold_temperature(model, temperature)
    by_split: dict[str, dict[str, dict[str, Any]]] = {}
    for name, tweets in splits.reported.items():
        emitted = _emit(backend, tweets)
        by_split[name] = {
            decoder: score(Tagger(emitted, tokenizer.backend_tokenizer, decoder), tweets)
            for decoder in decoders_of(config)
        }
    facts = {
        "seed": seed,
        "data": Path(config.data).name,
        "split": config.split,
        "temperature": temperature,
        "scores": by_split,
    }
    for stale in (folder, folder.with_name("model-bio")):
        shutil.rmtree(stale, ignore_errors=True)
    save_model(model, tokenizer, config, folder)
    write_json(facts, folder / "metrics.json")
    if config.model == "distilbert" and config.decoder == "bio":
        bio = with_bio(model, tokenizer)
        if bio is not None:
            save_model(bio, tokenizer, config, folder.with_name("model-bio"))
            write_json(facts, folder.with_name("model-bio") / "metrics.json")
    return SeedResult(seed, folder, by_split)


def _emit(backend: TorchBackend, tweets: Sequence[Tweet]) -> Emitted:
    """One forward pass over tweets."""
    return Emitted(backend.labels, backend.emissions([tweet.words for tweet in tweets]), backend.chain)


def summarize(results: list[SeedResult]) -> list[dict[str, Any]]:
    """Rows of a table: for each split and decoder the mean over seeds, and from two seeds on the standard deviation."""
    rows = []
    for split, by_decoder in results[0].scores.items():
        for decoder in by_decoder:
            found = [result.scores[split][decoder] for result in results]
            row: dict[str, Any] = {"split": split, "decoder": decoder, "seeds": len(found)}
            for key, values in {
                "precision": [scores["entities"]["precision"] for scores in found],
                "recall": [scores["entities"]["recall"] for scores in found],
                "f1": [scores["entities"]["f1"] for scores in found],
                "token_macro_f1": [scores["token_macro_non_o"]["f1"] for scores in found],
            }.items():
                row[key] = mean(values)
                row[key + "_sd"] = stdev(values) if len(values) > 1 else None
            row["gold"] = found[0]["entities"]["gold"]
            row["words"] = found[0]["words"]
            rows.append(row)
    return rows
