"""An evaluation as a page."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from tweetner.evaluation import (
    CATEGORIES,
    NONE,
    Confidence,
    Counts,
    Error,
    Evaluation,
    Group,
    Interval,
)
from tweetner.report import evaluation_charts as charts
from tweetner.report.acceptance import acceptance_table, acceptance_text
from tweetner.report.pages import Card, Chart, Details, Page, Section, marked
from tweetner.report.tables import Table, shown

HARD = (("name in training", "unseen"), ("hashtag in the name", "yes"))
"""Groups of entities that most taggers miss."""
SHOWN_ERRORS = 100
"""Errors of one category that a page lists."""
REVIEWED = (0, 5, 10, 20, 30, 50, 100)
"""Percentages of tweets in the table of review effort."""


@dataclass(frozen=True)
class Subject:
    """The model and the tweets of an evaluation.

    Attributes:
        model: Name of the model, with its decoder.
        data: Name of the tweets.
        wanted: Precision that entities accepted without review should have; one of those that
            the evaluation has a threshold for.
    """

    model: str
    data: str
    wanted: float = 0.8


def evaluation_page(subject: Subject, evaluation: Evaluation) -> Page:
    """Return the page of one evaluation, without the sections that have nothing to show."""
    micro, macro = evaluation.scores.micro, evaluation.scores.macro
    headline = {
        "Entity F1": (micro.f1, "f1"),
        "Precision": (micro.precision, "precision"),
        "Recall": (micro.recall, "recall"),
        "Macro F1": (macro.f1, "macro_f1"),
    }
    cards = [
        Card(name, shown(value), f"95%: {shown(evaluation.intervals[interval])}")
        for name, (value, interval) in headline.items()
    ]
    subtitle = (
        f"on {subject.data}: {evaluation.n_tweets:,} tweets, {evaluation.n_words:,} words, "
        f"{micro.gold:,} gold entities, all of them scored. An entity is right when its type, "
        "start and end are right. Ratios are in percent."
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
    """Return ratios, intervals and counts of every type, then micro and macro averages."""
    rows = [
        [type_, *_ratios(counts), evaluation.intervals[f"f1:{type_}"], *_counts(counts)]
        for type_, counts in evaluation.scores.by_type.items()
    ]
    micro, macro = evaluation.scores.micro, evaluation.scores.macro
    rows.append(["micro", *_ratios(micro), evaluation.intervals["f1"], *_counts(micro)])
    rows.append(["macro", *macro, evaluation.intervals["macro_f1"], *[None] * 4])
    return Table("", ["type", "precision", "recall", "F1", "95%", "TP", "FP", "FN", "gold"], rows)


def _types(evaluation: Evaluation) -> Section:
    rows = [
        (type_, evaluation.intervals[f"f1:{type_}"], counts.gold)
        for type_, counts in evaluation.scores.by_type.items()
    ]
    rows.sort(key=lambda row: -row[1].value)
    text = (
        "Lines are 95% intervals (bootstrap with 10,000 resamples of the tweets): other tweets of "
        "the same kind could have given these figures."
    )
    chart = Chart("F1 of every type", charts.ratio_bars(rows, "entity F1, %"))
    return Section("Types", [text], charts=[chart], tables=[type_table(evaluation)])


def _rare(evaluation: Evaluation) -> Section:
    text = "Recall of gold entities by how their name is written."
    if evaluation.n_in_training is not None:
        text = (
            "Recall of gold entities by how often their name (in lower case, of any type) occurs "
            "in the training text, and by how the name is written. The model is meant to find "
            "names that training never had."
        )
    warnings = []
    if evaluation.n_in_training:
        warnings.append(
            f"{evaluation.n_in_training:,} of these tweets are in the training text, word for word."
        )
    groups = evaluation.groups
    drawn = [Chart("Recall on rare entities", charts.group_bars(groups))] if groups else []
    return Section("Rare entities", [text], warnings, drawn, [group_table(groups)])


def hard_names_table(evaluation: Evaluation) -> Table:
    """Return the recall of names that are not in the training text, and of those in hashtags."""
    hard = [group for group in evaluation.groups if (group.dimension, group.name) in HARD]
    return group_table(hard)


def group_table(groups: Sequence[Group]) -> Table:
    """Return the recall of groups of gold entities with its interval."""
    rows = []
    for group in groups:
        name = f"{group.dimension}: {group.name}"
        rows.append([name, group.recall.value, group.recall, group.found, group.gold])
    return Table("", ["group", "recall", "95%", "found", "gold"], rows)


def _confidence(confidence: Confidence) -> Section:
    found = confidence.calibration
    assert found.mean_score is not None and found.precision is not None
    gap = found.mean_score - found.precision
    verdict = "well calibrated on average"
    if abs(gap) > 0.02:
        verdict = "overconfident" if gap > 0 else "underconfident"
    text = (
        "The score of an entity is the mean, over its words, of the probability of the predicted "
        f"tag. Here the mean score is {shown(found.mean_score)}%, and {shown(found.precision)}% of "
        f"the entities are right: the model is {verdict}."
    )
    measured = {"this model": found}
    if confidence.before:
        measured["before temperature"] = confidence.before
    heads = ["", "mean score", "right", "ECE", "Brier", "AUROC of “is right”", "entities"]
    rows = [
        [name, row.mean_score, row.precision, row.ece, row.brier, row.auroc, row.n]
        for name, row in measured.items()
    ]
    bins = [
        [f"{100 * row.low:.0f} to {100 * row.high:.0f}", row.mean_score, row.precision, row.n]
        for row in found.table
    ]
    tables = [
        Table("Reliability table", ["score", "mean score", "right", "entities"], bins),
        Table("", heads, rows),
    ]
    chart = Chart("Reliability diagram", charts.reliability(found, confidence.before))
    return Section("Confidence", [text], charts=[chart], tables=tables)


def _review(confidence: Confidence, evaluation: Evaluation, wanted: float) -> Section:
    points = [confidence.review[percent] for percent in REVIEWED]
    rows = [[point.share, point.precision, point.recall] for point in points]
    heads = ["tweets read", "precision", "recall"]
    tables = [Table("Reading the most doubtful tweets first", heads, rows)]
    text = [
        "A person reads the most doubtful tweets and corrects them. A tweet is as doubtful as its "
        "least certain word; words tagged O count too, because a missed entity may be there."
    ]
    if evaluation.thresholds:
        text.append(acceptance_text(evaluation.thresholds, wanted))
        tables.append(acceptance_table(evaluation.thresholds, evaluation.scores.micro))
    thresholds = [threshold for threshold, _ in evaluation.thresholds]
    accepted = charts.accepted(confidence.accepted, thresholds)
    drawn = [
        Chart("Recall against reading effort", charts.review(confidence.review)),
        Chart("Precision and recall over the score", accepted),
    ]
    return Section("Review", text, charts=drawn, tables=tables)


def _robustness(evaluation: Evaluation) -> Section:
    original = evaluation.scores.by_type
    f1 = evaluation.scores.micro.f1
    totals = {"as written": evaluation.scores.micro}
    rows = [["as written", f1, None, *(counts.f1 for counts in original.values())]]
    for change, scores in evaluation.robustness.items():
        totals[change] = scores.micro
        differences = [scores.by_type[type_].f1 - counts.f1 for type_, counts in original.items()]
        rows.append([change, totals[change].f1, totals[change].f1 - f1, *differences])
    drawn = [
        (change, Interval(counts.f1, counts.f1, counts.f1), counts.gold)
        for change, counts in totals.items()
    ]
    text = (
        "The same tweets after changes that occur in practice, with the same gold entities. The "
        "first row has the F1 of the tweets as written; the columns of types show the difference "
        "from it in the other rows."
    )
    chart = Chart("F1 under changes", charts.ratio_bars(drawn, "entity F1, %"))
    table = Table("", ["change", "F1", "change of F1", *original], rows)
    return Section("Robustness", [text], charts=[chart], tables=[table])


def _error_kinds(evaluation: Evaluation) -> Section:
    counts = asdict(evaluation.matches).values()
    table = Table("", ["", "entities"], list(zip(CATEGORIES, counts, strict=True)))
    text = (
        "A gold entity is compared with the predicted one that it overlaps, one to one. In the "
        "table of types, colours are shares of a row."
    )
    types = [*evaluation.scores.by_type, NONE]
    chart = Chart("Gold and predicted types", charts.confusion(types, evaluation.confusion))
    return Section("What goes wrong", [text], charts=[chart], tables=[table])


def headline_table(evaluation: Evaluation) -> Table:
    """Return the same predictions under every definition of a score, the headline first."""
    matches = evaluation.matches
    counted = {
        "exact, conlleval's reading (the headline)": evaluation.scores.micro,
        "exact, strict IOB2": evaluation.strict.micro,
        "boundaries, any type": evaluation.boundary,
        "unique surface forms (WNUT-17)": evaluation.surface,
        "type: right type on one word or more (MUC)": matches.typed,
    }
    rows = [[name, *_ratios(counts), *_counts(counts)] for name, counts in counted.items()]
    partial = "partial: overlap counts a half, any type (MUC)"
    rows.insert(-1, [partial, *matches.partial, *[None] * 3, matches.gold])
    words = "words, macro over the non-O tags (notebook)"
    rows.append([words, *evaluation.token_macro, *[None] * 4])
    return Table("", ["definition", "precision", "recall", "F1", "TP", "FP", "FN", "gold"], rows)


def _other_scores(evaluation: Evaluation) -> Section:
    accuracy, always_o = evaluation.accuracy
    text = [
        f"{evaluation.n_ill_formed:,} predicted I- tags do not continue an entity: for conlleval "
        "each begins an entity, strict IOB2 ignores them. The accuracy over words, "
        f"{shown(accuracy)}, says little: a tagger that always answers O reaches {shown(always_o)}."
    ]
    if evaluation.token_auc is not None:
        roc, pr = evaluation.token_auc
        text.append(
            f"Over words, one tag against the rest, macro average: ROC-AUC {shown(roc)}, PR-AUC "
            f"{shown(pr)}, both of the probabilities before temperature scaling."
        )
    title = "The same predictions under other definitions"
    return Section(title, text, tables=[headline_table(evaluation)])


def _error_list(errors: Sequence[Error]) -> Section:
    details = []
    for category in CATEGORIES[1:]:
        found = [error for error in errors if error.category == category]
        found.sort(key=lambda error: -(error.score or 0))
        if found:
            rows = [_error_row(error) for error in found[:SHOWN_ERRORS]]
            more = f", showing the {SHOWN_ERRORS} with the highest scores"
            summary = f"{category}: {len(found):,}{more if len(found) > SHOWN_ERRORS else ''}"
            table = Table("", ["tweet", "gold → predicted", "score", "text"], rows)
            details.append(Details(summary, table, prose=True))
    text = (
        "Gold is underlined, the prediction is shaded. All errors are in errors.csv, in the folder "
        "of this page."
    )
    return Section("Errors", [text], details=details)


def _error_row(error: Error) -> list[object]:
    entities = (error.gold, error.predicted)
    types = [entity.type if entity else "nothing" for entity in entities]
    gold, predicted = (
        range(entity.start, entity.end) if entity else range(0) for entity in entities
    )
    tweet = marked(error.words, gold, predicted)
    return [error.tweet + 1, " → ".join(types), error.score, tweet]


def _ratios(counts: Counts) -> tuple[float, float, float]:
    return counts.precision, counts.recall, counts.f1


def _counts(counts: Counts) -> tuple[int, int, int, int]:
    return counts.tp, counts.fp, counts.fn, counts.gold
