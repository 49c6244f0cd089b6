"""The statistics of a trend: how likely a count is by chance, and how large a rise is.

An entity's count in a bucket, given its past, has a negative binomial distribution: the posterior
predictive of a Poisson rate with Jeffreys' prior Gamma(1/2, 0), as in the Bayesian detector of the
R package `surveillance` (Hoehle 2007), widened by an over-dispersion kappa:

    c ~ NB(mean mu, size 1 / (kappa + 1 / strength)),   Var(c) = mu + mu^2 (kappa + 1 / strength)

where `strength` is the number of mentions of the past that the mean rests on.
"""

import numpy as np
from scipy.special import betainc, fdtri, gammaln, xlog1py, xlogy
from scipy.stats import false_discovery_control, nbinom

from tweetner.trends.counts import Floats, Ints

KAPPAS = np.concatenate(
    [
        np.array([0, 1, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30]) / 100,
        np.array([35, 40, 45, 50, 60, 70, 80, 100, 130, 170, 220, 300]) / 100,
    ]
)
"""Values of the over-dispersion from which one is chosen."""
LEVELS = np.array([0.01, 0.001])
"""Tail probabilities that the predictions must keep."""
MIN_EXPECTED = 2.0
"""Predictions of fewer mentions say little about the over-dispersion."""
PRIOR_MENTIONS = 5
"""Mentions of average certainty that an entity's usual certainty begins with."""


def size_of(kappa: Floats | float, strength: Floats) -> Floats:
    """Return the size of the negative binomial distribution."""
    size: Floats = 1 / (kappa + 1 / strength)
    return size


def tail_probability(counts: Ints, expected: Floats, size: Floats) -> Floats:
    """Return P(NB >= count), by the incomplete beta function; all arrays have one shape."""
    tail = betainc(np.maximum(counts, 1), size, expected / (expected + size))
    return np.where(counts > 0, tail, 1.0)


def probability(counts: Ints, expected: Floats, size: Floats) -> Floats:
    """Return P(NB = count)."""
    ways = gammaln(counts + size) - gammaln(size) - gammaln(counts + 1)
    absent = -xlog1py(size, expected / size)
    return np.asarray(np.exp(ways + absent + xlogy(counts, expected / (expected + size))))


class Dispersion:
    """The over-dispersion kappa for which past predictions have kept their tail probabilities.

    It is the least value of `KAPPAS` for which, over recent buckets and all entities of which more
    than `MIN_EXPECTED` mentions were expected, at most 1% of the p-values are below 0.01 and at
    most 0.1% below 0.001, with one more exceedance and a standard error on the safe side. As
    counts are discrete, a count whose p-value could fall on either side of a level counts by its
    share: the expectation of a randomized p-value, which is uniform (Czado, Gneiting & Held
    2009). The second level is there for noise whose tail is heavier than the gamma's.

    Attributes:
        exceeded: decayed number of p-values below each level, for each kappa: (levels, kappas)
        n: decayed number of predictions.
    """

    def __init__(self) -> None:
        self.exceeded = np.zeros((len(LEVELS), len(KAPPAS)))
        self.n = 0.0

    @property
    def kappa(self) -> float:
        """The current estimate; the largest value as long as too few predictions are known."""
        slack = 1 + np.sqrt(self.exceeded + 1)
        kept = self.exceeded + slack <= LEVELS[:, None] * (self.n + 1)
        fits = kept.all(axis=0)
        return float(KAPPAS[fits.argmax()] if fits.any() else KAPPAS[-1])

    def add(self, counts: Ints, expected: Floats, strength: Floats, *, decay: float) -> None:
        """Add the predictions of a bucket and what came, after weakening the earlier ones."""
        used = expected > MIN_EXPECTED
        self.exceeded *= decay
        self.n = self.n * decay + int(used.sum())
        used &= counts > expected  # no other count can have a small p-value
        size = size_of(KAPPAS[:, None], strength[used])  # (kappas, used)
        shape = (len(KAPPAS), int(used.sum()))
        count = np.broadcast_to(counts[used], shape)
        mean = np.broadcast_to(expected[used], shape)
        above = tail_probability(count + 1, mean, size)
        at = np.maximum(probability(count, mean, size), 1e-300)
        for row, level in enumerate(LEVELS):
            self.exceeded[row] += np.clip((level - above) / at, 0, 1).sum(axis=1)


def adjusted(p: Floats) -> Floats:
    """Return the q-values of Benjamini and Hochberg (1995): the false discovery rate up to each."""
    q: Floats = false_discovery_control(p, method="bh") if len(p) else p
    return q


def ratio_interval(
    count: float, expected: float, strength: float, kappa: float
) -> tuple[float, float, float]:
    """Return the ratio of an entity's rate to its past rate, and its 95% interval.

    Both rates have gamma posteriors under Jeffreys' prior, so their ratio has an F distribution
    with 2 (c + 1/2) and 2 strength degrees of freedom. Over-dispersion takes information from the
    count: c / (1 + kappa sqrt(c mu)) stands in its place. It lies between what is left if the noise
    multiplies the rise too, c / (1 + kappa c), and if it does not, c / (1 + kappa mu^2 / c).

    Returns:
        ratio, lower end, upper end.
    """
    ratio = (count + 0.5) / expected
    degrees = 2 * (count / (1 + kappa * np.sqrt(count * expected)) + 0.5)
    low, high = fdtri(degrees, 2 * strength, [0.025, 0.975])
    return ratio, ratio * float(low), ratio * float(high)


def expected_band(expected: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return the counts between which 95% of an entity's buckets lie without a trend."""
    chance = size / (size + expected)
    return nbinom.ppf(0.025, size, chance), nbinom.ppf(0.975, size, chance)


def true_mentions(scores: Floats) -> tuple[float, int, int]:
    """Return the expected number of true mentions and its 95% interval.

    If each mention is true with the probability of its calibrated score, independently, their
    number has the Poisson binomial distribution; its probabilities are the inverse Fourier
    transform of the product of the mentions' characteristic functions (Hong 2013). Above 1,000
    mentions, the normal distribution with the same mean and variance is used.
    """
    n, mean = len(scores), float(scores.sum())
    if n > 1_000:
        reach = 1.96 * float(np.sqrt((scores * (1 - scores)).sum()))
        return mean, max(round(mean - reach), 0), min(round(mean + reach), n)
    roots = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))  # (n + 1,): points on the unit circle
    transform = np.prod(1 + scores[:, None] * (roots - 1), axis=0)
    cumulative = np.cumsum(np.fft.fft(transform).real / (n + 1))
    low, high = np.searchsorted(cumulative, [0.025 - 1e-9, 0.975 - 1e-9])
    return mean, int(low), min(int(high), n)


def is_doubtful(scores: Floats, n_usual: float, usual_sum: float, overall: Floats) -> bool:
    """Return whether mentions are less certain than usual, by a one-sided z-test at 5%.

    Args:
        scores: Scores of an entity's mentions in a bucket.
        n_usual: Decayed number of its earlier mentions.
        usual_sum: Decayed sum of their scores. `PRIOR_MENTIONS` with the mean score of all entities
            are added, so that an entity without a past is compared with all others.
        overall: Decayed number, sum and sum of squares of the earlier scores of all entities.
    """
    n, total, squares = overall
    if n == 0:
        return False
    mean = total / n
    variance = max(squares / n - mean**2, 0)
    n_usual += PRIOR_MENTIONS
    usual_mean = (usual_sum + PRIOR_MENTIONS * mean) / n_usual
    error = np.sqrt(variance * (1 / len(scores) + 1 / n_usual))
    return bool(scores.mean() < usual_mean - 1.645 * error)
