"""Tags and entities: literal tables, seqeval as outside truth, and schemes written out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import IOB2, Entities

from tweetner.tags import (
    WNUT16_TYPES,
    Entity,
    check_tag,
    count_ill_formed,
    entities_to_tags,
    is_continued,
    repair,
    strict_entities,
    tags_of,
    tags_to_entities,
    to_iob2,
    types_of,
)

TYPES = ("person", "geo-loc")
any_tags = st.lists(st.sampled_from(tags_of(TYPES)), max_size=12)


@st.composite
def annotated(draw: st.DrawFn) -> tuple[list[Entity], int]:
    """Entities in order, some of them touching, and the number of words of their tweet."""
    entities, word = [], 0
    for _ in range(draw(st.integers(0, 4))):
        start = word + draw(st.integers(0, 2))
        word = start + draw(st.integers(1, 3))
        entities.append(Entity(draw(st.sampled_from(TYPES)), start, word))
    return entities, word + draw(st.integers(0, 2))


# --- the list of tags -----------------------------------------------------------------------------


def test_wnut16_has_ten_types_and_21_tags_that_give_the_types_back() -> None:
    tags = tags_of(WNUT16_TYPES)
    assert (len(WNUT16_TYPES), len(tags), tags[:3]) == (10, 21, ["O", "B-company", "I-company"])
    assert tuple(types_of(tags)) == WNUT16_TYPES


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ([], "expected at least one type, got none"),
        (["person", ""], "expected a type without white space, got ''"),
        (["geo loc"], "expected a type without white space, got 'geo loc'"),
        (["person "], "expected a type without white space, got 'person '"),
        (["person", "movie", "person"], "type 'person' is declared twice"),
    ],
)
def test_a_list_of_types_that_makes_no_labels_is_refused(types: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tags_of(types)


@pytest.mark.parametrize(
    "tags",
    [
        [],
        ["O"],
        ["O", "B-x"],
        ["B-x", "I-x", "O"],
        ["O", "I-x", "B-x"],
        ["O", "B-x", "I-y"],
        ["LABEL_0", "LABEL_1"],
        ["O", "B-x", "I-x", "B-x", "I-x"],
    ],
)
def test_labels_that_no_list_of_types_makes_are_refused(tags: list[str]) -> None:
    with pytest.raises(ValueError, match=r"expected labels|declared twice"):
        types_of(tags)


@pytest.mark.parametrize("tag", ["O", "B-person", "I-person", "B-geo-loc", "I-geo-loc"])
def test_a_declared_tag_passes(tag: str) -> None:
    check_tag(tag, TYPES)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("b-person", "expected a tag O, B-TYPE or I-TYPE, got 'b-person'"),
        ("B_person", "expected a tag O, B-TYPE or I-TYPE"),
        ("o", "expected a tag O"),
        ("0", "expected a tag O"),
        ("", "expected a tag O"),
        ("B", "expected a tag O"),
        ("S-person", "expected a tag O"),
        ("B-", "type '' of tag 'B-' is not declared; declared: person, geo-loc"),
        ("B-Person", "type 'Person' of tag 'B-Person' is not declared"),
        ("B-loc", "type 'loc' of tag 'B-loc' is not declared"),
        ("I--person", "type '-person' of tag 'I--person' is not declared"),
    ],
)
def test_any_other_tag_is_refused_with_what_was_expected(tag: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_tag(tag, iter(TYPES))


# --- tags ⇄ entities ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "entities", "strict", "ill_formed", "repaired"),
    [
        ("", [], [], 0, ""),
        ("O O", [], [], 0, "O O"),
        ("B-p", [("p", 0, 1)], [("p", 0, 1)], 0, "B-p"),
        (
            "O B-geo-loc I-geo-loc",
            [("geo-loc", 1, 3)],
            [("geo-loc", 1, 3)],
            0,
            "O B-geo-loc I-geo-loc",
        ),
        ("B-p B-p", [("p", 0, 1), ("p", 1, 2)], [("p", 0, 1), ("p", 1, 2)], 0, "B-p B-p"),
        ("I-p I-p", [("p", 0, 2)], [], 1, "B-p I-p"),
        ("O I-p O", [("p", 1, 2)], [], 1, "O B-p O"),
        ("B-p I-m", [("p", 0, 1), ("m", 1, 2)], [("p", 0, 1)], 1, "B-p B-m"),
        ("B-p O I-p", [("p", 0, 1), ("p", 2, 3)], [("p", 0, 1)], 1, "B-p O B-p"),
        ("I-p I-m I-p", [("p", 0, 1), ("m", 1, 2), ("p", 2, 3)], [], 3, "B-p B-m B-p"),
        # types that differ only after their own hyphen
        (
            "B-geo-loc I-geo-pol",
            [("geo-loc", 0, 1), ("geo-pol", 1, 2)],
            [("geo-loc", 0, 1)],
            1,
            "B-geo-loc B-geo-pol",
        ),
    ],
)
def test_entities_as_conlleval_and_as_strict_iob2_read_them(
    tags: str, entities: list[Entity], strict: list[Entity], ill_formed: int, repaired: str
) -> None:
    assert tags_to_entities(tags.split()) == entities
    assert strict_entities(tags.split()) == strict
    assert count_ill_formed(tags.split()) == ill_formed
    assert repair(tags.split()) == repaired.split()


@pytest.mark.parametrize(
    ("previous", "tag", "expected"),
    [
        ("B-p", "I-p", True),
        ("I-p", "I-p", True),
        ("O", "I-p", False),
        ("B-m", "I-p", False),
        ("B-p", "B-p", False),
        ("B-geo-pol", "I-geo-loc", False),
        ("O", "O", False),
    ],
)
def test_only_an_i_of_the_same_type_continues(previous: str, tag: str, expected: bool) -> None:
    assert is_continued(previous, tag) is expected


@pytest.mark.parametrize(
    ("entities", "message"),
    [
        ([("p", 0, 0)], r"entity \('p', 0, 0\) does not fit a tweet of 3 words"),
        ([("p", 2, 1)], "does not fit"),
        ([("p", -1, 1)], "does not fit"),
        ([("p", 2, 4)], "does not fit"),
        ([("p", 0, 2), ("m", 1, 3)], r"entity \('m', 1, 3\) overlaps another one"),
    ],
)
def test_entities_that_no_tags_can_say_are_refused(
    entities: list[tuple[str, int, int]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        entities_to_tags(entities, n_words=3)


@given(annotated())
def test_tags_give_back_the_entities_that_they_were_made_of(
    tweet: tuple[list[Entity], int],
) -> None:
    entities, n_words = tweet
    tags = entities_to_tags(entities, n_words)
    assert len(tags) == n_words
    assert tags_to_entities(tags) == strict_entities(tags) == entities
    assert count_ill_formed(tags) == 0


@given(any_tags)
def test_entities_are_those_of_seqeval_in_both_readings(tags: list[str]) -> None:
    assert tags_to_entities(tags) == [
        (type_, start, end + 1) for type_, start, end in get_entities(tags)
    ]
    strict = Entities([tags], IOB2).entities[0]
    assert strict_entities(tags) == [(entity.tag, entity.start, entity.end) for entity in strict]


@given(any_tags)
def test_a_repair_keeps_the_entities_and_leaves_nothing_to_repair(tags: list[str]) -> None:
    repaired = repair(tags)
    assert tags_to_entities(repaired) == tags_to_entities(tags)
    assert count_ill_formed(repaired) == 0
    assert repair(repaired) == repaired
    assert (repaired == tags) == (count_ill_formed(tags) == 0)


# --- schemes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "tags", "expected"),
    [
        ("IOB2", "B-p I-p O", "B-p I-p O"),
        ("IOB1", "I-p I-p O I-p", "B-p I-p O B-p"),
        ("IOB1", "I-p B-p I-p", "B-p B-p I-p"),
        ("IOB1", "I-p I-m", "B-p B-m"),
        ("BIOES", "S-geo-loc B-p I-p E-p", "B-geo-loc B-p I-p I-p"),
        ("BIOES", "U-p B-m L-m", "B-p B-m I-m"),
        ("BMES", "S-p B-m M-m E-m O", "B-p B-m I-m I-m O"),
    ],
)
def test_a_scheme_becomes_iob2(scheme: str, tags: str, expected: str) -> None:
    assert to_iob2(tags.split(), scheme) == expected.split()


def written(scheme: str, entities: list[Entity], n_words: int) -> list[str]:
    """Entities in a scheme, word by word."""
    tags = ["O"] * n_words
    ends = {(entity.type, entity.end) for entity in entities}
    for type_, start, end in entities:
        for word in range(start, end):
            first, last = word == start, word == end - 1
            if scheme == "IOB1":
                prefix = "B" if first and (type_, start) in ends else "I"
            else:
                inside = {"BIOES": "I", "BMES": "M"}[scheme]
                prefix = "S" if first and last else "B" if first else "E" if last else inside
            tags[word] = f"{prefix}-{type_}"
    return tags


@pytest.mark.parametrize("scheme", ["IOB1", "BIOES", "BMES"])
@given(tweet=annotated())
def test_entities_written_in_a_scheme_are_read_back_from_it(
    scheme: str, tweet: tuple[list[Entity], int]
) -> None:
    assert to_iob2(written(scheme, *tweet), scheme) == entities_to_tags(*tweet)


@pytest.mark.parametrize(
    ("scheme", "tags", "message"),
    [
        ("BILOU", ["O"], "expected a scheme of IOB2, IOB1, BIOES, BMES, got 'BILOU'"),
        ("IOB2", ["S-p"], "expected a tag of IOB2, got 'S-p'"),
        ("BMES", ["B-p", "I-p"], "expected a tag of BMES, got 'I-p'"),
        ("BIOES", ["M-p"], "expected a tag of BIOES, got 'M-p'"),
        ("IOB1", ["Other"], "expected a tag of IOB1, got 'Other'"),
    ],
)
def test_tags_of_another_scheme_are_refused(scheme: str, tags: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_iob2(tags, scheme)
