"""Endpoints of the portals' clinical tables under one name: ``OS`` 0 or 1, and ``OS.time``.

What an analysis takes from such a table, or from any other, is in
`rnaseq_s6k1.cohort.survival.endpoints`.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError
from rnaseq_s6k1.io.wording import clip, listing, plural

__all__ = [
    "ENDPOINTS",
    "Place",
    "PortalColumns",
    "event_of",
    "portal_columns",
    "read_portal_endpoint",
]

logger = logging.getLogger(__name__)

#: Endpoints with a name of their own; others keep the name their columns have.
ENDPOINTS = {
    "OS": "overall survival",
    "DSS": "disease-specific survival",
    "DFI": "disease-free interval",
    "DFS": "disease-free survival",
    "PFI": "progression-free interval",
    "PFS": "progression-free survival",
    "RFS": "relapse-free survival",
    "DMFS": "distant metastasis-free survival",
}
# The columns of the web site's "Clinical Data" download, by their names in lower case.
_WEB = {
    "overall survival": "OS",
    "disease free": "DFS",
    "relapse free": "RFS",
    "progress free survival": "PFS",
    "progression free": "PFS",
    "disease-specific survival": "DSS",
    "months of disease-specific survival": "DSS",
}
_WEB_MONTHS = re.compile(r"(.+?) \(months\)|(months of disease-specific survival)\Z")
_WEB_STATUS = re.compile(r"(.+?) status\Z")
# What is written where a 0 or 1 is missing, in lower case.
_EVENT_WORDS = {
    "deceased": 1,
    "dead": 1,
    "dead with tumor": 1,
    "dead of disease": 1,
    "died of disease": 1,
    "living": 0,
    "alive": 0,
    "alive or dead tumor free": 0,
    "recurred": 1,
    "relapsed": 1,
    "progressed": 1,
    "recurred/progressed": 1,
    "progression": 1,
    "event": 1,
    "true": 1,
    "yes": 1,
    "diseasefree": 0,
    "disease free": 0,
    "not recurred": 0,
    "no relapse": 0,
    "not progressed": 0,
    "no progression": 0,
    "censored": 0,
    "false": 0,
    "no": 0,
}


_LONGEST_NUMBER = 20


@dataclass(frozen=True)
class PortalColumns:
    """Where an endpoint stands in a portal's table.

    Attributes
    ----------
    name
        Such as ``OS``.
    event, time
        Positions of its columns.
    unit
        ``days`` or ``months``.
    """

    name: str
    event: int
    time: int
    unit: str


@dataclass(frozen=True)
class Place:
    """Where cells come from, for messages: file, sample ids, and lines."""

    path: str
    samples: Sequence[str]
    lines: Sequence[int]


def portal_columns(header: Sequence[str]) -> list[PortalColumns]:
    """Find pairs of event and time in a header.

    Pairs are ``OS`` and ``OS.time`` (Xena: days), ``OS_STATUS`` and ``OS_MONTHS`` (cBioPortal:
    months), ``Overall Survival Status`` and ``Overall Survival (Months)`` (its web site), and
    ``_OS_IND`` and ``_OS`` (older clinical matrices of Xena: days).
    """
    at = {name: place for place, name in enumerate(header)}
    found: dict[str, PortalColumns] = {}

    def add(name: str, event: int, time: int, unit: str) -> None:
        found.setdefault(name, PortalColumns(name, event, time, unit))

    for name, place in at.items():
        if name.endswith(".time") and (event := at.get(name.removesuffix(".time"))) is not None:
            add(header[event], event, place, "days")
    for name, place in at.items():
        for suffix, unit in (("_MONTHS", "months"), ("_DAYS", "days")):
            if name.endswith(suffix):
                event = at.get(f"{name.removesuffix(suffix)}_STATUS")
                if event is not None:
                    add(name.removesuffix(suffix), event, place, unit)
        if name.startswith("_") and name.endswith("_IND"):
            time = at.get(name.removesuffix("_IND"))
            if time is not None:
                add(header[time].removeprefix("_"), place, time, "days")
    lowered = {name.lower(): place for name, place in at.items()}
    times = {
        _WEB.get(m[1] or m[2], ""): p for n, p in lowered.items() if (m := _WEB_MONTHS.match(n))
    }
    events = {_WEB.get(m[1], ""): p for n, p in lowered.items() if (m := _WEB_STATUS.match(n))}
    for name in times.keys() & events.keys() - {""}:
        add(name, events[name], times[name], "months")
    order = list(ENDPOINTS)
    return sorted(
        found.values(),
        key=lambda one: (order.index(one.name) if one.name in order else len(order), one.name),
    )


def read_portal_endpoint(
    columns: PortalColumns,
    events: Sequence[str],
    times: Sequence[str],
    *,
    missing: frozenset[str],
    place: Place,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn the cells of an endpoint into numbers.

    A pair of which either is missing is missing. Negative times (follow-up before diagnosis, a
    slip of the records) are missing, with a warning.

    Parameters
    ----------
    columns
        The endpoint.
    events, times
        Its cells, shape ``(n_samples,)``.
    missing
        What stands for a missing value.
    place
        For messages.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Event (1, or 0 for censored) and time in the unit of `columns`, shape ``(n_samples,)``,
        NaN where missing.

    Raises
    ------
    DataError
        If an event is neither 0 nor 1 nor a known word, or a time is no number.
    """
    event, time = np.full(len(events), np.nan), np.full(len(times), np.nan)
    negative: list[str] = []
    for at, (told, length) in enumerate(zip(events, times, strict=True)):
        if told in missing or length in missing:
            continue
        where = f"{place.path}: line {place.lines[at]:,}, endpoint {columns.name}"
        happened = event_of(told)
        if happened is None:
            raise DataError(
                f"{where}: {clip(told)} is no event; write 1 or 0, 1:DECEASED or 0:LIVING, or NA"
            )
        try:
            duration = float(length)
        except ValueError:
            duration = math.inf
        if not math.isfinite(duration):
            raise DataError(
                f"{where}: the time {clip(length)} is not a number; write NA if unknown"
            )
        if duration < 0:
            negative.append(place.samples[at])
            continue
        event[at], time[at] = happened, duration
    if negative:
        logger.warning(
            "%s: %s of %s negative, taken as missing: %s",
            place.path,
            plural(len(negative), "time"),
            columns.name,
            listing(negative),
        )
    return event, time


def event_of(told: str) -> int | None:
    """Read what a table writes of an event: 1 where it came, 0 where not, None where unclear.

    Known are 1 and 0, true and false, yes and no, cBioPortal's ``1:DECEASED`` and ``0:LIVING``, and
    words such as ``Dead`` and ``Recurred``.
    """
    code, colon, word = told.partition(":")
    for text in (code.strip(), word.strip()) if colon else (code.strip(),):
        if text.casefold() in _EVENT_WORDS:
            return _EVENT_WORDS[text.casefold()]
        try:
            number = float(text) if len(text) <= _LONGEST_NUMBER and "_" not in text else math.nan
        except ValueError:
            continue
        if number in (0.0, 1.0):
            return int(number)
    return None
