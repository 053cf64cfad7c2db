"""A server of this machine that speaks the GDC's endpoints and Xena's folders, and misbehaves."""

from __future__ import annotations

import email.utils
import hashlib
import http.server
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class PortalServer(http.server.ThreadingHTTPServer):
    """Holds files by path, answers queries, and keeps a list of what it was asked.

    ``faults[path]`` are misfortunes, one a request, taken in order: ``("drop", n)`` sends n bytes
    of the body and hangs up; ``("status", code, headers)``; ``("wrong",)`` changes a byte;
    ``("page", bytes)`` answers with something else; ``("redirect", url)``; ``("silent",)``.
    """

    # Closing the server waits for its answers, so that none outlives the test.
    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.hits: dict[str, list[dict[str, Any]]] = {"/files": [], "/cases": []}
        self.page = 1000
        self.faults: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.asked: list[tuple[str, str]] = []
        self.queries: list[dict[str, Any]] = []
        self.ranges = True
        self.silence = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def add_gdc(self, hits: list[dict[str, Any]], texts: dict[str, bytes]) -> None:
        """Hold files of the GDC: their descriptions, and their bytes by file id."""
        self.hits["/files"] += hits
        self.files |= {f"/data/{key}": text for key, text in texts.items()}

    def asked_of(self, path: str) -> list[str]:
        """The Range headers of the requests for a path."""
        return [ranged for asked, ranged in self.asked if asked == path]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: PortalServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        ranged = self.headers.get("Range", "")
        self.server.asked.append((self.path, ranged))
        fault = self._fault()
        body = self.server.files.get(self.path)
        if fault and self._misbehave(fault):
            return
        if body is None:
            self._send(404, b"not found")
            return
        tag = self.server.tags.get(self.path, f'"{hashlib.sha1(body).hexdigest()}"')
        status, start = 200, 0
        same = self.headers.get("If-Range", tag) == tag
        if ranged and self.server.ranges and same:
            start = int(ranged.removeprefix("bytes=").removesuffix("-"))
            status = 206 if start < len(body) else 416
        total = len(body)
        body = body[start:]
        if fault and fault[0] == "wrong":
            body = bytes([body[0] ^ 1]) + body[1:]
        headers = {"ETag": tag}
        if status == 206:
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        limit = fault[1] if fault and fault[0] == "drop" else None
        self._send(status, body, headers, limit)

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, ""))
        self.server.queries.append(query)
        fault = self._fault()
        if fault and self._misbehave(fault):
            return
        hits = self.server.hits.get(self.path)
        if hits is None:
            self._send(404, b"{}")
            return
        start = query["from"]
        page = hits[start : start + min(self.server.page, query["size"])]
        pagination = {"count": len(page), "total": len(hits), "from": start, "size": query["size"]}
        answer = {"data": {"hits": page, "pagination": pagination}, "warnings": {}}
        self._send(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _fault(self) -> tuple[Any, ...] | None:
        waiting = self.server.faults[self.path]
        return waiting.pop(0) if waiting else None

    def _misbehave(self, fault: tuple[Any, ...]) -> bool:
        kind = fault[0]
        if kind == "status":
            self._send(fault[1], b"later", fault[2])
        elif kind == "page":
            self._send(200, fault[1])
        elif kind == "redirect":
            self._send(302, b"", {"Location": fault[1]})
        elif kind == "silent":
            self.server.silence.wait(10)
            self.close_connection = True
        else:
            return False
        return True

    def _send(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        limit: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if limit is None else body[:limit])
        self.wfile.flush()
        if limit is not None:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def http_date(seconds: float) -> str:
    """A date so many seconds from now, as in a Retry-After header."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@contextmanager
def running_server() -> Iterator[PortalServer]:
    """A server that runs while the block does."""
    with PortalServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.silence.set()
            server.shutdown()
