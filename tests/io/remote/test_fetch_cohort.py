"""Whole cohorts from a server that speaks the GDC's endpoints and Xena's folders."""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
import logging
import runpy
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import rnaseq_s6k1
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.clinical import is_clinical, read_clinical, read_survival
from rnaseq_s6k1.io.counts import read_counts
from rnaseq_s6k1.io.remote import addresses
from rnaseq_s6k1.io.remote import cohort as module
from rnaseq_s6k1.io.remote.cohort import fetch_cohort
from rnaseq_s6k1.io.remote.download import Downloader
from rnaseq_s6k1.io.remote.transport import check_url

PROJECT = "TCGA-ZZZZ"
CASES: list[dict[str, Any]] = [
    {
        "submitter_id": "TCGA-ZZ-A002",
        "demographic": {"vital_status": "Alive", "gender": "female", "race": 'of "x"\tand y'},
        "diagnoses": [{"days_to_last_follow_up": 100, "ajcc_pathologic_stage": "Stage I"}],
        "follow_ups": [{"days_to_follow_up": 2511}, {"days_to_follow_up": None}],
    },
    {
        "submitter_id": "TCGA-ZZ-A001",
        "demographic": {"vital_status": "Dead", "days_to_death": 1308, "age_at_index": 61},
        "diagnoses": [{"days_to_last_follow_up": 9000}],
    },
    {"submitter_id": "TCGA-ZZ-A003", "demographic": {"vital_status": "Not Reported"}},
    {"submitter_id": "TCGA-ZZ-A004", "demographic": {"vital_status": "Dead"}, "diagnoses": None},
]


@pytest.fixture(scope="module")
def made(portals):
    return runpy.run_path(str(portals / "make_fixtures.py"))


@pytest.fixture
def gdc(server, made):
    """The server with the fixtures' files, as the GDC describes and gives them."""
    hits = made["gdc_hits"]()
    texts = {made["file_id"](a): made["gdc_table"](a).encode() for a, _ in made["ALIQUOTS"]}
    server.add_gdc(hits, texts)
    server.hits["/cases"] = copy.deepcopy(CASES)
    return server


@pytest.fixture
def xena(server, portals):
    folder = portals / "xena"
    server.files |= {
        "/TCGA-ZZZZ.star_counts.tsv.gz": (folder / "TCGA-ZZZZ.star_counts.tsv.gz").read_bytes(),
        "/TCGA-ZZZZ.clinical.tsv.gz": (folder / "TCGA-ZZZZ.clinical.tsv.gz").read_bytes(),
        "/survival%2FZZZZ_survival.txt": (folder / "ZZZZ_survival.txt").read_bytes(),
    }
    return server


def fetch(server, folder, **options):
    quick = Downloader(timeout=5, first_wait=0.0)
    options = {"base_url": server.url, "downloader": quick, **options}
    return fetch_cohort(PROJECT, folder, **options)


