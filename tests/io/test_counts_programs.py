"""The formats of counting programs: featureCounts, HTSeq-count, STAR, nf-core/rnaseq."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.counts import read_counts

FEATURECOUNTS = (
    '# Program:featureCounts v2.0.6; Command:"featureCounts" "-a" "x.gtf" "-o" "counts.txt"\n'
    "Geneid\tChr\tStart\tEnd\tStrand\tLength\t/data/bam/siNC_1.sorted.bam\tout/siS6K1_1Aligned."
    "sortedByCoord.out.bam\n"
    "ENSG00000136997.21\tchr8;chr8\t1;50\t40;90\t+;+\t81\t5\t6\n"
    "ENSG00000108443.14\tchr17\t1\t40\t-\t40\t7\t0\n"
)


def test_featurecounts(write, caplog):
    caplog.set_level(logging.INFO)
    adata = read_counts(write("counts.txt", FEATURECOUNTS))
    assert list(adata.obs_names) == ["siNC_1", "siS6K1_1"]
    assert list(adata.var_names) == ["ENSG00000136997", "ENSG00000108443"]
    np.testing.assert_array_equal(adata.X, [[5, 7], [6, 0]])
    assert adata.uns["counts_source"]["format"] == "featurecounts"
    assert "read as a featureCounts table, 2 genes x 2 samples" in caplog.text
    assert "sample names taken from the BAM paths: 'siNC_1', 'siS6K1_1'" in caplog.text
    assert "'Chr', 'Start', 'End', 'Strand', 'Length'" in caplog.text


def test_featurecounts_without_the_comment_and_with_a_name(write):
    text = FEATURECOUNTS.split("\n", 1)[1]
    lines = [line.split("\t") for line in text.strip().split("\n")]
    named = [
        [*line[:6], name, *line[6:]]
        for line, name in zip(lines, ["gene_name", "MYC", "RPS6KB1"], strict=True)
    ]
    adata = read_counts(write("c.txt.gz", "\n".join("\t".join(line) for line in named)))
    assert list(adata.var["gene_name"]) == ["MYC", "RPS6KB1"]
    assert adata.uns["counts_source"]["format"] == "featurecounts"


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/s1.bam", "b/s2.bam"], ["s1", "s2"]),
        (["a/hits.bam", "b/hits.bam"], ["a", "b"]),
        (["x/a/hits.bam", "y/a/hits.bam"], ["x/a/hits.bam", "y/a/hits.bam"]),
        (["C:\\d\\s1.markdup.sorted.bam", "C:\\d\\s2.bam"], ["s1", "s2"]),
        (["siNC.rep1.sam", "siNC.rep2.sam"], ["siNC.rep1", "siNC.rep2"]),
    ],
)
def test_names_from_bam_paths(write, paths, names):
    head = "Geneid\tChr\tStart\tEnd\tStrand\tLength\t" + "\t".join(paths)
    adata = read_counts(write("c.txt", head + "\nG1\tchr1\t1\t2\t+\t2\t3\t4\n"))
    assert list(adata.obs_names) == names


def test_the_summary_of_featurecounts_is_refused(write):
    path = write(
        "c.txt.summary", "Status\ta.bam\tb.bam\nAssigned\t5\t6\nUnassigned_NoFeatures\t1\t1\n"
    )
    with pytest.raises(DataError, match="this is the summary of featureCounts, not its counts"):
        read_counts(path)


COUNTERS = (
    "__no_feature\t90\n__ambiguous\t9\n__too_low_aQual\t0\n__not_aligned\t0\n"
    "__alignment_not_unique\t0\n"
)


def test_htseq_folder(write, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    write("h/siNC_1.counts.txt", "MYC\t5\nTP53\t6\n" + COUNTERS)
    write("h/siS6K1_1.counts.txt.gz", "MYC\t7\nTP53\t8\n" + COUNTERS)
    write("h/siS6K1_2_htseq.tsv", "TP53\t10\nMYC\t9\n" + COUNTERS)
    write("h/.hidden", "x")
    adata = read_counts(tmp_path / "h")
    assert list(adata.obs_names) == ["siNC_1", "siS6K1_1", "siS6K1_2"]
    assert list(adata.var_names) == ["MYC", "TP53"]
    np.testing.assert_array_equal(adata.X, [[5, 6], [7, 8], [9, 10]])
    assert (
        "read as 3 files of HTSeq-count, 2 genes; dropped the counters __alignment" in caplog.text
    )
    assert "put in the order of siNC_1.counts.txt: 'siS6K1_2_htseq.tsv'" in caplog.text
    assert "__no_feature" in adata.uns["counts_source"]["summary_rows_dropped"]


def test_htseq_with_gene_names_and_old_counters(write, tmp_path):
    for name in ("a", "b"):
        write(f"h/{name}.txt", "ENSG1\tMYC\t5\nENSG2\t\t6\n" + "no_feature\t\t7\nambiguous\t\t1\n")
    adata = read_counts(tmp_path / "h")
    assert list(adata.var["gene_name"]) == ["MYC", ""]
    assert list(adata.var_names) == ["ENSG1", "ENSG2"]


def test_htseq_files_with_other_genes_are_refused(write, tmp_path):
    write("h/a.txt", "MYC\t5\nTP53\t6\n")
    write("h/b.txt", "MYC\t5\nRB1\t6\nE2F1\t1\n")
    with pytest.raises(DataError) as caught:
        read_counts(tmp_path / "h")
    assert (
        "the files list different genes: b.txt lacks 1 gene ('TP53') and adds 2 genes "
        "('RB1', 'E2F1') compared with a.txt; count all samples with the same annotation"
    ) in str(caught.value)


def test_htseq_genes_twice_in_different_order_are_refused(write, tmp_path):
    write("h/a.txt", "MYC\t5\nMYC\t6\nTP53\t1\n")
    write("h/b.txt", "MYC\t5\nTP53\t6\nMYC\t1\n")
    with pytest.raises(DataError, match=r"b\.txt: gene 'MYC' stands twice and the files differ"):
        read_counts(tmp_path / "h")


def test_htseq_damaged_line_is_refused_with_its_place(write, tmp_path):
    write("h/a.txt", "MYC\t5\nTP53\t6\n")
    write("h/b.txt", "MYC\t5\nRB1\t6\nTP53\tx\n")
    with pytest.raises(DataError, match=r"b\.txt: line 3, column '2': 'x' is not a number"):
        read_counts(tmp_path / "h")


def test_an_empty_htseq_file_is_refused(write, tmp_path):
    write("h/a.txt", "MYC\t5\n")
    write("h/b.txt", "")
    with pytest.raises(DataError, match=r"empty among the files of the folder: 'b\.txt'"):
        read_counts(tmp_path / "h")


def test_other_files_in_an_htseq_folder_are_warned_of(write, tmp_path, caplog):
    for name in ("a", "b"):
        write(f"h/{name}.txt", "MYC\t5\n")
    write("h/README.md", "# Counts\nof two samples\n")
    assert read_counts(tmp_path / "h").shape == (2, 1)
    assert "left out 1 file not written by HTSeq-count: 'README.md'" in caplog.text


def test_one_file_of_a_folder_format_is_refused(write):
    path = write("a.txt", "MYC\t5\nTP53\t6\n" + COUNTERS)
    with pytest.raises(DataError, match="HTSeq-count file of one sample"):
        read_counts(path)
    path = write("aReadsPerGene.out.tab", star_file([1, 1, 1]))
    with pytest.raises(DataError, match="STAR's ReadsPerGene file of one sample"):
        read_counts(path)


def test_a_folder_with_one_sample_is_refused(write, tmp_path):
    write("h/a.txt", "MYC\t5\n")
    with pytest.raises(DataError, match="holds one sample only, 'a'"):
        read_counts(tmp_path / "h")


def test_folders_of_other_things(write, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no HTSeq-count files and no \*ReadsPerGene.out.tab"):
        read_counts(tmp_path / "empty")
    with pytest.raises(DataError, match=r"no file named \*ReadsPerGene.out.tab in this folder"):
        read_counts(tmp_path / "empty", format="star")
    with pytest.raises(DataError, match=r"no HTSeq-count file \(gene, tab, count; no header\)"):
        read_counts(tmp_path / "empty", format="htseq")
    write("nf/star_salmon/salmon.merged.gene_counts.tsv", "gene_id\tgene_name\ta\n")
    with pytest.raises(DataError, match=r"give the file, .*salmon\.merged\.gene_counts\.tsv"):
        read_counts(tmp_path / "nf")
    write("mixed/a.txt", "MYC\t5\n")
    write("mixed/b_ReadsPerGene.out.tab", star_file([1, 1, 1]))
    with pytest.raises(DataError, match="choose with --format star or --format htseq"):
        read_counts(tmp_path / "mixed")


def star_file(counts: list[int]) -> str:
    tops = "".join(
        f"{name}\t1000\t2000\t3000\n"
        for name in ("N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous")
    )
    return tops + f"MYC\t{counts[0]}\t{counts[1]}\t{counts[2]}\nTP53\t10\t5\t5\n"


@pytest.mark.parametrize(
    ("counts", "picked", "column", "share"),
    [
        ([1000, 500, 500], "unstranded", 1000, "50%"),
        ([1000, 980, 20], "forward", 980, "98%"),
        ([1000, 20, 980], "reverse", 980, "2%"),
    ],
)
def test_star_strandedness_is_picked_and_said(
    write, tmp_path, caplog, counts, picked, column, share
):
    caplog.set_level(logging.INFO)
    for name in ("siNC_1", "siS6K1_1"):
        write(f"star/{name}_ReadsPerGene.out.tab", star_file(counts))
    adata = read_counts(tmp_path / "star")
    assert list(adata.obs_names) == ["siNC_1", "siS6K1_1"]
    assert list(adata.var_names) == ["MYC", "TP53"]
    assert adata.X[0, 0] == column
    assert f"strandedness {picked} ({share} of the stranded reads are forward)" in caplog.text
    assert adata.uns["counts_source"]["strandedness"] == picked


def test_star_strandedness_can_be_told(write, tmp_path):
    for name in ("a", "b"):
        write(f"star/{name}/ReadsPerGene.out.tab", star_file([1000, 700, 300]))
    with pytest.raises(DataError, match=r"the strandedness cannot be told \(a 70% forward; b 70%"):
        read_counts(tmp_path / "star")
    for strandedness, expected in (("unstranded", 1000), ("forward", 700), ("reverse", 300)):
        adata = read_counts(tmp_path / "star", strandedness=strandedness)
        assert list(adata.obs_names) == ["a", "b"]
        assert adata.X[1, 0] == expected
        assert adata.uns["counts_source"]["strandedness_inferred"] is False


def test_star_samples_that_differ_are_refused(write, tmp_path):
    write("star/aReadsPerGene.out.tab", star_file([1000, 990, 10]))
    write("star/bReadsPerGene.out.tab.gz", star_file([1000, 10, 990]))
    with pytest.raises(DataError, match="differ in strandedness \\(forward: 'a'; reverse: 'b'\\)"):
        read_counts(tmp_path / "star")


def test_star_sample_without_reads_is_refused(write, tmp_path):
    write("star/aReadsPerGene.out.tab", star_file([1000, 990, 10]))
    write("star/bReadsPerGene.out.tab", star_file([0, 0, 0]).replace("10\t5\t5", "0\t0\t0"))
    with pytest.raises(DataError, match="no read was assigned to a gene in 'b'"):
        read_counts(tmp_path / "star")


def test_star_file_with_too_few_columns_is_refused(write, tmp_path):
    write("star/aReadsPerGene.out.tab", "N_unmapped\t5\nMYC\t5\n")
    with pytest.raises(DataError, match="line 1 has 2 columns, too few for a file of counts"):
        read_counts(tmp_path / "star")


SALMON = "gene_id\tgene_name\tsiNC_1\tsiS6K1_1\nENSG1\tMYC\t105.25\t46.5\nENSG2\tTP53\t64\t700\n"


def test_salmon_estimates_need_to_be_rounded_on_purpose(write, caplog):
    caplog.set_level(logging.INFO)
    path = write("salmon.merged.gene_counts_length_scaled.tsv", SALMON)
    with pytest.raises(DataError) as caught:
        read_counts(path)
    assert (
        "line 2, column 'siNC_1' (gene 'ENSG1'): 105.25 is not a whole number: these are estimates "
        "of salmon; add --round to round them to whole counts"
    ) in str(caught.value)
    adata = read_counts(path, round_estimates=True)
    np.testing.assert_array_equal(adata.X, [[105, 64], [46, 700]])
    source = adata.uns["counts_source"]
    assert source["format"] == "nfcore"
    assert source["rounded"] is True
    assert source["estimates_of"] == "salmon"
    assert "rounded 2 values to whole counts (estimates, salmon)" in caplog.text
    assert list(adata.var["gene_name"]) == ["MYC", "TP53"]


def test_rsem_estimates_and_transcript_ids(write):
    text = "gene_id\ttranscript_id(s)\ta\tb\nENSG1\tENST1,ENST2\t10.5\t60.25\nENSG2\tENST3\t99\t2\n"
    adata = read_counts(write("rsem.merged.gene_counts.tsv", text), round_estimates=True)
    assert list(adata.obs_names) == ["a", "b"]
    assert adata.uns["counts_source"]["estimates_of"] == "RSEM"


def test_whole_salmon_counts_need_no_rounding(write):
    path = write("salmon.merged.gene_counts.tsv", SALMON.replace(".25", "").replace(".5", ""))
    assert read_counts(path).uns["counts_source"]["rounded"] is False


def test_nfcore_tpm_and_transcripts_are_refused_by_name(write):
    with pytest.raises(
        DataError, match="this is the TPM table by its name; give the counts, salmon"
    ):
        read_counts(write("salmon.merged.gene_tpm.tsv", SALMON))
    with pytest.raises(DataError, match="this is the table of transcripts by its name"):
        read_counts(write("salmon.merged.transcript_counts.tsv", SALMON))
