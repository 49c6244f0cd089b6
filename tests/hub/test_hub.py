import errno
import fcntl
import hashlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetner import hub as hub_module
from tweetner.hub import (
    Published,
    check_push,
    copy_model,
    full_name,
    list_models,
    publish,
    push_to_hub,
    resolve,
    rollback,
    verify,
    writing,
)

ROOT = Path(__file__).parents[2]


def make_folder(folder: Path, version: str, **extra: str) -> Path:
    """A folder with the files of a model, every one of which says its version."""
    files = {
        "config.json": json.dumps({"version": version}),
        "model.safetensors": version * 50,
        "README.md": version,
    }
    for name, text in {**files, **extra}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): p.read_text()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def everything_under(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def overwrite(path: Path, text: str) -> None:
    """Change a stored file in place, past its read-only mode."""
    path.resolve().chmod(0o644)
    path.write_text(text)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    return tmp_path / "outputs" / "hub"


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "one", "one")


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return make_folder(
        tmp_path / "two", "two", **{"onnx/model.onnx": "two", "onnx/model.onnx_data": "weights"}
    )


# --- publish, resolve, list, roll back ---


def test_a_published_model_has_the_layout_of_a_hugging_face_cache(hub: Path, two: Path) -> None:
    published = publish(two, "tagger", hub=hub)
    digest = {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in contents(two).items()
    }
    folder = hub / "models--tweetner--tagger"
    snapshot = folder / "snapshots" / published.revision
    assert (
        published.revision == hashlib.sha1(json.dumps(digest, sort_keys=True).encode()).hexdigest()
    )
    assert {path.name for path in (folder / "blobs").iterdir()} == set(digest.values())
    assert {name: str((snapshot / name).readlink()) for name in digest} == {
        "config.json": f"../../blobs/{digest['config.json']}",
        "model.safetensors": f"../../blobs/{digest['model.safetensors']}",
        "README.md": f"../../blobs/{digest['README.md']}",
        "onnx/model.onnx": f"../../../blobs/{digest['onnx/model.onnx']}",
        "onnx/model.onnx_data": f"../../../blobs/{digest['onnx/model.onnx_data']}",
    }
    assert contents(folder / "refs") == {"main": published.revision, "v1": published.revision}
    assert everything_under(folder)[0] == "blobs", "nothing staged is left"
    link = (hub.parent / "models" / "tagger").readlink()
    assert str(link) == f"../hub/models--tweetner--tagger/snapshots/{published.revision}"


def test_what_goes_in_comes_out_under_every_way_to_name_it(hub: Path, one: Path, two: Path) -> None:
    first, second = publish(one, "tagger", hub=hub), publish(two, "tagger", hub=hub)
    for revision in ("v1", first.revision, first.revision[:7], first.revision[:20]):
        assert contents(resolve("tweetner/tagger", revision=revision, hub=hub)) == contents(one)
    for revision in ("main", "v2", second.revision):
        assert contents(resolve("tagger", revision=revision, hub=hub)) == contents(two)
    link = hub.parent / "models" / "tagger"
    assert resolve(link) == resolve(str(link)) == resolve("tagger", hub=hub) == second.path
    assert (first.tag, second.tag, second.name) == ("v1", "v2", "tweetner/tagger")


def test_publishing_the_same_files_again_adds_nothing_and_makes_them_current(
    hub: Path, one: Path, two: Path
) -> None:
    first = publish(one, "tagger", hub=hub)
    publish(two, "tagger", hub=hub)
    before = everything_under(hub.parent)
    assert publish(one, "tagger", hub=hub) == first
    assert everything_under(hub.parent) == before
    assert contents(resolve("tagger", hub=hub)) == contents(one)


