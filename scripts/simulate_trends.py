"""Measure the false alarms and the recall of five trend rules, and the coverage of intervals.

    python scripts/simulate_trends.py
    python scripts/simulate_trends.py --coverage ratio
    python scripts/simulate_trends.py --coverage mentions --model distilbert-wnut16-bio

Streams of hourly counts are simulated with planted bursts, and without any; `tweetner trends` and
four rules in use read them. An alarm is false if no burst was planted in that entity and hour.
Writes `simulation.md`, `.csv` and `.png` into --output. With --coverage, the share of 95% intervals
that hold the true value is printed: of planted ratios, or of correct mentions in 1,000 random
groups of 200 tweets of --data.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tweetner.cli import Parser, add_hub_option, command_line  # first: it reports Ctrl-C

# isort: split

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2
from tqdm import tqdm

from tweetner.trends import Counts, Detector, TrendOptions, TrendTracker, true_mentions

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

HOUR = 3_600_000
N_ENTITIES, N_DAYS, N_BURSTS = 1_500, 10, 60
TWEETS_AN_HOUR, MENTIONS_A_TWEET = 2_000, 0.6
MIN_AUTHORS = 5
HOURS = np.arange(24 * N_DAYS)
NAMES = [f"e{number:04}" for number in range(N_ENTITIES)]


@dataclass(frozen=True)
class Stream:
    """Hourly counts.

    Attributes:
        counts: distinct authors: (hours, entities)
        n_tweets: tweets: (hours,)
        bursts: whether a burst is planted there: (hours, entities)
        planted: entity, first hour and hour after the last one of each burst.
    """

    counts: Ints
    n_tweets: Ints
    bursts: Flags
    planted: list[tuple[int, int, int]]


Noise = Callable[[np.random.Generator], Floats | float]
"""Draws what the rates are multiplied by: a number, or (hours, entities)."""
SHAPE = (len(HOURS), N_ENTITIES)


def gamma(kappa: float) -> Noise:
    """Return gamma noise: counts are negative binomial, as the method assumes."""
    return lambda draw: draw.gamma(1 / kappa, kappa, SHAPE) if kappa else 1.0


def lognormal(draw: np.random.Generator) -> Floats:
    """Draw noise with the variance of kappa 0.3 and a heavier tail."""
    sigma = np.sqrt(np.log(1.3))
    return draw.lognormal(-(sigma**2) / 2, sigma, SHAPE)


def mixed(draw: np.random.Generator) -> Floats:
    """Draw noise of kappa 0.05 for 90% of the entities and of kappa 1 for the others."""
    kappa = np.where(draw.random(N_ENTITIES) < 0.1, 1.0, 0.05)
    return draw.gamma(1 / kappa, kappa, SHAPE)


def drift(draw: np.random.Generator) -> Floats:
    """Draw a random walk of the logarithm, 5% an hour."""
    walk: Floats = np.exp(np.cumsum(draw.normal(0, 0.05, SHAPE), axis=0))
    return walk


def fading(draw: np.random.Generator) -> Floats:
    """Draw an autoregressive logarithm: rises of a third that last for some hours."""
    logs = np.zeros(SHAPE)
    for hour in HOURS[1:]:
        logs[hour] = 0.8 * logs[hour - 1] + draw.normal(0, 0.2, N_ENTITIES)
    return np.exp(logs)


def own_hours(draw: np.random.Generator) -> Floats:
    """Draw a daily cycle of 70% whose peak differs between entities."""
    phase = draw.random(N_ENTITIES)
    return 1 + 0.7 * np.sin(2 * np.pi * (HOURS[:, None] / 24 + phase))


def own_weekends(draw: np.random.Generator) -> Floats:
    """Draw a factor for the weekend of each entity (30%), and a daily cycle of 40%."""
    weekend = (HOURS // 24 % 7 >= 5)[:, None]
    factor = np.exp(weekend * draw.normal(0, 0.3, N_ENTITIES))
    return factor * (1 + 0.4 * np.sin(2 * np.pi * (HOURS[:, None] / 24 + draw.random(N_ENTITIES))))


GENERATORS: dict[str, Noise] = {
    "kappa 0": gamma(0),
    "kappa 0.1": gamma(0.1),
    "kappa 0.3": gamma(0.3),
    "log-normal noise": lognormal,
    "mixed noise": mixed,
    "bursty authors": gamma(0.1),
    "drift": drift,
    "fading rises": fading,
    "own hours": own_hours,
    "own weekends": own_weekends,
}


def simulate(name: str, seed: int, n_bursts: int) -> Stream:
    """Draw a stream: log-normal rates, a daily cycle of all tweets, noise and bursts.

    A burst multiplies an entity's rate by 3, 5 or 10, adds at least 6 mentions per 2,000 tweets,
    and lasts for 2 to 5 hours; none begins in the first two days.
    """
    draw = np.random.default_rng([seed, n_bursts, *name.encode()])
    rates = draw.lognormal(0, 1.5, N_ENTITIES)
    rates *= MENTIONS_A_TWEET / rates.sum()
    n_tweets = draw.poisson(TWEETS_AN_HOUR * (1 + 0.5 * np.sin(2 * np.pi * HOURS / 24)))
    rate = np.tile(rates, (len(HOURS), 1)) * GENERATORS[name](draw)  # (hours, entities)
    bursts = np.zeros(SHAPE, dtype=bool)
    planted = []
    for _ in range(n_bursts):
        entity = int(draw.integers(N_ENTITIES))
        start = int(draw.integers(48, len(HOURS) - 5))
        end = start + int(draw.integers(2, 6))
        factor = draw.choice([3, 5, 10])
        rate[start:end, entity] += max((factor - 1) * rates[entity], 6 / 2_000)
        bursts[start:end, entity] = True
        planted.append((entity, start, end))
    counts = draw.poisson(rate * n_tweets[:, None])
    if name == "bursty authors":
        counts = np.array([_distinct_authors(row, draw) for row in counts])
    return Stream(counts, n_tweets, bursts, planted)


def _distinct_authors(counts: Ints, draw: np.random.Generator) -> Ints:
    """Give each mention an author, some of whom write very often, and count those who differ."""
    entities = np.repeat(np.arange(N_ENTITIES), counts)
    authors = np.minimum(draw.zipf(1.5, len(entities)), 100_000)
    pairs = np.unique(entities * 100_001 + authors)
    return np.bincount(pairs // 100_001, minlength=N_ENTITIES)


# --- the rules: each returns its alarms, (hours, entities) ---------------------------------------


def ours(stream: Stream) -> Flags:
    """Return the alarms of `tweetner trends` with its default options and hourly buckets."""
    detector = _detector()
    alarms = np.zeros(SHAPE, dtype=bool)
    for hour in HOURS:
        mentioned = np.flatnonzero(stream.counts[hour])
        counts = stream.counts[hour, mentioned]
        closed = detector.close(int(hour), as_counts(mentioned, counts, stream.n_tweets[hour]))
        alarms[hour, mentioned] = closed.alarms
    return alarms


def _detector(*, describe_all: bool = False) -> Detector:
    """Return the detector of a tracker with default options and hourly buckets."""
    return TrendTracker(TrendOptions(bucket=HOUR), describe_all=describe_all).detector


def as_counts(entities: Ints, authors: Ints, n_tweets: int) -> Counts:
    """Return a bucket in which every author mentions an entity once, with certainty."""
    n = int(authors.sum())
    kinds = [(NAMES[entity], "other") for entity in np.repeat(entities, authors)]
    return Counts(
        [NAMES[entity] for entity in entities],
        authors,
        np.concatenate([[0], np.cumsum(authors)]),
        np.ones(n),
        kinds,
        list(range(n)),
        int(n_tweets),
    )


def gnip(stream: Stream) -> Flags:
    """Return the alarms of Gnip's rule, point by point: (c - last) / (upper 99% - last) > 1."""
    last = np.vstack([stream.counts[:1], stream.counts[:-1]])
    upper = chi2.ppf(0.995, 2 * (last + 1)) / 2
    return np.asarray(stream.counts > upper)


