"""Training runs and their configs.

`finetuning` trains neural taggers, `pretraining` adapts their encoders to unlabelled tweets, and
`baseline` fits the models of the reference notebook. The baselines work without PyTorch, so this
package imports none of the three.
"""

from tweetner.training.config import BaselineConfig, PretrainConfig, RunConfig, option
from tweetner.training.parsing import parse_config, read_config
from tweetner.training.publishing import add_publish_anyway, check_useful

__all__ = [
    "BaselineConfig",
    "PretrainConfig",
    "RunConfig",
    "add_publish_anyway",
    "check_useful",
    "option",
    "parse_config",
    "read_config",
]
