"""The Broad's report files: as the desktop program writes them, and as others read them."""

from __future__ import annotations

import csv
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.enrichment.broad_report import REPORT_COLUMNS, write_broad_report
from rnaseq_s6k1.enrichment.gsea import GSEAResult, run_gsea
from rnaseq_s6k1.enrichment.ranking import Ranking, read_rnk
from rnaseq_s6k1.enrichment.running_sum import running_sum
from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.gmt import GeneSet, read_gmt

NAMES = [f"gene{at:03d}" for at in range(200)]
LEADING = re.compile(r"tags=(\d+)%, list=(\d+)%, signal=(\d+)%")


def make_sets() -> dict[str, dict[str, GeneSet]]:
    one = {
        "UP": GeneSet("UP", "http://page", tuple(NAMES[:20:2])),
        "DOWN": GeneSet("DOWN", "", tuple(NAMES[-20::2])),
        "SPREAD": GeneSet("SPREAD", "na", (*NAMES[5:195:17], "not there")),
        "SMALL": GeneSet("SMALL", "na", tuple(NAMES[:2])),
        "a/b:c*<&>\"' d#e": GeneSet("a/b:c*<&>\"' d#e", "na", tuple(NAMES[40:60])),
    }
    return {"one": one, "two": {"UP": one["UP"], "up": one["DOWN"], "CON": one["SPREAD"]}}


@pytest.fixture(scope="module")
def collections():
    return make_sets()


@pytest.fixture(scope="module")
def result(collections) -> GSEAResult:
    stats = pd.Series(np.linspace(3, -3, 200), index=NAMES)
    ranking = Ranking(stats, "stat", 0, 0, 0.0)
    return run_gsea(ranking, collections, min_size=5, permutations=200)


def read_report(path: Path) -> pd.DataFrame:
    """Read a report as EnrichmentMap does: exactly eleven columns, split at tabs, no quotes."""
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    # Java's split drops the empty field after the tab at the end, as the program writes it.
    rows = [line.split("\t") for line in lines]
    assert all(row.pop() == "" for row in rows)
    assert all(len(row) == 11 for row in rows)
    assert tuple(rows[0]) == REPORT_COLUMNS
    assert rows[0][4:6] == ["ES", "NES"]
    return pd.DataFrame(rows[1:], columns=rows[0])


def test_both_reports_hold_every_set_once_by_its_sign(result, collections, tmp_path):
    write_broad_report(result, tmp_path, collections=collections)
    up = read_report(tmp_path / "gsea_report_for_na_pos.tsv")
    down = read_report(tmp_path / "gsea_report_for_na_neg.tsv")
    assert (up["ES"].astype(float) >= 0).all()
    assert (down["ES"].astype(float) < 0).all()
    assert len(up) + len(down) == len(result.table) == 7
    assert up["NES"].astype(float).is_monotonic_decreasing
    assert down["NES"].astype(float).is_monotonic_increasing
    both = pd.concat([up, down])
    assert both["NAME"].is_unique
    assert {"one.UP", "two.UP", "DOWN", "up"} <= set(both["NAME"]), "shared names alone change"
    by_name = both.set_index("NAME")
    row = result.table[(result.table["set"] == "DOWN")].iloc[0]
    assert float(by_name.loc["DOWN", "NOM p-val"]) == row["pvalue"]
    assert float(by_name.loc["DOWN", "FDR q-val"]) == row["padj"]
    assert float(by_name.loc["DOWN", "NES"]) == row["nes"]
    assert int(by_name.loc["DOWN", "SIZE"]) == row["size"] == 10


def test_fwer_is_holms_over_the_family_of_the_fdr(result, tmp_path):
    for fdr_by in ("call", "collection"):
        folder = tmp_path / fdr_by
        write_broad_report(result, folder, fdr_by=fdr_by)
        both = pd.concat(
            [read_report(folder / f"gsea_report_for_na_{end}.tsv") for end in ("pos", "neg")]
        ).set_index("NAME")
        table = result.table
        for _, family in table.groupby("collection") if fdr_by == "collection" else [("", table)]:
            names = [
                name if name != "UP" else f"{collection}.UP"
                for collection, name in zip(family["collection"], family["set"], strict=True)
            ]
            given = both.loc[names, "FWER p-val"].astype(float)
            expected = multipletests(family["pvalue"], method="holm")[1]
            np.testing.assert_allclose(given, expected, rtol=1e-12)
            assert fdr_by == "collection" or (given.to_numpy() >= family["padj"] - 1e-15).all()