def test_rollback_points_main_and_the_path_at_an_older_version_and_tags_stay(
    hub: Path, one: Path, two: Path
) -> None:
    first, second = publish(one, "tagger", hub=hub), publish(two, "tagger", hub=hub)
    assert rollback("tagger", "v1", hub=hub) == first
    assert (
        contents(resolve("tagger", hub=hub))
        == contents(hub.parent / "models" / "tagger")
        == contents(one)
    )
    assert list_models(hub)[0].tags == {"v1": first.revision, "v2": second.revision}
    third = publish(make_folder(one, "three"), "tagger", hub=hub)
    assert (third.tag, verify("tagger", hub=hub)) == ("v3", [])


def test_the_eleventh_version_is_v11_and_comes_after_v2(hub: Path, one: Path) -> None:
    for version in range(11):
        publish(make_folder(one, str(version)), "tagger", hub=hub)
    assert list(list_models(hub)[0].tags) == [f"v{number}" for number in range(1, 12)]


def test_list_models_gives_the_current_version_its_tag_size_and_number_of_files(
    hub: Path, one: Path, two: Path
) -> None:
    first, second = publish(one, "tagger", hub=hub), publish(two, "tagger", hub=hub)
    publish(one, "acme/ner", hub=hub)
    acme, tagger = list_models(hub)
    assert (acme.name, acme.tag, acme.revision) == ("acme/ner", "v1", first.revision)
    assert (tagger.name, tagger.tag, tagger.revision) == ("tweetner/tagger", "v2", second.revision)
    assert (tagger.n_files, tagger.n_bytes) == (
        5,
        sum(len(text) for text in contents(two).values()),
    )
    assert everything_under(hub.parent / "models")[:1] == ["acme--ner"]
    assert list_models(hub / "nothing") == []


def test_the_hub_is_the_argument_else_the_environment_else_outputs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TWEETNER_HUB", raising=False)
    assert hub_module.hub_root() == Path("outputs/hub")
    monkeypatch.setenv("TWEETNER_HUB", "/srv/models")
    assert hub_module.hub_root() == Path("/srv/models")
    assert hub_module.hub_root("here") == Path("here")


def test_a_hub_of_another_name_writes_nothing_outside_itself(tmp_path: Path, one: Path) -> None:
    publish(one, "tagger", hub=tmp_path / "shelf" / "store")
    assert everything_under(tmp_path / "shelf")[0] == "store"
    assert len(list((tmp_path / "shelf").iterdir())) == 1


def test_a_hub_that_was_moved_still_works(tmp_path: Path, hub: Path, one: Path) -> None:
    publish(one, "tagger", hub=hub)
    moved = hub.parent.rename(tmp_path / "moved")
    assert (
        contents(resolve("tagger", hub=moved / "hub"))
        == contents(moved / "models" / "tagger")
        == contents(one)
    )


def test_a_published_model_can_be_published_under_another_name(hub: Path, one: Path) -> None:
    first = publish(one, "tagger", hub=hub)
    copied = publish(hub.parent / "models" / "tagger", "copy", hub=hub)
    assert copied == replace(first, name="tweetner/copy", path=copied.path)
    assert (contents(copied.path), verify("copy", hub=hub)) == (contents(one), [])


def test_the_stored_files_are_read_only(hub: Path, one: Path) -> None:
    published = publish(one, "tagger", hub=hub)
    assert {path.stat().st_mode & 0o777 for path in published.path.iterdir()} <= {
        0o444,
        0o440,
        0o400,
    }


# --- names and files; those that are refused are in `test_failures_f_hub.py` ---


@given(
    st.from_regex(r"[A-Za-z0-9._-]{1,5}(/[A-Za-z0-9._-]{1,5})?", fullmatch=True)
    | st.text(max_size=6)
)
def test_a_name_that_is_accepted_is_one_that_hugging_face_accepts(name: str) -> None:
    from huggingface_hub.utils import HFValidationError, validate_repo_id  # type: ignore[attr-defined]

    try:
        accepted = full_name(name)
    except ValueError:
        return
    try:
        validate_repo_id(accepted)
    except HFValidationError:
        pytest.fail(f"{accepted!r} is no name for Hugging Face")


