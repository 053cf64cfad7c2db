"""The three answers, the evidence they rest on, and what is written of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnaseq_s6k1.cli.tables import bare_ranking_result
from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.enrichment.ranking import rank_genes, read_rnk
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet
from rnaseq_s6k1.io.tables import read_table
from rnaseq_s6k1.mechanism.verdict import EXPECTATION_COLUMNS, Verdict, check_signature

NA = float("nan")
COLUMNS = "target kind expected outcome role effect ci_low ci_high pvalue padj n why"
FIELDS = (
    "card signature mechanism driver driver_gene driver_change specificity evidence sentence "
    "expectations"
)


@pytest.fixture
def verdict_of(
    make_card: Any, make_result: Any, line: Any, make_gsea: Any, universe: Any, made_sets: Any
) -> Any:
    """Judge a two-core card on `universe`, given (NES, p, rotation p) of SET_A and SET_B."""

    def judge(
        a: tuple[float, float, float],
        b: tuple[float, float, float],
        *details: Any,
        genes: dict[str, Any] | None = None,
        split_gene: str = "",
        extra: dict[str, tuple[float, float, float]] | None = None,
    ) -> Verdict:
        card = make_card(
            line("SET_A", "gene_set", "down", "core"),
            line("SET_B", "gene_set", "down", "core"),
            *details,
        )
        result = make_result(universe | (genes or {}), split_gene=split_gene)
        table = make_gsea({"SET_A": a, "SET_B": b} | (extra or {}))
        return check_signature(result, card, made_sets, rank_genes(result.table), gsea=table)

    return judge


DOWN, UP, NEITHER = (-2.0, 1e-6, 1e-3), (2.0, 1e-6, 1e-3), (-1.0, 0.4, 0.4)


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        (DOWN, DOWN, "reproduced"),
        (DOWN, NEITHER, "partly reproduced"),
        (DOWN, UP, "partly reproduced"),
        (UP, NEITHER, "contradicted"),
        (UP, UP, "contradicted"),
        (NEITHER, NEITHER, "not established"),
    ],
)
def test_signature(verdict_of: Any, a: Any, b: Any, answer: str) -> None:
    verdict = verdict_of(a, b)
    assert verdict.signature == answer
    assert f"Signature {answer} " in verdict.sentence


def test_mechanism(verdict_of: Any, line: Any) -> None:
    stays, falls = line("KEPT", "gene", "unchanged"), line("G000", "gene", "down")
    assert verdict_of(DOWN, DOWN).mechanism == "undecided"
    fits = verdict_of(DOWN, DOWN, stays, falls)
    assert fits.mechanism == "consistent"
    assert "(all 2 detail lines met)" in fits.sentence
    against = verdict_of(DOWN, DOWN, stays, line("G040", "gene", "down"))
    assert against.mechanism == "inconsistent"
    assert "(contradicted: G040 down)" in against.sentence
    open_ = verdict_of(DOWN, DOWN, stays, line("G200", "gene", "down"))
    assert open_.mechanism == "undecided"
    assert "(undecided: G200 down)" in open_.sentence


def test_driver_in_the_sentence(verdict_of: Any) -> None:
    moved = verdict_of(DOWN, DOWN)
    assert (moved.driver, moved.reproduced) == ("moved", True)
    assert "driver DRV moved (50 % of siNC, 95 % CI 44 to 57)" in moved.sentence
    assert "compatible with DRV acting so, and no proof" in moved.sentence
    stayed = verdict_of(DOWN, DOWN, genes={"DRV": {"lfc": 0.0, "se": 0.1}})
    assert (stayed.signature, stayed.driver, stayed.reproduced) == (
        "reproduced",
        "not moved",
        False,
    )
    assert "without DRV: something else made it" in stayed.sentence
    rose = verdict_of(DOWN, DOWN, genes={"DRV": {"lfc": 1.0, "se": 0.1}})
    assert rose.driver == "not moved"
    assert "driver DRV not moved (200 % of siNC, 95 % CI 175 to 229, the opposite" in rose.sentence
    assert "opposite" not in moved.sentence + stayed.sentence
    cut = verdict_of(DOWN, DOWN, split_gene="DRV")
    assert (cut.driver, cut.reproduced) == ("by construction", True)
    assert "no evidence" in cut.sentence


def test_rotation_takes_the_place_of_the_preranked_p(verdict_of: Any) -> None:
    verdict = verdict_of((-2.0, 1e-30, 0.6), (-2.0, 1e-30, 0.01))
    assert verdict.evidence == "rotation"
    assert [f.pvalue for f in verdict.expectations] == [0.6, 0.01]
    assert verdict.signature == "partly reproduced"
    assert "a rotation test, which respects the correlation" in verdict.sentence
    assert "gene sampling" not in verdict.sentence


def test_without_rotation_the_sentence_warns(verdict_of: Any) -> None:
    verdict = verdict_of((-2.0, 1e-30, NA), (-2.0, 1e-30, NA))
    assert verdict.evidence == "gene-sampling only"
    assert verdict.signature == "reproduced"
    assert "The evidence is gene sampling only" in verdict.sentence
    assert "rotation" not in verdict.sentence


def test_one_core_set_without_rotation_is_gene_sampling(verdict_of: Any) -> None:
    assert verdict_of((-2.0, 1e-30, 0.001), (-2.0, 1e-30, NA)).evidence == "gene-sampling only"


def test_an_artefact_warns_without_changing_the_answers(
    verdict_of: Any, line: Any, caplog: pytest.LogCaptureFixture
) -> None:
    verdict = verdict_of(DOWN, DOWN, line("SET_C", "artefact", "not up"), extra={"SET_C": UP})
    assert (verdict.signature, verdict.mechanism) == ("reproduced", "undecided")
    assert len(verdict.warnings) == 1
    assert "SET_C is up" in caplog.text
    assert "Beware: SET_C up" in verdict.sentence


def test_sets_that_the_table_lacks_are_tested_here(
    make_card: Any, make_result: Any, line: Any, universe: Any, made_sets: Any, make_gsea: Any
) -> None:
    card = make_card(
        line("SET_A", "gene_set", "down", "core"), line("SET_B", "gene_set", "down", "core")
    )
    result = make_result(universe)
    ranking = rank_genes(result.table)
    verdict = check_signature(result, card, made_sets, ranking)
    assert [f.outcome for f in verdict.expectations] == ["met", "contradicted"]
    assert verdict.evidence == "gene-sampling only"
    # A table that holds one of them is believed, and only the other is tested.
    table = make_gsea({"SET_A": (-3.0, 0.011, 0.012)})
    mixed = check_signature(result, card, made_sets, ranking, gsea=table)
    assert mixed.expectations[0].pvalue == 0.012
    assert mixed.expectations[1].outcome == "contradicted"
    assert mixed.evidence == "gene-sampling only"


def test_a_bare_ranking_leaves_genes_undecided(
    make_card: Any, make_result: Any, line: Any, universe: Any, made_sets: Any, tmp_path: Path
) -> None:
    table = make_result(universe).table
    path = tmp_path / "mine.rnk"
    rows = zip(table["gene_name"], table["stat"], strict=True)
    path.write_text("".join(f"{name}\t{stat}\n" for name, stat in rows), encoding="utf-8")
    card = make_card(
        line("SET_A", "gene_set", "down", "core"),
        line("G000", "gene", "down"),
        line("KEPT", "gene", "unchanged"),
        line("SET_A", "over_representation", "down"),
    )
    verdict = check_signature(bare_ranking_result(), card, made_sets, read_rnk(path))
    assert verdict.signature == "reproduced"
    assert [f.outcome for f in verdict.expectations[1:]] == ["undecided"] * 3
    assert (verdict.driver, verdict.driver_change) == ("undecided", None)
    assert verdict.evidence == "gene-sampling only"
    assert "driver DRV undecided (not measured)" in verdict.sentence
    json.dumps(verdict.as_dict(), allow_nan=False)


def test_genes_of_another_species_are_refused(
    make_card: Any, make_result: Any, line: Any, made_sets: Any
) -> None:
    result = make_result({f"X{i}": {"lfc": i / 100} for i in range(100)})
    with pytest.raises(DataError):
        check_signature(
            result,
            make_card(line("SET_A", "gene_set", "down", "core")),
            made_sets,
            rank_genes(result.table),
        )


def test_what_is_written(verdict_of: Any, line: Any, tmp_path: Path) -> None:
    verdict = verdict_of(DOWN, (-2.0, 1e-6, NA), line("ABSENT", "gene", "unchanged"))
    json_path, table_path = verdict.write(tmp_path)
    content = json.loads(
        json_path.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(name)
    )
    assert set(FIELDS.split()) <= set(content)
    assert content["specificity"] is None
    assert list(content["expectations"][0]) == COLUMNS.split()
    assert content["expectations"][2]["pvalue"] is None
    assert content["driver_change"]["percent_of_control"] == pytest.approx(50.0)
    assert " ".join(EXPECTATION_COLUMNS) == COLUMNS
    table = read_table(table_path)
    assert list(table.columns) == COLUMNS.split()
    assert table_path.read_text(encoding="utf-8").splitlines()[3].count("NA") >= 5


def test_absurd_numbers_still_make_valid_json(verdict_of: Any) -> None:
    verdict = verdict_of(DOWN, DOWN, genes={"DRV": {"lfc": -4000.0, "se": 900.0}})
    json.dumps(verdict.as_dict(), allow_nan=False)
    assert (
        verdict_of((-2.0, 1e-6, 1e-3), (float("-inf"), 1e-6, 1e-3)).as_dict()["expectations"][1][
            "effect"
        ]
        == "-inf"
    )


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(302)))
def test_row_order_does_not_matter(
    make_card: Any,
    make_result: Any,
    line: Any,
    universe: dict[str, Any],
    made_sets: dict[str, dict[str, GeneSet]],
    make_gsea: Any,
    order: list[int],
) -> None:
    card = make_card(
        line("SET_A", "gene_set", "down", "core"),
        line("G000", "gene", "down"),
        line("KEPT", "gene", "unchanged"),
        line("SET_A", "over_representation", "down"),
    )
    result = make_result(universe)
    gsea = make_gsea({"SET_A": DOWN})

    def judged(table: pd.DataFrame) -> dict[str, Any]:
        shown = DEResult(table, result.contrast, result.parameters)
        return check_signature(shown, card, made_sets, rank_genes(table), gsea=gsea).as_dict()

    assert judged(result.table.iloc[order]) == judged(result.table)


def test_row_order_does_not_matter_where_sets_are_tested_here(
    make_card: Any, make_result: Any, line: Any, universe: Any, made_sets: Any
) -> None:
    card = make_card(*(line(f"SET_{x}", "gene_set", "down", "core") for x in "ABC"))
    result = make_result(universe)
    shuffled = result.table.sample(frac=1, random_state=3)
    answers = [
        check_signature(
            DEResult(table, result.contrast, result.parameters),
            card,
            made_sets,
            rank_genes(table),
            seed=0,
            jobs=jobs,
        ).as_dict()
        for table, jobs in ((result.table, 1), (shuffled, 2))
    ]
    assert answers[0] == answers[1]
    assert np.isfinite([e["pvalue"] for e in answers[0]["expectations"]]).all()
