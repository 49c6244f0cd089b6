"""Reports: tables, plots and self-contained pages from evaluations."""

from tweetner.report.comparison import write_comparison
from tweetner.report.evaluation import Subject, evaluation_page, headline_table, type_table
from tweetner.report.exploration import write_eda
from tweetner.report.files import write_report
from tweetner.report.leaderboard import to_markdown, write_leaderboard
from tweetner.report.machine import machine
from tweetner.report.plots import BLUE, INK, MUTED, ORANGE, canvas
from tweetner.report.tables import Table
from tweetner.report.unread import promise, unread_table

__all__ = [
    "BLUE",
    "INK",
    "MUTED",
    "ORANGE",
    "Subject",
    "Table",
    "canvas",
    "evaluation_page",
    "headline_table",
    "machine",
    "promise",
    "to_markdown",
    "type_table",
    "unread_table",
    "write_comparison",
    "write_eda",
    "write_leaderboard",
    "write_report",
]