def test_all_files_that_are_refused_are_named(hub: Path, one: Path) -> None:
    make_folder(one, "one", **{"optimizer.pt": "", "training_args.bin": ""})
    with pytest.raises(
        ValueError,
        match=r"cannot publish 'optimizer.pt', 'training_args.bin'; published are \*.json, ",
    ):
        publish(one, "tagger", hub=hub)


@pytest.mark.parametrize(
    "name", ["model.onnx_data", "onnx/.onnx_data", "onnx/deep/model.onnx_data", "onnx/model.data"]
)
def test_the_weights_of_a_graph_stand_beside_it_and_nowhere_else(
    hub: Path, one: Path, name: str
) -> None:
    make_folder(one, "one", **{name: ""})
    refused = "onnx/deep" if "deep" in name else name
    with pytest.raises(ValueError, match=f"cannot publish '{refused}'; published are "):
        publish(one, "tagger", hub=hub)


def test_the_weights_of_a_graph_are_no_link_to_outside(hub: Path, one: Path, two: Path) -> None:
    (one / "onnx").mkdir()
    (one / "onnx" / "model.onnx_data").symlink_to(two / "onnx" / "model.onnx_data")
    with pytest.raises(
        ValueError, match=r"cannot publish 'onnx/model.onnx_data' \(a link that leads outside\)"
    ):
        publish(one, "tagger", hub=hub)


def test_a_link_within_the_folder_is_published_as_its_file(hub: Path, one: Path) -> None:
    (one / "tokenizer.json").symlink_to("config.json")
    assert contents(publish(one, "tagger", hub=hub).path) == contents(one)


def test_a_folder_without_a_config_is_no_model(tmp_path: Path, hub: Path) -> None:
    for folder in (tmp_path, tmp_path / "nothing"):
        for action in (lambda f=folder: publish(f, "tagger", hub=hub), lambda f=folder: resolve(f)):
            with pytest.raises(ValueError, match="expected a model folder with config"):
                action()
    assert not hub.exists()


# --- resolve refuses, and says what there is ---


def test_an_unknown_model_or_revision_is_answered_with_those_there_are(
    hub: Path, one: Path
) -> None:
    with pytest.raises(ValueError, match=r"no model tweetner/x in .*hub; there are: none"):
        resolve("x", hub=hub)
    published = publish(one, "tagger", hub=hub)
    for action in (resolve, verify):
        with pytest.raises(
            ValueError, match=r"no model tweetner/x in .*hub; there are: tweetner/tagger"
        ):
            action("x", hub=hub)
    known = rf"there are: main \({published.revision[:12]}\), v1 \({published.revision[:12]}\)"
    for revision in (
        "v2",
        "",
        "..",
        "../refs/main",
        published.revision[:6],
        "0" * 40,
        published.revision.upper(),
    ):
        with pytest.raises(ValueError, match=known):
            resolve("tagger", revision=revision, hub=hub)
        with pytest.raises(ValueError, match=known):
            rollback("tagger", revision, hub=hub)


def test_a_path_has_no_revisions(one: Path) -> None:
    with pytest.raises(ValueError, match="a path has no revisions, got revision 'v1'"):
        resolve(one, revision="v1")


def test_a_prefix_that_two_revisions_share_is_ambiguous(hub: Path, one: Path) -> None:
    published = publish(one, "tagger", hub=hub)
    twin = published.path.with_name(published.revision[:8] + "0" * 32)
    twin.mkdir()
    with pytest.raises(ValueError, match=f"ambiguous: .*{twin.name}"):
        resolve("tagger", revision=published.revision[:7], hub=hub)


def test_a_path_that_looks_like_a_name_is_told_how_paths_begin() -> None:
    with pytest.raises(
        ValueError, match=r"got 'outputs/models/tagger'; a path begins with '/' or '\.'"
    ):
        resolve("outputs/models/tagger")


@pytest.mark.parametrize(
    "target", ["../../../../one", "/etc", "main", "v1", "", "0" * 39, "A" * 40]
)
def test_a_reference_that_is_no_revision_leads_nowhere(target: str, hub: Path, one: Path) -> None:
    publish(one, "tagger", hub=hub)
    (hub / "models--tweetner--tagger/refs/main").write_text(target)
    with pytest.raises(ValueError, match="expected a revision of 40 hex digits"):
        resolve("tagger", hub=hub)


