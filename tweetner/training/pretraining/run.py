"""Adapt a pretrained encoder to unlabelled tweets by masked language modelling."""

from dataclasses import dataclass
from math import gcd
from pathlib import Path
from typing import Any

from accelerate import PartialState
from transformers import TrainingArguments, set_seed

from tweetner.files import atomic_write
from tweetner.hub import write_origin
from tweetner.tokenization import save_tokenizer
from tweetner.training.config import PretrainConfig
from tweetner.training.encoder import TweetEncoder, load_tweet_encoder
from tweetner.training.finetuning import StopWhenNotFinite
from tweetner.training.hardware import hardware_arguments
from tweetner.training.pretraining.batches import MaskedBatches
from tweetner.training.pretraining.card import encoder_card, without_folders
from tweetner.training.pretraining.curve import Curve, write_curve
from tweetner.training.pretraining.masking import WholeWordMasking
from tweetner.training.pretraining.model import MaskedLanguageModel
from tweetner.training.pretraining.text import SUMMARY, PretrainingTweets, write_tweets
from tweetner.training.pretraining.trainer import Clock, PretrainTrainer, Progress
from tweetner.training.resuming import check_same_run, last_checkpoint, remove_folders, start_run

RUNS = Path("outputs/runs")
ENCODERS = Path("outputs/encoders")
PACKAGES = ("accelerate", "safetensors", "tokenizers", "torch", "transformers")

UNLIMITED = 10**9
"""The number of steps of a run that time limits."""

GPU_WORKERS = 4
"""Processes that mask batches for a GPU."""

FIXED_ARGUMENTS: dict[str, Any] = {
    "per_device_train_batch_size": 1,  # an item of the dataset is a batch
    "optim": "adamw_torch_fused",
    "adam_beta2": 0.98,
    "lr_scheduler_type": "linear",
    "remove_unused_columns": False,
    "ddp_find_unused_parameters": False,
    "eval_strategy": "steps",
    "save_strategy": "steps",
    "save_total_limit": 2,
    "logging_nan_inf_filter": False,
    "disable_tqdm": True,
    "report_to": "none",
}


@dataclass(frozen=True)
class AdaptedEncoder:
    """The result of a run.

    Attributes:
        folder: The encoder's folder, for `--encoder` and `AutoModel`.
        tweets: The tweets of the run.
        curve: The losses of the training.
    """

    folder: Path
    tweets: PretrainingTweets
    curve: Curve


def pretrain(config: PretrainConfig, *, resume: bool = False) -> AdaptedEncoder | None:
    """Adapt an encoder, and write it to `outputs/encoders/NAME`.

    Checkpoints and the encoded tweets are in `outputs/runs/NAME`.

    Args:
        config: The run's config.
        resume: Continue from the last checkpoint. The result is the same as without interruption,
            unless time limits the run.

    Returns:
        The encoder, or None in all processes but the first of a distributed run.

    Raises:
        ValueError: The encoder or the tweets cannot be used, the loss is not finite, or the run to
            resume has another config.
    """
    folder = RUNS / config.name
    folder.mkdir(parents=True, exist_ok=True)
    arguments = training_arguments(config, folder)  # this also starts a distributed run
    set_seed(config.seed)  # before the model is built: it also decides the new layers' weights
    loaded = load_tweet_encoder(config)
    masking = WholeWordMasking(loaded.tokenizer, config.mask_share)
    tweets = _load_tweets(config, loaded, folder / "tweets", resume=resume)
    if resume:
        check_same_run(config, tweets.hashes, folder, "the tweets", ignore=("name",))
    else:
        start_run(config, tweets.hashes, folder)

    train, held_out = (
        MaskedBatches(part, masking, loaded.cased, budget=config.batch_subwords, seed=config.seed)
        for part in (tweets.train, tweets.held_out)
    )
    model = MaskedLanguageModel(loaded.model, loaded.cased, config.case_weight)
    checkpoint = last_checkpoint(folder) if resume else None
    trainer = _build_trainer(config, arguments, model, train, held_out, checkpoint)
    before = trainer.evaluate()["eval_loss"]
    trainer.train_from(checkpoint)
    after = trainer.evaluate()["eval_loss"]
    if not trainer.is_world_process_zero():
        return None
    curve = Curve.of(trainer.state, before, after, train.n_subwords)
    result = AdaptedEncoder(ENCODERS / config.name, tweets, curve)
    _save(config, model, loaded, result)
    remove_folders(folder, "tweets")
    return result


def _load_tweets(
    config: PretrainConfig, loaded: TweetEncoder, folder: Path, *, resume: bool
) -> PretrainingTweets:
    """Let the first process write the tweets, and load them in all."""
    with PartialState().main_process_first():
        if PartialState().is_main_process and not (resume and (folder / SUMMARY).is_file()):
            write_tweets(config, loaded.tokenizer, folder, progress=True)
    return PretrainingTweets.load(folder)


def _build_trainer(
    config: PretrainConfig,
    arguments: TrainingArguments,
    model: MaskedLanguageModel,
    train: MaskedBatches,
    held_out: MaskedBatches,
    checkpoint: Path | None,
) -> PretrainTrainer:
    clock = Clock.resumed(config.minutes, checkpoint) if config.minutes else None
    return PretrainTrainer(
        clock=clock,
        warmup=config.warmup,
        model=model,
        args=arguments,
        train_dataset=train,
        eval_dataset=held_out,
        callbacks=[StopWhenNotFinite(), Progress(train.n_subwords, clock)],
    )


def training_arguments(config: PretrainConfig, folder: Path) -> TrainingArguments:
    """Translate a config into the Trainer's arguments.

    Raises:
        ValueError: The config asks for half precision and there is no GPU.
    """
    hardware = hardware_arguments(config.precision)
    workers = 0 if hardware["use_cpu"] else GPU_WORKERS
    length = {
        "num_train_epochs": config.epochs,
        "max_steps": UNLIMITED if config.minutes else config.max_steps or -1,
    }
    steps = {
        "eval_steps": config.checkpoint_steps,
        "save_steps": config.checkpoint_steps,
        # a mean since the last log is lost with an interruption, so checkpoints follow logs
        "logging_steps": gcd(10, config.checkpoint_steps),
    }
    return TrainingArguments(
        output_dir=str(folder),
        seed=config.seed,
        gradient_accumulation_steps=config.accumulation,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        max_grad_norm=config.max_grad_norm,
        dataloader_num_workers=workers,
        **length,
        **steps,
        **hardware,
        **FIXED_ARGUMENTS,
    )


def _save(
    config: PretrainConfig, model: MaskedLanguageModel, loaded: TweetEncoder, result: AdaptedEncoder
) -> None:
    """Write the encoder's folder, whole or not at all."""
    published = without_folders(config)
    result.folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(result.folder) as folder:
        folder.mkdir()
        model.plain_encoder().save_pretrained(folder)
        save_tokenizer(loaded.tokenizer, folder)
        write_origin(published, PACKAGES, folder)
        write_curve(result.curve, folder)
        card = encoder_card(published, result.tweets, result.curve)
        (folder / "README.md").write_text(card, encoding="utf-8")
