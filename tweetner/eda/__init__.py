"""What is in a corpus, before anything is trained on it: facts as plain values, charts, and one page with both."""

from tweetner.corpus.facts import Facts, SplitFacts, explore
from tweetner.report.exploration import eda_page, write_eda

__all__ = ["Facts", "SplitFacts", "eda_page", "explore", "write_eda"]
