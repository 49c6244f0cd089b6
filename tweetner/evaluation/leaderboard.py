"""A leaderboard: the scores of several models on the same tweets, their uncertainty, and costs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from statistics import median
from time import perf_counter

from tweetner.corpus import Tweet, load_tweets
from tweetner.evaluation.certainty import Difference, Interval, compare, tweet_counts
from tweetner.evaluation.evaluate import Evaluation, Group, evaluate
from tweetner.evaluation.pairs import TagPairs, Words
from tweetner.evaluation.taggers import pair_tags, probabilities_of
from tweetner.evaluation.training_text import fitted_tweets, n_shared
from tweetner.hub import ModelFolder
from tweetner.tagger import TaggedTweet, Tagger, load
from tweetner.tags import types_of

N_WARM_UP = 10
N_TIMED = 100


@dataclass(frozen=True)
class Run:
    """One model's predictions for annotated tweets.

    Attributes:
        name: The name or path by which the model was given.
        folder: The model's folder.
        types: The types of the entities that the model finds.
        decoder: The model's own decoder.
        tweets: The annotated tweets.
        tagged: The predictions, with probabilities.
        training: The tweets that the model was fitted on; empty if they are not known.
        latency_ms: Median latency in milliseconds; see `median_latency`.
    """

    name: str
    folder: ModelFolder
    types: list[str]
    decoder: str
    tweets: list[Tweet]
    tagged: list[TaggedTweet]
    training: list[Tweet]
    latency_ms: float

    @property
    def words(self) -> Words:
        """The words of each tweet."""
        return [tweet.words for tweet in self.tweets]

    @cached_property
    def pairs(self) -> TagPairs:
        """Gold and predicted tags."""
        return pair_tags(self.tagged, self.tweets)


@dataclass(frozen=True)
class Entry:
    """One model's row.

    Attributes:
        model: Name or path.
        revision: The revision of a model of the hub.
        decoder: The model's own decoder, which gave all figures.
        entity_f1: F1 of exact entities, all types together.
        against_best: The difference from the first row on the same tweets; None for the first row.
        unseen_recall: Recall of entities whose name is in no compared model's training text; None
            if there are none, or if this model's training text is not known.
        token_macro_f1: Macro F1 of words over the non-O tags, the notebook's figure.
        roc_auc: ROC-AUC over words, each tag against the rest, macro.
        pr_auc: PR-AUC over words, each tag against the rest, macro.
        n_in_training: Number of tweets that also occur in the model's own training text; None if
            that is not known.
        n_parameters: Number of weights; see `count_parameters`.
        n_bytes: Size of the model's folder.
        latency_ms: Median latency in milliseconds; see `median_latency`.
    """

    model: str
    revision: str | None
    decoder: str
    entity_f1: Interval
    against_best: Difference | None
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
        """`best`, or the verdict of the comparison with the best: `worse` or `cannot tell`."""
        return self.against_best.verdict if self.against_best else "best"


@dataclass(frozen=True)
class Leaderboard:
    """Models on the same tweets, the highest entity F1 first.

    Attributes:
        data: The name of the tweets.
        n_tweets: Number of tweets.
        n_entities: Number of gold entities.
        n_unseen: Number of gold entities that `unseen_recall` is measured on.
        entries: The rows.
    """

    data: str
    n_tweets: int
    n_entities: int
    n_unseen: int
    entries: list[Entry]


def of_same_types(
    folders: Mapping[str, ModelFolder], data: str
) -> tuple[dict[str, ModelFolder], list[str]]:
    """Divide models into those that are compared on annotated tweets and those passed over.

    The tweets must be readable with a model's types. Where several sets of types allow that, the
    one of most models is compared.

    Returns:
        The compared models, and the names of the others.

    Raises:
        ValueError: The tweets cannot be read with the types of any model.
    """
    names_of: dict[frozenset[str], list[str]] = {}
    for name, folder in folders.items():
        names_of.setdefault(frozenset(types_of(folder.labels)), []).append(name)
    refusals = []
    kept: list[str] = []
    for types, names in names_of.items():
        try:
            tweets = load_tweets(data, types=types_of(folders[names[0]].labels))
            _check_types(tweets, types, data)
        except ValueError as error:
            refusals.append(error)
        else:
            kept = max(kept, names, key=len)
    if not kept:
        raise refusals[0]
    passed_over = [name for name in folders if name not in kept]
    return {name: folders[name] for name in kept}, passed_over


def _check_types(tweets: Sequence[Tweet], types: Collection[str], data: str) -> None:
    """Refuse tweets with entities of other types; a named corpus has its own.

    Raises:
        ValueError: There are such entities.
    """
    others = {tag[2:] for tweet in tweets for tag in tweet.gold} - {"", *types}
    if others:
        raise ValueError(f"{data}: expected the types {', '.join(types)}, got {min(others)}")


def run_model(name: str, folder: ModelFolder, data: str) -> Run:
    """Load a model, tag annotated tweets on the CPU, and time it.

    Raises:
        ValueError: The model cannot be loaded, or the tweets do not exist, are none, or have other
            types.
    """
    tagger = load(folder, device="cpu")
    types = types_of(tagger.labels)
    tweets = load_tweets(data, types=types)
    if not tweets:
        raise ValueError(f"{data}: expected at least one tweet, got none")
    words = [tweet.words for tweet in tweets]
    return Run(
        name=name,
        folder=folder,
        types=types,
        decoder=tagger.decoder,
        tweets=tweets,
        tagged=tagger.tag_words(words, probabilities=True),
        training=fitted_tweets(folder, "train", types, candidates=[data]),
        latency_ms=median_latency(tagger, words),
    )


def rank(data: str, runs: Sequence[Run]) -> Leaderboard:
    """Score every run and compare it with the best one.

    Raises:
        ValueError: The models do not find the same types, so that their scores are not comparable.
    """
    for run in runs:
        if set(run.types) != set(runs[0].types):
            raise ValueError(
                "expected models of the same types, "
                f"got {runs[0].name} with {', '.join(runs[0].types)} "
                f"and {run.name} with {', '.join(run.types)}"
            )
    training = [tweet for run in runs for tweet in run.training]
    scored = [(run, evaluation_of(run, training)) for run in runs]
    scored.sort(key=lambda pair: (-pair[1].scores.micro.f1, pair[0].name))
    best, evaluation = scored[0]
    unseen = unseen_names(evaluation)
    entries = []
    for run, found in scored:
        against_best = None if run is best else against(run, best)
        entries.append(entry_of(run, found, against_best))
    return Leaderboard(
        data=data,
        n_tweets=evaluation.n_tweets,
        n_entities=evaluation.scores.micro.gold,
        n_unseen=unseen.gold if unseen else 0,
        entries=entries,
    )


def evaluation_of(run: Run, training: Sequence[Tweet]) -> Evaluation:
    """Evaluate a run with the training text of all compared models: one set of unseen names."""
    probabilities = probabilities_of(run.tagged)
    return evaluate(
        run.words, run.pairs, types=run.types, probabilities=probabilities, training=training
    )


def against(run: Run, best: Run) -> Difference:
    """Return the difference in F1, over all types, between a run and the best one: at most 0."""
    counts = [
        tweet_counts(side.pairs, best.types).sum(axis=1, keepdims=True)[None]
        for side in (run, best)
    ]
    return compare(*counts)[0]


def entry_of(run: Run, evaluation: Evaluation, against_best: Difference | None) -> Entry:
    """Make the row of a run."""
    unseen = unseen_names(evaluation)
    auc = evaluation.token_auc
    folder = run.folder.path
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    unseen_recall = unseen.recall if unseen and run.training else None
    n_in_training = n_shared(run.words, run.training) if run.training else None
    return Entry(
        model=run.name,
        revision=run.folder.revision,
        decoder=run.decoder,
        entity_f1=evaluation.intervals["f1"],
        against_best=against_best,
        unseen_recall=unseen_recall,
        token_macro_f1=evaluation.token_macro.f1,
        roc_auc=auc and auc.roc,
        pr_auc=auc and auc.pr,
        n_in_training=n_in_training,
        n_parameters=count_parameters(folder),
        n_bytes=sum(sizes),
        latency_ms=run.latency_ms,
    )


def unseen_names(evaluation: Evaluation) -> Group | None:
    """Return the group of entities whose name is not in the training text."""
    groups = {(group.dimension, group.name): group for group in evaluation.groups}
    return groups.get(("name in training", "unseen"))


def median_latency(tagger: Tagger, tweets: Words) -> float:
    """Return the median wall-clock milliseconds for tagging one tweet at a time.

    The tweets are taken from all parts of the data, and some of them are tagged first as warm-up.
    """
    chosen = tweets[:: max(1, len(tweets) // N_TIMED)][:N_TIMED]
    times = []
    for words in [*chosen[:N_WARM_UP], *chosen]:
        started = perf_counter()
        tagger.tag_words([words])
        times.append(1000 * (perf_counter() - started))
    return median(times[-len(chosen) :])


def count_parameters(folder: Path) -> int:
    """Count a model's weights, frozen ones too, from the headers of its safetensors.

    Only floating-point tensors count: no flags or indices.
    """
    from safetensors import safe_open

    n = 0
    for path in folder.glob("*.safetensors"):
        with safe_open(path, framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118 - not a dict
                tensor = weights.get_slice(name)
                if tensor.get_dtype().startswith(("F", "BF")):
                    n += prod(tensor.get_shape())
    return n
