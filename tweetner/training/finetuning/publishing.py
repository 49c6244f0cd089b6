"""The best seed of a run → model folders with parity and card → the hub."""

from collections.abc import Sequence
from pathlib import Path

from tweetner import hub as hubs
from tweetner.corpus import count
from tweetner.evaluation import comparable_tagger, parity_on_words
from tweetner.hub import (
    CardFacts,
    ModelFolder,
    Parity,
    card_facts,
    command,
    model_card,
    update_metrics,
)
from tweetner.models import BUNDLED
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.data import Splits
from tweetner.training.finetuning.run import SeedResult

BASE_MODELS = {BUNDLED: "sentence-transformers/all-MiniLM-L6-v2"}


def published_names(config: RunConfig, best: SeedResult) -> dict[str, Path]:
    """The names that a run publishes and the folder of each: `-crf` for a CRF, and `-bio` beside a native class."""
    name = config.name + ("-crf" if config.decoder == "crf" else "")
    folders = {name: best.folder, config.name + "-bio": best.folder.with_name("model-bio")}
    return {name: folder for name, folder in folders.items() if folder.is_dir()}


def publish_best(
    config: RunConfig, results: Sequence[SeedResult], splits: Splits, *, hub: str | None
) -> list[tuple[hubs.Published, Parity]]:
    """Publish the seed with the best entity F1 on the tweets that choose, with its parity on dev and its model card.

    The native folder is compared under `argmax`, all that the stock pipeline can do with it; a
    folder of our class under its own decoder.
    """
    best = max(results, key=lambda result: result.choice)
    published = []
    for name, folder in published_names(config, best).items():
        tagger = comparable_tagger(ModelFolder(folder))
        parity = parity_on_words(folder, tagger, splits.dev)
        update_metrics(folder, {"parity_on_dev": parity.to_dict()})
        facts = _facts(config, best, splits, hubs.full_name(name), ModelFolder(folder))
        card = model_card(facts)
        (folder / "README.md").write_text(card, encoding="utf-8")
        published.append((hubs.publish(folder, name, hub=hub), parity))
    return published


def _facts(
    config: RunConfig,
    best: SeedResult,
    splits: Splits,
    name: str,
    folder: ModelFolder,
) -> CardFacts:
    dataset = splits.corpus
    train = "train and dev" if config.folds else "train"
    counted = {train: splits.train, "dev": splits.dev, "test": splits.test}
    parity = str(folder.metrics.parity_on_dev).capitalize()
    base = (
        None
        if config.model == "bilstm"
        else BASE_MODELS.get(config.encoder, Path(config.encoder).name)
    )
    return card_facts(
        folder,
        config,
        holds_words=config.model == "bilstm",
        name=name,
        summary=f"A {config.model} tagger for named entities in tweets, "
        + (f"fine-tuned from {base} " if base else "trained from scratch ")
        + f"on {train} of {dataset}; seed {best.seed}"
        + (f" of {len(config.seeds)}, the best one on dev." if len(config.seeds) > 1 else "."),
        splits={name: count(tweets) for name, tweets in counted.items()},
        command=command("accelerate launch scripts/finetune.py", config, seeds=(best.seed,)),
        base_model=base,
        limits=[f"{parity}, on dev{', which it was trained on' if config.folds else ''}."],
    )
