"""Simulate a review: which order of reading helps the next model most?

python scripts/simulate_review.py --seeds 1 2 3 4 5 6

A model is trained on some tweets of WNUT-16 train. The others are its queue: a reviewer reads the
first of them in each order, with the gold tags as the answer, and a model is trained from the
encoder on all that is annotated then. Each training is one line of `runs.jsonl`, so that a run that
was stopped goes on where it was.
"""

import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from scipy.stats import t as student
from transformers.utils.logging import disable_progress_bar

from tweetner.cli import Parser, command_line
from tweetner.corpus import Tweet
from tweetner.evaluation import TagPairs
from tweetner.files import atomic_write
from tweetner.models import load_encoder
from tweetner.review import Plan, QueuedTweet, arrange, read_doubts
from tweetner.tagger import Tagger
from tweetner.tags import Entity, entities_to_tags, in_characters, joined_offsets
from tweetner.training import RunConfig
from tweetner.training.finetuning import (
    Splits,
    Trained,
    fit,
    load_splits,
    with_normalize,
)
from tweetner.training.parsing import config_from
from tweetner.trends import normal_form

ORDERS = ("random", "doubt", "expected")
WRONG = {"expected, 5% wrong": 0.05, "expected, 10% wrong": 0.10}
"""Shares of wrong decisions of a reviewer who reads in our order."""

RUNS = ("start", *ORDERS, *WRONG, "everything")
N_RESAMPLES = 1000


@dataclass(frozen=True)
class Run:
    """One training and its cost.

    Attributes:
        seed: The seed of the start, of the weights and of what is drawn.
        order: One of `RUNS`.
        tweets: Tweets that were read.
        words: Words of these tweets.
        corrected: Entities that the first model had missed, or found in vain, in these tweets.
        counts: Right, predicted and gold entities of each test tweet.
    """

    seed: int
    order: str
    tweets: int
    words: int
    corrected: int
    counts: list[list[int]]

    @property
    def f1(self) -> float:
        """Entity F1 on test, in percent."""
        return float(f1_of(np.sum(self.counts, axis=0)))


def f1_of(counts: Any) -> Any:
    """Return F1 in percent from the last axis (right, predicted, gold)."""
    return 200 * counts[..., 0] / np.maximum(counts[..., 1] + counts[..., 2], 1)


class Simulation:
    """One seed: a start set, the model trained on it, and the queue of the other tweets."""

    def __init__(
        self, config: RunConfig, splits: Splits, seed: int, n_start: int, folder: Path
    ) -> None:
        self.config = config
        self.queue_file = folder / f"queue-{seed}.json"
        self.splits = splits
        self.seed = seed
        shuffled = random.Random(seed).sample(splits.train, len(splits.train))
        self.start = shuffled[:n_start]
        self.pool = {str(number): tweet for number, tweet in enumerate(shuffled[n_start:])}

    def train(self, tweets: Sequence[Tweet]) -> Tagger:
        """Train from the encoder for all epochs; no checkpoint is selected."""
        splits = replace(self.splits, train=list(tweets))
        with tempfile.TemporaryDirectory() as folder:
            trainer = fit(
                self.config,
                self.seed,
                splits,
                Path(folder),
                resume=False,
                epochs=self.config.epochs,
            )
            backend = Trained.by(trainer).backend
        return Tagger(backend, trainer.processing_class.backend_tokenizer, self.config.decoder)

    def run(self, order: str, n_read: int) -> Run:
        """Train on the start set and what was read in an order, and score the test split."""
        if order == "start":
            tagger, read = self.train(self.start), []
            self._save_doubts(tagger)
        elif order == "everything":
            read = list(self.pool)
            tagger = self.train([*self.start, *self.pool.values()])
        else:
            read = self._first(order.partition(",")[0], n_read)
            tagger = self.train([*self.start, *self._decisions(read, WRONG.get(order, 0.0))])
        test = self.splits.test
        answers = tagger.tag_words([tweet.words for tweet in test])
        pairs = TagPairs([tweet.gold for tweet in test], [answer.tags for answer in answers])
        counts = [[len(p.right), len(p.predicted), len(p.gold)] for p in pairs.entities]
        n_words = sum(len(self.pool[id_].words) for id_ in read)
        return Run(self.seed, order, len(read), n_words, self._corrected(read), counts)

    @property
    def queued(self) -> list[QueuedTweet]:
        """The pool as the first model doubts it."""
        if not self.queue_file.exists():
            self._save_doubts(self.train(self.start))
        tweets = json.loads(self.queue_file.read_text(encoding="utf-8"))
        return [QueuedTweet(**tweet) for tweet in tweets]

    def _save_doubts(self, tagger: Tagger) -> None:
        texts = {id_: " ".join(tweet.words) for id_, tweet in self.pool.items()}
        answers = tagger(texts.values())
        records = [
            {"id": id_, "text": text, "entities": entities}
            for (id_, text), entities in zip(texts.items(), answers, strict=True)
        ]
        tweets = [asdict(tweet) for tweet in read_doubts(tagger, records)]
        self.queue_file.write_text(json.dumps(tweets), encoding="utf-8")

    def _first(self, order: Any, n_read: int) -> list[str]:
        plan = Plan(blind=0.0, order=order, seed=self.seed)
        return [str(tweet.id) for tweet in arrange(self.queued, plan, normal_form)[:n_read]]

    def _decisions(self, read: Sequence[str], wrong: float) -> list[Tweet]:
        generator = random.Random(self.seed)
        tweets = []
        for id_ in read:
            is_wrong = generator.random() < wrong
            tweet = self.pool[id_]
            tweets.append(spoiled(tweet, self.config.types, generator) if is_wrong else tweet)
        return tweets

    def _corrected(self, read: Sequence[str]) -> int:
        found = {str(tweet.id): tweet for tweet in self.queued} if read else {}
        n_corrected = 0
        for id_ in read:
            gold = characters_of(self.pool[id_])
            answer = {(e["type"], e["start"], e["end"]) for e in found[id_].entities}
            n_corrected += len(gold ^ answer)
        return n_corrected


