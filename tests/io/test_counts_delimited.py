from __future__ import annotations

import logging
import re

import numpy as np
import pytest

from rnaseq_s6k1.io.counts import read_counts

PLAIN = "gene_id\tsiNC_1\tsiNC_2\tsiS6K1_1\nMYC\t5\t6\t7\nRPS6KB1\t10\t0\t3\nACTB\t1\t2\t30000\n"


def check(adata, names=("MYC", "RPS6KB1", "ACTB"), samples=("siNC_1", "siNC_2", "siS6K1_1")):
    assert list(adata.obs_names) == list(samples)
    assert list(adata.var_names) == list(names)
    assert adata.X.dtype == np.int32
    np.testing.assert_array_equal(adata.X, [[5, 10, 1], [6, 0, 2], [7, 3, 30000]])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("counts.tsv", PLAIN),
        ("counts.txt", PLAIN.rstrip("\n")),
        ("counts.csv", PLAIN.replace("\t", ",")),
        ("counts_de.csv", PLAIN.replace("\t", ";")),
        ("counts_r.txt", PLAIN.replace("gene_id\t", "").replace("\t", " ")),
        ("counts.tsv.gz", PLAIN),
        ("crlf.tsv", PLAIN.replace("\n", "\r\n")),
        ("old_mac.tsv", PLAIN.replace("\n", "\r")),
        ("bom.tsv", "\ufeff" + PLAIN),
        ("bom_crlf.csv.gz", ("\ufeff" + PLAIN).replace("\n", "\r\n").replace("\t", ",")),
        ("r_header.tsv", PLAIN.removeprefix("gene_id\t")),
        ("quoted.csv", '"' + PLAIN.strip().replace("\t", '","').replace("\n", '"\n"') + '"\n'),
        ("nameless.csv", PLAIN.removeprefix("gene_id").replace("\t", ",")),
        ("blank_lines.tsv", PLAIN.replace("\n", "\n\n") + "\n \n".replace(" ", "")),
        ("spaces.tsv", PLAIN.replace("\t", "\t ").replace("MYC", " MYC ")),
        ("comment.tsv", "# made by hand\n# twice\n" + PLAIN),
        ("sep_line.csv", "sep=;\r\n" + PLAIN.replace("\t", ";")),
        ("bam_paths.tsv", re.sub(r"(si\w+)", r"/data/\1.sorted.bam", PLAIN)),
        ("hash_header.tsv", "#" + PLAIN),
        ("trailing.tsv", PLAIN.replace("\n", "\t\n")),
        ("decimal_zero.tsv", PLAIN.replace("5", "5.0").replace("30000", "3e4")),
        ("wrong_ending.csv", PLAIN),
    ],
)
def test_every_dialect_gives_the_same_matrix(write, name, text):
    check(read_counts(write(name, text)))


def test_gzip_is_told_by_content_and_not_by_name(write, tmp_path):
    packed = write("counts.tsv.gz", PLAIN)
    renamed = packed.rename(tmp_path / "counts.tsv")
    check(read_counts(renamed))


@pytest.mark.parametrize(
    "column", ["gene_name", "gene_symbol", "Symbol", "hgnc_symbol", "Gene.Name"]
)
def test_a_gene_name_column_is_kept(write, caplog, column):
    text = f"gene_id\t{column}\ta\tb\nENSG00000136997.21\tMYC\t1\t2\nENSG00000108443.14\t\t3\t4\n"
    caplog.set_level(logging.INFO)
    adata = read_counts(write("counts.tsv", text))
    assert list(adata.var["gene_name"]) == ["MYC", ""]
    assert list(adata.var_names) == ["ENSG00000136997", "ENSG00000108443"]
    assert adata.uns["counts_source"]["gene_name_column"] == column
    assert f"gene names from column '{column}'" in caplog.text
    assert "stripped the version of 2 Ensembl ids" in caplog.text


def test_a_name_column_before_the_id_column(write):
    adata = read_counts(
        write("c.tsv", "symbol\tgene_id\ta\tb\nMYC\t4609\t1\t2\nTP53\t7157\t3\t4\n")
    )
    assert list(adata.var_names) == ["4609", "7157"]
    assert list(adata.var["gene_name"]) == ["MYC", "TP53"]


