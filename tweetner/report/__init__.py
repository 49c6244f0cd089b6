"""Reports: tables, charts and self-contained pages from evaluations and corpora."""

from tweetner.report.acceptance import acceptance_table, acceptance_text
from tweetner.report.charts import BLUE, INK, MUTED, ORANGE, PALE, canvas
from tweetner.report.comparison import write_comparison
from tweetner.report.evaluation import (
    Subject,
    evaluation_page,
    hard_names_table,
    headline_table,
    type_table,
)
from tweetner.report.evaluation_files import write_report
from tweetner.report.exploration import write_exploration
from tweetner.report.leaderboard import leaderboard_page, write_leaderboard
from tweetner.report.machine import machine
from tweetner.report.pages import Card, Chart, Page, Section, render
from tweetner.report.tables import Table
from tweetner.report.trends import TrendHistory, trend_table, write_trend_rows

__all__ = [
    "BLUE",
    "INK",
    "MUTED",
    "ORANGE",
    "PALE",
    "Card",
    "Chart",
    "Page",
    "Section",
    "Subject",
    "Table",
    "TrendHistory",
    "acceptance_table",
    "acceptance_text",
    "canvas",
    "evaluation_page",
    "hard_names_table",
    "headline_table",
    "leaderboard_page",
    "machine",
    "render",
    "trend_table",
    "type_table",
    "write_comparison",
    "write_exploration",
    "write_leaderboard",
    "write_report",
    "write_trend_rows",
]
