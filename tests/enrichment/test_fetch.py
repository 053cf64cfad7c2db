from __future__ import annotations

import contextlib
import http.server
import json
import logging
import threading
from collections.abc import Iterator

import pytest

from rnaseq_s6k1.enrichment.collections import available_collections, read_gene_sets
from rnaseq_s6k1.enrichment.fetch import (
    cache_dir,
    cached_collections,
    fetch_collection,
    read_verified,
)
from rnaseq_s6k1.errors import DataError, UsageError

REACTOME = b"REACTOME_S_PHASE\thttps://page\tRB1\tCDK2\tCCNE1\nREACTOME_X\thttps://page\tTP53\n"
PAGES = {
    "/2025.1.Hs/c2.cp.reactome.v2025.1.Hs.symbols.gmt": REACTOME,
    "/2024.1.Hs/c2.cp.reactome.v2024.1.Hs.symbols.gmt": b"REACTOME_OLD\tp\tTP53\n",
    "/2025.1.Hs/c2.cp.kegg_legacy.v2025.1.Hs.symbols.gmt": b"KEGG_CELL_CYCLE\tp\tCDK2\r\n",
    "/2025.1.Hs/c2.all.v2025.1.Hs.symbols.gmt": (
        b"PAPER_UP\tp\tA\nKEGG_MEDICUS_X\tp\tB\nBIOCARTA_X\tp\tC\n"
    ),
    "/2025.1.Mm/mh.all.v2025.1.Mm.symbols.gmt": b"HALLMARK_X\tp\tTrp53\n",
    "/2025.1.Hs/c6.all.v2025.1.Hs.symbols.gmt": b"<html><body>Log in</body></html>\n",
}


class _Release(http.server.BaseHTTPRequestHandler):
    """A server of MSigDB releases; it counts what it was asked for."""

    asked: list[str] = []  # noqa: RUF012 - shared by the handlers on purpose
    failures: list[int] = []  # noqa: RUF012 - statuses of the next answers
    gate = threading.Event()

    def do_GET(self) -> None:
        path = self.path.replace("//", "/")
        self.asked.append(path)
        if "c7.all" in path:
            self.gate.wait(10)
        status = 200 if path in PAGES else 404
        self.send_response(self.failures.pop() if self.failures else status)
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # nobody waits any more
            self.wfile.write(PAGES.get(path, b"not found"))

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server(tmp_path, monkeypatch) -> Iterator[str]:
    monkeypatch.setenv("RNASEQ_S6K1_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("RNASEQ_S6K1_MSIGDB_URL", raising=False)
    _Release.asked.clear()
    _Release.gate.clear()
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Release)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{web.server_address[1]}/"
    _Release.gate.set()
    web.shutdown()
    web.server_close()
    thread.join()


def test_fetched_once_then_given_by_name(server, caplog):
    with caplog.at_level(logging.INFO):
        fetched = fetch_collection("c2.cp.reactome", "2025.1.Hs", base_url=server)
        again = fetch_collection("c2.cp.reactome", "2025.1.Hs", base_url=server)
    assert fetched == again
    assert len(_Release.asked) == 1
    assert "in the cache already" in caplog.text
    assert fetched.n_sets == 2
    assert fetched.licence == "CC BY 4.0"
    assert fetched.source.endswith("/2025.1.Hs/c2.cp.reactome.v2025.1.Hs.symbols.gmt")
    sets = read_gene_sets(["c2.cp.reactome.v2025.1.Hs"])["c2.cp.reactome.v2025.1.Hs"]
    assert sets["REACTOME_S_PHASE"].genes == ("CCNE1", "CDK2", "RB1")
    assert sets["REACTOME_S_PHASE"].description.endswith("human/geneset/REACTOME_S_PHASE")


def test_the_short_name_is_the_newest_version(server):
    for version in ("2025.1.Hs", "2024.1.Hs"):
        fetch_collection("c2.cp.reactome", version, base_url=server)
    read = read_gene_sets(["c2.cp.reactome"])
    assert list(read) == ["c2.cp.reactome.v2025.1.Hs"]
    assert len(read_gene_sets(["c2.cp.reactome.v2024.1.Hs", "c2.cp.reactome"])) == 2
    assert [one.version for one in cached_collections()] == ["2024.1.Hs", "2025.1.Hs"]


