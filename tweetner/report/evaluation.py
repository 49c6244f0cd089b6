"""An evaluation as a page."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape

from tweetner.evaluation import (
    CATEGORIES,
    NONE,
    Confidence,
    Counts,
    Error,
    Evaluation,
    Interval,
)
from tweetner.report import plots
from tweetner.report.html import Card, Page, Section, marked
from tweetner.report.tables import Cell, Table, shown
from tweetner.report.unread import promise, unread_table

SHOWN_ERRORS = 100


@dataclass(frozen=True)
class Subject:
    """What was evaluated.

    Attributes:
        model: Its name, with its decoder.
        data: The name of the tweets.
        wanted: The precision required of entities accepted without review; one of those that the
            evaluation has a threshold for.
    """

    model: str
    data: str
    wanted: float = 0.8


def evaluation_page(subject: Subject, evaluation: Evaluation) -> Page:
    """The page of one evaluation, sections without anything to show left out."""
    micro, intervals = evaluation.scores.micro, evaluation.intervals
    cards = [
        Card("Entity F1", shown(micro.f1), f"95%: {shown(intervals['f1'])}"),
        Card("Precision", shown(micro.precision), f"95%: {shown(intervals['precision'])}"),
        Card("Recall", shown(micro.recall), f"95%: {shown(intervals['recall'])}"),
        Card("Macro F1", shown(evaluation.scores.macro.f1), f"95%: {shown(intervals['macro_f1'])}"),
    ]
    subtitle = (
        f"on {subject.data}: {evaluation.n_tweets:,} tweets, {evaluation.n_words:,} words, {micro.gold:,} gold "
        "entities, all of them scored. An entity is right when type, start and end are right. Ratios in percent."
    )
    return Page(subject.model, subtitle, cards, list(_sections(subject, evaluation)))


def _sections(subject: Subject, evaluation: Evaluation) -> Iterator[Section]:
    yield _types(evaluation)
    yield _rare(evaluation)
    if evaluation.confidence and evaluation.confidence.calibration.n:
        yield _confidence(evaluation.confidence)
        yield _review(evaluation.confidence, evaluation, subject.wanted)
    if evaluation.robustness:
        yield _robustness(evaluation)
    yield _error_kinds(evaluation)
    yield _other_scores(evaluation)
    yield _error_list(evaluation.errors)


def type_table(evaluation: Evaluation) -> Table:
    """Ratios, intervals and counts of every type, then micro and macro."""
    rows: list[list[Cell]] = [
        [type_, *_ratios(counts), evaluation.intervals[f"f1:{type_}"], *_counts(counts)]
        for type_, counts in evaluation.scores.by_type.items()
    ]
    micro, macro = evaluation.scores.micro, evaluation.scores.macro
    rows.append(["micro", *_ratios(micro), evaluation.intervals["f1"], *_counts(micro)])
    rows.append(["macro", *macro, evaluation.intervals["macro_f1"], None, None, None, None])
    return Table("", ["type", "precision", "recall", "F1", "95%", "TP", "FP", "FN", "gold"], rows)


def _types(evaluation: Evaluation) -> Section:
    by_type = evaluation.scores.by_type
    rows = [
        (type_, evaluation.intervals[f"f1:{type_}"], counts.gold)
        for type_, counts in by_type.items()
    ]
    rows.sort(key=lambda row: -row[1].value)
    return Section(
        "Types",
        [
            "Lines are 95% intervals: what other tweets of the same kind could have given (10,000 resamples of tweets)."
        ],
        plots=[("F1 of every type", plots.bars(rows, "entity F1, %"))],
        tables=[type_table(evaluation)],
    )


def _rare(evaluation: Evaluation) -> Section:
    groups = evaluation.groups
    text = ["Recall of gold entities by how their name is written."]
    warnings = []
    if evaluation.n_in_training is not None:
        text = [
            "Recall of gold entities by what training knew of their name (lower-cased, any type) and by how the name "
            "is written. Unseen names are what the model is for."
        ]
        if evaluation.n_in_training:
            warnings = [
                f"{evaluation.n_in_training:,} of these tweets also stand in the training text, word for word."
            ]
    rows: list[list[Cell]] = [
        [
            f"{group.dimension}: {group.name}",
            group.recall.value,
            group.recall,
            group.found,
            group.gold,
        ]
        for group in groups
    ]
    table = Table("", ["group", "recall", "95%", "found", "gold"], rows)
    plot = [("recall on rare entities", plots.group_bars(groups))] if groups else []
    return Section("Rare entities", text, warnings, plot, [table])


def _confidence(confidence: Confidence) -> Section:
    found = confidence.calibration
    assert found.mean_score is not None and found.precision is not None
    gap = found.mean_score - found.precision
    mood = "overconfident" if gap > 0.02 else "too modest" if gap < -0.02 else "honest on average"
    measured = {"this model": found} | (
        {"before temperature": confidence.before} if confidence.before else {}
    )
    table = Table(
        "",
        ["", "mean score", "right", "ECE", "Brier", "AUROC of “is right”", "entities"],
        [
            [name, row.mean_score, row.precision, row.ece, row.brier, row.auroc, row.n]
            for name, row in measured.items()
        ],
    )
    bins = Table(
        "Reliability table",
        ["score", "mean score", "right", "entities"],
        [
            [f"{100 * row.low:.0f} to {100 * row.high:.0f}", row.mean_score, row.precision, row.n]
            for row in found.table
        ],
    )
    text = [
        "An entity's score is the mean over its words of the emitted tag's probability. "
        f"Here the scores promise {shown(found.mean_score)}% right entities, and {shown(found.precision)}% are: {mood}."
    ]
    return Section(
        "Confidence",
        text,
        plots=[("reliability diagram", plots.reliability(found, confidence.before))],
        tables=[bins, table],
    )


def _review(confidence: Confidence, evaluation: Evaluation, wanted: float) -> Section:
    shares = [confidence.review[percent] for percent in (0, 5, 10, 20, 30, 50, 100)]
    table = Table(
        "Reading the most doubtful tweets first",
        ["tweets read", "precision", "recall"],
        [[point.share, point.precision, point.recall] for point in shares],
    )
    text = [
        "A person reads the most doubtful tweets and mends what is wrong in them. A tweet is as doubtful as its most "
        "doubtful word, words tagged O included: a missed entity hides there."
    ]
    tables = [table]
    if evaluation.thresholds:
        text.append(promise(evaluation.thresholds, wanted))
        tables.append(unread_table(evaluation.thresholds, evaluation.scores.micro))
    thresholds = [applied.threshold for applied in evaluation.thresholds]
    drawn = [
        ("recall against reading effort", plots.review(confidence.review)),
        ("precision and recall over the score", plots.accepted(confidence.accepted, thresholds)),
    ]
    return Section("Review", text, plots=drawn, tables=tables)


def _robustness(evaluation: Evaluation) -> Section:
    before = evaluation.scores.by_type
    plain = evaluation.scores.micro
    totals = {change: scores.micro for change, scores in evaluation.robustness.items()}
    rows: list[list[Cell]] = [
        ["as written", plain.f1, None, *(counts.f1 for counts in before.values())]
    ]
    for change, scores in evaluation.robustness.items():
        drops = [scores.by_type[type_].f1 - counts.f1 for type_, counts in before.items()]
        rows.append([change, totals[change].f1, totals[change].f1 - plain.f1, *drops])
    drawn = [
        (change, Interval(counts.f1, counts.f1, counts.f1), counts.gold)
        for change, counts in {"as written": plain, **totals}.items()
    ]
    text = (
        "The same gold, carried through changes that tweets bring. The first row is F1 as written; in the others the "
        "columns of types are what the change adds or takes."
    )
    table = Table("", ["change", "F1", "change of F1", *before], rows)
    return Section(
        "Robustness",
        [text],
        plots=[("F1 under changes", plots.bars(drawn, "entity F1, %"))],
        tables=[table],
    )


def _error_kinds(evaluation: Evaluation) -> Section:
    counts = asdict(evaluation.matches)
    table = Table(
        "",
        ["", "entities"],
        [[name, n] for name, n in zip(CATEGORIES, counts.values(), strict=True)],
    )
    types = list(evaluation.scores.by_type)
    return Section(
        "What goes wrong",
        [
            "Entities that overlap answer each other, one to one. Colours in the table of types are shares of a row."
        ],
        plots=[("gold and predicted types", plots.heatmap(types, NONE, evaluation.confusion))],
        tables=[table],
    )


def headline_table(evaluation: Evaluation) -> Table:
    """The same predictions under every definition of a score, the headline first."""
    exact, strict, matches = evaluation.scores.micro, evaluation.strict.micro, evaluation.matches
    rows: list[list[Cell]] = [
        ["exact, conlleval's reading (the headline)", *_ratios(exact), *_counts(exact)],
        ["exact, strict IOB2", *_ratios(strict), *_counts(strict)],
        ["boundaries, any type", *_ratios(evaluation.boundary), *_counts(evaluation.boundary)],
        [
            "unique surface forms (WNUT-17)",
            *_ratios(evaluation.surface),
            *_counts(evaluation.surface),
        ],
        [
            "partial: overlap counts a half, any type (MUC)",
            *matches.partial,
            *[None] * 3,
            matches.gold,
        ],
        [
            "type: right type on one word or more (MUC)",
            *_ratios(matches.typed),
            *_counts(matches.typed),
        ],
        ["words, macro over the non-O tags (notebook)", *evaluation.token_macro, *[None] * 4],
    ]
    return Table("", ["definition", "precision", "recall", "F1", "TP", "FP", "FN", "gold"], rows)


def _other_scores(evaluation: Evaluation) -> Section:
    accuracy, always_o = evaluation.accuracy
    text = [
        f"Predictions hold {evaluation.n_ill_formed:,} I- tags that continue nothing: conlleval lets them begin an "
        f"entity, strict IOB2 drops it. Accuracy over words, {shown(accuracy)}, says little: always O reaches "
        f"{shown(always_o)}."
    ]
    if evaluation.token_auc is not None:
        roc, pr = evaluation.token_auc
        text.append(
            f"Over words, one tag against the rest, macro: ROC-AUC {shown(roc)}, PR-AUC {shown(pr)}, both of the "
            "probabilities before a temperature was folded in."
        )
    return Section(
        "The same predictions under other definitions", text, tables=[headline_table(evaluation)]
    )


def _error_list(errors: Sequence[Error]) -> Section:
    blocks = []
    for category in CATEGORIES[1:]:
        found = [error for error in errors if error.category == category]
        found.sort(key=lambda error: -(error.score or 0))
        if found:
            rows = "\n".join(_error_row(error) for error in found[:SHOWN_ERRORS])
            more = f", the {SHOWN_ERRORS} surest shown" if len(found) > SHOWN_ERRORS else ""
            blocks.append(
                f"<details><summary>{escape(category)}: {len(found):,}{more}</summary>"
                f'<table class="errors"><tbody>{rows}</tbody></table></details>'
            )
    return Section(
        "Errors",
        [
            "Gold is underlined, the prediction is shaded. All errors are in errors.csv beside this page."
        ],
        html="".join(blocks),
    )


def _error_row(error: Error) -> str:
    gold, predicted = (
        range(entity.start, entity.end) if entity else range(0)
        for entity in (error.gold, error.predicted)
    )
    said = " → ".join(
        entity.type if entity else "nothing" for entity in (error.gold, error.predicted)
    )
    score = "" if error.score is None else shown(error.score)
    return (
        f'<tr><td class="tag">{error.tweet + 1}</td><td class="tag">{escape(said)}</td>'
        f'<td class="tag">{score}</td><td>{marked(error.words, gold, predicted)}</td></tr>'
    )


def _ratios(counts: Counts) -> tuple[float, float, float]:
    return counts.precision, counts.recall, counts.f1


def _counts(counts: Counts) -> tuple[int, int, int, int]:
    return counts.tp, counts.fp, counts.fn, counts.gold
