"""The downloader against a server that drops, stalls, lies and redirects."""

from __future__ import annotations

import errno
import gzip
import hashlib
import logging
import resource
import subprocess
import sys
import threading

import numpy as np
import pytest
from portal_server import http_date

from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.remote import download as module
from rnaseq_s6k1.io.remote.download import (
    CancelledError,
    Downloader,
    Remote,
    safe_name,
)
from rnaseq_s6k1.io.remote.partial import disk_errors, part_of
from rnaseq_s6k1.io.remote.transport import MissingError, check_url

BODY = np.random.default_rng(0).bytes(700_000)
MD5 = hashlib.md5(BODY).hexdigest()


class Recorded(Downloader):
    """Waits for nothing, and remembers how long it would have waited."""

    def __init__(self, **options):
        super().__init__(**options)
        self.waits: list[float] = []
        self.stop = _Stop(self.waits)


class _Stop(threading.Event):
    def __init__(self, waits):
        super().__init__()
        self.waits = waits

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return self.is_set()


class Counted:
    """Counts what it is told."""

    def __init__(self):
        self.expected = self.done = 0

    def expect(self, n_bytes):
        self.expected += n_bytes

    def advance(self, n_bytes):
        self.done += n_bytes


@pytest.fixture
def downloader():
    return Recorded(timeout=5)


@pytest.fixture
def remote(server):
    server.files["/x"] = BODY
    return Remote(f"{server.url}x", len(BODY), MD5, len(BODY))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "x.tsv"


def left_in(path):
    return sorted(one.name for one in path.parent.iterdir())


def refusal(downloader, remote, path) -> str:
    with pytest.raises(DataError) as caught:
        downloader.fetch(remote, path)
    assert "\n" not in str(caught.value)
    assert not path.exists()
    return str(caught.value)


def test_a_file_arrives_whole_and_alone(downloader, remote, path):
    told = Counted()
    downloader.fetch(remote, path, progress=told)
    assert path.read_bytes() == BODY
    assert left_in(path) == ["x.tsv"]
    assert told.done == len(BODY)


def test_a_dropped_connection_goes_on_where_it_ended(server, downloader, remote, path, caplog):
    caplog.set_level(logging.INFO)
    server.faults["/x"] = [("drop", 300_000), ("drop", 100_001)]
    told = Counted()
    downloader.fetch(remote, path, progress=told)
    assert path.read_bytes() == BODY
    assert server.asked_of("/x") == ["", "bytes=300000-", "bytes=400001-"]
    assert told.done == len(BODY)
    assert downloader.waits == [1.0, 2.0]
    assert "cut off after 300,000 of 700,000 bytes; tried again in 1 s" in caplog.text


def test_given_up_the_part_stays_and_the_next_run_goes_on(server, downloader, remote, path):
    server.faults["/x"] = [("drop", 1000)] * 5
    message = refusal(downloader, remote, path)
    assert "given up after 5 attempts (cut off after 5,000 of 700,000 bytes)" in message
    assert "what was fetched is kept" in message
    assert left_in(path) == [".x.tsv.part", ".x.tsv.part.tag"]
    told = Counted()
    Recorded().fetch(remote, path, progress=told)
    assert path.read_bytes() == BODY
    assert server.asked_of("/x")[-1] == "bytes=5000-"
    assert told.done == len(BODY)
    assert left_in(path) == ["x.tsv"]


def test_attempts_that_bring_much_are_not_counted_as_fruitless(server, path):
    body = b"x" * 12_000_000
    server.files["/big"] = body
    server.faults["/big"] = [("drop", 1_500_000)] * 7
    patient = Recorded(attempts=2)
    patient.fetch(Remote(f"{server.url}big", len(body), hashlib.md5(body).hexdigest()), path)
    assert path.stat().st_size == len(body)
    assert len(patient.waits) == 7


def test_a_wrong_checksum_is_fetched_once_more(server, downloader, remote, path, caplog):
    server.faults["/x"] = [("wrong",)]
    told = Counted()
    downloader.fetch(remote, path, progress=told)
    assert path.read_bytes() == BODY
    assert server.asked_of("/x") == ["", ""]
    assert told.done == len(BODY)
    assert f"where {MD5} is announced; fetched once more" in caplog.text


def test_a_checksum_wrong_twice_leaves_nothing(server, downloader, remote, path):
    path.parent.mkdir()
    path.write_text("an older one")
    server.faults["/x"] = [("wrong",), ("wrong",)]
    with pytest.raises(DataError, match=r"x\.tsv: MD5 .* is announced, twice"):
        downloader.fetch(remote, path)
    assert path.read_text() == "an older one"
    assert left_in(path) == ["x.tsv"]


def test_a_part_that_was_damaged_is_thrown_away(server, downloader, remote, path):
    path.parent.mkdir()
    part_of(path).write_bytes(b"\0" * 200_000)
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY
    assert server.asked_of("/x") == ["bytes=200000-", ""]


