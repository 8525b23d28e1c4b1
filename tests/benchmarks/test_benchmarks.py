"""The benchmarks' own promises: names, figures, budgets. The measuring itself is no test."""

import ast
import re
import subprocess
import sys

import pytest

from benchmarks._bench import Figures, cpu_medians
from benchmarks.receipt import bar_rows, qr_rows
from opsa.embedded.places import PROJECT

SCRIPTS = sorted(
    path for path in (PROJECT / "benchmarks").glob("*.py") if not path.name.startswith("_")
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_benchmark_says_what_it_measures_and_how_its_line_looks(script):
    said = ast.get_docstring(ast.parse(script.read_text())) or ""
    assert re.search(rf"^ +{script.stem} \w+=", said, re.MULTILINE), said
    assert "Budgets:" in said


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_benchmark_explains_its_arguments(script):
    asked = subprocess.run(
        [sys.executable, script, "--help"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    assert "usage:" in asked.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_each_benchmark_is_explained_in_the_docs(script):
    assert f"./start bench {script.stem}" in (PROJECT / "docs" / "benchmarks.md").read_text()


def test_a_missed_budget_is_said_and_fails(capsys):
    figures = Figures("thing")
    figures.put("ratio", 0.5, most=0.6)
    figures.put("speed", 10, least=20)
    assert figures.end() == 1
    *said, last = capsys.readouterr().out.splitlines()
    assert said == ["budget missed: speed is 10, at least 20 wanted"]
    assert last == "thing ratio=0.5 speed=10"


def test_kept_budgets_pass(capsys):
    figures = Figures("thing")
    figures.put("ratio", 0.6, most=0.6)
    assert figures.end() == 0
    assert capsys.readouterr().out == "thing ratio=0.6\n"


def test_sides_are_measured_in_turns():
    order: list[str] = []
    sides = {name: lambda name=name: order.append(name) for name in ("one", "two")}
    assert set(cpu_medians(sides, rounds=2, warm=1)) == {"one", "two"}
    assert order == ["one", "two"] * 3


def test_the_naive_codes_show_the_same_modules_as_ours():
    assert len(bar_rows("7K3F9QX2MT4")) == 1
    rows = qr_rows("http://127.0.0.1:8000/t/abc")
    assert len(rows) == len(rows[0])
