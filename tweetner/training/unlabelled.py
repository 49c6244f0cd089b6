"""Read unlabelled tweets as a stream, and leave out what must not be learnt from."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tweetner.streams import RecordOptions, Source, find_inputs
from tweetner.training.exclusion import ExcludedText, squeeze

MAX_HELD_OUT = 20_000
"""Most tweets that the held-out loss is measured on."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TweetCounts:
    """The number of tweets that were read, left out and kept.

    Attributes:
        read: Records in the files.
        unreadable: Records that hold no text.
        empty: Tweets without a word.
        repeated: Tweets that occurred before.
        equal: Tweets that equal a tweet of the excluded evaluation splits.
        shared: Tweets that share 40 characters in a row with one.
        held_out: Tweets that the held-out loss is measured on.
        train: Tweets to train on.
    """

    read: int = 0
    unreadable: int = 0
    empty: int = 0
    repeated: int = 0
    equal: int = 0
    shared: int = 0
    held_out: int = 0
    train: int = 0


class Selection:
    """Iterates over the tweets that are kept, each with its part: `train` or `held_out`.

    Args:
        tweets: Files of unlabelled tweets, or globs; none for standard input.
        excluded: Text that must not be learnt from.
        column: The field that holds the text; if empty, `text` or where Twitter has it.
        held_out_share: Fraction of the tweets that are held out.
    """

    def __init__(
        self,
        tweets: Sequence[str],
        excluded: ExcludedText,
        *,
        column: str = "",
        held_out_share: float = 0.0,
    ) -> None:
        self._source = Source(find_inputs(tweets), RecordOptions(column=column or None))
        self._held_out_share = held_out_share
        self._excluded = excluded
        self._seen: set[int] = set()
        self._counted: Counter[str] = Counter()

    @property
    def counts(self) -> TweetCounts:
        """The numbers so far."""
        return TweetCounts(**self._counted)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for record in self._source:
            self._counted["read"] += 1
            if record.error is not None and not self._counted["unreadable"]:
                logger.warning("%s (further unreadable records are only counted)", record.error)
            fate = "unreadable" if record.error is not None else self._fate_of(record.text)
            self._counted[fate] += 1
            if fate in ("train", "held_out"):
                yield record.text, fate

    def _fate_of(self, text: str) -> str:
        """Return the name of the count in `TweetCounts` that a tweet belongs to."""
        squeezed = squeeze(text)
        if not squeezed:
            return "empty"
        digest = hashlib.blake2b(squeezed.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest)
        if number in self._seen:
            return "repeated"
        self._seen.add(number)
        reason = self._excluded.find(text)
        if reason is not None:
            return reason
        # the hash decides, so that a tweet is held out or not whatever stands beside it
        is_held_out = number < self._held_out_share * 2**64
        if is_held_out and self._counted["held_out"] < MAX_HELD_OUT:
            return "held_out"
        return "train"
