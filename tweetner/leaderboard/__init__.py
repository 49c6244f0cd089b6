"""All models side by side on the same annotated tweets: measured, ranked, written as tables and one chart."""

from tweetner.evaluation.leaderboard import Entry, Leaderboard, Run, rank, run_model
from tweetner.report.leaderboard import to_markdown, write_leaderboard

__all__ = ["Entry", "Leaderboard", "Run", "rank", "run_model", "to_markdown", "write_leaderboard"]
