import importlib.util
import json
import sys
from pathlib import Path

import pytest


@pytest.fixture
def benchmark(monkeypatch):
    spec = importlib.util.spec_from_file_location(
        "benchmark_script", Path(__file__).parents[1] / "scripts" / "benchmark.py"
    )
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_ratios_are_medians_over_rounds_whose_order_alternates(benchmark, monkeypatch):
    clock = [0.0]
    took = {"plain": iter([6.0, 8.0, 90.0]), "ours": iter([2.0, 4.0, 9.0])}
    order = []

    def work(name):
        order.append(name)
        clock[0] += next(took[name])

    monkeypatch.setattr(benchmark, "process_time", lambda: clock[0])
    race = benchmark.Race(
        "race", [benchmark.Variant(name, work, lambda name=name: name) for name in took], rounds_at_most=3
    )
    plain, ours = benchmark.run(race, 100)
    assert order == ["plain", "ours", "ours", "plain", "plain", "ours"]
    assert (plain.seconds, plain.ratio, ours.seconds, ours.ratio, ours.rounds) == (8.0, 1.0, 4.0, 3.0, 3)


def test_what_is_not_the_same_is_not_timed(benchmark):
    with pytest.raises(ValueError, match="tags differ"):
        benchmark.require_same("tags", False)


def test_results_are_written_with_the_machine_they_were_measured_on(benchmark, tmp_path):
    path = tmp_path / "new" / "baseline.json"
    benchmark.write_results([benchmark.Result("race", "ours", 0.5, 2.0, 3)], path, command="baseline", data="sample")
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["results"] == [{"race": "race", "variant": "ours", "seconds": 0.5, "ratio": 2.0, "rounds": 3}]
    assert written["machine"]["processor"]


def test_the_baseline_races_compare_the_same_results(benchmark, capsys):
    races = benchmark.baseline("sample")  # raises when matrices, coefficients or tags differ
    assert capsys.readouterr().out.count("identical") == 4
    assert [race.variants[0].name.split(":")[0] for race in races] == ["plain"] * 4
