"""Endpoints of a clinical table: which columns they are, and each sample's time and event.

Two layouts are known: ``OS`` with ``OS.time`` (the TCGA clinical data resource of Liu et al., Cell
2018, 173:400, and UCSC Xena), and cBioPortal's ``OS_STATUS`` with ``OS_MONTHS``. Any other pair of
columns can be named: ``PFS=progressed:months``.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from rnaseq_s6k1.design.levels import level_text
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import DataError, UsageError
from rnaseq_s6k1.io.endpoints import ENDPOINTS, event_of
from rnaseq_s6k1.io.wording import plural

__all__ = [
    "TIME_UNITS",
    "Endpoint",
    "EndpointColumns",
    "find_endpoints",
    "read_endpoint",
]

logger = logging.getLogger(__name__)

#: Days in each unit, by which axes are drawn in years.
TIME_UNITS = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}

_EVENT_SUFFIXES = ("", "_STATUS", ".event", "_event", ".status")
_TIME_SUFFIXES = (".time", "_time", "_MONTHS", ".days", "_days", ".months", ".years", "_years")
_MISSING = {"", "na", "n/a", "#n/a", "nan", "none", "null", "unknown"}


@dataclass(frozen=True)
class EndpointColumns:
    """Where an endpoint stands in a table.

    Attributes
    ----------
    name
        What it is called.
    event, time
        Names of the columns.
    unit
        Unit of the times, a key of `TIME_UNITS`.
    stated
        Whether the unit is in the column's name or was given, and not a convention.
    """

    name: str
    event: str
    time: str
    unit: str
    stated: bool


@dataclass(frozen=True, eq=False)
class Endpoint:
    """Times and events of the samples that have them.

    Attributes
    ----------
    columns
        Name, columns and unit.
    time
        Positive times in the unit, indexed by sample.
    event
        Whether the time ends in the event, on the same index.
    excluded
        Samples left out: ``sample reason``.
    """

    columns: EndpointColumns
    time: pd.Series
    event: pd.Series
    excluded: pd.DataFrame

    @property
    def name(self) -> str:
        """What the endpoint is called."""
        return self.columns.name

    @property
    def sentence(self) -> str:
        """How many samples and events, and who was left out for what."""
        text = (
            f"{self.name}: {plural(len(self.time), 'sample')}, "
            f"{plural(int(self.event.sum()), 'event')}, times in {self.columns.unit}"
        )
        reasons = self.excluded["reason"].value_counts(sort=False).sort_index()
        left = [
            f"{count} left out, {reason} ({_first(self.excluded, str(reason))})"
            for reason, count in reasons.items()
        ]
        return "; ".join([text, *left])


def _first(excluded: pd.DataFrame, reason: str) -> str:
    samples = excluded.loc[excluded["reason"] == reason, "sample"].tolist()
    return listed(samples, 3)


def find_endpoints(
    clinical: pd.DataFrame, wanted: Sequence[str] = (), *, time_unit: str = ""
) -> list[EndpointColumns]:
    """Find the columns of endpoints.

    Parameters
    ----------
    clinical
        The table; only its columns' names are looked at.
    wanted
        Names such as ``OS``, or ``NAME=EVENT:TIME``. Without it, every one of `ENDPOINTS`
        that the table has.
    time_unit
        Unit of all times. Without it the one `read_clinical` found, else the one the time
        column's name ends in, else days, as TCGA has it.

    Raises
    ------
    UsageError
        If a wanted endpoint, a column or the unit is unknown, or none is found.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> import pandas as pd
    >>> clinical = pd.DataFrame({"OS": [1, 0], "OS.time": [300, 900]}, index=["a", "b"])
    >>> [endpoint.name for endpoint in s6k1.find_endpoints(clinical)]
    ['OS']
    """
    if time_unit and time_unit not in TIME_UNITS:
        raise UsageError(
            f"--time-unit must be one of {', '.join(TIME_UNITS)}, not {quoted(time_unit)}"
        )
    columns = [str(column) for column in clinical.columns]
    found: list[EndpointColumns] = []
    for text in wanted or ENDPOINTS:
        pair = _named_pair(text, columns) if "=" in text else _known_pair(text, columns)
        if pair is not None:
            # The portals' reader brings the times to one unit and says which.
            of_reader = pair[0] in clinical.attrs.get("endpoints", ())
            known = clinical.attrs.get("time_unit", "") if of_reader else ""
            found.append(_with_unit(*pair, time_unit or known))
        elif wanted:
            raise UsageError(
                f"--endpoints {quoted(text)}: the clinical table needs a column of events and one "
                f"of times, such as {text}, {text}.time or {text}_STATUS, {text}_MONTHS"
                f"{did_you_mean(text, columns)}; name them with --endpoints {text}=EVENT:TIME, "
                f"from {listed(columns, 10)}"
            )
    if not found:
        raise UsageError(
            f"the clinical table has none of the endpoints {', '.join(ENDPOINTS)} (columns "
            "OS and OS.time, or OS_STATUS and OS_MONTHS); name yours with --endpoints "
            f"NAME=EVENT:TIME, from {listed(columns, 10)}"
        )
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"--endpoints names {listed(twice)} more than once; give each once")
    return found


def _named_pair(text: str, columns: list[str]) -> tuple[str, str, str]:
    name, _, pair = text.partition("=")
    event, colon, time = pair.partition(":")
    if not (name.strip() and colon and event.strip() and time.strip()):
        raise UsageError(
            f"--endpoints {quoted(text)}: write NAME=EVENT:TIME, such as PFS=progressed:months"
        )
    for column in (event.strip(), time.strip()):
        if column not in columns:
            raise UsageError(
                f"--endpoints {quoted(text)}: the clinical table has no column {quoted(column)}"
                f"{did_you_mean(column, columns)}; it has {listed(columns, 12)}"
            )
    return name.strip(), event.strip(), time.strip()


def _known_pair(name: str, columns: list[str]) -> tuple[str, str, str] | None:
    """Find the pair of columns of an endpoint, the exact case before any other."""
    name = name.strip()
    for fold in (str, str.casefold):
        place = {fold(column): column for column in reversed(columns)}
        events = [fold(name + suffix) for suffix in _EVENT_SUFFIXES]
        times = [fold(name + suffix) for suffix in _TIME_SUFFIXES]
        event = next((place[key] for key in events if key in place), None)
        time = next((place[key] for key in times if key in place), None)
        if event is not None and time is not None:
            return name, event, time
    return None


def _with_unit(name: str, event: str, time: str, time_unit: str) -> EndpointColumns:
    if time_unit:
        return EndpointColumns(name, event, time, time_unit, True)
    ending = time.casefold()
    for unit in TIME_UNITS:
        if ending.endswith(unit) or ending.endswith(f"({unit})"):
            return EndpointColumns(name, event, time, unit, True)
    return EndpointColumns(name, event, time, "days", False)


def read_endpoint(clinical: pd.DataFrame, columns: EndpointColumns) -> Endpoint:
    """Take times and events of one endpoint from a table.

    A sample without time or event, or with a time of 0 or less, is left out and named: nothing
    can be known of it after the start. Events are 0 and 1, true and false, or words such as
    ``1:DECEASED`` and ``Alive``.

    Parameters
    ----------
    clinical
        Indexed by sample.
    columns
        From `find_endpoints`.

    Raises
    ------
    DataError
        If a time is no number or an event neither yes nor no, naming sample and value, or if
        no sample has both.
    """
    samples = [str(sample) for sample in clinical.index]
    times = [
        _time(value, columns, at) for value, at in zip(clinical[columns.time], samples, strict=True)
    ]
    events = [
        _event(value, columns, at)
        for value, at in zip(clinical[columns.event], samples, strict=True)
    ]
    reasons = [_reason(time, event) for time, event in zip(times, events, strict=True)]
    kept = [k for k, reason in enumerate(reasons) if not reason]
    if not kept:
        raise DataError(
            f"endpoint {quoted(columns.name)}: none of {plural(len(samples), 'sample')} has both "
            f"an event in {quoted(columns.event)} and a time above 0 in {quoted(columns.time)}"
        )
    index = pd.Index([samples[k] for k in kept], dtype=object, name="sample")
    excluded = [(samples[k], reason) for k, reason in enumerate(reasons) if reason]
    return Endpoint(
        columns,
        pd.Series([times[k] for k in kept], index=index, dtype=float, name="time"),
        pd.Series([bool(events[k]) for k in kept], index=index, dtype=bool, name="event"),
        pd.DataFrame(excluded, columns=["sample", "reason"], dtype=object),
    )


def _reason(time: float | None, event: bool | None) -> str:
    if time is None:
        return "no time" if event is not None else "no time and no event status"
    if event is None:
        return "no event status"
    if time == 0:
        return "time is 0"
    return "time is negative" if time < 0 else ""


def _is_missing(value: object) -> bool:
    if (
        value is None
        or (isinstance(value, (float, np.floating)) and math.isnan(value))
        or value is pd.NA
    ):
        return True
    text = str(value).strip()
    # TCGA's clinical files write [Not Available], [Not Applicable], [Discrepancy].
    return text.casefold() in _MISSING or (text.startswith("[") and text.endswith("]"))


def _time(value: object, columns: EndpointColumns, sample: str) -> float | None:
    if _is_missing(value):
        return None
    text = str(value).strip()
    try:
        number = float(text) if len(text) <= 40 and "_" not in text else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or isinstance(value, (bool, np.bool_)):
        raise DataError(
            f"endpoint {quoted(columns.name)}: sample {quoted(sample)} has the time {quoted(text)} "
            f"in column {quoted(columns.time)}, which is no number; repair it or write NA"
        )
    return number


def _event(value: object, columns: EndpointColumns, sample: str) -> bool | None:
    if _is_missing(value):
        return None
    text = level_text(value).strip()
    happened = event_of(text)
    if happened is not None:
        return bool(happened)
    raise DataError(
        f"endpoint {quoted(columns.name)}: sample {quoted(sample)} has {quoted(text)} in column "
        f"{quoted(columns.event)}, which is neither an event nor none; write 1 and 0, true and "
        "false, or 1:DECEASED and 0:LIVING"
    )