def test_nf_core_finds_its_files(result, collections, tmp_path):
    contrast = Contrast("treatment", "siS6K1", "siNC")
    paths = write_broad_report(result, tmp_path, collections=collections, contrast=contrast)
    assert all(path.is_file() for path in paths)
    assert len(set(paths)) == len(paths)
    for pattern in (
        "*gsea_report_for_siS6K1.tsv",
        "*gsea_report_for_siNC.tsv",
        "*ranked_gene_list*.tsv",
        "*gene_set_sizes.tsv",
    ):
        assert len(list(tmp_path.glob(pattern))) == 1, pattern
    assert len(list(tmp_path.glob("gsea_report_for_*.tsv"))) == 2
    assert (tmp_path / "ranked_gene_list_siS6K1_versus_siNC.tsv").is_file()
    # shinyngs and pandas see one more, empty column, as in the program's own files.
    read = pd.read_csv(tmp_path / "gsea_report_for_siS6K1.tsv", sep="\t")
    assert [*read.columns] == [*REPORT_COLUMNS, "Unnamed: 11"]
    assert read["Unnamed: 11"].isna().all()


def test_ranked_list_and_sizes(result, collections, tmp_path):
    write_broad_report(result, tmp_path, collections=collections)
    ranked = pd.read_csv(
        tmp_path / "ranked_gene_list_na_pos_versus_na_neg.tsv",
        sep="\t",
        quoting=csv.QUOTE_NONE,
        float_precision="round_trip",
    )
    assert [*ranked.columns][:5] == ["NAME", "DESCRIPTION", "GENE SYMBOL", "GENE TITLE", "SCORE"]
    assert ranked["NAME"].tolist() == NAMES
    np.testing.assert_array_equal(ranked["SCORE"], result.ranking.stats)
    sizes = pd.read_csv(tmp_path / "gene_set_sizes.tsv", sep="\t", index_col=0)
    assert sizes.loc["SPREAD", "ORIGINAL SIZE"] == 13
    assert sizes.loc["SPREAD", "AFTER RESTRICTING TO DATASET"] == 12
    assert sizes.loc["SMALL", "STATUS"] == "Rejected!"
    assert sizes["STATUS"].notna().sum() == 1
    assert len(sizes) == 8


def test_a_sets_file_has_its_running_sum_and_core(result, tmp_path):
    write_broad_report(result, tmp_path)
    details = pd.read_csv(tmp_path / "DOWN.tsv", sep="\t", quoting=csv.QUOTE_NONE)
    assert [*details.columns][:8] == [
        "NAME", "PROBE", "GENE SYMBOL", "GENE_TITLE", "RANK IN GENE LIST", "RANK METRIC SCORE",
        "RUNNING ES", "CORE ENRICHMENT",
    ]  # fmt: skip
    curve = running_sum(result.ranking.stats.to_numpy(), details["RANK IN GENE LIST"].to_numpy())
    np.testing.assert_allclose(details["RUNNING ES"], curve.values[curve.hits], rtol=1e-12)
    core = details.loc[details["CORE ENRICHMENT"] == "Yes", "PROBE"].tolist()
    row = result.table[result.table["set"] == "DOWN"].iloc[0]
    assert core[::-1] == row["leading_edge"].split(",")
    assert details["PROBE"].tolist() == [NAMES[at] for at in details["RANK IN GENE LIST"]]


def test_only_the_leading_sets_get_files_and_say_so(result, tmp_path):
    write_broad_report(result, tmp_path, details=1)
    up = read_report(tmp_path / "gsea_report_for_na_pos.tsv")
    assert up["GS DETAILS"].tolist() == ["Details ...", *[""] * (len(up) - 1)]
    assert len(list(tmp_path.glob("*.tsv"))) == 3 + 2


def test_names_of_files_are_safe_and_never_the_same(result, tmp_path):
    paths = write_broad_report(result, tmp_path)
    names = [path.name for path in paths if path.parent == tmp_path]
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.+-]+", name) for name in names)
    assert "a_b_c_______d_e.tsv" in names
    assert "CON.tsv" not in names, "a name that Windows keeps"
    assert "_CON.tsv" in names
    assert all(path.resolve().is_relative_to(tmp_path) for path in paths)


