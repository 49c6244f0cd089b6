"""Build trainers that only train: the recipe of the library's example, and ours."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
from torch import Tensor
from transformers import (
    DataCollatorForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from benchmarks.random_models import scratch
from tweetner.training import RunConfig
from tweetner.training.finetuning import TweetTrainer, head_optimizer, training_arguments

ONLY_TRAIN: dict[str, Any] = {
    "eval_strategy": "no",
    "save_strategy": "no",
    "load_best_model_at_end": False,
    "use_cpu": True,
    "disable_tqdm": True,
}


def plain_trainer(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    dataset: datasets.Dataset,
    *,
    batch_size: int,
    dev: datasets.Dataset | None = None,
    **arguments: Any,
) -> Trainer:
    """Return a trainer of one epoch with the example's defaults, but for the batch size.

    Args:
        model: The model.
        tokenizer: Its tokenizer, for padding.
        dataset: The rows to train on.
        batch_size: Rows of a batch.
        dev: The rows of the evaluations, if `arguments` ask for any.
        arguments: Other arguments of the Trainer.
    """
    trainer = Trainer(
        model,
        TrainingArguments(
            output_dir=scratch().name,
            **{
                "num_train_epochs": 1,
                "per_device_train_batch_size": batch_size,
                **ONLY_TRAIN,
                **arguments,
            },
        ),
        train_dataset=dataset,
        eval_dataset=dev,
        data_collator=DataCollatorForTokenClassification(tokenizer),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def our_trainer(
    config: RunConfig,
    seed: int,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    dataset: datasets.Dataset,
    loss: Callable[..., Tensor],
    dev: datasets.Dataset | None = None,
    **arguments: Any,
) -> Trainer:
    """Return the trainer of one of our runs, without its evaluations and checkpoints."""
    trainer = TweetTrainer(
        model,
        replace(
            training_arguments(config, seed, Path(scratch().name)), **{**ONLY_TRAIN, **arguments}
        ),
        train_dataset=dataset,
        eval_dataset=dev,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
        compute_loss_func=loss,
        optimizers=(head_optimizer(model, config), None),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer
