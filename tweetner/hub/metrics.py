"""The schema of `metrics.json`: what a model folder says about its own quality."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

Decoder = Literal["argmax", "bio", "crf"]
"""How a tagger chooses the tags of a tweet from the scores of its words."""

DECODERS: tuple[Decoder, ...] = ("argmax", "bio", "crf")

Schema = TypeVar("Schema")


PARITY_WARNING = 0.9
"""A model with a lower agreement with the stock pipeline is published with a warning."""

REASONS_OF_LOW_PARITY = (
    "It knows no words: it joins words without a space between them if the tokenizer is byte-level "
    "BPE or SentencePiece, it ends @names and URLs early if the tokenizer shortens them, and it "
    "reads inner subwords, which a model trained briefly labels badly."
)


@dataclass(frozen=True)
class Threshold:
    """A score from which entities may be accepted without review, and the evidence for it.

    Attributes:
        score: Entities with this score or a higher one are accepted; None when no score could be
            certified.
        precision: The required precision of accepted entities.
        confidence: The probability, over calibration sets, that the precision holds.
        n: Number of calibration entities with this score or a higher one.
        n_right: Number of those that are correct.
        on: Description of the calibration tweets, for the reader.
        decoder: The decoder of the entities.
    """

    score: float | None
    precision: float
    confidence: float
    n: int
    n_right: int
    on: str = ""
    decoder: str = ""


@dataclass(frozen=True)
class GateProof:
    """The threshold of a triage's gate, and the evidence for it.

    Attributes:
        threshold: Tweets that score below it are answered without the model; None when no
            threshold above 0 could be certified.
        max_lost: The largest share of the model's entities that the gate may lose.
        confidence: The probability, over calibration sets, that it loses no more.
        n: Number of the model's entities in the calibration tweets.
        n_lost: Number of those in tweets below the threshold.
        skipped: The share of the calibration tweets below the threshold.
        on: Description of the calibration tweets, for the reader.
        fitted_on: Description of the tweets that the gate was fitted on.
    """

    threshold: float | None
    max_lost: float
    confidence: float
    n: int
    n_lost: int
    skipped: float
    on: str = ""
    fitted_on: str = ""


@dataclass(frozen=True)
class Parity:
    """The agreement of the stock pipeline with our tagger on the same weights.

    Attributes:
        aggregation: The pipeline's aggregation strategy.
        decoder: Our tagger's decoder.
        tweets: Number of tweets compared.
        equal: Number of tweets whose entities agree in type, start and end.
        agreement: F1 between the two sets of entities; 1 when both are empty.
        ours: F1 of our tagger against gold.
        stock: F1 of the stock pipeline against gold.
    """

    aggregation: str
    decoder: str
    tweets: int
    equal: int
    agreement: float
    ours: float
    stock: float

    def __str__(self) -> str:
        """Return one line for a report."""
        return (
            f"stock pipeline ({self.aggregation}) = evaluation ({self.decoder}) "
            f"on {self.equal} of {self.tweets} tweets, "
            f"entity agreement {100 * self.agreement:.2f}; "
            f"F1 {100 * self.stock:.2f} stock, {100 * self.ours:.2f} ours"
        )

    @property
    def warning(self) -> str | None:
        """A sentence for a model whose stock pipeline gives other entities; None for the others."""
        if self.agreement >= PARITY_WARNING:
            return None
        return (
            f"Warning: the stock pipeline gives other entities than `tweetner.load` "
            f"({100 * self.agreement:.1f}% agreement). {REASONS_OF_LOW_PARITY}"
        )

    def to_dict(self) -> dict[str, object]:
        """Return the fields, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class DecoderScores:
    """The scores of one decoder on one split.

    Attributes:
        decoder: The decoder.
        entities: Entity-level counts and scores over all types: `f1`, `precision`, `recall`,
            `gold`, ...
        entities_by_type: The same for each type.
        reading: How ill-formed tag sequences were read.
        token_macro_non_o: Macro-averaged `precision`, `recall` and `f1` over words, without `O`.
        token_roc_auc: Macro-averaged area under the ROC curve over words.
        token_pr_auc: Macro-averaged area under the precision-recall curve over words.
        tweets: Number of tweets.
        words: Number of words.
    """

    decoder: str
    entities: Mapping[str, Any]
    entities_by_type: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reading: str = ""
    token_macro_non_o: Mapping[str, float] = field(default_factory=dict)
    token_roc_auc: float | None = None
    token_pr_auc: float | None = None
    tweets: int = 0
    words: int = 0


Scores = Mapping[str, Mapping[str, DecoderScores]]
"""`{split: {decoder: scores}}`."""


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The contents of `metrics.json`; a value that a run does not have is None or empty.

    Attributes:
        seed: The random seed of the run.
        data: Name of the run's corpus; a folder called as a named corpus begins with `./`.
        corpus_sha256: Content hash of each split of the corpus: its words and tags.
        split: How the run split the corpus.
        alpha: The regularization strength of a linear model.
        alphas: F1 on the validation tweets for each regularization strength tried.
        stability: Scores under other seeds.
        temperature: The temperature that is folded into the weights.
        temperature_on: Description of the tweets that the temperature was fitted on.
        scores: Scores for each split and decoder.
        thresholds: Certified thresholds of each decoder.
        parity_on_dev: Agreement with the stock pipeline on dev.
        onnx: What an export checked.
        gate: The certified threshold of the model's gate.
    """

    seed: int | None = None
    data: str | None = None
    corpus_sha256: Mapping[str, str] | None = None
    split: str | None = None
    alpha: float | None = None
    alphas: Mapping[str, float] | None = None
    stability: Mapping[str, Any] | None = None
    temperature: float | None = None
    temperature_on: str | None = None
    scores: Scores = field(default_factory=dict)
    thresholds: Sequence[Threshold] = ()
    parity_on_dev: Parity | None = None
    onnx: Mapping[str, Any] | None = None
    gate: GateProof | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Metrics":
        """Read a JSON object; keys that the schema does not have are ignored.

        Raises:
            ValueError: A value has the wrong type; the message names its key.
        """
        known = _known(cls, values)
        temperature = known.get("temperature")
        if temperature is not None and not (_is_number(temperature) and temperature > 0):
            raise ValueError(f"temperature: expected a number above 0, got {temperature!r}")
        known["thresholds"] = _thresholds(known.get("thresholds", []))
        known["scores"] = _scores(known.get("scores", {}))
        if known.get("parity_on_dev") is not None:
            known["parity_on_dev"] = build(Parity, known["parity_on_dev"], "parity_on_dev")
        if known.get("gate") is not None:
            known["gate"] = _gate(known["gate"])
        return cls(**known)

    def to_dict(self) -> dict[str, Any]:
        """Return the values that are not None, ready for JSON."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def thresholds_of(self, decoder: str) -> list[Threshold]:
        """Return the thresholds for one decoder's entities."""
        return [threshold for threshold in self.thresholds if threshold.decoder == decoder]

    def min_score(self, precision: float, decoder: str) -> float:
        """Return the score from which a decoder's entities have a precision.

        Raises:
            ValueError: No threshold is stored for that precision, or none could be certified.
        """
        stored = {row.precision: row.score for row in self.thresholds_of(decoder)}
        score = stored.get(precision)
        if score is None:
            why = "could not be proven" if precision in stored else "is not stored"
            proven = [f"{wanted:g}" for wanted, score in stored.items() if score is not None]
            raise ValueError(
                f"precision {precision:g} {why} for this model with decoder {decoder}; "
                f"proven: {', '.join(proven) or 'none'}"
            )
        return score


def build(kind: type[Schema], values: Any, place: str) -> Schema:
    """Build a schema class from a JSON object; keys that the class does not have are ignored.

    Raises:
        ValueError: It is no object, or lacks a key; the message begins with `place`.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{place}: expected an object, got {type(values).__name__}")
    try:
        return kind(**_known(kind, values))
    except TypeError:
        names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
        raise ValueError(f"{place}: expected {names}, got {', '.join(values)}") from None


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a schema class's fields."""
    return {field.name: values[field.name] for field in fields(kind) if field.name in values}


def _thresholds(rows: Any) -> list[Threshold]:
    if not isinstance(rows, list):
        raise ValueError(f"thresholds: expected an array, got {type(rows).__name__}")
    thresholds = [build(Threshold, row, "thresholds") for row in rows]
    for threshold in thresholds:
        if not (threshold.score is None or _is_number(threshold.score)):
            raise ValueError(f"thresholds: expected a number as score, got {threshold.score!r}")
        if not _is_number(threshold.precision):
            raise ValueError(
                f"thresholds: expected a number as precision, got {threshold.precision!r}"
            )
    return thresholds


def _gate(values: Any) -> GateProof:
    proof = build(GateProof, values, "gate")
    if not (proof.threshold is None or _is_number(proof.threshold)):
        raise ValueError(f"gate: expected a number as threshold, got {proof.threshold!r}")
    return proof


def _scores(splits: Any) -> Scores:
    if not isinstance(splits, dict):
        raise ValueError(f"scores: expected an object, got {type(splits).__name__}")
    scores: dict[str, Mapping[str, DecoderScores]] = {}
    for split, by_decoder in splits.items():
        place = f"scores: {split}"
        if not isinstance(by_decoder, dict):
            raise ValueError(f"{place}: expected an object, got {type(by_decoder).__name__}")
        scores[split] = {
            decoder: build(DecoderScores, found, f"{place}: {decoder}")
            for decoder, found in by_decoder.items()
        }
    return scores


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
