"""What one baseline run does."""

from dataclasses import dataclass
from typing import Literal

from tweetner.tags import WNUT16_TYPES, tags_of
from tweetner.training.baseline.fit import ALPHAS
from tweetner.training.config import option


@dataclass(frozen=True)
class BaselineConfig:
    """The keys of a baseline's YAML file; `scripts/baseline.py --help` prints each with its line."""

    name: str = option("sgd-wnut16", "name that the model is published under")
    model: Literal["sgd", "majority"] = option(
        "sgd", "linear classifiers over 14 features, or the most frequent tag"
    )
    data: str = option("wnut16", "corpus: wnut16, sample, a folder with train/dev/test, ...")
    types: tuple[str, ...] = option(
        WNUT16_TYPES, "declared entity types, in the order of their labels"
    )
    scheme: Literal["IOB2", "IOB1", "BIOES", "BMES"] = option(
        "IOB2", "tagging scheme of the corpus files"
    )
    split: Literal["corpus", "notebook"] = option(
        "corpus", "the corpus's own splits, or the notebook's 80/20 of train"
    )
    threshold_share: float = option(
        0.4, "part of dev that nothing is chosen by: thresholds are proven on it; 0: none"
    )
    alphas: tuple[float, ...] = option(ALPHAS, "sgd: strengths of the L2 penalty to choose from")
    class_weight: Literal["balanced", "none"] = option(
        "balanced", "sgd: weigh tags by their inverse frequency, or not"
    )
    max_iter: int = option(50, "sgd: passes over the training words at most")
    tol: float = option(1e-3, "sgd: stop when a pass improves the training loss by less")
    seed: int = option(42, "sgd: seed of the published model and of the choice of alpha")
    seeds: tuple[int, ...] = option(
        (), "sgd: more runs with the chosen alpha, to see how much the seed matters"
    )

    def __post_init__(self) -> None:
        """Refuse values out of range, naming the key."""
        tags_of(self.types)
        if not 0 <= self.threshold_share < 1:
            raise ValueError(
                f"config key 'threshold_share': expected a number from 0 to below 1, got {self.threshold_share}"
            )
        if not self.alphas or min(self.alphas) <= 0:
            raise ValueError(
                f"config key 'alphas': expected numbers above 0, got {list(self.alphas)}"
            )
        if self.max_iter < 1:
            raise ValueError(f"config key 'max_iter': expected at least 1, got {self.max_iter}")
        if self.tol < 0:
            raise ValueError(f"config key 'tol': expected at least 0, got {self.tol}")
        if min(self.seed, *self.seeds, 0) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(
                f"config key 'seeds': expected different seeds of at least 0, got {list(self.seeds)}"
            )