@pytest.mark.parametrize(
    ("target", "reference", "names"),
    [
        ("high dose", "a/b", ("high_dose", "a_b")),
        ("../x", "..", ("_x", "_")),
        ("a b", "a_b", ("na_pos", "na_neg")),
        ("A", "a", ("na_pos", "na_neg")),
    ],
)
def test_groups_name_the_ends(result, tmp_path, target, reference, names):
    paths = write_broad_report(result, tmp_path, contrast=Contrast("x", target, reference))
    assert [path.name for path in paths[:2]] == [f"gsea_report_for_{name}.tsv" for name in names]


def test_gseapy_reads_the_edb(result, collections, tmp_path):
    from gseapy.gsea import Replot
    from gseapy.parser import gsea_edb_parser
    from gseapy.parser import read_gmt as gseapy_gmt

    write_broad_report(result, tmp_path, collections=collections)
    read = gsea_edb_parser(str(tmp_path / "edb" / "results.edb"))
    table = result.table.set_index("set")
    es, nes, pvalue, fdr, fwer, hits = read["SPREAD"]
    row = table.loc["SPREAD"]
    assert (es, nes, pvalue, fdr) == (row["es"], row["nes"], row["pvalue"], row["padj"])
    assert fdr <= fwer <= 1
    assert [NAMES[at] for at in hits] == NAMES[5:195:17]
    assert gseapy_gmt(str(tmp_path / "edb" / "gene_sets.gmt"))["SPREAD"] == NAMES[5:195:17]
    assert len(read) == 7
    assert len(Replot(str(tmp_path), str(tmp_path / "replot")).gsea_edb_parser(
        str(tmp_path / "edb" / "results.edb")
    )) == 7  # fmt: skip


def test_gseapy_draws_the_folder_again(result, tmp_path):
    import gseapy

    plain = replace(
        result,
        table=result.table[result.table["set"].isin(["DOWN", "SPREAD"])].reset_index(drop=True),
    )
    write_broad_report(plain, tmp_path / "broad")
    gseapy.replot(str(tmp_path / "broad"), str(tmp_path / "again"), format="png")
    assert sorted(path.name for path in (tmp_path / "again").glob("*.png")) == [
        "DOWN.replot.png",
        "SPREAD.replot.png",
    ]


def test_the_edb_is_well_formed_whatever_the_names_hold(result, tmp_path):
    renamed = replace(result.ranking, by='"><x>\x07&')
    write_broad_report(replace(result, ranking=renamed), tmp_path)
    root = ET.parse(tmp_path / "edb" / "results.edb").getroot()
    assert root.attrib["METRIC"] == '"><x> &'
    names = {node.attrib["GENESET"].split("#", 1)[1] for node in root}
    assert "a/b:c*<&>\"' d#e" in names
    assert names == set(read_gmt(tmp_path / "edb" / "gene_sets.gmt"))
    ranks = read_rnk(tmp_path / "edb" / "ranks.rnk")
    pd.testing.assert_series_equal(ranks.stats, result.ranking.stats, check_names=False)


def test_the_same_result_gives_the_same_bytes(result, collections, tmp_path):
    backwards = {name: dict(reversed(sets.items())) for name, sets in reversed(collections.items())}
    shuffled = GSEAResult(
        table=result.table,
        ranking=result.ranking,
        members=dict(reversed(result.members.items())),
        dropped=result.dropped,
        family=result.family,
    )
    one = write_broad_report(result, tmp_path / "a", collections=collections)
    other = write_broad_report(shuffled, tmp_path / "b", collections=backwards)
    assert [path.relative_to(tmp_path / "a") for path in one] == [
        path.relative_to(tmp_path / "b") for path in other
    ]
    for left, right in zip(one, other, strict=True):
        assert left.read_bytes() == right.read_bytes(), left.name


def test_a_result_of_another_ranking_is_refused(result, tmp_path):
    stats = result.ranking.stats.iloc[:100]
    with pytest.raises(DataError, match="holds genes that are not ranked"):
        write_broad_report(replace(result, ranking=replace(result.ranking, stats=stats)), tmp_path)