def test_a_snapshot_outside_the_hub_is_refused(hub: Path, one: Path) -> None:
    published = publish(one, "tagger", hub=hub)
    published.path.rename(published.path.with_name("0" * 40))
    published.path.symlink_to(one)
    with pytest.raises(ValueError, match="leads outside the hub"):
        resolve("tagger", hub=hub)


# --- verify ---


def flip_a_byte(published: Published) -> None:
    overwrite(published.path / "model.safetensors", "eno" + "one" * 49)


def remove_a_blob(published: Published) -> None:
    (published.path / "model.safetensors").resolve().unlink()


def remove_a_link(published: Published) -> None:
    (published.path / "model.safetensors").unlink()


def add_a_link(published: Published) -> None:
    (published.path / "tokenizer.json").symlink_to((published.path / "config.json").readlink())


def rename_a_link(published: Published) -> None:
    (published.path / "README.md").rename(published.path / "readme.md")


def add_a_file(published: Published) -> None:
    (published.path / "extra.json").write_text("{}")


def link_outside_the_blobs(published: Published) -> None:
    (published.path / "README.md").unlink()
    (published.path / "README.md").symlink_to("config.json")
    (published.path / "config.json").unlink()
    (published.path / "config.json").symlink_to("/etc/hostname")


def remove_the_snapshot(published: Published) -> None:
    published.path.rename(published.path.parent.parent / "away")


