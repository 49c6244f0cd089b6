"""Names, files and faults that lose, mix or run things in a hub or a model folder."""

import fcntl
import json
import os
import pickle
import resource
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from huggingface_hub import ModelCard

from tweetner.corpus import load_tweets
from tweetner.evaluation import TagPairs, score_entities
from tweetner.hub import publish, push_to_hub, resolve, rollback, verify, writing
from tweetner.tagger import load


def make(folder: Path, version: str, *names: str) -> Path:
    """A folder with files of a model, every one of which says its version."""
    for name in ("config.json", "model.safetensors", "README.md", *names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f'{{"version": "{version}"}}')
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return tmp_path / "outputs" / "hub"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return make(tmp_path / "one", "one")


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return make(tmp_path / "two", "two", "onnx/model.onnx")


# --- names ----------------------------------------------------------------------------------------

PATHS = [
    "../x",
    "/etc/x",
    "a/../../b",
    "a//b",
    "a/b/c",
    ".",
    "..",
    "",
    "/",
    "a/",
    "/a",
    "~",
    "~/a",
    "a/..",
    "a..b",
]
WINDOWS = ["C:\\x", "C:x", "\\\\host\\s", "a\\b", "a:b"]
SIGNS = [
    "a\0b",
    "a ",
    " a",
    "a\n",
    "a*",
    "a?",
    "$HOME",
    "a;b",
    "a@v1",
    "a#b",
    "%2e%2e",
    "a--b",
    "-a",
    "a-",
    ".a",
    "a.",
    "a.git",
]
LETTERS = [
    "modèle",
    "ａ",
    "\N{FULLWIDTH FULL STOP}",
    "a\u200b",
    "a\u202eb",
    "x" * 97,
    "x" * 300,
    "x/" + "y" * 97,
]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, id=f"F6-{name[:12]!a}") for name in (*PATHS, *WINDOWS, *SIGNS, *LETTERS)],
)
def test_a_bad_name_is_refused_in_one_line_before_any_file_is_touched(
    name: str, hub: Path, one: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    actions: list[Callable[[], object]] = [
        lambda: publish(one, name, hub=hub),
        lambda: verify(name, hub=hub),
        lambda: rollback(name, "v1", hub=hub),
        lambda: push_to_hub(one, name),
    ]
    if not name.startswith(("/", ".")):
        actions.append(lambda: resolve(name, hub=hub))
    for action in actions:
        with pytest.raises(ValueError, match=r"\Aexpected a model name NAME or ORG/NAME[^\n]*\Z"):
            action()
    assert sorted(tmp_path.rglob("*")) == before


# --- files that are not published -----------------------------------------------------------------


def text(name: str) -> Callable[[Path], object]:
    return lambda folder: make(folder, "one", name)


def link(target: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "extra.json").symlink_to(target)


def link_outside(folder: Path) -> None:
    (folder.parent / "secret.json").write_text("{}")
    (folder / "extra.json").symlink_to("../secret.json")


def a_socket(folder: Path) -> None:
    here = Path.cwd()
    os.chdir(folder)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("extra.json")
    os.chdir(here)


@pytest.mark.parametrize(
    ("add", "refused"),
    [
        pytest.param(text("pytorch_model.bin"), "'pytorch_model.bin'", id="F1-pickled weights"),
        *(
            pytest.param(text(name), repr(name), id=f"F3-{name}")
            for name in [
                *("training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state.pth"),
                *("model.pkl", "model.ckpt", "model.joblib", "model.npy", "tf_model.h5"),
            ]
        ),
        *(
            pytest.param(text(name), repr(name), id=f"F4-{name}")
            for name in ["modeling_evil.py", "setup.sh", "evil.so"]
        ),
        *(
            pytest.param(text(name), repr(refused), id=f"F7-{name!a}")
            for name, refused in {
                ".env": ".env",
                ".git/config": ".git",
                ".hidden.json": ".hidden.json",
                "onnx/.hidden.onnx": "onnx/.hidden.onnx",
                "onnx/model.json": "onnx/model.json",
                "onnx/deep/model.onnx": "onnx/deep",
                "checkpoint-10/config.json": "checkpoint-10",
                "train.txt": "train.txt",
                "two\nlines.json": "two\nlines.json",
                "config.json.bak": "config.json.bak",
                "MODEL.SAFETENSORS": "MODEL.SAFETENSORS",
                "model (1).safetensors": "model (1).safetensors",
                "Thumbs.db": "Thumbs.db",
            }.items()
        ),
        pytest.param(
            text("folder.json/config.json"),
            "'folder.json' (not a file)",
            id="F7-folder named as a file",
        ),
        pytest.param(
            link_outside, "'extra.json' (a link that leads outside)", id="F7-link to a file outside"
        ),
        pytest.param(
            link("/etc/hostname"),
            "'extra.json' (a link that leads outside)",
            id="F7-link to an absolute path",
        ),
        pytest.param(link("."), "'extra.json' (not a file)", id="F7-link to a folder"),
        pytest.param(link("extra.json"), "'extra.json' (not a file)", id="F7-link to itself"),
        pytest.param(link("nothing.json"), "'extra.json' (not a file)", id="F7-link to nothing"),
        pytest.param(
            lambda folder: (folder / "onnx").symlink_to("../two/onnx"),
            "'onnx'",
            id="F7-link to a folder outside",
        ),
        pytest.param(a_socket, "'extra.json' (not a file)", id="F7-socket"),
        pytest.param(
            lambda folder: os.mkfifo(folder / "extra.json"),
            "'extra.json' (not a file)",
            id="F7-pipe",
        ),
    ],
)
def test_a_folder_with_anything_else_is_refused_by_name(
    add: Callable[[Path], object], refused: str, hub: Path, one: Path, two: Path
) -> None:
    add(one)
    for action in (
        lambda: publish(one, "tagger", hub=hub),
        lambda: push_to_hub(one, "acme/tagger"),
    ):
        with pytest.raises(ValueError) as refusal:
            action()
        assert str(refusal.value).startswith(
            f"{one}: cannot publish {refused}; published are *.json, "
        )
        assert "\n" not in str(refusal.value)
    assert not hub.exists()


# --- publishing that fails ------------------------------------------------------------------------


@contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def a_disk_that_fills(hub: Path, two: Path) -> Iterator[None]:
    (two / "model.safetensors").write_text("two" * 100_000)
    with files_of_at_most(100_000):
        yield


@contextmanager
def a_file_that_changes(hub: Path, two: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.copyfileobj", lambda reader, writer: writer.write(b"changed"))
        yield


@contextmanager
def another_publisher(hub: Path, two: Path) -> Iterator[None]:
    with (
        pytest.MonkeyPatch.context() as patch,
        (hub / ".locks" / "models--tweetner--tagger.lock").open() as lock,
    ):
        patch.setattr(writing, "LOCK_SECONDS", 0.1)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def read_only(hub: Path, two: Path) -> Iterator[None]:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    (hub / "models--tweetner--tagger").chmod(0o555)
    yield


@contextmanager
def a_file_as_blobs(hub: Path, two: Path) -> Iterator[None]:
    """A stranger's file where a folder of the next version must be."""
    (hub / "models--tweetner--tagger" / ".staging").write_text("mine")
    yield


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(a_disk_that_fills, "File too large", id="F9-disk full"),
        pytest.param(
            a_file_that_changes,
            "two/README.md: changed while it was being published",
            id="F9-file changes",
        ),
        pytest.param(
            another_publisher,
            "tweetner/tagger: another publisher holds",
            id="F10-another publisher",
        ),
        pytest.param(read_only, "Permission denied", id="F16-read-only hub"),
        pytest.param(a_file_as_blobs, "Not a directory", id="F16-file in the way"),
    ],
)
def test_a_publish_that_fails_is_one_line_and_the_old_version_stays(
    fault: Callable[[Path, Path], object], reason: str, hub: Path, one: Path, two: Path
) -> None:
    publish(one, "tagger", hub=hub)
    with pytest.raises((ValueError, OSError)) as failure, fault(hub, two):  # type: ignore[attr-defined]
        publish(two, "tagger", hub=hub)
    assert reason in str(failure.value) and "\n" not in str(failure.value)
    assert (
        contents(resolve("tagger", hub=hub))
        == contents(hub.parent / "models" / "tagger")
        == contents(one)
    )
    assert verify("tagger", hub=hub) == []