def first_layers(encoder: str, n_layers: int, folder: Path) -> str:
    """Save the first layers of an encoder as an encoder, and return its name."""
    if not folder.exists():
        model, tokenizer = load_encoder(encoder)
        model.transformer.layer = model.transformer.layer[:n_layers]
        model.config.n_layers = n_layers
        with atomic_write(folder) as temporary:
            model.save_pretrained(temporary)
            tokenizer.save_pretrained(temporary)
    return str(folder.resolve())


def characters_of(tweet: Tweet) -> set[Entity]:
    """Return the entities of a tweet in characters of its words joined with spaces."""
    return set(in_characters(tweet.entities, joined_offsets(tweet.words)))


def spoiled(tweet: Tweet, types: Sequence[str], generator: random.Random) -> Tweet:
    """Return a wrong decision: an entity is lost or has another type, or a word becomes one."""
    entities = tweet.entities
    if not entities:
        word = generator.randrange(len(tweet.words))
        entities = [Entity(generator.choice(types), word, word + 1)]
    else:
        place = generator.randrange(len(entities))
        type_, start, end = entities.pop(place)
        if generator.random() < 0.5:
            others = [other for other in types if other != type_]
            entities.append(Entity(generator.choice(others), start, end))
    return replace(tweet, tags=tuple(entities_to_tags(entities, len(tweet.words))))


