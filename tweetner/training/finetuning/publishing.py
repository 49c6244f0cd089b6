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
from tweetner.training.finetuning.run import SeedResult
from tweetner.training.finetuning.saving import bio_folder


def published_names(config: RunConfig, best: SeedResult) -> dict[str, Path]:
    """Return the folder of each model that a run publishes, by the model's name.

    A CRF model is named `NAME-crf`; our class beside a native one is named `NAME-bio`.
    """
    name = config.name + ("-crf" if config.decoder == "crf" else "")
    folders = {name: best.folder, config.name + "-bio": bio_folder(best.folder)}
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
    for name, path in published_names(config, best).items():
        tagger = comparable_tagger(ModelFolder(path))
        parity = parity_on_words(path, tagger, splits.dev)
        update_metrics(path, {"parity_on_dev": parity.to_dict()})
        card = _card(config, best.seed, splits, hubs.full_name(name), ModelFolder(path))
        (path / "README.md").write_text(card, encoding="utf-8")
        published.append((hubs.publish(path, name, hub=hub), parity))
    return published


def _card(config: RunConfig, seed: int, splits: Splits, name: str, folder: ModelFolder) -> str:
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
    summary = _summary(config, seed, base, f"{train} of {splits.corpus}")
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
        command=command("accelerate launch scripts/finetune.py", config, seeds=(seed,)),
        base_model=base,
        limits=limits,
    )
    return model_card(facts)


def _summary(config: RunConfig, seed: int, base: str | None, data: str) -> str:
    origin = f"fine-tuned from {base}" if base else "trained from scratch"
    n_seeds = len(config.seeds)
    chosen = f" of {n_seeds}, the best one on dev" if n_seeds > 1 else ""
    return (
        f"A {config.model} tagger for named entities in tweets, {origin} "
        f"on {data}; seed {seed}{chosen}."
    )
