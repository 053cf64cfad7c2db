"""Groups from sample names, where there is no sample sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from rnaseq_s6k1.design.contrast import Contrast
from rnaseq_s6k1.design.controls import CONTROL_NAMES, control_of
from rnaseq_s6k1.design.wording import did_you_mean, listed, quoted
from rnaseq_s6k1.errors import UsageError

__all__ = ["InferredGroups", "infer_groups"]

# _1  -3  .rep2  _R1  rep1  _rep_2; a lone r needs its separator, for ctr1 is a control.
_SEPARATED = re.compile(
    r"(?:[\s._\-]+(?:replicate|biorep|rep|r)?|(?:replicate|biorep|rep))[\s._\-]*[0-9]{1,4}$",
    re.IGNORECASE,
)
_LONGEST_SUFFIX = 24
_BARE = re.compile(r"[0-9]{1,4}$")


@dataclass(frozen=True)
class InferredGroups:
    """Two groups read off the sample names.

    Attributes
    ----------
    condition
        Each sample's group, indexed by sample, shape ``(n_samples,)``.
    reference
        The control group.
    target
        The other group.
    sentence
        What was inferred, to be shown to the user.
    """

    condition: pd.Series
    reference: str
    target: str
    sentence: str


def infer_groups(
    sample_names: Iterable[str], *, reference: str | None = None, target: str | None = None
) -> InferredGroups:
    """Infer two groups from names such as ``siNC_1 ... siS6K1_3``.

    The replicate suffix is stripped; exactly two groups must remain, and the reference is
    the one with a control's name.

    Parameters
    ----------
    sample_names
        Names of the samples, in the matrix's order.
    reference
        The control group, where its name does not tell.
    target
        The other group, likewise.

    Raises
    ------
    UsageError
        If other than two groups are found, or which is the control is not clear.

    Examples
    --------
    >>> import rnaseq_s6k1 as s6k1
    >>> groups = s6k1.infer_groups(["siNC_1", "siNC_2", "siS6K1_1", "siS6K1_2"])
    >>> groups.reference, groups.target
    ('siNC', 'siS6K1')
    """
    names = [str(name) for name in sample_names]
    groups = _groups(names)
    found: dict[str, list[str]] = {}
    for name, group in zip(names, groups, strict=True):
        found.setdefault(group, []).append(name)
    if len(found) != 2:
        counted = [f"{group} ({len(members)})" for group, members in found.items()]
        raise UsageError(
            f"the names of the {len(names)} samples give {len(found)} group"
            f"{'' if len(found) == 1 else 's'} where two are needed: {listed(counted)}; give a "
            "sample sheet with --samples"
        )
    reference, target = _roles(list(found), reference, target)
    condition = pd.Series(groups, index=pd.Index(names, dtype=object), name="condition")
    described = " and ".join(
        f"{len(found[group])} {group} ({', '.join(found[group][:6])}"
        f"{', ...' if len(found[group]) > 6 else ''})"
        for group in (target, reference)
    )
    sentence = (
        f"groups inferred from the sample names: {described}; reference {reference}; "
        f"{Contrast('condition', target, reference).sentence}"
    )
    return InferredGroups(condition, reference, target, sentence)


def _groups(names: list[str]) -> list[str]:
    separated = [_stripped(name) for name in names]
    # Bare digits count only where nobody used a separator: siS6K1 and siS6K1_2 are one group.
    if separated != names:
        return separated
    return [_BARE.sub("", name) or name for name in names]


def _stripped(name: str) -> str:
    # Only the end is searched: a suffix is short, and a name may be made to take for ever.
    start = max(len(name) - _LONGEST_SUFFIX, 0)
    match = _SEPARATED.search(name, start)
    return name[: match.start()] if match and match.start() > 0 else name


def _roles(groups: list[str], reference: str | None, target: str | None) -> tuple[str, str]:
    for role, given in (("--reference", reference), ("--target", target)):
        if given is not None and given not in groups:
            raise UsageError(
                f"{role} {quoted(given)} is no group among the sample names"
                f"{did_you_mean(given, groups)}; they give {listed(groups)}"
            )
    if reference is not None and reference == target:
        raise UsageError(
            f"--reference and --target are both {quoted(reference)}; the groups are "
            f"{listed(groups)}"
        )
    if reference is None and target is None:
        reference = control_of(*groups)
        if reference is None:
            raise UsageError(
                f"the sample names give the groups {listed(groups)}, and which is the control "
                f"is not clear; say it with --reference, or give --samples (controls are known "
                f"by names such as {', '.join(CONTROL_NAMES[:6])})"
            )
    if reference is None:
        reference = next(group for group in groups if group != target)
    return reference, next(group for group in groups if group != reference)
