"""Names of encoders: the local hub, folders, and what is neither."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tweetner.hub import publish
from tweetner.training import RunConfig
from tweetner.training.encoder import load_tweet_encoder


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], object]:
    monkeypatch.chdir(tmp_path)
    return lambda name: load_tweet_encoder(RunConfig(encoder=name))


@pytest.mark.parametrize("decoder", ["bio", "crf"])
def test_a_model_of_the_hub_gives_its_encoder_by_name_and_by_path(
    decoder: str, load: Callable[..., object], model_folder: Callable[[str, str], Path]
) -> None:
    for name in ("places", "acme/places"):
        publish(model_folder("distilbert", decoder), name, hub="outputs/hub")
    for name in ("tweetner/places", "acme/places", "./outputs/models/places"):
        loaded = load(name)
        assert loaded.model.config.model_type == "distilbert"
        assert loaded.tokenizer.tokenize("in Berlin")


def test_a_name_of_ours_that_is_not_published_says_where_it_was_looked_for(
    load: Callable[..., object], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=f"no model tweetner/none in {tmp_path}/outputs/hub"):
        load("tweetner/none")


@pytest.mark.parametrize("folder", ["mine", "outputs/encoders/mine", "acme/mine"])
def test_a_folder_that_is_not_written_as_a_path_is_refused(
    folder: str, load: Callable[..., object], encoder_folder: Path
) -> None:
    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    Path(folder).symlink_to(encoder_folder)
    with pytest.raises(ValueError, match=rf"got a folder: write it as \./{folder}$"):
        load(folder)
    assert load(f"./{folder}").model.config.dim == 16
