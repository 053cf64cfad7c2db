"""The workflow's settings and sheets: read, checked, and turned into arguments.

The Snakefile holds the rules; what they are given is checked and put together here.
"""

from sheets.arguments import (
    CALLING,
    COMPARISON,
    ENRICHMENT,
    FITTING,
    OVER_REPRESENTATION,
    READING,
    SPLIT,
    SPLITTING,
    VERDICT,
    existing_files,
    list_values,
    setting_options,
    sheet_options,
)
from sheets.checks import SheetError
from sheets.contrasts import compare, read_contrasts
from sheets.experiments import any_of, check_files, find_sheet, read_experiments
from sheets.settings import check_collections, check_config

__all__ = [
    "CALLING",
    "COMPARISON",
    "ENRICHMENT",
    "FITTING",
    "OVER_REPRESENTATION",
    "READING",
    "SPLIT",
    "SPLITTING",
    "VERDICT",
    "SheetError",
    "any_of",
    "check_collections",
    "check_config",
    "check_files",
    "compare",
    "existing_files",
    "find_sheet",
    "list_values",
    "read_contrasts",
    "read_experiments",
    "setting_options",
    "sheet_options",
]
