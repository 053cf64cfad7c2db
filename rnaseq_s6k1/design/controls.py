"""Which of two groups is the control, by the names people give to controls."""

from __future__ import annotations

import re

__all__ = ["CONTROL_NAMES", "control_of"]

CONTROL_NAMES = (
    "siNC",
    "shNC",
    "NC",
    "scr",
    "scramble",
    "ctrl",
    "control",
    "ctl",
    "mock",
    "veh",
    "vehicle",
    "DMSO",
    "untreated",
    "WT",
    "normal",
    "low",
)

_SEPARATORS = re.compile(r"[\s._\-+/]+")
# Constructs against nothing, however the vector is written: siCtrl, sgNC, shScr.
_CONTROL = re.compile(
    rf"(?:{'|'.join(name.lower() for name in CONTROL_NAMES)}"
    r"|(?:si|sh|sg)?(?:nc|scr|scrambled?|ctrl|control|ctl))"
)


def control_of(one: str, other: str) -> str | None:
    """Tell which of two groups has a control's name.

    A name counts as a whole or as a token (``MCF7_siNC``), in any case; tokens that both
    groups share (``WT_veh``, ``WT_E2``) say nothing and are left out.

    Returns
    -------
    str or None
        The control, or None where both or neither looks like one.
    """
    tokens = [set(_SEPARATORS.split(name.casefold())) for name in (one, other)]
    shared = tokens[0] & tokens[1]
    looks = [
        bool(_CONTROL.fullmatch(name.casefold()))
        or any(_CONTROL.fullmatch(token) for token in own - shared)
        for name, own in zip((one, other), tokens, strict=True)
    ]
    if looks[0] == looks[1]:
        return None
    return one if looks[0] else other