def test_force_fetches_again(server):
    for force in (False, True):
        fetch_collection("c2.cp.reactome", base_url=server, force=force)
    assert len(_Release.asked) == 2


def test_the_address_may_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("RNASEQ_S6K1_MSIGDB_URL", server)
    assert fetch_collection("mh.all", "2025.1.Mm").n_sets == 1
    sets = read_gene_sets(["mh.all"])["mh.all.v2025.1.Mm"]
    assert sets["HALLMARK_X"].description.endswith("mouse/geneset/HALLMARK_X")


def test_licences_follow_the_names_of_the_sets(server):
    kegg = fetch_collection("c2.cp.kegg_legacy", base_url=server)
    assert "CC BY" not in kegg.licence
    assert "KEGG's terms" in kegg.licence
    assert "Kanehisa" in kegg.attribution
    mixed = fetch_collection("c2.all", base_url=server)
    for part in ("CC BY 4.0", "CC BY-SA 4.0", "BioCarta"):
        assert part in mixed.licence


def test_a_changed_file_is_refused(server):
    path = fetch_collection("c2.cp.reactome", base_url=server).path
    path.write_text(path.read_text().replace("TP53", "MYC"))
    for read in (
        lambda: read_verified(path),
        lambda: read_gene_sets(["c2.cp.reactome"]),
        lambda: fetch_collection("c2.cp.reactome", base_url=server),
    ):
        with pytest.raises(DataError, match=r"has changed since it was fetched.*--force"):
            read()
    fetch_collection("c2.cp.reactome", base_url=server, force=True)
    assert read_verified(path)["REACTOME_X"].genes == ("TP53",)


def test_a_file_without_its_checksum_is_left_out(server, caplog):
    path = fetch_collection("c2.cp.reactome", base_url=server).path
    sidecar = path.with_name(path.name + ".json")
    stated = sidecar.read_text()
    for content in ("{", "[]", json.dumps({**json.loads(stated), "name": "../x"})):
        sidecar.write_text(content)
        assert cached_collections() == []
        assert "is not a checksum file of this cache" in caplog.text
        caplog.clear()
    sidecar.unlink()
    assert "c2.cp.reactome" not in available_collections()
    assert "checksum file c2.cp.reactome.v2025.1.Hs.gmt.json is missing" in caplog.text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c9.none", "has no such collection; see https"),
        ("c6.all", "is not a GMT file"),
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing(server, name, message):
    with pytest.raises(DataError, match=message) as caught:
        fetch_collection(name, base_url=server)
    assert "\n" not in str(caught.value)
    assert not cache_dir().exists()


def test_a_server_that_recovers_is_asked_again(server):
    _Release.failures.append(503)
    assert fetch_collection("c2.cp.reactome", base_url=server).n_sets == 2
    assert len(_Release.asked) == 2


def test_no_server(tmp_path, monkeypatch):
    monkeypatch.setenv("RNASEQ_S6K1_CACHE", str(tmp_path))
    monkeypatch.setattr("rnaseq_s6k1.enrichment.fetch._ATTEMPTS", 1)
    with pytest.raises(DataError, match=r"cannot fetch h\.all.*ConnectionRefused.*check the conn"):
        fetch_collection("h.all", base_url="http://127.0.0.1:9/")


def test_a_silent_server_is_not_waited_for(server, monkeypatch):
    monkeypatch.setattr("rnaseq_s6k1.enrichment.fetch._ATTEMPTS", 1)
    with pytest.raises(DataError, match=r"given up after 1 attempt \(no answer in time\)"):
        fetch_collection("c7.all", base_url=server, timeout=0.2)


@pytest.mark.parametrize("name", ["../../etc/passwd", "h/all", "", "h..all", "http://x", "h.all\n"])
def test_names_that_are_none_of_msigdb_are_refused(name):
    with pytest.raises(UsageError, match="no MSigDB collection's name"):
        fetch_collection(name)


@pytest.mark.parametrize("version", ["latest", "../x", "", "2025"])
def test_versions_that_are_none_of_msigdb_are_refused(version):
    with pytest.raises(UsageError, match="no MSigDB version"):
        fetch_collection("h.all", version)


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("RNASEQ_S6K1_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "own" / "msigdb"
    monkeypatch.delenv("RNASEQ_S6K1_CACHE")
    assert cache_dir() == tmp_path / "xdg" / "rnaseq-s6k1" / "msigdb"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "rnaseq-s6k1" / "msigdb"