def refusal(server, folder, **options) -> str:
    with pytest.raises(DataError) as caught:
        fetch(server, folder, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_the_gdc_s_cohort_is_read_as_it_lies(gdc, tmp_path, portals):
    fetched = fetch(gdc, tmp_path)
    assert (fetched.n_fetched, fetched.n_kept, fetched.n_left_out) == (5, 0, 2)
    counts = fetched.places["counts"]
    assert counts == tmp_path / PROJECT / "star_counts"
    adata = read_counts(counts)
    whole = read_counts(portals / "gdc")
    primary = whole[whole.obs["sample_type"] == "Primary Tumor"]
    assert adata.to_df().equals(primary.to_df())
    assert adata.obs.equals(primary.obs)
    assert all(path.is_file() for path in fetched.files)
    assert not [name for name in names_in(tmp_path) if name.endswith((".part", ".tag"))]
    manifest = (counts / "gdc_manifest.txt").read_text().splitlines()
    assert manifest[0] == "id\tfilename\tmd5\tsize\tstate"
    assert len(manifest) == 6
    query = gdc.queries[0]
    asked = {entry["content"]["field"]: entry["content"]["value"] for entry in
             query["filters"]["content"]}  # fmt: skip
    assert asked["cases.project.project_id"] == [PROJECT]
    assert asked["files.analysis.workflow_type"] == ["STAR - Counts"]
    assert asked["files.access"] == ["open"]


def test_the_gdc_s_cases_become_a_clinical_table(gdc, tmp_path):
    path = fetch(gdc, tmp_path, kinds=["clinical"]).places["clinical"]
    assert is_clinical(path)
    table = read_clinical(path)
    assert table.attrs["time_unit"] == "days"
    assert list(table.index) == [f"TCGA-ZZ-A00{n}" for n in range(1, 5)]
    np.testing.assert_array_equal(table["OS"], [1, 0, np.nan, np.nan])
    np.testing.assert_array_equal(table["OS.time"], [1308, 2511, np.nan, np.nan])
    assert table.loc["TCGA-ZZ-A002", "race"] == 'of "x" and y'
    assert table.loc["TCGA-ZZ-A002", "ajcc_pathologic_stage"] == "Stage I"


def test_every_sample_on_request_and_page_by_page(gdc, tmp_path):
    gdc.page = 3
    fetched = fetch(gdc, tmp_path, all_samples=True, kinds=["counts"])
    assert fetched.n_fetched == 7
    assert [query["from"] for query in gdc.queries] == [0, 3, 6]
    assert read_counts(fetched.places["counts"]).n_obs == 7


def test_a_second_fetch_keeps_what_is_right_and_mends_what_is_not(gdc, tmp_path, caplog):
    fetched = fetch(gdc, tmp_path, kinds=["counts"])
    tables = [path for path in fetched.files if path.suffix == ".tsv" and "rna_seq" in path.name]
    tables[0].write_text(tables[0].read_text().replace("MYC", "myc"))
    tables[1].unlink()
    gdc.asked.clear()
    again = fetch(gdc, tmp_path, kinds=["counts"])
    assert (again.n_fetched, again.n_kept) == (2, 3)
    wanted = sorted(f"/data/{path.parent.name}" for path in tables[:2])
    assert sorted(path for path, _ in gdc.asked if path.startswith("/data")) == wanted
    assert "is not what the GDC announces now; fetched again" in caplog.text
    assert read_counts(fetched.places["counts"]).n_obs == 5


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_fetch_survives_what_a_network_does(gdc, tmp_path, jobs, portals):
    paths = [path for path in gdc.files if path.startswith("/data/")]
    gdc.faults[paths[0]] = [("drop", 200), ("status", 429, {"Retry-After": "0"})]
    gdc.faults[paths[1]] = [("wrong",)]
    gdc.faults[paths[2]] = [("status", 503, {}), ("drop", 0)]
    gdc.faults["/files"] = [("status", 502, {}), ("drop", 10)]
    fetched = fetch(gdc, tmp_path, jobs=jobs, all_samples=True)
    assert fetched.n_fetched == 7
    assert (
        read_counts(fetched.places["counts"]).to_df().equals(read_counts(portals / "gdc").to_df())
    )


def test_a_wrong_checksum_ends_the_fetch_and_leaves_no_half_file(gdc, tmp_path):
    bad = sorted(path for path in gdc.files if path.startswith("/data/"))[2]
    gdc.faults[bad] = [("wrong",)] * 9
    message = refusal(gdc, tmp_path, all_samples=True, jobs=1)
    assert "is announced, twice" in message
    folder = tmp_path / PROJECT / "star_counts"
    assert not list((folder / bad.removeprefix("/data/")).iterdir())
    for path in folder.glob("*/*.tsv"):
        assert path.read_bytes() == gdc.files[f"/data/{path.parent.name}"]
    # The folder says what it lacks, and the reader refuses it.
    with pytest.raises(DataError, match="missing in the folder"):
        read_counts(folder)
    gdc.faults.clear()
    assert fetch(gdc, tmp_path, all_samples=True).n_kept >= 2


def test_an_interrupt_ends_it_soon_and_leaves_no_half_file(gdc, tmp_path):
    bad = sorted(path for path in gdc.files if path.startswith("/data/"))[1]
    gdc.faults[bad] = [("silent",)]
    arguments = ["cohort", "fetch", PROJECT, "--base-url", gdc.url, "--data", "counts"]
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"from rnaseq_s6k1.cli.main import main; main({[*arguments, '-o', str(tmp_path)]!r})"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", script], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    while not gdc.asked_of(bad):
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert said.splitlines()[-1].endswith("interrupted; every file that was written is complete")
    folder = tmp_path / "fetch" / PROJECT / "star_counts"
    for path in folder.glob("*/*.tsv"):
        assert path.read_bytes() == gdc.files[f"/data/{path.parent.name}"]
    assert not list((folder / bad.removeprefix("/data/")).glob("*.tsv"))


def test_a_disk_without_room_is_noticed_before(gdc, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    message = refusal(gdc, tmp_path)
    assert "0 MB are free; make room, or choose another folder with --out" in message
    assert not list(tmp_path.rglob("*.tsv"))


def test_the_disk_may_fill_in_the_midst(gdc, tmp_path, monkeypatch):
    from rnaseq_s6k1.io.remote import download

    whole, written = download.write_piece, []

    def full(path, stream, piece):
        if len(written) >= 3:
            with download.disk_errors(path):
                stream.write(piece[:100])
                raise OSError(28, "No space left on device")
        written.append(path)
        whole(path, stream, piece)

    monkeypatch.setattr(download, "write_piece", full)
    assert "No space left on device" in refusal(gdc, tmp_path, jobs=1)
    for path in (tmp_path / PROJECT).glob("star_counts/*/*.tsv"):
        assert path.read_bytes() == gdc.files[f"/data/{path.parent.name}"]
    monkeypatch.setattr(download, "write_piece", whole)
    fetched = fetch(gdc, tmp_path)
    assert fetched.n_kept == 3
    assert read_counts(fetched.places["counts"]).n_obs == 5


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("file_name", "../../evil.tsv", "names a file '../../evil.tsv', which is no plain"),
        ("file_name", "/etc/cron.d/x", "which is no plain file name"),
        ("file_name", "a\x1b[2Jb.tsv", "which is no plain file name"),
        ("file_id", "../..", "'../..' is no file id"),
        ("file_id", "", "'' is no file id"),
        ("md5sum", None, "has no MD5"),
        ("md5sum", "xyz", "has no MD5 ('xyz')"),
        ("file_size", 10**13, "has the size '10000000000000'; refused"),
        ("file_size", -1, "has the size '-1'; refused"),
        ("file_size", "9", "has the size '9'; refused"),
        ("file_name", 7, "entry 1 names no file"),
    ],
)
def test_a_hostile_answer_is_not_trusted(gdc, tmp_path, field, value, words):
    gdc.hits["/files"][0][field] = value
    assert words in refusal(gdc, tmp_path, all_samples=True)
    assert not list(tmp_path.rglob("*"))


