"""The design and the contrast of a finished experiment, for whoever fits the samples again."""

from __future__ import annotations

from rnaseq_s6k1.de.result import DEResult
from rnaseq_s6k1.design.matrix import DesignMatrix, build_design
from rnaseq_s6k1.errors import DataError, S6K1Error
from rnaseq_s6k1.process_wide import only_errors

__all__ = ["experiment_design"]


def experiment_design(result: DEResult) -> DesignMatrix:
    """Build the design matrix of a result again from its formula and its samples.

    Raises
    ------
    DataError
        If the result has no samples, or was made from a contrast of several coefficients or a
        table of other names, so that its contrast cannot be told.
    """
    if result.experiment is None or result.contrast is None:
        raise DataError(
            "this step needs the samples and only a results table is there; run "
            "`rnaseq-s6k1 de` first"
        )
    try:
        # What the formula makes one wonder about was said when it was fitted.
        with only_errors("rnaseq_s6k1.design"):
            return build_design(result.parameters.design, result.experiment.obs, result.contrast)
    except S6K1Error as error:
        raise DataError(
            f"the design {result.parameters.design} cannot be built again from the experiment "
            f"({error}); run `rnaseq-s6k1 de` again with column names of letters, digits and _"
        ) from error
