from tweetner.report.exploration_charts import drawable


def test_characters_that_the_font_lacks_become_boxes() -> None:
    assert drawable("a李é" + "b" * 40) == "a□é" + "b" * 26 + "…"
