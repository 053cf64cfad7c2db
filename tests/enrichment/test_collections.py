from __future__ import annotations

import hashlib
import logging

import pytest

from rnaseq_s6k1.enrichment.collections import (
    available_collections,
    gene_set_dir,
    read_gene_sets,
)
from rnaseq_s6k1.errors import DataError, UsageError


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RNASEQ_S6K1_CACHE", str(tmp_path / "cache"))


def test_bundled_collections_are_complete_and_unchanged():
    found = available_collections()
    assert list(found) == ["go_bp", "hallmark", "kegg_cell_cycle"]
    for name, collection in found.items():
        assert hashlib.sha256(collection.path.read_bytes()).hexdigest() == collection.sha256
        assert len(read_gene_sets([name])[name]) == collection.n_sets
        assert all((collection.version, collection.date, collection.source))
        assert all((collection.licence, collection.attribution))


def test_the_sets_of_the_cards_are_there():
    read = read_gene_sets(["hallmark", "kegg_cell_cycle"])
    assert list(read) == ["hallmark", "kegg_cell_cycle"]
    assert len(read["hallmark"]) == 50
    for name in ("E2F_TARGETS", "G2M_CHECKPOINT", "MYC_TARGETS_V1"):
        assert len(read["hallmark"][f"HALLMARK_{name}"]) == 200
    cell_cycle = read["kegg_cell_cycle"]["KEGG_CELL_CYCLE"]
    assert len(cell_cycle) == 125
    assert {"CCNE1", "CDK4", "RB1"} <= set(cell_cycle.genes)
    assert list(cell_cycle.genes) == sorted(cell_cycle.genes)


def test_a_path_works_where_a_name_does(tmp_path):
    path = tmp_path / "my.sets.gmt.gz"
    path.write_bytes((gene_set_dir() / "hallmark.gmt").read_bytes())
    plain = tmp_path / "plain"
    plain.write_text("A\td\tTP53\n")
    read = read_gene_sets([str(path), "kegg_cell_cycle", str(plain)])
    assert list(read) == ["my.sets", "kegg_cell_cycle", "plain"]
    assert read["my.sets"] == read_gene_sets(["hallmark"])["hallmark"] | {}


def test_given_twice_is_used_once(caplog):
    with caplog.at_level(logging.INFO):
        assert list(read_gene_sets(["hallmark", "hallmark"])) == ["hallmark"]
    assert "hallmark are given twice and used once" in caplog.text


def test_two_files_of_one_name_are_refused(tmp_path):
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "x.gmt")
        paths[-1].write_text("A\td\tTP53\n")
    with pytest.raises(UsageError, match=r"two gene-set collections are called 'x'.*rename one"):
        read_gene_sets([str(path) for path in paths])


def test_a_file_may_not_pass_for_a_bundled_collection(tmp_path):
    path = tmp_path / "hallmark.gmt"
    path.write_text("A\td\tTP53\n")
    with pytest.raises(UsageError, match="two gene-set collections are called 'hallmark'"):
        read_gene_sets(["hallmark", str(path)])


def test_sets_in_two_collections_are_warned_of(tmp_path, caplog):
    path = tmp_path / "mine.gmt"
    path.write_text("HALLMARK_E2F_TARGETS\td\tTP53\n")
    read = read_gene_sets(["hallmark", str(path)])
    assert read["mine"]["HALLMARK_E2F_TARGETS"].genes == ("TP53",)
    assert "1 gene sets are in more than one of the collections hallmark, mine" in caplog.text


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError) as caught:
        read_gene_sets(["halmark"])
    message = str(caught.value)
    assert "no gene-set collection is called 'halmark'" in message
    assert "available: go_bp, hallmark, kegg_cell_cycle" in message
    assert "genesets fetch" in message


def test_a_missing_path_is_called_a_missing_file():
    with pytest.raises(DataError, match=r"sub/none\.gmt: no such file"):
        read_gene_sets(["sub/none.gmt"])


def test_no_names_at_all():
    with pytest.raises(UsageError, match="no gene sets were given"):
        read_gene_sets([])


def test_a_package_without_gene_sets_says_so(tmp_path, monkeypatch):
    lost = tmp_path / "site" / "rnaseq_s6k1" / "enrichment" / "collections.py"
    monkeypatch.setattr("rnaseq_s6k1.enrichment.collections.__file__", str(lost))
    with pytest.raises(DataError, match="bundled gene sets are missing"):
        gene_set_dir()


def test_the_packaged_copy_comes_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "rnaseq_s6k1"
    for folder in (package / "_gene_sets", tmp_path / "gene_sets"):
        folder.mkdir(parents=True)
        (folder / "SOURCES.tsv").write_text("")
    monkeypatch.setattr(
        "rnaseq_s6k1.enrichment.collections.__file__", str(package / "enrichment" / "x.py")
    )
    assert gene_set_dir() == (package / "_gene_sets").resolve()
    (package / "_gene_sets" / "SOURCES.tsv").unlink()
    assert gene_set_dir() == (tmp_path / "gene_sets").resolve()