@pytest.mark.parametrize(
    "hub_at", [pytest.param("file", id="F16-file"), pytest.param("file/hub", id="F16-below a file")]
)
def test_a_hub_that_cannot_be_is_one_line(hub_at: str, tmp_path: Path, one: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=rf"\A[^\n]*{hub_at}[^\n]*\Z"):
        publish(one, "tagger", hub=tmp_path / hub_at)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "umask", [pytest.param(0o077, id="F16-umask 077"), pytest.param(0o022, id="F16-umask 022")]
)
def test_the_umask_is_kept_and_nothing_published_is_writable(
    umask: int, hub: Path, one: Path
) -> None:
    before = os.umask(umask)
    try:
        published = publish(one, "tagger", hub=hub)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in published.path.iterdir()} == {0o444 & ~umask}


@pytest.mark.parametrize(
    ("versions", "tags"),
    [
        pytest.param(["two", "one"], ["v1", "v2"], id="F8-fewer files"),
        pytest.param(["one", "two"], ["v1", "v2"], id="F8-more files"),
        pytest.param(["one", "two", "one"], ["v1", "v2", "v1"], id="F8-the first again"),
    ],
)
def test_a_version_replaces_the_one_before_as_a_whole_and_each_is_kept(
    versions: list[str], tags: list[str], hub: Path, one: Path, two: Path
) -> None:
    folders = {"one": one, "two": two}
    for version, tag in zip(versions, tags, strict=True):
        assert publish(folders[version], "tagger", hub=hub).tag == tag
        assert contents(resolve("tagger", hub=hub)) == contents(folders[version])
    for version, tag in zip(versions, tags, strict=True):
        assert contents(resolve("tagger", revision=tag, hub=hub)) == contents(folders[version])


