"""Take plain SGD steps without dropout, and save the weights and the first gradients.

    python sgd_steps.py ENCODER BATCH_SIZE RESULT    or the same under torchrun

A step covers eight tweets in all, whatever the number of processes.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import DataCollatorForTokenClassification, TrainerCallback

from tweetner.corpus import Tweet
from tweetner.tags import tags_of
from tweetner.tokenization import SubwordEncoder
from tweetner.training import RunConfig
from tweetner.training.finetuning import TweetTrainer, build, subword_loss, training_arguments
from tweetner.training.finetuning.data import encode_dataset

N_TWEETS, N_STEPS = 40, 10
TYPES = ("geo-loc", "person")


class FirstGradients(TrainerCallback):  # type: ignore[misc]
    """Keeps the gradients of the first step."""

    gradients: dict[str, torch.Tensor] | None = None

    def on_pre_optimizer_step(self, *_: Any, model: torch.nn.Module, **__: Any) -> None:
        """Copy the gradients once; the Trainer has averaged and clipped them."""
        if self.gradients is None:
            self.gradients = {
                f"gradient of {name}": weight.grad.clone()
                for name, weight in model.named_parameters()
                if weight.grad is not None
            }


def tweets() -> list[Tweet]:
    """Return tweets of 1 to 9 words, so that batches differ in length and in labels."""
    words = ("in", "new", "york", "berlin", "the", "meets", "ann", "bob", "now")
    tags = ("O", "B-geo-loc", "I-geo-loc", "B-geo-loc", "O", "O", "B-person", "B-person", "O")
    return [Tweet(str(n), words[: 1 + n % 9], tags[: 1 + n % 9]) for n in range(N_TWEETS)]


def main(encoder: str, batch_size: int, result: Path) -> None:
    config = RunConfig(
        encoder=encoder, types=TYPES, casing=False, batch_size=batch_size, precision="fp32"
    )
    labels = tags_of(TYPES)
    torch.manual_seed(1)
    model, tokenizer = build(config, labels, [])
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for name in ("dropout", "attention_dropout", "seq_classif_dropout"):
        setattr(model.config, name, 0.0)
    arguments = training_arguments(config, 1, result.parent, select=False)
    steps = {"max_steps": N_STEPS, "save_strategy": "no", "lr_scheduler_type": "constant"}
    first = FirstGradients()
    subwords = SubwordEncoder(tokenizer.backend_tokenizer, tokenizer.model_max_length)
    trainer = TweetTrainer(
        model,
        replace(arguments, **steps, disable_tqdm=True),
        train_dataset=encode_dataset(tweets(), subwords, labels, inner=True)[0],
        data_collator=DataCollatorForTokenClassification(tokenizer),
        processing_class=tokenizer,
        compute_loss_func=subword_loss(config.inner_weight),
        optimizers=(torch.optim.SGD(model.parameters(), lr=0.1), None),
        callbacks=[first],
    )
    trainer.train()
    if trainer.is_world_process_zero():
        gradients = {name.replace("module.", ""): g for name, g in (first.gradients or {}).items()}
        weights = {name: weight.detach().clone() for name, weight in model.named_parameters()}
        save_file(weights | gradients, result)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