def test_names_of_samples_from_the_server_stay_on_their_line(gdc, tmp_path):
    sample = gdc.hits["/files"][0]["cases"][0]["samples"][0]
    sample["sample_type"] = 'Primary\t"Tumor"\n=cmd'
    fetched = fetch(gdc, tmp_path, all_samples=True, kinds=["counts"])
    (fetched.places["counts"] / "metadata.cart.json").unlink()
    adata = read_counts(fetched.places["counts"])
    assert 'Primary "Tumor" =cmd' in set(adata.obs["sample_type"])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>Log in</html>", "the answer is not one of the GDC's API ('<html>Log in</html>')"),
        (b"{}", "the answer is not one of the GDC's API"),
        (b'{"data": {"hits": 3, "pagination": {"total": 1}}}', "not one of the GDC's API"),
        (b'{"data": {"hits": [], "pagination": {"total": 5}}}', "announces 5 entries and gives 0"),
        (b'{"data": {"hits": [], "pagination": {"total": 1e99}}}', "not one of the GDC's API"),
        (b"[" * 100_000, "not one of the GDC's API"),
    ],
)
def test_answers_of_something_else_are_refused(gdc, tmp_path, answer, words):
    gdc.faults["/files"] = [("page", answer)]
    assert words in refusal(gdc, tmp_path)


def test_a_project_the_gdc_lacks(server, tmp_path):
    message = refusal(server, tmp_path)
    assert f"STAR - Counts for the project {PROJECT}; check its id on portal.gdc" in message


def test_a_project_without_primary_tumours(gdc, tmp_path):
    gdc.hits["/files"] = [gdc.hits["/files"][4]]
    message = refusal(gdc, tmp_path)
    assert "none of 1 file of TCGA-ZZZZ is of a primary tumour; fetch all of them" in message


def test_primary_tumours_of_other_programmes_are_told_by_the_newer_words(gdc, tmp_path):
    for at, hit in enumerate(gdc.hits["/files"]):
        hit["associated_entities"][0]["entity_submitter_id"] = f"CPT00{at}-TP"
        hit["cases"][0]["samples"] = [
            {
                "submitter_id": f"CPT00{at}",
                "tissue_type": "Normal" if at == 4 else "Tumor",
                "tumor_descriptor": "Metastatic" if at == 6 else "Primary",
            }
        ]
    fetched = fetch(gdc, tmp_path, kinds=["counts"])
    assert fetched.n_left_out == 2
    assert read_counts(fetched.places["counts"]).n_obs == 5


def test_mutations_of_the_gdc(gdc, tmp_path, portals):
    maf = gzip.compress((portals / "cbioportal" / "data_mutations.txt").read_bytes(), mtime=0)
    hit = copy.deepcopy(gdc.hits["/files"][0])
    hit |= {
        "file_name": "a.wxs.aliquot_ensemble_masked.maf.gz",
        "file_size": len(maf),
        "md5sum": hashlib.md5(maf).hexdigest(),
    }
    gdc.hits["/files"] = [hit]
    gdc.files[f"/data/{hit['file_id']}"] = maf
    place = fetch(gdc, tmp_path, kinds=["mutations"]).places["mutations"]
    assert len(rnaseq_s6k1.read_mutations(place)) == 4