# --- folders from elsewhere -----------------------------------------------------------------------


class Evil:
    """Unpickled, it leaves a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.mkdir, (str(self.mark), 0o777)


def evil(*names: str) -> Callable[[Path], object]:
    def add(folder: Path) -> None:
        for name in names:
            (folder / name).write_bytes(pickle.dumps(Evil(folder.parent / "evil")))

    return add


def foreign_code(**changes: object) -> Callable[[Path], object]:
    def add(folder: Path) -> None:
        (folder / "evil.py").write_text(f"import os; os.mkdir({str(folder.parent / 'evil')!r})")
        code = dict.fromkeys(
            ("AutoConfig", "AutoModelForTokenClassification", "AutoTokenizer"), "evil.Evil"
        )
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": code} | changes))

    return add


def write(name: str, content: bytes | None) -> Callable[[Path], object]:
    """Change a file, or remove it."""
    return lambda folder: (
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    )


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
PICKLES = (
    "pytorch_model.bin",
    "training_args.bin",
    "optimizer.pt",
    "scheduler.pt",
    "rng_state.pth",
)


@pytest.mark.parametrize(
    ("change", "loads"),
    [
        pytest.param([evil(*PICKLES)], True, id="F3-pickles beside the weights"),
        pytest.param(
            [evil("pytorch_model.bin"), write("model.safetensors", None)],
            False,
            id="F1-pickle alone",
        ),
        pytest.param([foreign_code()], True, id="F4-code of a known type"),
        pytest.param([foreign_code(model_type="evil")], False, id="F4-code of a foreign type"),
        pytest.param(
            [write("modeling_tweetner.py", b"raise SystemExit(1)")], True, id="F4-our code, changed"
        ),
        pytest.param([write("model.safetensors", None)], False, id="F9-no weights"),
        pytest.param([write("model.safetensors", b"")], False, id="F9-empty weights"),
        pytest.param([write("model.safetensors", LFS)], False, id="F9-Git LFS pointer as weights"),
        pytest.param([write("tokenizer.json", None)], False, id="F9-no tokenizer"),
        pytest.param([write("tokenizer.json", b"{}")], False, id="F9-tokenizer of nothing"),
        pytest.param([write("config.json", None)], False, id="F9-no config"),
        pytest.param([write("config.json", b"{")], False, id="F9-config cut off"),
        pytest.param([write("config.json", b"[]")], False, id="F9-config that is a list"),
        pytest.param([write("config.json", b'{"model_type": 5}')], False, id="F9-model type 5"),
        pytest.param(
            [write("config.json", b'{"model_type": "nothing"}')], False, id="F9-unknown model type"
        ),
        pytest.param([write("config.json", b'{"a": "\xe9"}')], False, id="F9-config in Latin-1"),
    ],
)
def test_a_folder_loads_without_pickles_and_foreign_code_or_is_refused_in_one_line(
    change: list[Callable[[Path], object]],
    loads: bool,
    tmp_path: Path,
    model_folder: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "builtins.input", lambda *_: "y"
    )  # transformers would ask whether to run foreign code
    source = model_folder("bilstm", "bio")
    folder = shutil.copytree(source, tmp_path / "model")
    for apply in change:
        apply(folder)
    if loads:
        assert load(folder)("in New York") == load(source)("in New York")
    else:
        with pytest.raises((ValueError, OSError)) as refusal:
            load(folder)
        assert str(folder) in str(refusal.value) and "\n" not in str(refusal.value)
    assert not (tmp_path / "evil").exists()


# --- the card -------------------------------------------------------------------------------------

CORPUS = "just\tO\nin\tO\nNew\tB-geo-loc\nYork\tI-geo-loc\n\nAnn\tB-person\nand\tO\nBob\tB-person\n"
RUN = (
    "--name tiny --data ./c --types geo-loc person --model bilstm --embedding_size 8 --lstm_size "
    "8 --min_count 1 "
    "--patience 0 --seeds 1 --learning_rate 0.02"
)


@pytest.mark.parametrize("epochs", [pytest.param(40, id="F12-a run's card")])
def test_the_figures_of_a_card_are_those_of_the_evaluation(
    epochs: int,
    load_script: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c").mkdir()
    for split in ("train", "dev", "test"):
        Path("c", split).write_text(CORPUS)
    finetune = load_script("scripts/finetune.py")
    assert (
        finetune.main(
            [
                *RUN.split(),
                "--epochs",
                str(epochs),
                "--patience",
                "0",
                "--seeds",
                "1",
                "--learning_rate",
                "0.02",
            ]
        )
        == 0
    )
    tweets = load_tweets("./c:test", types=("geo-loc", "person"))
    tagged = load("tiny").tag_words([tweet.words for tweet in tweets])
    scores = score_entities(
        TagPairs([tweet.gold for tweet in tweets], [tweet.tags for tweet in tagged])
    ).micro
    card = ModelCard.load(resolve("tiny") / "README.md")
    figures = {
        (result.dataset_split, result.metric_name): result.metric_value
        for result in card.data.eval_results
    }
    assert figures["test", "entity F1 (bio)"] == pytest.approx(scores.f1, abs=5e-5)
    assert f"{100 * scores.f1:.2f}" in card.text
    assert scores.f1 > 0
    assert all(type_ in card.text for type_ in ("geo-loc", "person"))
