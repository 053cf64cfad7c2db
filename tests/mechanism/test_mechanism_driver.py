"""Whether the driver moved, and by how much in percent of the control."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnaseq_s6k1.mechanism.driver import DriverChange, judge_driver


@pytest.mark.parametrize(
    ("lfc", "se", "answer"),
    [
        (-1.5, 0.1, "moved"),
        (1.5, 0.1, "not moved"),  # the other way
        (0.0, 0.1, "not moved"),  # equivalent to no change
        (-0.3, 0.1, "not moved"),  # significant, yet within the margin
        (-0.5, 0.5, "undecided"),
        (-0.5, 0.1, "moved"),
    ],
)
def test_the_answer(make_card: Any, make_result: Any, lfc: float, se: float, answer: str) -> None:
    found, change = judge_driver(make_card(), make_result({"DRV": {"lfc": lfc, "se": se}}))
    assert found == answer
    assert change is not None
    assert change.log2_fold_change == lfc


def test_an_amplified_driver_moves_up(make_card: Any, make_result: Any) -> None:
    card = make_card(driver_direction="up")
    assert judge_driver(card, make_result({"DRV": {"lfc": 1.5}}))[0] == "moved"
    assert judge_driver(card, make_result({"DRV": {"lfc": -1.5}}))[0] == "not moved"


def test_percent_of_control_by_hand(make_card: Any, make_result: Any) -> None:
    _, change = judge_driver(make_card(), make_result({"DRV": {"lfc": -2.0, "se": 0.25}}))
    # 2^-2 = 25 %; the interval is 2^(-2 -+ 1.959964 x 0.25)
    assert change is not None
    assert change.percent == pytest.approx((25.0, 17.8005, 35.1114), abs=1e-3)
    assert change.pvalue == pytest.approx(1.244192e-15, rel=1e-5)


def test_groups_cut_on_the_driver(make_card: Any, make_result: Any) -> None:
    card = make_card(driver_direction="up")
    genes = {"DRV": {"lfc": 2.0, "gene_id": "ENSG7"}}
    answer, change = judge_driver(card, make_result(genes, split_gene="ENSG7"))
    assert answer == "by construction"
    assert change is not None
    assert judge_driver(card, make_result(genes, split_gene="ENSG8"))[0] == "moved"
    # ... even where its change could not be estimated
    unmeasured = {"DRV": {"lfc": np.nan, "se": np.nan, "gene_id": "ENSG7"}}
    assert judge_driver(card, make_result(unmeasured, split_gene="ENSG7")) == (
        "by construction",
        None,
    )


def test_an_unmeasured_driver_is_undecided(make_card: Any, make_result: Any) -> None:
    for genes in ({"A": {}}, {"DRV": {"lfc": np.nan, "se": np.nan}}, {"DRV": {"se": 0.0}}):
        assert judge_driver(make_card(), make_result(genes)) == ("undecided", None)


def test_a_withheld_driver_is_undecided_with_its_change(make_card: Any, make_result: Any) -> None:
    genes = {"DRV": {"lfc": -3.0, "pvalue": np.nan, "reason": "outlier"}}
    answer, change = judge_driver(make_card(), make_result(genes))
    assert answer == "undecided"
    assert change is not None


def test_percent_of_an_absurd_change_does_not_overflow() -> None:
    assert DriverChange(5000.0, -5000.0, 9000.0, 0.5).percent == (np.inf, 0.0, np.inf)