def z_score(stream: Stream) -> Flags:
    """Return the alarms of z > 3 over the 24 buckets before."""
    alarms = np.zeros(SHAPE, dtype=bool)
    for hour in HOURS[24:]:
        before = stream.counts[hour - 24 : hour]
        limit = before.mean(axis=0) + 3 * before.std(axis=0, ddof=1)
        alarms[hour] = stream.counts[hour] > limit
    return alarms


def mastodon(stream: Stream) -> Flags:
    """Return the alarms of (o - e)^2 / e >= 5; e is the count of the day before, at least 1."""
    alarms = np.zeros(SHAPE, dtype=bool)
    expected = np.maximum(stream.counts[:-24], 1)
    observed = stream.counts[24:]
    alarms[24:] = (observed > expected) & ((observed - expected) ** 2 / expected >= 5)
    return alarms


def signitrend(stream: Stream) -> Flags:
    """Return the alarms of SigniTrend's rule on rates: (x - max(mean, b)) / (deviation + b) > 3."""
    rates = stream.counts / stream.n_tweets[:, None]
    weight = 1 - 0.5 ** (1 / 24)
    bias = 1 / TWEETS_AN_HOUR
    alarms = np.zeros(SHAPE, dtype=bool)
    mean = np.zeros(N_ENTITIES)
    variance = np.zeros(N_ENTITIES)
    for hour in HOURS:
        score = (rates[hour] - np.maximum(mean, bias)) / (np.sqrt(variance) + bias)
        alarms[hour] = (score > 3) & (hour >= 24)
        change = rates[hour] - mean
        mean = mean + weight * change
        variance = (1 - weight) * (variance + weight * change**2)
    return alarms


