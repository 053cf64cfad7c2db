"""Each line of a card: met, contradicted or undecided, with known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom, norm
from statsmodels.stats.multitest import multipletests

from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.mechanism.card import Card
from rnaseq_s6k1.mechanism.evaluate import Finding, SetEvidence, evaluate_card, find_gene, holm

NO_SETS: dict[str, GeneSet] = {}
NO_EVIDENCE: dict[str, SetEvidence] = {}

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def holm_by_definition(p: list[float]) -> list[float]:
    """``padj_(i) = min(1, max over j <= i of (m - j + 1) p_(j))``, written out."""
    m, order = len(p), sorted(range(len(p)), key=lambda i: p[i])
    adjusted = [0.0] * m
    for rank, i in enumerate(order):
        adjusted[i] = min(1.0, max((m - j) * p[order[j]] for j in range(rank + 1)))
    return adjusted


@settings(deadline=None, max_examples=50)
@given(probabilities)
def test_holm_is_its_definition(p: list[float]) -> None:
    assert holm(p) == pytest.approx(holm_by_definition(p), abs=1e-15)


@settings(deadline=None, max_examples=50)
@given(probabilities)
def test_holm_agrees_with_statsmodels(p: list[float]) -> None:
    assert holm(p) == pytest.approx(list(multipletests(p, method="holm")[1]), abs=1e-12)


def test_holm_counts_a_missing_test() -> None:
    adjusted = holm([np.nan, 0.01, 0.04])
    assert np.isnan(adjusted[0])
    assert adjusted[1:] == pytest.approx([0.03, 0.08])
    assert holm([]) == []


# --- genes that should move -----------------------------------------------------------------


def one(card: Card, result: DEResult, **sets: Any) -> Finding:
    return evaluate_card(card, result, sets.get("sets", NO_SETS), sets.get("evidence", {}))[0]


@pytest.mark.parametrize(
    ("expected", "lfc", "outcome"),
    [
        ("down", -1.0, "met"),
        ("down", 1.0, "contradicted"),
        ("down", -0.1, "undecided"),
        ("up", 1.0, "met"),
        ("up", -1.0, "contradicted"),
        ("up", 0.1, "undecided"),
    ],
)
def test_a_gene_that_should_move(
    make_card: Any, make_result: Any, line: Any, expected: str, lfc: float, outcome: str
) -> None:
    found = one(make_card(line("A", "gene", expected)), make_result({"A": {"lfc": lfc}}))
    assert found.outcome == outcome
    assert found.effect == lfc
    assert (found.ci_low, found.ci_high) == pytest.approx((lfc - 0.1959964, lfc + 0.1959964))
    assert found.pvalue == pytest.approx(2 * norm.sf(abs(lfc) / 0.1))
    assert found.n == 6
    assert found.why.endswith("[Fig. 0]")


def test_moved_genes_are_one_family(make_card: Any, make_result: Any, line: Any) -> None:
    # z = 2.2 is p = .028: below .05 alone, above it as one of two.
    card = make_card(line("A", "gene", "down"), line("B", "gene", "down"))
    a, b = evaluate_card(
        card, make_result({"A": {"lfc": -0.22}, "B": {"lfc": 0.0}}), NO_SETS, NO_EVIDENCE
    )
    assert a.padj == pytest.approx(2 * 2 * norm.sf(2.2))
    assert (a.outcome, b.outcome) == ("undecided", "undecided")
    alone = one(make_card(line("A", "gene", "down")), make_result({"A": {"lfc": -0.22}}))
    assert alone.outcome == "met"


@pytest.mark.parametrize("expected", ["down", "unchanged"])
def test_a_gene_that_was_not_measured(
    make_card: Any, make_result: Any, line: Any, expected: str
) -> None:
    card = make_card(line("A", "gene", expected))
    for result in (
        make_result({"B": {"lfc": -3}}),
        make_result({"A": {"lfc": np.nan, "se": np.nan}}),
        make_result({"A": {"lfc": 0.0, "se": 0.0}}),
    ):
        found = one(card, result)
        assert found.outcome == "undecided"
        assert "not measured" in found.why
        assert np.isnan(found.pvalue)


@pytest.mark.parametrize("expected", ["down", "unchanged"])
@pytest.mark.parametrize("reason", ["outlier", ""])
def test_a_test_that_was_withheld_decides_nothing(
    make_card: Any, make_result: Any, line: Any, expected: str, reason: str
) -> None:
    lfc = -3.0 if expected == "down" else 0.0
    result = make_result({"A": {"lfc": lfc, "se": 0.01, "pvalue": np.nan, "reason": reason}})
    found = one(make_card(line("A", "gene", expected)), result)
    assert found.outcome == "undecided"
    assert "withheld: one sample dominates" in found.why
    assert found.effect == lfc


def test_low_mean_withholds_only_the_fdr(make_card: Any, make_result: Any, line: Any) -> None:
    result = make_result({"A": {"lfc": -1.0, "padj": np.nan, "reason": "low_mean"}})
    found = one(make_card(line("A", "gene", "down")), result)
    assert found.outcome == "met"
    assert "not adjusted" in found.why


def test_p_of_a_thresholded_table_is_not_taken_over(
    make_card: Any, make_result: Any, line: Any
) -> None:
    result = make_result({"A": {"lfc": -0.8, "pvalue": 1.0}})  # as --lfc-mode test writes it
    assert one(make_card(line("A", "gene", "down")), result).outcome == "met"


def test_a_gene_is_found_by_name_or_id_and_the_larger_wins(make_result: Any) -> None:
    table = make_result({"A": {"gene_id": "ENSG1", "mean": 5.0}}).table
    assert find_gene(table, "ENSG1")["gene_name"] == "A"
    assert find_gene(table, "B") is None
    twice = pd.concat([table, table.assign(gene_id="ENSG2", baseMean=50.0)])
    assert find_gene(twice, "A")["gene_id"] == "ENSG2"


# --- genes that should stay -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("lfc", "se", "outcome"),
    [
        (0.0, 0.1, "met"),
        (0.3, 0.1, "met"),
        (0.5, 0.1, "undecided"),
        (0.0, 0.4, "undecided"),
        (1.0, 0.1, "contradicted"),
        (-1.0, 0.1, "contradicted"),
        (-0.65, 0.1, "undecided"),  # beyond the margin, not significantly
    ],
)
def test_a_gene_that_should_stay(
    make_card: Any, make_result: Any, line: Any, lfc: float, se: float, outcome: str
) -> None:
    card = make_card(line("A", "gene", "unchanged"))
    found = one(card, make_result({"A": {"lfc": lfc, "se": se}}))
    assert found.outcome == outcome
    # two one-sided tests, the larger p
    assert found.pvalue == pytest.approx(
        max(norm.sf((0.58 - lfc) / se), norm.cdf((-0.58 - lfc) / se))
    )
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (lfc - 1.644854 * se, lfc + 1.644854 * se)
    )
    # met exactly where the 90 % interval lies within the margin
    assert (outcome == "met") == (max(abs(found.ci_low), abs(found.ci_high)) < 0.58)


def test_smallest_passing_margin_passes(make_card: Any, make_result: Any, line: Any) -> None:
    result = make_result({"A": {"lfc": 0.2, "se": 0.1}})
    found = one(make_card(line("A", "gene", "unchanged")), result)
    smallest = max(abs(found.ci_low), abs(found.ci_high))
    assert f"the smallest margin that would pass is {smallest:.2f}" in found.why
    for margin, outcome in ((smallest * 1.001, "met"), (smallest * 0.999, "undecided")):
        card = make_card(line("A", "gene", "unchanged", within=margin))
        assert one(card, result).outcome == outcome


@pytest.mark.parametrize(("dispersion", "power"), [(0.02, "0.92"), (0.05, "0.41"), (0.1, "0.00")])
def test_power_of_the_equivalence_test_at_3_v_3(
    make_card: Any, make_result: Any, line: Any, dispersion: float, power: str
) -> None:
    se = np.sqrt(2 * (1 / 1000 + dispersion) / 3) / np.log(2)
    found = one(
        make_card(line("A", "gene", "unchanged")), make_result({"A": {"lfc": 0.0, "se": se}})
    )
    assert f"power at no change {power} " in found.why


def test_power_is_the_share_met_when_nothing_changed() -> None:
    rng = np.random.default_rng(0)
    se = np.sqrt(2 * (1 / 1000 + 0.02) / 3) / np.log(2)
    estimates = rng.normal(0, se, 200_000)
    share = np.mean(np.abs(estimates) + norm.ppf(0.95) * se < 0.58)
    assert share == pytest.approx(2 * norm.cdf(0.58 / se - norm.ppf(0.95)) - 1, abs=0.005)


# --- gene sets ------------------------------------------------------------------------------


def shift(nes: float, p: float, *, rotation: bool = True) -> SetEvidence:
    return SetEvidence(nes, p, 40, rotation)


@pytest.mark.parametrize(
    ("nes", "p", "outcome"),
    [(-2.0, 0.001, "met"), (2.0, 0.001, "contradicted"), (-2.0, 0.2, "undecided")],
)
@pytest.mark.parametrize("kind", ["core", "detail"])
def test_a_gene_set(
    make_card: Any, make_result: Any, line: Any, nes: float, p: float, outcome: str, kind: str
) -> None:
    card = make_card(line("S", "gene_set", "down", kind))
    found = one(card, make_result({"A": {}}), evidence={"S": shift(nes, p)})
    assert (found.outcome, found.effect, found.pvalue, found.n) == (outcome, nes, p, 40)
    assert "rotation test" in found.why


def test_core_and_detail_sets_are_families_apart(
    make_card: Any, make_result: Any, line: Any
) -> None:
    card = make_card(
        line("S", "gene_set", "down", "core"),
        line("T", "gene_set", "down", "core"),
        line("U", "gene_set", "down"),
    )
    evidence = {name: shift(-2, 0.03, rotation=False) for name in "STU"}
    s, t, u = evaluate_card(card, make_result({"A": {}}), NO_SETS, evidence)
    assert (s.padj, t.padj, u.padj) == pytest.approx((0.06, 0.06, 0.03))
    assert (s.outcome, t.outcome, u.outcome) == ("undecided", "undecided", "met")
    assert "preranked test, gene sampling only" in s.why


def test_an_untested_set_still_counts_in_the_family(
    make_card: Any, make_result: Any, line: Any
) -> None:
    card = make_card(line("S", "gene_set", "down", "core"), line("T", "gene_set", "down", "core"))
    s, t = evaluate_card(card, make_result({"A": {}}), NO_SETS, {"S": shift(-2, 0.03)})
    assert (s.padj, s.outcome) == (pytest.approx(0.06), "undecided")
    assert "too few of the set's genes" in t.why


@pytest.mark.parametrize(
    ("nes", "p", "outcome"),
    [(2.0, 0.01, "contradicted"), (-2.0, 0.01, "undecided"), (2.0, 0.2, "undecided")],
)
def test_an_artefact_warns_and_never_supports(
    make_card: Any, make_result: Any, line: Any, nes: float, p: float, outcome: str
) -> None:
    card = make_card(line("S", "artefact", "not up"))
    assert one(card, make_result({"A": {}}), evidence={"S": shift(nes, p)}).outcome == outcome


# --- over-representation --------------------------------------------------------------------


def called(up: range, down: range) -> dict[str, dict[str, Any]]:
    genes: dict[str, dict[str, Any]] = {f"G{i}": {} for i in range(200)}
    for way, numbers in (("up", up), ("down", down)):
        for i in numbers:
            genes[f"G{i}"] = {"direction": way}
    return genes


SET_OF_TEN = {"S": GeneSet("S", "", tuple(f"G{i}" for i in range(10)))}


@pytest.mark.parametrize(
    ("up", "down", "outcome"),
    [
        (range(100, 120), range(0, 20), "met"),
        (range(0, 20), range(100, 120), "contradicted"),
        (range(100, 120), range(150, 170), "undecided"),
        (range(0, 20), range(0), "contradicted"),
        (range(0), range(0), "undecided"),
    ],
)
def test_over_representation(
    make_card: Any, make_result: Any, line: Any, up: range, down: range, outcome: str
) -> None:
    card = make_card(line("S", "over_representation", "down"))
    found = one(card, make_result(called(up, down)), sets=SET_OF_TEN)
    assert found.outcome == outcome
    if len(up) or len(down):
        overlap = len(set(down) & set(range(10)))
        expected = hypergeom.sf(overlap - 1, 200, 10, len(down))
        assert found.pvalue == pytest.approx(expected)
        assert f"{overlap} of the {len(down)} down genes are in the set" in found.why
    else:
        assert "no gene is called" in found.why


def test_over_representation_in_both_directions_is_met(
    make_card: Any, make_result: Any, line: Any
) -> None:
    # Cell-cycle genes fall, and some rise too: the claim is about those that fall.
    card = make_card(line("S", "over_representation", "down"))
    genes = called(range(5, 12), range(0, 5))
    assert one(card, make_result(genes), sets=SET_OF_TEN).outcome == "met"


def test_over_representation_lines_are_one_family(
    make_card: Any, make_result: Any, line: Any
) -> None:
    sets = {name: GeneSet(name, "", SET_OF_TEN["S"].genes) for name in ("S", "T")}
    card = make_card(
        line("S", "over_representation", "down"), line("T", "over_representation", "up")
    )
    s, t = evaluate_card(card, make_result(called(range(0), range(8, 28))), sets, NO_EVIDENCE)
    assert s.padj == pytest.approx(min(1, 2 * s.pvalue))
    assert t.outcome == "undecided"


def test_the_gene_that_split_the_groups_is_left_out(
    make_card: Any, make_result: Any, line: Any
) -> None:
    card = make_card(line("S", "over_representation", "down"))
    genes = called(range(0), range(0, 20))
    with_it = one(card, make_result(genes), sets=SET_OF_TEN)
    without = one(card, make_result(genes, split_gene="G0"), sets=SET_OF_TEN)
    assert (with_it.n, without.n) == (10, 9)


# --- error rates ----------------------------------------------------------------------------


def test_without_effect_each_line_is_met_no_more_often_than_alpha(
    make_card: Any, make_result: Any, line: Any
) -> None:
    """Draw z-scores of no effect; the share of ``met`` stays below alpha = .05 per line."""
    card = make_card(
        line("S", "gene_set", "down", "core"),
        line("T", "gene_set", "up", "core"),
        line("U", "gene_set", "down"),
        line("A", "gene", "down"),
        line("B", "gene", "up"),
        line("EDGE", "gene", "unchanged"),
    )
    rng = np.random.default_rng(7)
    rounds = 1500
    met = np.zeros(len(card.expectations))
    for _ in range(rounds):
        z = rng.normal(size=6)
        p = 2 * norm.sf(np.abs(z))
        evidence = {name: shift(z[i], p[i]) for i, name in enumerate("STU")}
        # EDGE's true change is the margin itself: the null of the equivalence test.
        lfc = {"A": 0.1 * z[3], "B": 0.1 * z[4], "EDGE": 0.58 + 0.1 * z[5]}
        result = make_result({name: {"lfc": value} for name, value in lfc.items()})
        findings = evaluate_card(card, result, NO_SETS, evidence)
        met += [finding.outcome == "met" for finding in findings]
    assert (met / rounds <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / rounds)).all()
    # The single directed line is met in half of alpha, the equivalence line in all of it:
    # a test that never rejects would pass the line above too.
    assert met[2] / rounds == pytest.approx(0.025, abs=3 * np.sqrt(0.025 * 0.975 / rounds))
    assert met[5] / rounds == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / rounds))
