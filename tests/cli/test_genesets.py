from __future__ import annotations

import pytest
from typer.testing import CliRunner

from rnaseq_s6k1.cli.genesets import app
from rnaseq_s6k1.errors import DataError, UsageError

runner = CliRunner()


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RNASEQ_S6K1_CACHE", str(tmp_path / "cache"))


def output(*arguments: str) -> list[str]:
    result = runner.invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_list_is_a_table():
    rows = [line.split("\t") for line in output("list")]
    assert rows[0] == ["collection", "sets", "version", "licence", "origin"]
    found = {row[0]: row[1:] for row in rows[1:]}
    assert found["hallmark"] == ["50", "2025.1.Hs", "CC BY 4.0", "bundled"]
    assert found["kegg_cell_cycle"][0] == "1"
    assert int(found["go_bp"][0]) > 5000


def test_show_gives_source_licence_and_genes():
    lines = output("show", "KEGG_CELL_CYCLE")
    facts = dict(line.split("\t") for line in lines if "\t" in line)
    assert facts["collection"] == "kegg_cell_cycle"
    assert facts["genes"] == "125"
    assert "Kanehisa" in facts["attribution"]
    genes = [line for line in lines if "\t" not in line]
    assert len(genes) == 125
    assert output("show", "KEGG_CELL_CYCLE", "--genes-only") == genes


def test_show_looks_in_every_collection_and_in_files(tmp_path):
    assert "collection\tgo_bp" in output("show", "GOBP_CELL_CYCLE")
    path = tmp_path / "mine.gmt"
    path.write_text("MINE\tmy page\tTP53\n")
    lines = output("show", "MINE", "--gene-sets", str(path))
    assert lines == ["set\tMINE", "collection\tmine", "page\tmy page", "genes\t1", "TP53"]


def test_show_suggests():
    for asked in ("E2F_TARGETS", "hallmark_e2f_target"):
        with pytest.raises(UsageError, match=r"did you mean HALLMARK_E2F_TARGETS"):
            output("show", asked, "--gene-sets", "hallmark")
    with pytest.raises(UsageError, match=r"no gene set is called 'x1y2z3'; see `genesets list`"):
        output("show", "x1y2z3", "--gene-sets", "hallmark")


def test_check_counts_sizes_and_names_outdated_symbols(tmp_path):
    path = tmp_path / "mine.gmt"
    path.write_text("A\td\tTP53\tMRE11A\tCOX2\nB\td\tTP53\tNOSUCH\n")
    lines = output("check", str(path))
    assert lines[:5] == [
        "sets\t2",
        "genes\t4",
        "smallest set\t2",
        "median set\t3",
        "largest set\t3",
    ]
    assert "current human symbols\t1" in lines
    assert lines[lines.index("outdated symbols\t1") + 1] == "  MRE11A\tnow MRE11"
    assert lines[lines.index("ambiguous aliases\t1") + 1].startswith("  COX2\tof MT-CO2, ")
    assert lines[lines.index("unknown symbols\t1") + 1] == "  NOSUCH"


def test_check_of_another_species_is_no_fault(tmp_path):
    path = tmp_path / "mouse.gmt"
    path.write_text("A\td\tTrp53\tCcne1\n")
    lines = output("check", str(path))
    assert "identifiers\tmouse or rat gene symbols, 100 % of the genes" in lines
    assert lines[-1] == "unknown symbols\t2"


def test_check_refuses_a_faulty_file(tmp_path):
    path = tmp_path / "bad.gmt"
    path.write_text("A\td\tTP53\nA\td\tMYC\n")
    with pytest.raises(DataError, match="line 2 gives the set 'A' again") as caught:
        output("check", str(path))
    assert caught.value.exit_code == 1


def test_fetch_reports_what_it_keeps(monkeypatch):
    def answer(url, name, version, timeout):
        return "REACTOME_X\tpage\tTP53\n"

    monkeypatch.setattr("rnaseq_s6k1.enrichment.fetch._ask_server", answer)
    lines = output("fetch", "c2.cp.reactome", "--version", "2024.1.Hs")
    assert lines[:2] == ["collection\tc2.cp.reactome.v2024.1.Hs", "sets\t1"]
    assert "licence\tCC BY 4.0" in lines
    listed = [line for line in output("list") if "reactome" in line]
    assert listed == ["c2.cp.reactome.v2024.1.Hs\t1\t2024.1.Hs\tCC BY 4.0\tfetched"]
    assert "collection\tc2.cp.reactome.v2024.1.Hs" in output("show", "REACTOME_X")


@pytest.mark.parametrize("command", [(), ("list",), ("show",), ("check",), ("fetch",)])
def test_help_has_an_example(command):
    text = "\n".join(output(*command, "--help"))
    assert "Example: rnaseq-s6k1 genesets " in text