def always(stream: Stream) -> Flags:
    """Return an alarm for every count that is large enough."""
    return np.ones_like(stream.bursts)


RULES: dict[str, Callable[[Stream], Flags]] = {
    "tweetner trends": ours,
    "Gnip, eta > 1": gnip,
    "z > 3 over 24 buckets": z_score,
    "Mastodon, score >= 5": mastodon,
    "SigniTrend, > 3": signitrend,
    "always": always,
}


# --- the figures ---------------------------------------------------------------------------------


def measure(name: str, seed: int) -> Iterator[dict[str, object]]:
    """Yield the figures of every rule on one stream with bursts and one without."""
    stream, quiet = (simulate(name, seed, n_bursts) for n_bursts in (N_BURSTS, 0))
    for rule, find in RULES.items():
        alarms = find(stream) & (stream.counts >= MIN_AUTHORS)
        delays = []
        for entity, start, end in stream.planted:
            found = np.flatnonzero(alarms[start:end, entity])
            delays += [int(found[0])] if len(found) else []
        quiet_alarms = find(quiet) & (quiet.counts >= MIN_AUTHORS)
        yield {
            "stream": name,
            "rule": rule,
            "seed": seed,
            "alarms": int(alarms.sum()),
            "false": int((alarms & ~stream.bursts).sum()),
            "recall": len(delays) / len(stream.planted),
            "delay": float(np.mean(delays)) if delays else None,
            "quiet": quiet_alarms.sum() / N_DAYS,
        }