def test_xena_s_tables_are_read_as_they_lie(xena, tmp_path, portals):
    fetched = fetch(xena, tmp_path, source="xena")
    assert fetched.n_fetched == 3
    adata = read_counts(fetched.places["counts"])
    assert adata.n_obs == 6
    assert read_survival(fetched.places["survival"]).attrs["endpoints"][0] == "OS"
    assert len(read_clinical(fetched.places["clinical"])) == 3
    assert names_in(tmp_path / PROJECT) == [
        "TCGA-ZZZZ.clinical.tsv.gz",
        "TCGA-ZZZZ.star_counts.tsv.gz",
        "ZZZZ_survival.txt",
        "checksums.tsv",
    ]


def test_xena_is_fetched_again_only_where_something_changed(xena, tmp_path):
    fetched = fetch(xena, tmp_path, source="xena")
    fetched.places["survival"].write_text("damaged")
    xena.asked.clear()
    again = fetch(xena, tmp_path, source="xena")
    assert (again.n_fetched, again.n_kept) == (1, 2)
    assert [path for path, _ in xena.asked] == ["/survival%2FZZZZ_survival.txt"]
    (tmp_path / PROJECT / "checksums.tsv").write_bytes(b"\xff\xfe")
    assert fetch(xena, tmp_path, source="xena").n_fetched == 3


def test_xena_s_second_place_is_tried(xena, tmp_path):
    text = xena.files.pop("/survival%2FZZZZ_survival.txt")
    xena.files["/TCGA-ZZZZ.survival.tsv"] = text
    place = fetch(xena, tmp_path, source="xena", kinds=["survival"]).places["survival"]
    assert place.name == "TCGA-ZZZZ.survival.tsv"
    del xena.files["/TCGA-ZZZZ.survival.tsv"]
    shutil.rmtree(tmp_path / PROJECT)
    message = refusal(xena, tmp_path, source="xena", kinds=["survival"])
    assert "Xena has no survival of TCGA-ZZZZ" in message
    assert "HTTP 404" in message
    assert not list((tmp_path / PROJECT).iterdir())


def test_xena_survives_a_dropped_connection(xena, tmp_path):
    path = "/TCGA-ZZZZ.star_counts.tsv.gz"
    xena.faults[path] = [("drop", 300), ("status", 429, {})]
    place = fetch(xena, tmp_path, source="xena", kinds=["counts"]).places["counts"]
    assert place.read_bytes() == xena.files[path]
    assert xena.asked_of(path) == ["", "bytes=300-", "bytes=300-"]


def test_the_address_may_come_from_the_environment(gdc, tmp_path, monkeypatch):
    monkeypatch.setenv("RNASEQ_S6K1_GDC_URL", gdc.url.rstrip("/"))
    assert fetch(gdc, tmp_path, base_url=None).n_fetched == 5


@pytest.mark.parametrize(
    ("project", "options", "words"),
    [
        ("../x", {}, "is no project's id"),
        ("TCGA-BRCA/..", {}, "is no project's id"),
        ("tcga-brca", {}, "is no project's id; give one such as TCGA-BRCA"),
        ("TCGA..BRCA", {"source": "geo"}, "source 'geo' is unknown; choose gdc or xena"),
        (
            "TCGA-BRCA",
            {"kinds": ["survival"]},
            "gdc has no 'survival' to fetch; choose from counts",
        ),
        ("TCGA-BRCA", {"base_url": "http://example.org"}, "only https addresses"),
    ],
)
def test_what_is_asked_wrongly(tmp_path, project, options, words):
    with pytest.raises(UsageError) as caught:
        fetch_cohort(project, tmp_path, **options)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_public_addresses_are_https():
    for url in (addresses.GDC_API, *addresses.XENA_HUBS.values()):
        check_url(url)
        assert url.startswith("https://")
        assert url.endswith("/")


def test_what_is_done_is_said(gdc, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    fetch(gdc, tmp_path)
    assert (
        "5 files fetched, 0 files there already; 2 not of primary tumours left out" in caplog.text
    )


def test_metadata_is_the_server_s_own_words(gdc, tmp_path):
    fetched = fetch(gdc, tmp_path, kinds=["counts"], all_samples=True)
    kept = json.loads((fetched.places["counts"] / "metadata.cart.json").read_text())
    assert sorted(hit["file_id"] for hit in kept) == [hit["file_id"] for hit in kept]
    assert {json.dumps(hit, sort_keys=True) for hit in kept} == {
        json.dumps(hit, sort_keys=True) for hit in gdc.hits["/files"]
    }
