"""Reports: tables, plots and self-contained pages from evaluations."""

from tweetner.report.evaluation import Subject, evaluation_page
from tweetner.report.files import write_report
from tweetner.report.tables import Table

__all__ = ["Subject", "Table", "evaluation_page", "write_report"]