def summarize(figures: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each kind of stream and rule.

    The false share is that of all alarms of all seeds; its standard error comes from the seeds.
    """
    rows = []
    for (stream, rule), mine in figures.groupby(["stream", "rule"], sort=False):
        share = mine["false"].sum() / max(mine["alarms"].sum(), 1)
        residuals = mine["false"] - share * mine["alarms"]
        error = np.sqrt((residuals**2).sum()) / max(mine["alarms"].sum(), 1)
        rows.append(
            {
                "stream": stream,
                "rule": rule,
                "false share": f"{share:.3f} ± {error:.3f}",
                "recall": f"{mine['recall'].mean():.2f}",
                "delay": f"{mine['delay'].mean():.2f}",
                "alarms a day without bursts": f"{mine['quiet'].mean():.2f}",
            }
        )
    return pd.DataFrame(rows)


def draw_chart(figures: pd.DataFrame, path: Path) -> None:
    """Draw the false share of each rule on each kind of stream."""
    import seaborn as sns

    from tweetner.report.charts import canvas

    sums = figures.groupby(["stream", "rule"], sort=False)[["false", "alarms"]].sum().reset_index()
    sums["false share of the alarms"] = sums["false"] / sums["alarms"].clip(lower=1)
    with canvas(9, 4.5) as drawing:
        axes = drawing.axes()
        sns.stripplot(sums, x="false share of the alarms", y="stream", hue="rule", ax=axes, size=8)
        axes.axvline(0.05, color="black", linewidth=1, linestyle=":")
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
        axes.set_ylabel("")
        drawing.figure.savefig(path, dpi=80)


# --- the coverage of intervals -------------------------------------------------------------------


def ratio_coverage(seeds: Sequence[int]) -> pd.DataFrame:
    """Return how often the ratio's interval holds the ratio that was planted.

    The noise acts either on the whole rate or on the usual rate only, to which the rise is added.
    """
    rows = []
    for kappa in (0.0, 0.1, 0.3):
        for multiplies in (True, False):
            cases = [case for seed in seeds for case in _ratio_cases(seed, kappa, multiplies)]
            found = pd.DataFrame(cases, columns=["covered", "alarm"])
            in_alarm = found[found["alarm"]]
            rows.append(
                {
                    "kappa": kappa,
                    "noise": "multiplies the rise" if multiplies else "leaves the rise alone",
                    "cases": len(found),
                    "covered": f"{found['covered'].mean():.3f}",
                    "in alarm": len(in_alarm),
                    "of these covered": f"{in_alarm['covered'].mean():.3f}",
                }
            )
    return pd.DataFrame(rows)


def _ratio_cases(seed: int, kappa: float, multiplies: bool) -> Iterator[tuple[bool, bool]]:
    """Yield whether each planted ratio is in its interval, and whether the entity is in alarm."""
    draw = np.random.default_rng([seed, int(100 * kappa)])
    rates = draw.lognormal(0, 1.5, N_ENTITIES)
    rates *= MENTIONS_A_TWEET / rates.sum()
    detector = _detector(describe_all=True)
    for hour in range(100):
        n_tweets = int(draw.poisson(TWEETS_AN_HOUR * (1 + 0.5 * np.sin(2 * np.pi * hour / 24))))
        ratios = np.ones(N_ENTITIES)
        planted = draw.choice(N_ENTITIES, 40 if hour >= 60 and hour % 3 == 0 else 0, replace=False)
        ratios[planted] = draw.choice([1, 2, 3, 5, 10, 30], len(planted))
        noise = draw.gamma(1 / kappa, kappa, N_ENTITIES) if kappa else np.ones(N_ENTITIES)
        rate = rates * (noise * ratios if multiplies else noise + ratios - 1)
        counts = draw.poisson(rate * n_tweets)
        mentioned = np.flatnonzero(counts)
        closed = detector.close(hour, as_counts(mentioned, counts[mentioned], n_tweets))
        rows = {row["key"]: row for row in closed.rows}
        for entity in planted:
            row = rows.get(NAMES[entity])
            if row is not None:
                low, high = row["ratio_interval"]
                yield bool(low <= ratios[entity] <= high), row["alarm"]


def mention_coverage(model: str, hub: str | None, data: str) -> pd.DataFrame:
    """Return how often the interval of true mentions holds their number, for all and each type."""
    import tweetner
    from tweetner.corpus import load_tweets
    from tweetner.tags import tags_to_entities

    tweets = load_tweets(data)
    tagged = tweetner.load(model, hub=hub).tag_words([tweet.words for tweet in tweets])
    found: list[tuple[int, str, float, bool]] = []
    for number, (tweet, answer) in enumerate(zip(tweets, tagged, strict=True)):
        gold = set(tags_to_entities(tweet.gold))
        found += [(number, entity.type, score, entity in gold) for entity, score in answer.entities]
    frame = pd.DataFrame(found, columns=["tweet", "type", "score", "right"])
    draw = np.random.default_rng(0)
    groups = [draw.choice(len(tweets), 200, replace=False) for _ in range(1_000)]
    rows = [_coverage_row("all", frame, groups)]
    rows += [_coverage_row(str(type_), mine, groups) for type_, mine in frame.groupby("type")]
    return pd.DataFrame(rows)


def _coverage_row(type_: str, found: pd.DataFrame, groups: list[Ints]) -> dict[str, object]:
    n_covered = 0
    for group in groups:
        mine = found[found["tweet"].isin(group)]
        _, low, high = true_mentions(mine["score"].to_numpy())
        n_covered += low <= mine["right"].sum() <= high
    return {
        "type": type_,
        "entities": len(found),
        "mean score": f"{found['score'].mean():.2f}",
        "right": f"{found['right'].mean():.2f}",
        "covered": f"{n_covered / len(groups):.3f}",
    }


@command_line
def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    if args.coverage:
        is_ratio = args.coverage == "ratio"
        found = (
            ratio_coverage(seeds) if is_ratio else mention_coverage(args.model, args.hub, args.data)
        )
        print(found.to_markdown(index=False, disable_numparse=True))
        return 0
    runs = [(name, seed) for name in args.streams or GENERATORS for seed in seeds]
    rows = [row for run in tqdm(runs, unit=" streams") for row in measure(*run)]
    figures = pd.DataFrame(rows)
    args.output.mkdir(parents=True, exist_ok=True)
    figures.to_csv(args.output / "simulation.csv", index=False)
    table = summarize(figures).to_markdown(index=False, disable_numparse=True)
    (args.output / "simulation.md").write_text(table + "\n", encoding="utf-8")
    draw_chart(figures, args.output / "simulation.png")
    print(table)
    return 0


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="streams of each kind (%(default)s)")
    parser.add_argument("--first-seed", type=int, default=0, help="(%(default)s)")
    parser.add_argument("--streams", nargs="+", choices=[*GENERATORS], help="kinds (default: all)")
    parser.add_argument("--coverage", choices=["ratio", "mentions"], help="measure intervals")
    parser.add_argument("--model", default="distilbert-wnut16-bio", help="(default: %(default)s)")
    parser.add_argument("--data", default="wnut16:test", help="(default: %(default)s)")
    add_hub_option(parser)
    parser.add_argument(
        "--output", type=Path, default=Path("outputs/reports/trends"), help="(%(default)s)"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
