"""One run: every seed trained and scored, the best on dev published."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from transformers import Trainer

from tweetner.files import write_json
from tweetner.hub import Decoder, Metrics, Scores
from tweetner.tags import tags_of
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.build import with_bio
from tweetner.training.finetuning.calibrate import Answers, Evidence, backend_of, evidence_by
from tweetner.training.finetuning.data import Splits, used_tweets
from tweetner.training.finetuning.finish import fold_temperature, save_model
from tweetner.training.finetuning.fit import fit
from tweetner.training.finetuning.folds import out_of_fold

RUNS = Path("outputs/runs")


@dataclass(frozen=True)
class SeedResult:
    """What one seed gave.

    Attributes:
        seed: The seed.
        folder: Its finished model folder; `folder` + "-bio" holds the same weights in our class
            where the run has both.
        scores: As `metrics.json` has them.
        choice: Entity F1 on the tweets that choose between seeds, 0 to 1.
    """

    seed: int
    folder: Path
    scores: Scores
    choice: float

    def f1(self, split: str, decoder: str) -> float:
        """Entity F1 of a split under a decoder, 0 to 1."""
        return float(self.scores[split][decoder].entities["f1"])


def dev_name(config: RunConfig) -> str:
    """What the scores on dev are called: with folds they are not those of the published model."""
    return "dev, out of fold" if config.folds else "dev"


def decoders_of(config: RunConfig) -> tuple[Decoder, ...]:
    """The decoders that a run's scores are given for, its own first."""
    if config.decoder == "crf":
        return ("crf",)
    return ("bio", "argmax") if config.decoder == "bio" else ("argmax", "bio")


def train_seed(
    config: RunConfig, seed: int, splits: Splits, *, resume: bool = False
) -> SeedResult | None:
    """Train, calibrate, score and save one seed under `outputs/runs/NAME/seed-SEED`.

    Returns:
        None in all processes but the first of a distributed run.

    Raises:
        ValueError: See `fit`; or the run to resume was made with another config.
    """
    home = RUNS / config.name / f"seed-{seed}"
    home.mkdir(parents=True, exist_ok=True)
    if resume:
        _check_resumed(config, splits, home)
    else:
        for stale in (*home.glob("checkpoint-*"), *home.glob("fold-*")):
            shutil.rmtree(stale, ignore_errors=True)  # every process tries
        started = {**asdict(config), "corpus_sha256": splits.hashes}
        write_json(started, home / "run_config.json")
    labels = tags_of(config.types)
    evidence, epochs = None, None
    if config.folds:
        evidence, epochs = out_of_fold(config, seed, labels, splits, home, resume=resume)
    trainer = fit(config, seed, labels, splits, home, resume=resume, epochs=epochs)
    if not trainer.is_world_process_zero():
        return None
    result = _finish(
        config, seed, trainer, splits, evidence or evidence_by(trainer, splits), home / "model"
    )
    for fold in home.glob("fold-*"):
        shutil.rmtree(fold)  # checkpoints of gigabytes that have done their work
    return result


def _check_resumed(config: RunConfig, splits: Splits, home: Path) -> None:
    """Refuse to resume a run that was begun with another config or on other words or tags."""
    path = home / "run_config.json"
    if not path.is_file():
        raise ValueError(f"{home}: there is no run to resume")
    before = json.loads(path.read_text(encoding="utf-8"))
    now = json.loads(json.dumps(asdict(config)))
    changed = [key for key in now if key != "seeds" and now[key] != before.get(key)]
    if changed:
        raise ValueError(f"{home}: the run to resume has other values of {', '.join(changed)}")
    hashes = before.get("corpus_sha256", splits.hashes)
    others = [split for split, digest in splits.hashes.items() if hashes.get(split) != digest]
    if others:
        raise ValueError(
            f"{home}: the run to resume began with other words or tags in {', '.join(others)} of "
            f"{config.data}; restore the files, or start anew without --resume"
        )


def _finish(
    config: RunConfig, seed: int, trainer: Trainer, splits: Splits, evidence: Evidence, folder: Path
) -> SeedResult:
    temperature, decoders = evidence.temperature(config.decoder), decoders_of(config)
    reported = {
        dev_name(config): evidence.dev,
        "test": Answers.by(backend_of(trainer), splits.test),
    }
    scores: Scores = {
        split: {decoder: answers.scores(decoder, temperature) for decoder in decoders}
        for split, answers in reported.items()
    }
    used = used_tweets(config, splits.dev_sets)
    metrics = Metrics(
        seed=seed,
        data=splits.corpus,
        corpus_sha256=splits.hashes,
        split=config.split,
        temperature=temperature,
        temperature_on=used["tempering"],
        scores=scores,
        thresholds=evidence.thresholds(decoders, temperature, used["proving"]),
    )
    _save(config, trainer, temperature, metrics, folder)
    return SeedResult(seed, folder, scores, evidence.choice)


def _save(
    config: RunConfig, trainer: Trainer, temperature: float, metrics: Metrics, folder: Path
) -> None:
    """Write the calibrated model's folder and, of a native class that decodes by `bio`, that of our class."""
    model, tokenizer = trainer.accelerator.unwrap_model(trainer.model), trainer.processing_class
    fold_temperature(model, temperature)
    for stale in (folder, folder.with_name("model-bio")):
        shutil.rmtree(stale, ignore_errors=True)
    bio = (
        with_bio(model, tokenizer)
        if config.model == "distilbert" and config.decoder == "bio"
        else None
    )
    for form, home in ((model, folder), (bio, folder.with_name("model-bio"))):
        if form is not None:
            save_model(form, tokenizer, config, home)
            write_json(metrics.to_dict(), home / "metrics.json")


def summarize(results: list[SeedResult]) -> list[dict[str, Any]]:
    """Rows of a table: for each split and decoder the mean over seeds, and from two seeds on the standard deviation."""
    rows = []
    for split, by_decoder in results[0].scores.items():
        for decoder in by_decoder:
            found = [result.scores[split][decoder] for result in results]
            row: dict[str, Any] = {"split": split, "decoder": decoder, "seeds": len(found)}
            for key, values in {
                "precision": [scores.entities["precision"] for scores in found],
                "recall": [scores.entities["recall"] for scores in found],
                "f1": [scores.entities["f1"] for scores in found],
                "token_macro_f1": [scores.token_macro_non_o["f1"] for scores in found],
            }.items():
                row[key] = mean(values)
                row[key + "_sd"] = stdev(values) if len(values) > 1 else None
            row["gold"] = found[0].entities["gold"]
            row["words"] = found[0].words
            rows.append(row)
    return rows
