"""Training runs and their configs.

`finetuning` trains neural taggers, `baseline` fits the models of the reference notebook. The
baselines work without PyTorch, so this package imports neither.
"""

from tweetner.training.config import BaselineConfig, RunConfig, option
from tweetner.training.parsing import parse_config, read_config

__all__ = ["BaselineConfig", "RunConfig", "option", "parse_config", "read_config"]