def paired(runs: dict[tuple[int, str], Run], a: str, b: str) -> tuple[float, float, float]:
    """Return the mean difference in F1 between two orders, paired by seed, with its 95% interval.

    The interval adds two errors: of the mean over seeds, by Student's t, and of the test split, by
    drawing its tweets again, the same for both orders.
    """
    seeds = [seed for seed, order in runs if order == a and (seed, b) in runs]
    sides = [[runs[seed, order].counts for seed in seeds] for order in (a, b)]
    counts = np.array(sides, dtype=np.float32)  # (2, seeds, tweets, 3)
    differences = np.subtract(*f1_of(counts.sum(axis=2)))  # (seeds,)
    generator = np.random.default_rng(0)
    n_tweets = counts.shape[2]
    drawn = np.empty(N_RESAMPLES)
    for row in range(N_RESAMPLES):
        weights = np.bincount(generator.integers(n_tweets, size=n_tweets), minlength=n_tweets)
        sums = np.einsum("abtc,t->abc", counts, weights.astype(np.float32))  # (2, seeds, 3)
        drawn[row] = np.subtract(*f1_of(sums)).mean()
    if len(seeds) > 1:
        error = differences.std(ddof=1) / len(seeds) ** 0.5
        drawn += error * student.rvs(len(seeds) - 1, size=N_RESAMPLES, random_state=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(differences.mean()), float(low), float(high)


def read_runs(path: Path) -> dict[tuple[int, str], Run]:
    """Return the finished trainings of a file by seed and order."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    runs = [Run(**json.loads(line)) for line in lines]
    return {(run.seed, run.order): run for run in runs}


def show_table(runs: dict[tuple[int, str], Run]) -> None:
    """Print F1, costs and differences of each order, over the seeds that have all orders."""
    complete = {seed for seed, _ in runs if all((seed, order) in runs for order in RUNS)}
    runs = {key: run for key, run in runs.items() if key[0] in complete}
    if not runs:
        return
    means = {order: mean_of(runs, order, lambda run: run.f1) for order in RUNS}
    possible = means["everything"] - means["start"]
    print(f"{len(complete)} seeds")
    print("| order | F1 | tweets / words / corrected | minus random (95%) | of the possible gain |")
    print("|---|---|---|---|---|")
    for order in RUNS:
        costs = []
        for name in ("tweets", "words", "corrected"):
            costs.append(f"{mean_of(runs, order, lambda run, n=name: getattr(run, n)):,.0f}")
        difference, low, high = paired(runs, order, "random")
        gain = f"{100 * (means[order] - means['start']) / possible:.0f}%" if possible else "-"
        print(
            f"| {order} | {means[order]:.1f} | {' / '.join(costs)} "
            f"| {difference:+.1f} ({low:+.1f} to {high:+.1f}) | {gain} |"
        )


def mean_of(runs: dict[tuple[int, str], Run], order: str, value: Callable[[Run], float]) -> float:
    """Return the mean over seeds of a value of an order's runs."""
    return float(np.mean([value(run) for (_, name), run in runs.items() if name == order]))


def draw_chart(runs: dict[tuple[int, str], Run], path: Path) -> None:
    """Draw each order's F1 against the entities that the reviewer corrected, one dot a seed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 3.6), layout="constrained")
    axes = figure.subplots()
    for order in RUNS:
        dots = [run for (_, name), run in runs.items() if name == order]
        axes.scatter([d.corrected for d in dots], [d.f1 for d in dots], label=order, alpha=0.8)
    axes.set(xlabel="entities corrected by the reviewer", ylabel="entity F1 on test")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    disable_progress_bar()
    parser = Parser(description=__doc__)
    add = parser.add_argument
    add("--data", default="wnut16", help="corpus (%(default)s)")
    add("--encoder", default="bundled", help="pretrained encoder (%(default)s)")
    add("--layers", type=int, help="keep only the first layers of the encoder: faster, weaker")
    add("--epochs", type=int, default=3, help="epochs of each training (%(default)s)")
    add("--precision", default="auto", help="as in finetune.py; bf16 is faster on a recent CPU")
    add("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5, 6], help="(1 to 6)")
    add("--start", type=int, default=800, help="tweets annotated at the start (%(default)s)")
    add("--read", type=int, default=400, help="tweets read in each order (%(default)s)")
    add("--minutes", type=float, default=9e9, help="begin no training after so many minutes")
    add("--output", type=Path, default=Path("outputs/reports/review"), help="(%(default)s)")
    args = parser.parse_args(argv)
    started = monotonic()
    args.output.mkdir(parents=True, exist_ok=True)
    encoder = args.encoder
    if args.layers:
        encoder = first_layers(encoder, args.layers, args.output / f"encoder-{args.layers}")
    values = {"data": args.data, "encoder": encoder, "epochs": args.epochs}
    config = config_from(RunConfig, {**values, "precision": args.precision})
    path = args.output / "runs.jsonl"
    runs = read_runs(path)
    _, splits = load_splits(config)
    config = with_normalize(config, splits)
    for seed in args.seeds:
        simulation = Simulation(config, splits, seed, args.start, args.output)
        for order in RUNS:
            if (seed, order) in runs or monotonic() - started > 60 * args.minutes:
                continue
            run = simulation.run(order, args.read)
            runs[seed, order] = run
            with path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(run)) + "\n")
            print(f"seed {seed}, {order}: F1 {run.f1:.1f}, {monotonic() - started:.0f} s")
    show_table(runs)
    draw_chart(runs, args.output / "simulation.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
