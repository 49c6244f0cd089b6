"""Train one seed with the Trainer: from the untrained model to the selected checkpoint."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import torch
from safetensors.torch import load_model
from transformers import (
    DataCollatorForTokenClassification,
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainerState,
    TrainingArguments,
    set_seed,
)

from tweetner.corpus import Tweet
from tweetner.evaluation import TagPairs, score_entities
from tweetner.models import TweetTaggerForTokenClassification
from tweetner.tagger import Emitted, Tagger, join_windows
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder, Windows
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.augmenting import with_hashtag_copies
from tweetner.training.finetuning.build import build, pretrained_part
from tweetner.training.finetuning.data import Splits, encode_dataset, longest_first
from tweetner.training.finetuning.loss import distillation_loss, subword_loss
from tweetner.training.finetuning.silver import Silver
from tweetner.training.finetuning.trainer import (
    StopAfter,
    StopWhenNotFinite,
    TweetTrainer,
    check_finite,
)
from tweetner.training.hardware import hardware_arguments
from tweetner.training.resuming import last_checkpoint, remove_folders

SCHEDULERS = {"linear": "linear", "constant": "constant_with_warmup"}

FIXED_ARGUMENTS: dict[str, Any] = {
    "per_device_eval_batch_size": 64,
    "optim": "adamw_torch_fused",
    "save_total_limit": 2,
    "metric_for_best_model": "f1",
    "greater_is_better": True,
    "logging_steps": 10,
    "logging_nan_inf_filter": False,
    "report_to": "none",
}
"""The arguments of the Trainer that are the same in every run."""


def fit(
    config: RunConfig,
    seed: int,
    splits: Splits,
    folder: Path,
    *,
    resume: bool,
    epochs: int | None = None,
    silver: Silver | None = None,
) -> Trainer:
    """Train one seed and return its trainer, which holds the checkpoint with the best entity F1.

    Args:
        config: The run's config.
        seed: Seed of the new layers' weights, of dropout and of the order of the batches.
        splits: The tweets to train on and, in `dev_sets.selection`, those to select by.
        folder: The folder of the checkpoints.
        resume: Continue from the last complete checkpoint in `folder`, if there is one.
        epochs: Select no checkpoint, and stop after this many of the config's epochs.
        silver: Unlabelled tweets with a teacher's tags, to learn from as well.

    Raises:
        ValueError: The loss or a weight became infinite or NaN.
    """
    set_seed(seed)  # before the model is built: it also decides the new layers' weights
    trainer = _build_trainer(config, seed, splits, folder, epochs, silver)
    checkpoint = last_checkpoint(folder) if resume else None
    if checkpoint is None and trainer.is_world_process_zero():
        remove_folders(folder, "checkpoint-*")
    trainer.accelerator.wait_for_everyone()
    if epochs and checkpoint and _n_epochs(checkpoint) >= epochs:
        load_model(trainer.model, checkpoint / "model.safetensors")  # no epoch is left to train
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    for weights in trainer.model.parameters():
        largest = float(weights.detach().abs().max())
        check_finite("the largest weight", largest, trainer.state.global_step, trainer.args)
    return trainer


def _n_epochs(checkpoint: Path) -> int:
    """Return the number of epochs that a checkpoint was trained for."""
    epoch: float = TrainerState.load_from_json(str(checkpoint / "trainer_state.json")).epoch
    return round(epoch)


def _build_trainer(
    config: RunConfig,
    seed: int,
    splits: Splits,
    folder: Path,
    epochs: int | None,
    silver: Silver | None,
) -> Trainer:
    labels = tags_of(config.types)
    model, tokenizer = build(config, labels, [tweet.words for tweet in splits.train])
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)
    # our own class scores first subwords only, so there are no inner subwords to train
    native = not isinstance(model, TweetTaggerForTokenClassification)
    inner = native and config.inner_weight > 0
    train_tweets = with_hashtag_copies(splits.train, config.hashtag_copies, seed)
    train, _ = encode_dataset(train_tweets, encoder, labels, inner=inner)
    selection = splits.dev_sets.selection
    dev, windows = encode_dataset(selection, encoder, labels)
    loss = subword_loss(config.inner_weight) if native else None
    if silver is not None:
        rows = silver.encode(encoder, inner=inner)
        train = datasets.concatenate_datasets([train, rows])
        loss = distillation_loss(config.inner_weight, silver.probabilities)
    metrics = entity_metrics(config, model, tokenizer, labels, selection, windows)
    arguments = training_arguments(config, seed, folder, select=not epochs)
    optimizer = head_optimizer(model, config)
    return TweetTrainer(
        model=model,
        args=arguments,
        train_dataset=train,
        eval_dataset=dev,
        processing_class=tokenizer,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        compute_loss_func=loss,
        compute_metrics=metrics,
        callbacks=_callbacks(config, epochs),
        optimizers=(optimizer, None),
    )


def _callbacks(config: RunConfig, epochs: int | None) -> list[TrainerCallback]:
    """Return the callbacks that stop a training, after `epochs` if they are given."""
    callbacks: list[TrainerCallback] = [StopWhenNotFinite()]
    if epochs:
        callbacks.append(StopAfter(epochs))
    elif config.patience:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=config.patience))
    return callbacks


def training_arguments(
    config: RunConfig, seed: int, folder: Path, *, select: bool = True
) -> TrainingArguments:
    """Translate a config into the Trainer's arguments.

    Args:
        config: The run's config.
        seed: The seed of the training.
        folder: The folder of the checkpoints.
        select: Evaluate after every epoch and load the best checkpoint at the end.

    Raises:
        ValueError: The config asks for fp16 and there is no GPU.
    """
    optimization = {
        "num_train_epochs": config.epochs,
        "max_steps": config.max_steps or -1,
        "per_device_train_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        "learning_rate": config.learning_rate,
        "weight_decay": config.weight_decay,
        "lr_scheduler_type": SCHEDULERS[config.schedule],
        "warmup_steps": config.warmup,
        "max_grad_norm": config.max_grad_norm,
    }
    return TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        train_sampling_strategy="group_by_length" if config.group_by_length else "random",
        eval_strategy="epoch" if select else "no",
        # a resumed run repeats the epochs since its best one, and gets the same weights
        save_strategy="best" if select else "epoch",
        load_best_model_at_end=select,
        **optimization,
        **hardware_arguments(config.precision),
        **FIXED_ARGUMENTS,
    )


def head_optimizer(model: PreTrainedModel, config: RunConfig) -> torch.optim.Optimizer:
    """Build AdamW with separate learning rates for pretrained weights and for new layers.

    Biases and the weights of layer norms are not decayed. A word-level BiLSTM has one learning rate
    for all its weights, as in the reference notebook.
    """
    pretrained_module = model if config.model == "bilstm" else pretrained_part(model)
    pretrained: set[int] = set()
    if pretrained_module is not None:
        pretrained = {id(weight) for weight in pretrained_module.parameters()}

    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}  # (rate, decay) -> weights
    for weight in model.parameters():
        if weight.requires_grad:
            rate = config.learning_rate if id(weight) in pretrained else config.head_learning_rate
            decay = config.weight_decay if weight.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(weight)
    options = [
        {"params": weights, "lr": rate, "weight_decay": decay}
        for (rate, decay), weights in groups.items()
    ]
    return torch.optim.AdamW(options, fused=True)


def entity_metrics(
    config: RunConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    labels: Sequence[str],
    tweets: Sequence[Tweet],
    windows: Windows,
) -> Callable[[EvalPrediction], dict[str, float]]:
    """Return a `compute_metrics` of the Trainer: entity scores, decoded as after publishing.

    Args:
        config: The run's config.
        model: The model. The logits of our own class are decoded already: their argmax is the
            answer. Those of a native class are emissions.
        tokenizer: Its tokenizer.
        labels: The tag of each label.
        tweets: The evaluated tweets.
        windows: Their windows, in the order of the tweets.
    """
    decoder = config.decoder
    if isinstance(model, TweetTaggerForTokenClassification):
        decoder = "argmax"
    words = [tweet.words for tweet in tweets]
    gold = [tweet.gold for tweet in tweets]
    row_of_window = np.argsort(longest_first(windows))  # (windows,): row in the dataset
    row_of_unit = np.repeat(row_of_window, np.diff(windows.unit_bounds))  # (units,)

    def compute(prediction: EvalPrediction) -> dict[str, float]:
        logits = np.asarray(prediction.predictions)  # (windows, subwords, labels)
        if len(logits) != len(windows):
            raise ValueError(f"evaluated {len(logits)} windows of dev, expected {len(windows)}")
        scores = logits[row_of_unit, windows.positions].astype(np.float32)  # (units, labels)
        emitted = Emitted(list(labels), join_windows(windows, scores, len(words)))
        tagged = Tagger(emitted, tokenizer.backend_tokenizer, decoder).tag_words(words)
        score = score_entities(TagPairs(gold, [tweet.tags for tweet in tagged])).micro
        return {
            "f1": score.f1,
            "precision": score.precision,
            "recall": score.recall,
            "gold": float(score.gold),
        }

    return compute
