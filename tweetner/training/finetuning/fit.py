"""The Trainer's part of a run: one seed from untrained model to best checkpoint."""

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from transformers import (
    DataCollatorForTokenClassification,
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from tweetner.corpus import Tweet
from tweetner.evaluation import TagPairs, score_entities
from tweetner.tagger import Emitted, Tagger, join_windows
from tweetner.tokenization import SubwordEncoder, Windows
from tweetner.training.config import RunConfig
from tweetner.training.finetuning.build import build, pretrained_part
from tweetner.training.finetuning.data import Splits, encode_dataset, longest_first
from tweetner.training.finetuning.loss import subword_loss
from tweetner.training.finetuning.trainer import (
    StopAfter,
    StopWhenNotFinite,
    TweetTrainer,
    check_finite,
)

logger = logging.getLogger(__name__)


def fit(
    config: RunConfig,
    seed: int,
    labels: Sequence[str],
    splits: Splits,
    folder: Path,
    *,
    resume: bool,
    epochs: int | None = None,
) -> Trainer:
    """Train one seed; the trainer that comes back holds the checkpoint with the best entity F1 on `choosing`.

    Args:
        config: The run's config.
        seed: Decides the new weights, dropout and the order of the batches.
        labels: The tag of each label.
        splits: Train, and the tweets that choose.
        folder: Where checkpoints go.
        resume: Go on from the last complete checkpoint in `folder`; without one, start anew.
        epochs: Choose nothing and stop after so many of the config's epochs.

    Raises:
        ValueError: The loss is no longer a number.
    """
    set_seed(seed)  # before the model is built: it also decides the new layers' weights
    model, tokenizer = build(config, labels, [tweet.words for tweet in splits.train])
    encoder = SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)
    native = not hasattr(
        model, "emissions"
    )  # our own class has no logits of inner subwords to train
    train, _ = encode_dataset(
        splits.train, encoder, labels, inner=native and config.inner_weight > 0
    )
    choosing = splits.dev_sets.selection
    dev, windows = encode_dataset(choosing, encoder, labels)
    callbacks: list[TrainerCallback] = [StopWhenNotFinite()]
    if epochs:
        callbacks.append(StopAfter(epochs))
    elif config.patience:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=config.patience))
    trainer = TweetTrainer(
        model=model,
        args=training_arguments(config, seed, folder, choose=not epochs),
        train_dataset=train,
        eval_dataset=dev,
        processing_class=tokenizer,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        compute_loss_func=subword_loss(config.inner_weight) if native else None,
        compute_metrics=entity_metrics(config, model, tokenizer, labels, choosing, windows),
        callbacks=callbacks,
        optimizers=(head_optimizer(model, config), None),
    )
    checkpoint = last_checkpoint(folder) if resume else None
    if checkpoint is None and trainer.is_world_process_zero():
        for stale in folder.glob("checkpoint-*"):
            shutil.rmtree(stale)
    trainer.accelerator.wait_for_everyone()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    for weights in model.parameters():
        check_finite(
            "the largest weight", float(weights.detach().abs().max()), trainer.state.global_step
        )
    return trainer


def training_arguments(
    config: RunConfig, seed: int, folder: Path, *, choose: bool = True
) -> TrainingArguments:
    """The Trainer's arguments of a run that may `choose` its best epoch: the only place that knows their names."""
    precision = hardware_precision() if config.precision == "auto" else config.precision
    on_cpu = not torch.cuda.is_available()
    if on_cpu and precision != "fp32":
        raise ValueError(f"precision {precision!r} needs a GPU, and there is none")
    return TrainingArguments(
        output_dir=str(folder),
        seed=seed,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=64,
        gradient_accumulation_steps=config.accumulation,
        train_sampling_strategy="group_by_length" if config.group_by_length else "random",
        optim="adamw_torch_fused",
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        lr_scheduler_type={"linear": "linear", "constant": "constant_with_warmup"}[config.schedule],
        warmup_steps=config.warmup,
        max_grad_norm=config.max_grad_norm,
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=on_cpu,
        ddp_backend="gloo" if on_cpu and int(os.environ.get("WORLD_SIZE", "1")) > 1 else None,
        eval_strategy="epoch" if choose else "no",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=choose,
        metric_for_best_model="f1",
        greater_is_better=True,
        logging_steps=10,
        logging_nan_inf_filter=False,
        report_to="none",
    )


def hardware_precision() -> str:
    """`bf16` where the GPU has it, `fp16` on another GPU, `fp32` on a CPU."""
    if not torch.cuda.is_available():
        return "fp32"
    return "bf16" if torch.cuda.is_bf16_supported() else "fp16"


def head_optimizer(model: PreTrainedModel, config: RunConfig) -> torch.optim.Optimizer:
    """Fused AdamW in which pretrained weights and new layers have their own learning rates; no decay of vectors."""
    encoder = pretrained_part(model)
    pretrained = {id(weight) for weight in encoder.parameters()} if encoder is not None else set()
    if config.model == "bilstm":
        pretrained = {
            id(weight) for weight in model.parameters()
        }  # one rate for all of it, as in the notebook
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for weight in model.parameters():
        if weight.requires_grad:
            rate = config.learning_rate if id(weight) in pretrained else config.head_learning_rate
            groups.setdefault((rate, config.weight_decay if weight.ndim > 1 else 0.0), []).append(
                weight
            )
    return torch.optim.AdamW(
        [
            {"params": weights, "lr": rate, "weight_decay": decay}
            for (rate, decay), weights in groups.items()
        ],
        fused=True,
    )


def entity_metrics(
    config: RunConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    labels: Sequence[str],
    tweets: Sequence[Tweet],
    windows: Windows,
) -> Callable[[EvalPrediction], dict[str, float]]:
    """Dev entity scores from the Trainer's logits, decoded as the published model will be.

    Our own class gives decoded logits, whose argmax is the answer; a native one gives emissions.
    """
    decoder = "argmax" if hasattr(model, "emissions") else config.decoder
    words = [tweet.words for tweet in tweets]
    gold = [tweet.gold for tweet in tweets]

    def compute(prediction: EvalPrediction) -> dict[str, float]:
        logits = np.asarray(prediction.predictions)
        if len(logits) != len(windows):
            raise ValueError(f"evaluated {len(logits)} windows of dev, expected {len(windows)}")
        row_of = np.argsort(longest_first(windows))  # (windows,)
        rows = np.repeat(row_of, np.diff(windows.unit_bounds))  # (units,)
        scores = logits[rows, windows.positions].astype(np.float32)  # (units, labels)
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


def last_checkpoint(folder: Path) -> Path | None:
    """The newest complete checkpoint; one that was left half-written is passed over with a warning.

    The Trainer writes `trainer_state.json` last.
    """
    for checkpoint in sorted(
        folder.glob("checkpoint-*"), key=lambda path: -int(path.name.split("-")[1])
    ):
        if (checkpoint / "trainer_state.json").is_file():
            return checkpoint
        logger.warning("%s is incomplete and is passed over", checkpoint)
    return None