def test_a_part_longer_than_the_file_is_thrown_away(server, downloader, remote, path):
    path.parent.mkdir()
    part_of(path).write_bytes(BODY + b"more")
    downloader.fetch(remote, path)
    assert server.asked_of("/x") == [""]
    assert path.read_bytes() == BODY


def test_a_whole_part_needs_no_request(server, downloader, remote, path):
    path.parent.mkdir()
    part_of(path).write_bytes(BODY)
    downloader.fetch(remote, path)
    assert server.asked_of("/x") == []
    assert path.read_bytes() == BODY


def test_a_server_without_ranges_begins_anew(server, downloader, remote, path):
    server.ranges = False
    server.faults["/x"] = [("drop", 300_000)]
    told = Counted()
    downloader.fetch(remote, path, progress=told)
    assert path.read_bytes() == BODY
    assert told.done == len(BODY)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("after", "least"), [("7", 7.0), ("date", 50.0), ("soon", 1.0)])
def test_the_server_s_wish_to_wait_is_granted(
    server, downloader, remote, path, status, after, least
):
    value = http_date(60) if after == "date" else after
    server.faults["/x"] = [("status", status, {"Retry-After": value})]
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY
    assert len(downloader.waits) == 1
    assert least <= downloader.waits[0] <= least + 12


def test_too_long_a_wish_is_not_granted(server, downloader, remote, path):
    server.faults["/x"] = [("status", 429, {"Retry-After": "86400"})]
    assert "the server asks to wait 86,400 s (HTTP 429)" in refusal(downloader, remote, path)
    assert downloader.waits == []
    assert left_in(path) == []


def test_a_server_that_never_recovers_is_given_up(server, remote, path):
    server.faults["/x"] = [("status", 500, {})] * 9
    impatient = Recorded(attempts=4, longest_wait=3.0)
    assert "given up after 4 attempts (HTTP 500)" in refusal(impatient, remote, path)
    assert impatient.waits == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "the server has no such file (HTTP 404)"),
        (403, "it is not there, or under controlled access"),
        (418, "the server answers HTTP 418; check the address"),
    ],
)
def test_what_waiting_cannot_mend_is_said_at_once(server, downloader, remote, path, status, words):
    server.faults["/x"] = [("status", status, {})]
    assert words in refusal(downloader, remote, path)
    assert downloader.waits == []
    assert left_in(path) == []


def test_a_silent_server_is_not_waited_for_without_end(server, remote, path):
    server.faults["/x"] = [("silent",)] * 2
    message = refusal(Recorded(timeout=0.2, attempts=2), remote, path)
    assert "given up after 2 attempts (no answer in time)" in message


def test_no_server(path):
    remote = Remote("http://127.0.0.1:9/x", 5, MD5)
    message = refusal(Recorded(attempts=2), remote, path)
    assert "given up after 2 attempts (ConnectionRefusedError" in message


def test_a_login_page_is_not_taken_for_the_file(server, downloader, remote, path):
    server.faults["/x"] = [("page", b"<html>Log in</html>")]
    message = refusal(downloader, remote, path)
    assert "the server has 19 bytes where 700,000 are announced" in message


def test_more_than_is_allowed_is_refused(server, downloader, path):
    server.files["/x"] = BODY
    message = refusal(downloader, Remote(f"{server.url}x", largest=1000), path)
    assert "the server has 700,000 bytes where 1,000 are allowed" in message
    with pytest.raises(DataError, match="sends more than 1,000 bytes; refused"):
        downloader.get_bytes(f"{server.url}x", what="x", largest=1000)


def test_a_full_disk_leaves_no_half_file_and_the_rest_comes_later(
    server, downloader, remote, path, monkeypatch
):
    whole = module.write_piece
    written = []

    def full(target, stream, piece):
        if sum(written) + len(piece) > 400_000:
            stream.write(piece[:1000])
            with disk_errors(target):
                raise OSError(errno.ENOSPC, "No space left on device")
        written.append(len(piece))
        whole(target, stream, piece)

    monkeypatch.setattr(module, "write_piece", full)
    assert "No space left on device" in refusal(downloader, remote, path)
    assert left_in(path) == [".x.tsv.part", ".x.tsv.part.tag"]
    monkeypatch.setattr(module, "write_piece", whole)
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY
    assert server.asked_of("/x")[-1] == f"bytes={sum(written) + 1000}-"


