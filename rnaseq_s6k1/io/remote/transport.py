"""One request over HTTP, with what may go wrong sorted into *try again* and *give up*."""

from __future__ import annotations

import email.utils
import http.client
import ipaddress
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import IO, Any

from rnaseq_s6k1._version import __version__
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.wording import clip

__all__ = [
    "MissingError",
    "TransientError",
    "check_url",
    "dropped",
    "is_loopback",
    "open_url",
]

_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_REDIRECTS = 5
_AGENT = f"rnaseq-s6k1/{__version__}"


class TransientError(Exception):
    """What another attempt may mend; `wait` is the pause in seconds the server asks for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class MissingError(DataError):
    """The server has no such file, or shows it to nobody without a login."""


def is_loopback(host: str | None) -> bool:
    """Tell whether a host is this machine."""
    if host is None:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(url: str) -> None:
    """Refuse an address that is not https, unless it is this machine's.

    Raises
    ------
    UsageError
        If it is of another scheme, has no host, or carries a login.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise UsageError(
            f"{clip(url, 80)} is no address; give one like https://host/path"
        ) from None
    if not host or "@" in parts.netloc or not url.isprintable() or " " in url:
        raise UsageError(f"{clip(url, 80)} is no address to fetch from; give https://host/path")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UsageError(
            f"{clip(url, 80)}: only https addresses are fetched from (http of this machine alone)"
        )


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, few of them, to addresses that `check_url` accepts."""

    max_redirections = _MOST_REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        origin = urllib.parse.urlsplit(req.full_url).hostname
        try:
            check_url(newurl)
        except UsageError as error:
            fp.close()
            raise DataError(f"{clip(req.full_url, 80)} redirects elsewhere: {error}") from None
        if is_loopback(urllib.parse.urlsplit(newurl).hostname) and not is_loopback(origin):
            fp.close()
            raise DataError(
                f"{clip(req.full_url, 80)} redirects to this machine; the answer is not trusted"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_url(
    url: str,
    *,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    data: bytes | None = None,
) -> Any:
    """Send one request and give the response, whose status is 200, 206 or 416.

    Parameters
    ----------
    url
        An address that `check_url` accepts.
    timeout
        Seconds to wait for each answer of the server.
    headers
        Further headers.
    data
        Body of a POST; a GET without it.

    Returns
    -------
    http.client.HTTPResponse
        To be closed by the caller.

    Raises
    ------
    TransientError
        On timeouts, dropped connections, 429 and the like.
    MissingError
        On 401, 403, 404 and 410.
    DataError
        On whatever else the server answers.
    """
    check_url(url)
    # Nothing is unpacked on the way, so that sizes and checksums are those of the file.
    request = urllib.request.Request(
        url, data=data, headers={"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    )
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    handlers: list[urllib.request.BaseHandler] = [_CheckedRedirects()]
    if is_loopback(urllib.parse.urlsplit(url).hostname):
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    try:
        return opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            return error
        with error:
            raise _refused(url, error) from None
    except urllib.error.URLError as error:
        raise TransientError(_reason(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise TransientError(dropped(error)) from None


def dropped(error: BaseException) -> str:
    """Say in words how a connection ended."""
    return _reason(error)


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "no answer in time"
    text = getattr(error, "strerror", None) or str(error).splitlines()[:1]
    words = text if isinstance(text, str) else "".join(text)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _refused(url: str, error: urllib.error.HTTPError) -> Exception:
    """Sort an HTTP error."""
    if error.code in _AGAIN:
        wait = _retry_after(error.headers.get("Retry-After"))
        return TransientError(f"HTTP {error.code}", wait)
    where = clip(url, 120)
    if error.code in (401, 403):
        return MissingError(
            f"{where}: the server refuses it (HTTP {error.code}): it is not there, or under "
            "controlled access"
        )
    if error.code in (404, 410):
        return MissingError(f"{where}: the server has no such file (HTTP {error.code})")
    if error.code in (301, 302, 303, 307, 308):
        return DataError(f"{where}: redirected too often or nowhere (HTTP {error.code})")
    return DataError(f"{where}: the server answers HTTP {error.code}; check the address")


def _retry_after(value: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
