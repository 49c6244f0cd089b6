"""The audit's findings as sentences: one line each, with counts."""

from collections.abc import Iterator

from tweetner.corpus.audit import Audit, Comparison, Overlap, Shared

TYPE_SHIFT = 0.1
"""From this total variation distance on, a shift of types is worth a line."""


def audit_warnings(audit: Audit) -> list[str]:
    """What a person should know before training, the leaks first; empty when there is nothing."""
    return [
        *(_overlap_line(overlap) for overlap in audit.overlaps if overlap.near.texts),
        *(line for split in audit.splits for line in _split_lines(audit, split)),
        *(line for comparison in audit.comparisons for line in _comparison_lines(comparison, audit.train)),
    ]


def overlap_warnings(audit: Audit) -> list[str]:
    """The lines on texts that train shares, case aside, with an evaluation split: what `--strict` refuses."""
    pairs = [{audit.train, comparison.evaluation} for comparison in audit.comparisons]
    leaks = [overlap for overlap in audit.overlaps if overlap.lowercased.texts]
    return [_overlap_line(overlap) for overlap in leaks if {overlap.first, overlap.second} in pairs]


def _overlap_line(overlap: Overlap) -> str:
    def counts(shared: Shared) -> str:
        return f"{shared.texts} ({shared.in_first} tweets of {overlap.first}, {shared.in_second} of {overlap.second})"

    return (
        f"{overlap.first} and {overlap.second} share texts: {counts(overlap.exact)} exactly, "
        f"{counts(overlap.lowercased)} but for case, {counts(overlap.near)} but for case, mentions and URLs"
    )


def _split_lines(audit: Audit, split: str) -> Iterator[str]:
    counts = audit.splits[split]
    if counts.repeats:
        yield f"{split}: {counts.repeats} of {counts.tweets} tweets repeat an earlier one"
    if counts.conflicting_texts:
        yield f"{split}: {counts.conflicting_texts} repeated texts are tagged in more than one way"
    if counts.ill_formed:
        yield f"{split}: {counts.ill_formed} I- tags continue nothing of their type"
    if absent := [type_ for type_, n_entities in counts.entities.items() if not n_entities]:
        yield f"{split}: no entity of {len(absent)} declared types: {', '.join(absent)}"


def _comparison_lines(comparison: Comparison, train: str) -> Iterator[str]:
    split = comparison.evaluation
    if comparison.unseen:
        yield (
            f"{split}: {comparison.unseen} of {comparison.entities} entities ({comparison.unseen_rate:.0%}) "
            f"have a form that no entity of {train} has"
        )
    if comparison.new_types:
        counts = ", ".join(f"{type_} {n_entities}" for type_, n_entities in comparison.new_types.items())
        yield f"{split}: entities of types that {train} lacks: {counts}"
    if comparison.type_shift >= TYPE_SHIFT:
        yield f"{split}: {comparison.type_shift:.0%} of the entities would have to change type to match {train}"
