from pathlib import Path

import pytest

from tweetner.trends.forms import normal_form, read_aliases, read_ignored


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("New York", "newyork"),
        ("#NewYork", "newyork"),
        ("@new_york", "newyork"),
        ("NEW YORK'S", "newyork"),
        ("new york’s", "newyork"),
        ("Ｎｅｗ　Ｙｏｒｋ", "newyork"),
        ("Straße", "strasse"),
        ("naïve", "naïve"),
        ("हिन्दी", "हिन्दी"),
        ("A$AP Rocky", "a$aprocky"),
        ("!!!", "!!!"),
        ("", ""),
    ],
)
def test_spellings_of_a_name_have_one_normal_form(name: str, form: str) -> None:
    assert normal_form(name) == form


def test_the_normal_form_of_a_normal_form_is_itself() -> None:
    for name in ("#NewYork", "İstanbul", "Beyoncé's", "ﬁne"):
        assert normal_form(normal_form(name)) == normal_form(name)


def test_aliases_and_ignored_names_are_read_in_normal_form(tmp_path: Path) -> None:
    aliases = tmp_path / "aliases.csv"
    aliases.write_text('NYC,New York\n\n"N.Y.",new york\n', encoding="utf-8")
    ignored = tmp_path / "ignored.txt"
    ignored.write_text("nyc\n#Leeds\n\n", encoding="utf-8")
    assert read_aliases(aliases) == {"nyc": "newyork", "ny": "newyork"}
    assert read_ignored(ignored, read_aliases(aliases)) == {"newyork", "leeds"}


@pytest.mark.parametrize("row", ["nyc", "nyc,New York,USA", "nyc,", "nyc,a\nNYC,b"])
def test_bad_aliases_are_refused_with_file_and_line(row: str, tmp_path: Path) -> None:
    path = tmp_path / "aliases.csv"
    path.write_text(row, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"aliases.csv:{len(row.splitlines())}: expected"):
        read_aliases(path)
