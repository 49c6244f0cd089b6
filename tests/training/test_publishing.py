"""A trained tagger that finds nothing is not published, unless it is asked for."""

import pytest

from tweetner.training import check_useful


def test_a_tagger_that_finds_no_entity_of_dev_is_refused_unless_it_is_asked_for() -> None:
    check_useful(0.001, anyway=False)
    check_useful(0.0, anyway=True)
    with pytest.raises(ValueError, match=r"F1 above 0, got 0: nothing is published; .*_anyway$"):
        check_useful(0.0, anyway=False)