def test_an_unknown_score_is_written_as_na(result, tmp_path):
    table = result.table.assign(nes=np.nan)
    write_broad_report(replace(result, table=table), tmp_path)
    assert set(read_report(tmp_path / "gsea_report_for_na_pos.tsv")["NES"]) == {"NA"}


@pytest.mark.shared_data
def test_a_run_of_the_desktop_program_is_laid_out_alike(shared, tmp_path):
    folder = shared / "data" / "gsea_reference" / "gsea_desktop_edb"
    sets = read_gmt(folder / "gene_sets.gmt")
    ranking = read_rnk(folder / "gsea_data.gsea_data.rnk")
    result = run_gsea(ranking, {"desktop": sets}, min_size=1, permutations=1000)
    write_broad_report(result, tmp_path, collections={"desktop": sets})

    def entries(path):
        nodes = ET.parse(path).getroot().findall("DTG")
        return {node.attrib["GENESET"].split("#")[1]: node.attrib for node in nodes}

    theirs, ours = entries(folder / "results.edb"), entries(tmp_path / "edb" / "results.edb")
    assert set(theirs) == set(ours)
    for name, expected in theirs.items():
        given = ours[name]
        assert set(expected) == set(given)
        assert given["HIT_INDICES"] == expected["HIT_INDICES"]
        # Printed to four decimals; ours are not rounded twice.
        for key in ("ES", "RANK_AT_ES", "RANK_SCORE_AT_ES"):
            assert float(given[key]) == pytest.approx(float(expected[key]), abs=5.1e-5), key
        profiles = [
            np.array(attributes["ES_PROFILE"].split(), dtype=float)
            for attributes in (given, expected)
        ]
        np.testing.assert_allclose(*profiles, atol=1.01e-4)
        assert float(given["NES"]) == pytest.approx(float(expected["NES"]), abs=0.25)
    assert (tmp_path / "edb" / "gene_sets.gmt").read_text().count("\n") == len(sets)


#: Rows of a report of the desktop program (4,000 others beside them): positions of the set's
#: genes come from its set's file; N = 1,145 genes.
PROGRAM = {
    1: ([19, 66, 87, 122, 187, 195, 232, 243, 245, 326, 360, 396, 492, 761, 799, 898, 991],
        396, "tags=71%, list=35%, signal=106%"),
    -1: ([272, 332, 362, 448, 486, 560, 762, 811, 837, 863, 893, 896, 1009, 1111, 1138],
         874, "tags=100%, list=76%, signal=417%"),
}  # fmt: skip


@pytest.mark.parametrize("sign", [1, -1])
def test_rank_and_leading_edge_are_the_programs(tmp_path, sign):
    """Checked against two rows a GSEA run published, where the peak lies at a known rank."""
    positions, rank, leading_edge = PROGRAM[sign]
    n_genes = 1145
    names = [f"g{at:04d}" for at in range(n_genes)]
    peak = rank if sign > 0 else n_genes - rank
    stats = np.linspace(2, 1, n_genes)
    # Weights that put the extreme where the program had it.
    heavy = [at for at in positions if (at <= peak if sign > 0 else at > peak)]
    stats[heavy] = np.linspace(1.9, 1.8, len(heavy)) if sign < 0 else stats[heavy]
    stats = np.sort(stats)[::-1]
    table = pd.DataFrame(
        {"collection": ["c"], "set": ["S"], "size": [len(positions)], "es": [0.5 * sign],
         "nes": [1.5 * sign], "pvalue": [0.01], "padj": [0.01]}
    )  # fmt: skip
    result = GSEAResult(
        table=table,
        ranking=Ranking(pd.Series(stats, index=names), "x", 0, 0, 0.0),
        members={("c", "S"): tuple(names[at] for at in positions)},
        dropped=pd.DataFrame(),
        family="",
    )
    curve = running_sum(stats, positions)
    assert curve.peak == peak
    write_broad_report(result, tmp_path)
    end = "pos" if sign > 0 else "neg"
    row = read_report(tmp_path / f"gsea_report_for_na_{end}.tsv").iloc[0]
    assert int(row["RANK AT MAX"]) == rank
    assert row["LEADING EDGE"] == leading_edge
    assert LEADING.fullmatch(row["LEADING EDGE"])
