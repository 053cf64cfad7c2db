"""The methods paragraph says how samples were split, and cites only what was used."""

from __future__ import annotations

import json

import pytest

from rnaseq_s6k1.report.collect.methods import MethodsSection, _split
from rnaseq_s6k1.report.run_directory import RunDirectory

RESULTS = {"high": 5, "low": 7}


@pytest.mark.parametrize(
    ("arguments", "sentence", "cited"),
    [
        (
            {"gene": "YES1", "by": "expression", "cut": "tertile", "within": None},
            "the expression of YES1, log2 CPM (TMM) [1], cut tertile, into 5 high and 7 low.",
            1,
        ),
        (
            {"gene": "YES1", "by": "expression", "normalisation": "median_ratio"},
            "the expression of YES1, log2 CPM (median ratio) [1], into 5 high and 7 low.",
            1,
        ),
        (
            {"gene": "YES1", "by": "expression", "normalisation": "library_size", "cut": "q:0.2"},
            "the expression of YES1, log2 CPM (library size only), cut q:0.2, into 5 high and 7 "
            "low.",
            0,
        ),
        (
            {"gene": "YES1", "by": "cna", "cut": "tertile", "within": "ER"},
            "the copy number of YES1 within ER, into 5 high and 7 low.",
            0,
        ),
    ],
)
def test_a_split_is_described_as_it_was_made(tmp_path, arguments, sentence, cited):
    (tmp_path / "stratify").mkdir()
    record = json.dumps({"arguments": arguments, "results": RESULTS})
    (tmp_path / "stratify" / "run.json").write_text(record)
    methods = MethodsSection()
    _split(methods, RunDirectory(tmp_path))
    assert methods.sentences == [f"Samples were split by {sentence}"]
    assert len(methods.references) == cited
