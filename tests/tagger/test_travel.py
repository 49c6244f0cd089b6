"""A tagger goes to other processes as its folder and options, by every way that people send it."""

import copy
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import datasets
import joblib
import pytest
from datasets.fingerprint import Hasher

from tweetner.tagger import Emitted, FoundEntity, Tagger, load

ROOT = Path(__file__).parents[2]
TEXTS = ["just landed in Berlin", "nina in new york", ""]


@pytest.fixture(scope="module")
def tagger(lexicon: Path) -> Tagger:
    return load(lexicon, backend="torch", device="cpu")


@pytest.fixture(scope="module")
def expected(tagger: Tagger) -> list[list[FoundEntity]]:
    answers = tagger(TEXTS)
    assert [len(entities) for entities in answers] == [1, 2, 0]
    return answers


@pytest.mark.parametrize(
    "send",
    [
        lambda tagger: pickle.loads(pickle.dumps(tagger)),
        copy.deepcopy,
        joblib.wrap_non_picklable_objects,
    ],
    ids=["pickle", "deepcopy", "cloudpickle"],
)
def test_a_copy_gives_the_same_answers(
    send: Callable[[Tagger], Tagger], tagger: Tagger, expected: list[list[FoundEntity]]
) -> None:
    assert send(tagger)(TEXTS) == expected


def test_a_pickle_holds_a_folder_and_options_and_no_weights(
    lexicon: Path, hub: Path, tagger: Tagger
) -> None:
    assert len(pickle.dumps(tagger)) < 500
    for decoder in ("argmax", "bio"):
        linear = load("places", hub=hub, decoder=decoder)
        arrived = pickle.loads(pickle.dumps(linear))
        assert arrived.decoder == decoder
        assert arrived("in Rome") == linear("in Rome")
    assert load(lexicon, decoder="argmax").origin != tagger.origin


def test_a_tagger_that_no_folder_holds_stays_where_it_is(tagger: Tagger) -> None:
    stored = Emitted.by(tagger.backend, [["Berlin"]])
    here = Tagger(stored, load_splitter(tagger), "bio")
    for send in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match=r"only a tagger from tweetner\.load can be copied"):
            send(here)


def load_splitter(tagger: Tagger) -> object:
    return tagger.backend.encoder.tokenizer


def test_other_weights_at_the_destination_are_refused(lexicon: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(lexicon, folder)
    sent = pickle.dumps(load(folder, backend="torch"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00")
    with pytest.raises(ValueError, match="expected the model that the tagger was loaded from"):
        pickle.loads(sent)


@pytest.mark.slow
def test_a_spawned_process_and_joblib_tag(
    tagger: Tagger, expected: list[list[FoundEntity]]
) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(tagger, TEXTS) == expected
    assert joblib.Parallel(n_jobs=2)(joblib.delayed(tagger)(text) for text in TEXTS) == expected


@pytest.mark.slow
def test_a_dataset_is_mapped_by_two_processes_and_the_cache_knows_the_model(
    lexicon: Path, tagger: Tagger, expected: list[list[FoundEntity]], tmp_path: Path
) -> None:
    rows = datasets.Dataset.from_dict({"text": TEXTS})

    def mapped(by: Tagger) -> datasets.Dataset:
        return rows.map(lambda row: {"entities": by(row["text"])}, num_proc=2)

    first = mapped(tagger)
    assert first["entities"] == expected
    assert mapped(load(lexicon, backend="torch", device="cpu"))._fingerprint == first._fingerprint

    changed = tmp_path / "model"
    shutil.copytree(lexicon, changed)
    before = Hasher.hash(load(changed, backend="torch"))
    assert before == Hasher.hash(load(changed, backend="torch"))
    assert before != Hasher.hash(load(changed, backend="torch", decoder="argmax"))
    (changed / "README.md").write_text("other")
    assert before != Hasher.hash(load(changed, backend="torch"))


@pytest.mark.slow
def test_a_dask_worker_tags(tagger: Tagger, expected: list[list[FoundEntity]]) -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    local = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**local) as cluster, distributed.Client(cluster) as client:
        assert client.submit(tagger, TEXTS).result(timeout=120) == expected
        assert client.gather(client.map(tagger, TEXTS)) == expected


FORKED = """
import multiprocessing, os, sys, tweetner
from tweetner.tagger import load

tagger = load(sys.argv[1], backend=sys.argv[2], device="cpu")
texts = ["in Berlin with nina"] * 300
answers = tagger(texts)
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(tagger, [texts, texts]) == [answers, answers]  # sent to the process
fork = multiprocessing.get_context("fork")
child = fork.Process(target=lambda: os._exit(tagger(texts) != answers))  # inherited by the process
child.start()
child.join()
sys.exit(child.exitcode)
"""


@pytest.mark.slow
def test_a_warm_tagger_computes_in_a_forked_process(
    model_folder: Callable[[str, str], Path],
) -> None:
    folder = model_folder("distilbert", "bio")
    threads = {"OMP_NUM_THREADS": "2", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, str(folder), "torch"],
        env=os.environ | threads,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