def remove_main(published: Published) -> None:
    (published.path.parent.parent / "refs/main").unlink()


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (flip_a_byte, "{snapshot}/model.safetensors: contents do not match their hash"),
        (remove_a_blob, "{snapshot}/model.safetensors: its blob is missing"),
        (
            remove_a_link,
            "{snapshot}: a file was removed, added or renamed: the revision does not match the "
            "files",
        ),
        (
            add_a_link,
            "{snapshot}: a file was removed, added or renamed: the revision does not match the "
            "files",
        ),
        (
            rename_a_link,
            "{snapshot}: a file was removed, added or renamed: the revision does not match the "
            "files",
        ),
        (add_a_file, "{snapshot}/extra.json: expected a link into blobs"),
        (link_outside_the_blobs, "{snapshot}/config.json: expected a link into blobs"),
        (remove_the_snapshot, "refs/main: snapshot '{revision}' is missing"),
        (remove_main, "refs/main: missing"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_verify_finds_damage_and_publishing_again_repairs_it(
    damage: Callable[[Published], None], problem: str, hub: Path, one: Path, two: Path
) -> None:
    publish(two, "tagger", hub=hub)
    published = publish(one, "tagger", hub=hub)
    assert verify("tagger", hub=hub) == []
    damage(published)
    expected = problem.format(
        snapshot=f"snapshots/{published.revision}", revision=published.revision
    )
    assert expected in verify("tagger", hub=hub)
    if damage is not remove_main:
        assert verify("tagger", revision="v2", hub=hub)
        assert verify("tagger", revision="v1", hub=hub) == []
        with pytest.raises(ValueError, match="cannot roll back to v2"):
            rollback("tagger", "v2", hub=hub)
    assert publish(one, "tagger", hub=hub) == published
    assert verify("tagger", hub=hub) == []


def test_a_graph_beside_the_weights_of_another_version_is_found(hub: Path, two: Path) -> None:
    first = publish(two, "tagger", hub=hub)
    (two / "onnx/model.onnx_data").write_text("other weights")
    second = publish(two, "tagger", hub=hub)
    assert (first.path / "onnx/model.onnx").read_bytes() == (
        second.path / "onnx/model.onnx"
    ).read_bytes()
    (second.path / "onnx/model.onnx_data").unlink()
    (second.path / "onnx/model.onnx_data").symlink_to(
        (first.path / "onnx/model.onnx_data").readlink()
    )
    assert verify("tagger", hub=hub) == [
        f"snapshots/{second.revision}: a file was removed, added or renamed: the revision does "
        "not match the files"
    ]


def test_a_model_without_its_config_does_not_resolve(hub: Path, one: Path) -> None:
    (publish(one, "tagger", hub=hub).path / "config.json").resolve().unlink()
    with pytest.raises(ValueError, match="is damaged"):
        resolve("tagger", hub=hub)


# --- crashes ---

FILE_OPERATIONS = {
    "open",
    "fcntl.flock",
    "os.fsync",
    "os.listdir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.scandir",
    "os.symlink",
}


class Killed(BaseException):
    """Stands for the end of the process."""


class Faults:
    """Fails chosen file operations, counted as the interpreter's own audit events report them."""

    def __init__(self) -> None:
        self.n_operations = 0
        self.failing = range(0)
        self.error: BaseException = Killed()
        sys.addaudithook(lambda event, arguments: self.observe(event))

    def observe(self, event: str) -> None:
        if self.failing and event in FILE_OPERATIONS:
            self.n_operations += 1
            if self.n_operations in self.failing:
                raise self.error

    @contextmanager
    def during(self, failing: range, error: BaseException) -> Iterator[None]:
        self.n_operations, self.failing, self.error = 0, failing, error
        try:
            yield
        finally:
            self.failing = range(0)


FAULTS = Faults()


@pytest.mark.parametrize("fault", ["disk full", "killed"], ids=["F9-disk full", "F9-killed"])
@pytest.mark.slow
def test_a_fault_at_any_file_operation_leaves_a_complete_version_and_publishing_again_works(
    fault: str, tmp_path: Path, one: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: sys.audit("os.fsync"))
    undisturbed = tmp_path / "undisturbed" / "hub"
    publish(one, "tagger", hub=undisturbed)
    publish(two, "tagger", hub=undisturbed)

    took_over = []
    for n in itertools.count(1):
        hub = tmp_path / str(n) / "hub"
        publish(one, "tagger", hub=hub)
        # with a full disk the publisher may go on and clean up; once killed it does nothing more
        failing = range(n, n + 1) if fault == "disk full" else range(n, sys.maxsize)
        error = OSError(errno.ENOSPC, "disk full") if fault == "disk full" else Killed()
        reported_success = False
        with FAULTS.during(failing, error), suppress(OSError, Killed):
            publish(two, "tagger", hub=hub)
            reported_success = True
        if FAULTS.n_operations < n:
            break
        current = contents(resolve("tagger", hub=hub))
        assert current == contents(two) or (current == contents(one) and not reported_success)
        assert contents(hub.parent / "models" / "tagger") in (contents(one), current)
        assert contents(resolve("tagger", revision="v1", hub=hub)) == contents(one)
        assert verify("tagger", hub=hub) == []
        took_over.append(current == contents(two))

        assert publish(two, "tagger", hub=hub).tag == "v2"
        assert everything_under(hub.parent) == everything_under(undisturbed.parent)
        assert verify("tagger", hub=hub) == []
    print(f"{fault} at each of {len(took_over)} file operations of a publication")
    assert len(took_over) > 30
    assert set(took_over) == {False, True}


def test_a_folder_of_ones_own_in_the_place_of_the_link_is_left_alone(
    hub: Path, one: Path, two: Path
) -> None:
    own = make_folder(hub.parent / "models" / "tagger", "own")
    with pytest.raises(ValueError, match="expected a link or nothing"):
        publish(one, "tagger", hub=hub)
    assert contents(own)["README.md"] == "own"
    assert list_models(hub) == []


# --- several publishers ---


def test_f10_a_publisher_waits_for_another_one_only_so_long_and_readers_never(
    hub: Path, one: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(one, "tagger", hub=hub)
    monkeypatch.setattr(writing, "LOCK_SECONDS", 0.1)
    with (hub / ".locks" / "models--tweetner--tagger.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(TimeoutError, match="tweetner/tagger: another publisher holds"):
            publish(two, "tagger", hub=hub)
        assert contents(resolve("tagger", hub=hub)) == contents(one)
        assert publish(two, "other", hub=hub).tag == "v1"
    assert publish(two, "tagger", hub=hub).tag == "v2"


@pytest.mark.slow
def test_f10_twenty_publishers_at_once_give_twenty_complete_versions_and_readers_see_only_such(
    hub: Path, tmp_path: Path
) -> None:
    folders = [make_folder(tmp_path / str(n), f"version {n}\n" * 1000) for n in range(20)]
    versions = [contents(folder) for folder in folders]
    publish(folders[0], "tagger", hub=hub)
    command = (
        "import sys; from tweetner.hub import publish;"
        " publish(sys.argv[1], 'tagger', hub=sys.argv[2])"
    )
    publishers = [
        subprocess.Popen(
            [sys.executable, "-c", command, folder, hub],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    n_reads = 0
    while n_reads < 100 or any(publisher.poll() is None for publisher in publishers):
        folder = resolve("tagger", hub=hub)
        read = contents(folder)
        assert read in versions
        hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in read.items()}
        assert folder.name == hashlib.sha1(json.dumps(hashes, sort_keys=True).encode()).hexdigest()
        assert contents(hub.parent / "models" / "tagger").keys() == read.keys()
        n_reads += 1
    assert [publisher.communicate()[1] for publisher in publishers] == [""] * 20
    assert list(list_models(hub)[0].tags) == [f"v{number}" for number in range(1, 21)]
    assert len(set(list_models(hub)[0].tags.values())) == 20
    assert verify("tagger", hub=hub) == []


# --- Hugging Face itself ---


class FakeApi:
    """Remembers what it was asked to upload."""

    calls: ClassVar[list[tuple[str, dict[str, object]]]] = []

    def create_repo(self, repo_id: str, *, exist_ok: bool) -> None:
        self.calls.append(("create_repo", {"repo_id": repo_id, "exist_ok": exist_ok}))

    def upload_folder(self, **arguments: object) -> SimpleNamespace:
        self.calls.append(("upload_folder", arguments))
        return SimpleNamespace(commit_url="https://example.org/commit")


def test_push_to_hub_uploads_the_published_files_and_deletes_all_others(
    hub: Path, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi", FakeApi)
    publish(two, "tagger", hub=hub)
    for folder in (two, resolve("tagger", hub=hub)):
        FakeApi.calls.clear()
        assert push_to_hub(folder, "acme/tagger") == "https://example.org/commit"
        assert FakeApi.calls == [
            ("create_repo", {"repo_id": "acme/tagger", "exist_ok": True}),
            (
                "upload_folder",
                {
                    "repo_id": "acme/tagger",
                    "folder_path": folder,
                    "allow_patterns": [
                        *("README.md", "config.json", "model.safetensors"),
                        *("onnx/model.onnx", "onnx/model.onnx_data"),
                    ],
                    "delete_patterns": ["*"],
                },
            ),
        ]


def test_push_to_hub_wants_an_organisation(one: Path) -> None:
    with pytest.raises(ValueError, match="expected ORG/NAME, got 'tagger'"):
        push_to_hub(one, "tagger")


def test_the_hub_is_read_and_written_without_importing_hugging_face() -> None:
    heavy = "('torch', 'transformers', 'huggingface_hub')"
    code = f"import sys, tweetner.hub; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"


USE_WITH_HUGGING_FACE = """
import json, os, sys, torch
from huggingface_hub import scan_cache_dir
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import DistilBertConfig, DistilBertForTokenClassification
from transformers import PreTrainedTokenizerFast, pipeline
from tweetner.hub import publish

folder, hub = sys.argv[1:]
words = ["[PAD]", "[UNK]", "hello", "from", "berlin"]
vocabulary = {word: number for number, word in enumerate(words)}
tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]")
fast.save_pretrained(folder)
config = DistilBertConfig(vocab_size=5, dim=16, n_layers=1, n_heads=2, hidden_dim=16, num_labels=3)
answers = {}

def entities(**where):
    tagger = pipeline("token-classification", **where)
    return [(e["entity"], e["word"], round(float(e["score"]), 5)) for e in tagger("hello berlin")]

for tag in ("v1", "v2"):
    torch.manual_seed(int(tag[1:]))
    DistilBertForTokenClassification(config).save_pretrained(folder)
    answers[f"folder {tag}"] = entities(model=folder)
    published = publish(folder, "tiny", hub=hub)
    answers[published.tag] = entities(model="tweetner/tiny", revision=tag)
    answers[f"hash {tag}"] = entities(model="tweetner/tiny", revision=published.revision)
    answers[f"main {tag}"] = entities(model="tweetner/tiny")
    answers[f"path {tag}"] = entities(model=os.path.join(os.path.dirname(hub), "models", "tiny"))
scan = scan_cache_dir(hub)
answers["warnings"] = [str(warning) for warning in scan.warnings]
answers["scan"] = [
    (repo.repo_id, sorted(sorted(r.refs) for r in repo.revisions)) for repo in scan.repos
]
print(json.dumps(answers))
"""


@pytest.mark.slow
def test_the_stock_pipeline_loads_a_published_model_by_name_tag_hash_and_path(
    tmp_path: Path, hub: Path
) -> None:
    offline = {
        "HF_HUB_CACHE": str(hub),
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
        "OMP_NUM_THREADS": "1",
    }
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        USE_WITH_HUGGING_FACE,
        str(tmp_path / "tiny"),
        str(hub),
    ]
    answer = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **offline},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    for tag in ("v1", "v2"):
        for way in (tag, f"hash {tag}", f"main {tag}", f"path {tag}"):
            assert found[way] == found[f"folder {tag}"]
    assert found["v1"] != found["v2"]
    assert (found["warnings"], found["scan"]) == ([], [["tweetner/tiny", [["main", "v2"], ["v1"]]]])


# --- copies and names -----------------------------------------------------------------------------


def test_a_copy_is_plain_files_and_replaces_nothing(hub: Path, one: Path, tmp_path: Path) -> None:
    publish(one, "m", hub=hub)
    copy_model("m", tmp_path / "deep" / "copy", hub=hub)
    copied = tmp_path / "deep" / "copy"
    assert contents(copied) == contents(one)
    assert not [path for path in copied.rglob("*") if path.is_symlink()]
    (copied / "README.md").write_text("mine")  # blobs are read-only, copies are not
    with pytest.raises(ValueError, match="expected a folder that does not exist yet"):
        copy_model("m", copied, hub=hub)
    assert (copied / "README.md").read_text() == "mine"
    assert [path.name for path in copied.parent.iterdir()] == ["copy"]


def test_a_model_that_is_not_found_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TWEETNER_HUB", raising=False)
    (tmp_path / "acme" / "mine").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"got a folder: write it as \./acme/mine"):
        resolve("acme/mine")
    with pytest.raises(ValueError, match="no model tweetner/m in ") as refusal:
        resolve("m")
    for named in (f"{tmp_path}/outputs/hub", "--hub", "TWEETNER_HUB"):
        assert named in str(refusal.value)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("name", "expected ORG/NAME, got 'name'"),
        ("acme/ner", "cannot upload to acme/ner: the token may write to ann, lab"),
    ],
)
def test_an_upload_is_checked_before_it_is_needed(
    target: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"name": "ann", "orgs": [{"name": "lab"}]}
    monkeypatch.setattr("huggingface_hub.HfApi.whoami", lambda _: user)
    for allowed in ("ann/ner", "lab/ner"):
        check_push(allowed)
    with pytest.raises(ValueError, match=reason):
        check_push(target)


def test_without_a_network_or_a_token_an_upload_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        raise OSError("Token is required\nbut none was found")

    monkeypatch.setattr("huggingface_hub.HfApi.whoami", fail)
    with pytest.raises(ValueError, match="cannot upload to a/b: Token is required but none"):
        check_push("a/b")
