"""The workflow's settings and sheets: read, checked, and turned into arguments.

The Snakefile holds the rules; what they are given is checked and put together here.
"""

from sheets.arguments import (
    CALLING,
    COMPARISON,
    ENRICHMENT,
    FILES,
    FITTING,
    OVER_REPRESENTATION,
    READING,
    SPLIT,
    SPLITTING,
    VERDICT,
    given_files,
    list_values,
    relocate,
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
    "FILES",
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
    "find_sheet",
    "given_files",
    "list_values",
    "read_contrasts",
    "read_experiments",
    "relocate",
    "setting_options",
    "sheet_options",
]
