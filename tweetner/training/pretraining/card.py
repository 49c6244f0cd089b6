"""The card of an adapted encoder: what it was adapted on, in counts and hashes, without text."""

from dataclasses import asdict, replace
from pathlib import Path

from huggingface_hub import ModelCardData

from tweetner.hub import command
from tweetner.training.config import PretrainConfig
from tweetner.training.encoder import base_model_name
from tweetner.training.pretraining.curve import Curve
from tweetner.training.pretraining.text import PretrainingTweets

COUNTS = {
    "read": "records read",
    "unreadable": "without a text that can be read",
    "empty": "without a word",
    "repeated": "that occurred before",
    "equal": "that equal an evaluation tweet",
    "shared": "that share 40 characters in a row with one",
    "held_out": "held out to measure the loss",
    "train": "trained on",
}

CARD = """\
---
{metadata}
---

# {name}

`{base}`, adapted to tweets by masked language modelling. {casing}

## Use

As the encoder of a tagger: `python scripts/finetune.py --encoder ./{name}`. With transformers:

```python
from transformers import AutoModel, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{name}")
encoder = AutoModel.from_pretrained("{name}")
```

The tokenizer splits raw tweets into words{normalizing}.

## Data

| tweets | |
|---|---|
{counts}

{excluded} The tweets belong to their authors and are not part of this folder.

| file | SHA-256 |
|---|---|
{hashes}

The subwords that were trained on have the SHA-256 `{train_hash}`.

## Training

{last.subwords:,} subwords seen in {last.step:,} steps. The loss on the held-out tweets went from \
{first.loss:.3f} to {last.loss:.3f} (`curve.json`).

```
{command}
```
"""


def encoder_card(config: PretrainConfig, tweets: PretrainingTweets, curve: Curve) -> str:
    """Write the text of README.md; the config must be without folders."""
    base = base_model_name(config.encoder)
    metadata = ModelCardData(
        language="en",
        library_name="transformers",
        base_model=base,
        pipeline_tag="feature-extraction",
        tags=["twitter", "masked-language-modelling"],
    )
    run = command("accelerate launch scripts/pretrain.py", config)
    return CARD.format(
        metadata=metadata.to_yaml(),
        name=config.name,
        base=base,
        **_sentences(config),
        **_tables(tweets),
        train_hash=tweets.hashes["train"],
        first=curve.held_out[0],
        last=curve.held_out[-1],
        command=run,
    )


def _sentences(config: PretrainConfig) -> dict[str, str]:
    """Return the parts of the text that depend on the config."""
    casing = normalizing = ""
    excluded = "No evaluation tweets were excluded."
    if config.casing:
        casing = "Capitalised and upper-case subwords have embeddings of their own."
    if config.normalize:
        normalizing = " and shortens `@name` to `@` and URLs to `http`"
    if config.exclude:
        excluded = f"The evaluation tweets are those of {', '.join(config.exclude)}."
    return {"casing": casing, "normalizing": normalizing, "excluded": excluded}


def _tables(tweets: PretrainingTweets) -> dict[str, str]:
    """Return the rows of the counts and of the files."""
    numbers = asdict(tweets.counts)
    counts = [f"| {text} | {numbers[name]:,} |" for name, text in COUNTS.items()]
    hashes = [f"| {file} | `{digest}` |" for file, digest in tweets.files.items()]
    return {"counts": "\n".join(counts), "hashes": "\n".join(hashes)}


def without_folders(config: PretrainConfig) -> PretrainConfig:
    """Reduce paths to their last names: a folder says nothing about the machine that made it."""
    encoder = config.encoder
    if encoder.startswith(("/", ".")):
        encoder = f"./{Path(encoder).name}"
    tweets = tuple(Path(path).name for path in config.tweets)
    exclude = tuple(Path(source).name for source in config.exclude)
    return replace(config, encoder=encoder, tweets=tweets, exclude=exclude)