def test_symbols_alone_are_the_ids(write):
    adata = read_counts(write("c.tsv", "symbol\ta\tb\nMYC\t1\t2\nTP53\t3\t4\n"))
    assert list(adata.var_names) == ["MYC", "TP53"]
    assert "gene_name" not in adata.var


def test_row_numbers_of_r_are_left_out(write):
    adata = read_counts(write("c.csv", '"","gene_id","a","b"\n"1","MYC",1,2\n"2","TP53",3,4\n'))
    assert list(adata.var_names) == ["MYC", "TP53"]
    assert list(adata.obs_names) == ["a", "b"]


def test_annotation_is_left_out_with_a_notice(write, caplog):
    caplog.set_level(logging.INFO)
    text = (
        "gene_id,gene_name,gene_biotype,chr,start,length,description,a,b\n"
        'ENSG1,MYC,protein_coding,8,127735434,6001,"MYC proto-oncogene, bHLH",1,2\n'
        'ENSG2,TP53,protein_coding,17,7661779,25768,"the ""guardian"", p53",3,4\n'
    )
    adata = read_counts(write("counts.csv", text))
    assert list(adata.obs_names) == ["a", "b"]
    assert "left out 5 columns of annotation: 'gene_biotype', 'chr'" in caplog.text
    source = adata.uns["counts_source"]
    assert source["dropped_columns"] == "gene_biotype, chr, start, length, description"
    np.testing.assert_array_equal(adata.X, [[1, 3], [2, 4]])


def test_an_unknown_text_column_is_left_out_with_a_warning(write, caplog):
    adata = read_counts(write("c.tsv", "gene\tremark\ta\tb\nMYC\tgood\t1\t2\nTP53\tbad\t3\t4\n"))
    assert list(adata.obs_names) == ["a", "b"]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert (
        "left out 1 column of text, as samples hold numbers: 'remark'" in warnings[0].getMessage()
    )


def test_doubled_quotes_and_unicode_in_names(write):
    text = 'gene,a,b\n"5""-gene, odd",1,2\nβ-globin,3,4\n'
    adata = read_counts(write("c.csv", text))
    assert list(adata.var_names) == ['5"-gene, odd', "β-globin"]


def test_duplicates_are_summed_with_a_notice(write, caplog):
    caplog.set_level(logging.INFO)
    text = "gene_id\tgene_name\ta\tb\nG1\t\t1\t2\nG2\tB\t10\t20\nG1\tA\t100\t200\nG1\tC\t1000\t0\n"
    adata = read_counts(write("c.tsv", text))
    assert list(adata.var_names) == ["G1", "G2"]
    assert list(adata.var["gene_name"]) == ["A", "B"]
    np.testing.assert_array_equal(adata.X, [[1101, 10], [202, 20]])
    assert adata.X.dtype == np.int32
    assert "1 gene stands on more than one row; their counts were summed: 'G1'" in caplog.text
    assert adata.uns["counts_source"]["duplicate_rows_summed"] == 2


def test_a_sum_beyond_int32_is_not_wrapped(write):
    adata = read_counts(write("c.tsv", "g\ta\tb\nG1\t2000000000\t1\nG1\t2000000000\t1\n"))
    assert adata.X[0, 0] == 4_000_000_000
    assert adata.X.dtype == np.int64


def test_counts_beyond_int32_are_kept_exactly(write):
    adata = read_counts(write("c.tsv", "g\ta\tb\nG1\t2147483648\t1\nG2\t9007199254740991\t1\n"))
    assert adata.X.dtype == np.int64
    assert adata.X[0].tolist() == [2147483648, 9007199254740991]


