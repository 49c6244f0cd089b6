"""Annotated tweets in the formats of annotation tools, one module a tool.

The common form is the decision record of `tweetner.corpus.decisions`: `id`, `text`, `entities` with
offsets in code points, and, where they are known, `words`, `reviewer`, `at`, `before` (the model's
answer) and more.
"""
