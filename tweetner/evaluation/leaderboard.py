"""What each model scores on the same tweets, how sure its place is, and what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from statistics import median
from time import perf_counter

from tweetner.corpus import Tweet, load_tweets
from tweetner.evaluation.certainty import Comparison, Interval, compare, tweet_counts
from tweetner.evaluation.evaluate import Evaluation, Group, evaluate
from tweetner.evaluation.training_text import fitted_tweets, n_shared
from tweetner.hub import ModelFolder
from tweetner.tagger import TaggedTweet, Tagger, load
from tweetner.tags import types_of

N_WARM_UP, N_TIMED = 10, 100


@dataclass(frozen=True)
class Run:
    """One model's answers to annotated tweets.

    Attributes:
        name: The name or path that it was asked for by.
        folder: Of the model; a snapshot of the hub has its revision for a name.
        types: Those that it finds.
        decoder: Its own.
        tweets: With gold tags.
        tagged: Its answers, with probabilities.
        training: The tweets that it was fitted on; empty where they are not known.
        latency_ms: See `median_latency`.
    """

    name: str
    folder: Path
    types: list[str]
    decoder: str
    tweets: list[Tweet]
    tagged: list[TaggedTweet]
    training: list[Tweet]
    latency_ms: float

    @property
    def gold(self) -> list[tuple[str, ...]]:
        return [tweet.gold for tweet in self.tweets]

    @property
    def predicted(self) -> list[list[str]]:
        return [tweet.tags for tweet in self.tagged]


@dataclass(frozen=True)
class Entry:
    """One model's row.

    Attributes:
        model: Name or path.
        revision: Of a model of the hub.
        decoder: The model's own, which made the figures.
        entity_f1: Exact entities, all types together.
        against_best: The difference from the first row, on the same tweets; None for the first row itself.
        unseen_recall: Recall of entities whose name no compared model saw in training; None where it is not known
            what this model was fitted on, or where there are none.
        token_macro_f1: Macro F1 of words over the non-O tags, the notebook's figure.
        roc_auc: Of words, each tag against the rest, macro.
        pr_auc: The same for precision and recall.
        n_in_training: Tweets that also stand in the model's own training text; None where that is not known.
        n_parameters: See `count_parameters`.
        n_bytes: Of the model's folder.
        latency_ms: See `median_latency`.
    """

    model: str
    revision: str | None
    decoder: str
    entity_f1: Interval
    against_best: Comparison | None
    unseen_recall: Interval | None
    token_macro_f1: float
    roc_auc: float | None
    pr_auc: float | None
    n_in_training: int | None
    n_parameters: int
    n_bytes: int
    latency_ms: float

    @property
    def verdict(self) -> str:
        """`best`, or what may be said of the model beside the best: `worse` or `cannot tell`."""
        return self.against_best.verdict if self.against_best else "best"


@dataclass(frozen=True)
class Leaderboard:
    """Models on the same tweets, the highest entity F1 first; `n_unseen` counts the entities of `unseen_recall`."""

    data: str
    n_tweets: int
    n_entities: int
    n_unseen: int
    entries: list[Entry]


def run_model(name: str, folder: Path, data: str) -> Run:
    """Load a model, tag annotated tweets on the CPU, and time it.

    Raises:
        ValueError: The model cannot be loaded, or the data are not there, empty or tagged with other types.
    """
    tagger = load(folder, device="cpu")
    types = types_of(tagger.labels)
    tweets = load_tweets(data, types=types)
    if not tweets:
        raise ValueError(f"{data}: expected at least one tweet, got none")
    words = [tweet.words for tweet in tweets]
    tagged = tagger.tag_words(words, probabilities=True)
    training = fitted_tweets(ModelFolder(folder), "train", types)
    return Run(
        name, folder, types, tagger.decoder, tweets, tagged, training, median_latency(tagger, words)
    )


def rank(data: str, runs: Sequence[Run]) -> Leaderboard:
    """Score every run and compare it with the best one.

    Raises:
        ValueError: The models do not find the same types, so that their figures cannot stand side by side.
    """
    for run in runs:
        if set(run.types) != set(runs[0].types):
            raise ValueError(
                f"expected models of the same types, got {runs[0].name} with {', '.join(runs[0].types)} "
                f"and {run.name} with {', '.join(run.types)}"
            )
    training = [tweet for run in runs for tweet in run.training]
    scored = [(run, evaluation_of(run, training)) for run in runs]
    scored.sort(key=lambda pair: (-pair[1].scores.micro.f1, pair[0].name))
    best, evaluation = scored[0]
    unseen = unseen_names(evaluation)
    entries = [
        entry_of(run, found, None if run is best else against(run, best)) for run, found in scored
    ]
    return Leaderboard(
        data,
        evaluation.n_tweets,
        evaluation.scores.micro.gold,
        unseen.gold if unseen else 0,
        entries,
    )


def evaluation_of(run: Run, training: Sequence[Tweet]) -> Evaluation:
    """Evaluate a run as any model is, with the training text of all compared models: one set of unseen names."""
    return evaluate(
        [tweet.words for tweet in run.tweets],
        run.gold,
        run.predicted,
        types=run.types,
        probabilities=[
            tweet.probabilities for tweet in run.tagged if tweet.probabilities is not None
        ],
        training=([tweet.words for tweet in training], [tweet.gold for tweet in training])
        if training
        else None,
    )


def against(run: Run, best: Run) -> Comparison:
    """How much better a run is than the best one, over all types: at most 0."""
    sides = [
        tweet_counts(side.gold, side.predicted, best.types).sum(axis=1, keepdims=True)
        for side in (run, best)
    ]
    return compare(*(counts[None] for counts in sides))[0]


def entry_of(run: Run, evaluation: Evaluation, against_best: Comparison | None) -> Entry:
    unseen = unseen_names(evaluation)
    roc_auc, pr_auc = evaluation.token_auc or (None, None)
    return Entry(
        model=run.name,
        revision=run.folder.name if run.folder.parent.name == "snapshots" else None,
        decoder=run.decoder,
        entity_f1=evaluation.intervals["f1"],
        against_best=against_best,
        unseen_recall=unseen.recall if unseen and run.training else None,
        token_macro_f1=evaluation.token_macro.f1,
        roc_auc=roc_auc,
        pr_auc=pr_auc,
        n_in_training=n_shared(run.tweets, run.training) if run.training else None,
        n_parameters=count_parameters(run.folder),
        n_bytes=sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file()),
        latency_ms=run.latency_ms,
    )


def unseen_names(evaluation: Evaluation) -> Group | None:
    groups = {(group.dimension, group.name): group for group in evaluation.groups}
    return groups.get(("name in training", "unseen"))


def median_latency(tagger: Tagger, tweets: Sequence[Sequence[str]]) -> float:
    """Median milliseconds (wall clock) of tagging one tweet at a time, over tweets from all parts of the data."""
    chosen = tweets[:: max(1, len(tweets) // N_TIMED)][:N_TIMED]
    times = []
    for words in [*chosen[:N_WARM_UP], *chosen]:
        started = perf_counter()
        tagger.tag_words([words])
        times.append(1000 * (perf_counter() - started))
    return median(times[-len(chosen) :])


def count_parameters(folder: Path) -> int:
    """The numbers in a model's weights, frozen ones too, from the headers of its safetensors; no flags or indices."""
    from safetensors import safe_open

    n = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="numpy") as weights:
            tensors = [weights.get_slice(name) for name in weights.keys()]  # noqa: SIM118 - not a dict
            n += sum(
                prod(tensor.get_shape())
                for tensor in tensors
                if tensor.get_dtype().startswith(("F", "BF"))
            )
    return n