def test_par_y_copies_are_joined_with_their_gene(write, caplog):
    caplog.set_level(logging.INFO)
    text = "g\ta\tb\nENSG00000182378.14\t5\t6\nENSG00000182378.14_PAR_Y\t1\t0\n"
    text += "ENSG00000000003.15\t2\t2\n"
    adata = read_counts(write("c.tsv", text))
    assert list(adata.var_names) == ["ENSG00000182378", "ENSG00000000003"]
    np.testing.assert_array_equal(adata.X, [[6, 2], [6, 2]])
    assert "1 gene on the pseudoautosomal regions of Y (_PAR_Y) joined" in caplog.text


def test_only_ensembl_ids_lose_what_follows_a_point(write):
    text = "g\ta\tb\nAC012345.1\t1\t2\nENSMUSG00000000001.4\t3\t4\nHLA-DRB1.2\t1\t1\n"
    adata = read_counts(write("c.tsv", text))
    assert list(adata.var_names) == ["AC012345.1", "ENSMUSG00000000001", "HLA-DRB1.2"]


def test_transcripts_are_warned_of(write, caplog):
    read_counts(write("c.tsv", "g\ta\tb\nENST00000621592.8\t1\t2\n"))
    assert "the ids are transcripts ('ENST00000621592'), not genes" in caplog.text


def test_counters_and_rows_without_a_gene_are_dropped(write, caplog):
    caplog.set_level(logging.INFO)
    text = "g\ta\tb\nMYC\t1\t2\n\t7\t7\nNA\t8\t8\n__no_feature\t900\t900\nN_unmapped\t9\t9\n"
    adata = read_counts(write("c.tsv", text))
    assert list(adata.var_names) == ["MYC"]
    assert "dropped rows that are no genes: '__no_feature', 'N_unmapped'" in caplog.text
    assert "dropped 2 rows without a gene id (empty or NA), the first on line 3" in caplog.text


def test_transposed_input_with_the_option(write):
    rows = [line.split("\t") for line in PLAIN.strip().split("\n")]
    turned = "\n".join("\t".join(row) for row in zip(*rows, strict=True))
    adata = read_counts(write("t.tsv", turned), transpose=True)
    check(adata)
    assert adata.uns["counts_source"]["transposed"] is True


def test_estimates_are_rounded_when_the_origin_is_stated(write, caplog):
    caplog.set_level(logging.INFO)
    text = "g\ta\tb\nMYC\t100.4\t2.5\nTP53\t1000.6\t3.5\n"
    adata = read_counts(write("c.tsv", text), round_estimates=True)
    np.testing.assert_array_equal(adata.X, [[100, 1001], [2, 4]])
    assert "rounded 4 values to whole counts (estimates, as stated by the user)" in caplog.text
    assert adata.uns["counts_source"]["rounded"] is True


def test_genes_lie_together_in_memory(write):
    assert read_counts(write("c.tsv", PLAIN)).X.T.flags.c_contiguous


def test_rounded_tpm_are_warned_of(write, caplog):
    read_counts(write("c.tsv", "g\ta\tb\nMYC\t400001\t1\nTP53\t600000\t999998\nA\t0\t1\n"))
    assert "are these rounded TPM or CPM?" in caplog.text


def test_what_was_inferred_survives_h5ad(write, tmp_path):
    adata = read_counts(write("c.tsv", PLAIN))
    adata.write_h5ad(tmp_path / "c.h5ad")
    again = read_counts(tmp_path / "c.h5ad")
    check(again)
    assert again.uns["counts_source"]["format"] == "h5ad"
    for value in adata.uns["counts_source"].values():
        assert type(value) in {str, int, bool}


def test_many_blocks_and_lines_of_all_lengths(tmp_path):
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 10, size=(60_000, 40)) ** rng.integers(1, 9, size=(60_000, 40))
    path = tmp_path / "long.tsv"
    with path.open("w") as stream:
        stream.write("gene\t" + "\t".join(f"s{at}" for at in range(40)) + "\n")
        for at, row in enumerate(counts.tolist()):
            stream.write(f"gene{at}\t" + "\t".join(map(str, row)) + "\n")
    # More than one block is read.
    assert path.stat().st_size > 8 << 20
    adata = read_counts(path)
    np.testing.assert_array_equal(adata.X, counts.T)
    assert adata.var_names[-1] == "gene59999"
