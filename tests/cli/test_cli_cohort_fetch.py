"""``cohort fetch`` as a command."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from rnaseq_s6k1.cli.progress import ByteBar, byte_bar, draw_bar
from rnaseq_s6k1.io.counts import read_counts


@pytest.fixture
def mirror(portals):
    """Xena's folder of the fixtures on this machine."""
    folder = portals / "xena"

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(folder), **options)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_it_fetches_records_and_says_where(cli, mirror, tmp_path):
    arguments = (
        *("cohort", "fetch", "TCGA-ZZZZ", "--from", "xena", "--data", "counts"),
        *("--data", "clinical", "--base-url", mirror, "-o", tmp_path),
    )
    outcome = cli(*arguments)
    assert outcome.code == 0, outcome.err
    folder = tmp_path / "fetch" / "TCGA-ZZZZ"
    counts = folder / "TCGA-ZZZZ.star_counts.tsv.gz"
    assert outcome.out.splitlines() == [
        "TCGA-ZZZZ from UCSC Xena",
        "  2 files fetched, 0 there already",
        f"  counts\t{counts}",
        f"  clinical\t{folder / 'TCGA-ZZZZ.clinical.tsv.gz'}",
    ]
    record = json.loads((folder / "run.json").read_text())
    assert record["results"] == {"fetched": 2, "kept": 0, "left_out": 0}
    assert record["outputs"] == [
        "TCGA-ZZZZ.clinical.tsv.gz", "TCGA-ZZZZ.star_counts.tsv.gz", "checksums.tsv",
    ]  # fmt: skip
    assert read_counts(counts).n_obs == 6
    assert "0 files fetched, 2 there already" in cli(*arguments).out
    stratified = cli(
        *("stratify", counts, "--samples", folder / "TCGA-ZZZZ.clinical.tsv.gz"),
        *("--cut", "median", "-o", tmp_path, "--no-figures"),
    )
    assert stratified.code == 0, stratified.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("../x",), 2, "is no project's id"),
        (("TCGA-BRCA", "--base-url", "http://example.org"), 2, "only https addresses"),
        (("TCGA-BRCA", "--data", "survival"), 2, "gdc has no 'survival' to fetch"),
        (("TCGA-BRCA", "--from", "geo"), 2, "'geo' is not one of 'gdc', 'xena'"),
    ],
)
def test_errors_are_one_line(cli, tmp_path, arguments, code, words):
    outcome = cli("cohort", "fetch", *arguments, "-o", tmp_path)
    assert outcome.code == code
    assert words in outcome.error
    assert not list(tmp_path.rglob("*.*"))


def test_a_file_the_mirror_lacks_is_one_line(cli, mirror, tmp_path):
    outcome = cli(
        "cohort", "fetch", "TCGA-YYYY", "--from", "xena", "--base-url", mirror, "-o", tmp_path
    )
    assert outcome.code == 1
    assert "Xena has no counts of TCGA-YYYY" in outcome.error
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_help_has_an_example(cli):
    assert "Example: rnaseq-s6k1 cohort fetch TCGA-BRCA" in cli("cohort", "--help").out
    text = " ".join(cli("cohort", "fetch", "--help").out.split())
    assert "Example: rnaseq-s6k1 cohort fetch TCGA-BRCA --from xena" in text


def test_the_bar_counts_what_comes():
    with byte_bar("fetching") as bar:
        bar.expect(10)
        bar.advance(4)
        bar.advance(-1)
    assert isinstance(bar, ByteBar)
    assert (bar.done, bar.total) == (3, 10)


@pytest.mark.parametrize(
    ("done", "total", "line"),
    [
        (0, 0, "x 0.0 MB, 0.0 MB/s"),
        (5_000_000, 0, "x 5.0 MB, 2.5 MB/s"),
        (
            5_000_000,
            10_000_000,
            "x [###############---------------]  50% 5.0 of 10.0 MB, 2.5 MB/s, 2 s left",
        ),
        (10, 10, "x [##############################] 100% 0.0 of 0.0 MB, 0.0 MB/s"),
        (20, 10, "x [##############################] 100% 0.0 of 0.0 MB, 0.0 MB/s"),
    ],
)
def test_the_bar_is_one_line(done, total, line):
    assert draw_bar("x", done, total, 2.0) == line
