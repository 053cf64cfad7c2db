"""Put RO-Crate's JSON-LD context into the cache of rocrate-validator, which then needs no network.

Run by the Python that has ``rocrate`` and ``roc-validator``: ``python warm_validator.py CACHE``.
"""

from __future__ import annotations

import io
import sys
from importlib import resources

import requests
from requests_cache import CachedSession
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def main(cache: str) -> None:
    """Save the answer that the context's address gives."""
    body = (resources.files("rocrate") / "data" / "ro-crate.jsonld").read_bytes()
    assert CONTEXT.encode() in body, "this release of rocrate carries another context"
    session = CachedSession(cache_name=cache, backend="sqlite", expire_after=-1)
    request = session.prepare_request(requests.Request("GET", CONTEXT))
    raw = HTTPResponse(
        body=io.BytesIO(body),
        status=200,
        headers={"Content-Type": "application/ld+json"},
        preload_content=False,
    )
    session.mount("https://w3id.org/ro/crate/1.1/context", _Answer(raw))
    answer = session.send(request)
    assert answer.status_code == 200


class _Answer(requests.adapters.HTTPAdapter):
    def __init__(self, raw: HTTPResponse) -> None:
        super().__init__()
        self._raw = raw

    def send(self, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        return self.build_response(request, self._raw)


if __name__ == "__main__":
    main(sys.argv[1])
