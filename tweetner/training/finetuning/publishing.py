"""Publish the best seed of a run in the hub, with its parity and its model card."""

from collections.abc import Sequence
from pathlib import Path

from tweetner import hub as hubs
from tweetner.corpus import count
from tweetner.evaluation import comparable_tagger, parity_on_words
from tweetner.hub import ModelFolder, Parity, card_facts, command, model_card, update_metrics
from tweetner.training.config import RunConfig
from tweetner.training.encoder import base_model_name
from tweetner.training.finetuning.data import Splits
from tweetner.training.finetuning.results import SeedResult
from tweetner.training.finetuning.saving import bio_folder


def published_name(config: RunConfig) -> str:
    """Return the name of the model that a run publishes.

    A model that combines several seeds is named `NAME-soup`, `NAME-ensemble` or `NAME-student`, and
    one with a CRF `NAME-crf`.
    """
    if config.combine != "best":
        return f"{config.name}-{config.combine}"
    return config.name + ("-crf" if config.decoder == "crf" else "")


def published_folders(config: RunConfig, best: SeedResult) -> dict[str, Path]:
    """Return the folder of each model that a run publishes, by the model's name.

    Our class beside a native model is named after it, with `-bio` at the end.
    """
    name = published_name(config)
    folders = {name: best.folder, f"{name}-bio": bio_folder(best.folder)}
    return {name: folder for name, folder in folders.items() if folder.is_dir()}


def publish_best(
    config: RunConfig, results: Sequence[SeedResult], splits: Splits, *, hub: str | None
) -> list[tuple[hubs.Published, Parity]]:
    """Publish the seed with the best selection F1, with its parity on dev and its model card.

    A native folder is compared with the stock pipeline under `argmax`, the only decoder that the
    pipeline has for it; a folder of our class under its own decoder.
    """
    best = max(results, key=lambda result: result.selection_f1)
    published = []
    for name, path in published_folders(config, best).items():
        tagger = comparable_tagger(ModelFolder(path))
        parity = parity_on_words(path, tagger, splits.dev)
        update_metrics(path, {"parity_on_dev": parity.to_dict()})
        card = _card(config, best, splits, hubs.full_name(name), ModelFolder(path))
        (path / "README.md").write_text(card, encoding="utf-8")
        published.append((hubs.publish(path, name, hub=hub), parity))
    return published


def _card(
    config: RunConfig, result: SeedResult, splits: Splits, name: str, folder: ModelFolder
) -> str:
    base = None
    if config.model != "bilstm":
        base = base_model_name(config.encoder)
    train = "train and dev" if config.folds else "train"
    tweets_of = {train: splits.train, "dev": splits.dev, "test": splits.test}
    parity = str(folder.metrics.parity_on_dev).capitalize()
    also_trained_on = ", which it was trained on" if config.folds else ""
    limits = [f"{parity}, on dev{also_trained_on}."]
    if folder.metrics.parity_on_dev and folder.metrics.parity_on_dev.warning:
        limits.append(folder.metrics.parity_on_dev.warning)
    summary = _summary(config, result, base, f"{train} of {splits.corpus}")
    seeds = (result.seed,) if config.combine == "best" else config.seeds
    if splits.corrections:
        tweets_of["corrections by reviewers, part of train"] = splits.corrections.tweets
    counts = {split: count(tweets) for split, tweets in tweets_of.items()}
    facts = card_facts(
        folder,
        config,
        holds_words=config.model == "bilstm",
        name=name,
        summary=summary,
        splits=counts,
        command=command("accelerate launch scripts/finetune.py", config, seeds=seeds),
        base_model=base,
        limits=limits,
    )
    return model_card(facts)


def _summary(config: RunConfig, result: SeedResult, base: str | None, data: str) -> str:
    origin = f"fine-tuned from {base}" if base else "trained from scratch"
    return (
        f"A {config.model} tagger for named entities in tweets, {origin} "
        f"on {data}; {_origin_of_weights(config, result)}."
    )


def _origin_of_weights(config: RunConfig, result: SeedResult) -> str:
    """Say which seeds the weights come from, and how."""
    n_seeds = len(config.seeds)
    seeds = ", ".join(map(str, config.seeds))
    if config.combine == "soup":
        return f"its weights are the average of those of {n_seeds} seeds ({seeds})"
    if config.combine == "ensemble":
        return (
            f"it averages the probabilities of {n_seeds} models (seeds {seeds}), which it "
            "contains, so it is as slow as all of them together"
        )
    if config.combine == "student":
        return (
            f"it also learnt the probabilities that {n_seeds} such models (seeds {seeds}) give to "
            f"the words of up to {config.silver:,} unlabelled tweets"
        )
    chosen = f" of {n_seeds}, the best one on dev" if n_seeds > 1 else ""
    return f"seed {result.seed}{chosen}"