def test_the_operating_system_s_limit_is_one_line(server, downloader, remote, path):
    """A write that the system refuses half-way, as on a full disk: here a limit of its own."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        message = refusal(downloader, remote, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "File too large; make room or choose another folder with --out" in message
    assert part_of(path).stat().st_size == 300_000
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY
    assert server.asked_of("/x")[-1] == "bytes=300000-"


def test_a_folder_that_cannot_be_made_is_one_line(downloader, remote, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot write .*x\.tsv: (File exists|Not a directory)"):
        downloader.fetch(remote, tmp_path / "file" / "x.tsv")


def test_a_killed_run_leaves_a_part_and_the_next_one_finishes(server, remote, path, downloader):
    server.faults["/x"] = [("drop", 250_000), ("silent",)]
    script = (
        "from pathlib import Path; from rnaseq_s6k1.io.remote.download import *; import sys\n"
        f"Downloader(first_wait=0.01).fetch(Remote({remote.url!r}, {len(BODY)}, {MD5!r}), "
        f"Path({str(path)!r}))"
    )
    killed = subprocess.Popen([sys.executable, "-c", script])
    while len(server.asked_of("/x")) < 2:
        assert killed.poll() is None
    killed.kill()
    killed.wait()
    assert not path.exists()
    assert part_of(path).stat().st_size == 250_000
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY


def test_two_runs_do_not_write_one_part(server, downloader, remote, path, imported):
    fcntl = imported("fcntl")
    path.parent.mkdir()
    with part_of(path).open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="another run is fetching this file"):
            downloader.fetch(remote, path)
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY


def test_a_download_can_be_called_off(server, remote, path):
    downloader = Recorded()
    server.faults["/x"] = [("drop", 1000)]
    downloader.stop.wait = lambda timeout: downloader.stop.set() or True
    with pytest.raises(CancelledError):
        downloader.fetch(remote, path)
    assert not path.exists()


def test_without_a_checksum_a_part_goes_on_only_while_the_server_s_file_is_the_same(
    server, downloader, path
):
    server.files["/y.gz"] = gzip.compress(BODY, mtime=0)
    remote = Remote(f"{server.url}y.gz")
    server.faults["/y.gz"] = [("drop", 1000)] * 5
    target = path.with_name("y.gz")
    refusal(downloader, remote, target)
    told = Counted()
    Recorded().fetch(remote, target, progress=told)
    assert target.read_bytes() == server.files["/y.gz"]
    assert told.done == told.expected == len(server.files["/y.gz"])
    assert server.asked_of("/y.gz")[-1] == "bytes=5000-"
    # The same again, but the file changes in between.
    target.unlink()
    server.faults["/y.gz"] = [("drop", 1000)] * 5
    refusal(Recorded(), remote, target)
    server.files["/y.gz"] = gzip.compress(BODY[::-1], mtime=0)
    Recorded().fetch(remote, target)
    assert gzip.decompress(target.read_bytes()) == BODY[::-1]


def test_without_checksum_and_mark_a_part_is_fetched_anew(server, downloader, path):
    server.files["/y"] = BODY
    path.parent.mkdir()
    part_of(path).write_bytes(b"of another time")
    downloader.fetch(Remote(f"{server.url}y"), path)
    assert path.read_bytes() == BODY
    assert server.asked_of("/y") == [""]


def test_a_gzip_file_without_a_checksum_is_unpacked_to_check_it(server, downloader, path):
    packed = gzip.compress(BODY, mtime=0)
    server.files["/y.gz"] = packed[:-5]
    with pytest.raises(DataError, match=r"y\.gz: a damaged gzip file, twice"):
        downloader.fetch(Remote(f"{server.url}y.gz"), path.with_name("y.gz"))
    assert left_in(path) == []


def test_redirects_are_followed_within_reason(server, downloader, remote, path):
    server.files["/z"] = BODY
    server.faults["/x"] = [("redirect", "/z")]
    downloader.fetch(remote, path)
    assert path.read_bytes() == BODY
    server.faults["/x"] = [("redirect", "/x")] * 20
    assert "redirected too often" in refusal(downloader, remote, path.with_name("other.tsv"))


@pytest.mark.parametrize(
    "target",
    ["http://example.org/x", "file:///etc/passwd", "ftp://example.org/x", "//example.org/x"],
)
def test_redirects_to_insecure_places_are_refused(server, downloader, remote, path, target):
    server.faults["/x"] = [("redirect", target)]
    message = refusal(downloader, remote, path)
    assert "redirects elsewhere" in message or "HTTP 302" in message


@pytest.mark.parametrize(
    "url",
    [
        "http://api.gdc.cancer.gov/", "ftp://x/y", "file:///etc/passwd", "x", "", "https://",
        "https://user:secret@host/", "http://127.0.0.1.evil.org/", "https://host/a b",
        "https://host:port/", "https://host/\n", "http://localhost.evil.org/x",
    ],
)  # fmt: skip
def test_addresses_that_are_not_fetched_from(url):
    with pytest.raises(UsageError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://api.gdc.cancer.gov/", "http://127.0.0.1:8/x", "http://localhost/", "http://[::1]/"],
)
def test_addresses_that_are(url):
    check_url(url)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/b", "a\\b", "", ".hidden", "-rf", "a\n", "a\x1b[2J", "é" * 3,
             "x" * 300, "con:x"]
)  # fmt: skip
def test_names_that_lead_astray_are_refused(name):
    with pytest.raises(DataError, match="no plain file name"):
        safe_name(name, "https://server/")


def test_missing_files_are_told_apart(server, downloader):
    with pytest.raises(MissingError):
        downloader.get_bytes(f"{server.url}nothing", what="nothing", largest=10)
