# Settings and experiments, checked; and what the rules share.
import experiment_sheet as sheet
from snakemake.exceptions import WorkflowError

# What rule simulate can make.
SCENARIOS = ["knockdown", "null", "signature-without-driver"]
SIMULATED = expand(
    "simulated/{scenario}/simulate/{table}.tsv", scenario=SCENARIOS, table=["counts", "samples"]
)

try:
    SETTINGS = sheet.check_config(config)
    SHEET = sheet.find_sheet(SETTINGS["experiments"], HERE)
    EXPERIMENTS = sheet.read_experiments(SHEET)
    sheet.check_files(EXPERIMENTS, SHEET, SIMULATED)
except sheet.SheetError as error:
    raise WorkflowError(str(error)) from None

RESULTS = SETTINGS["results"].rstrip("/")
LOGS = SETTINGS["logs"].rstrip("/")
THREADS = SETTINGS["threads"]

# What each step leaves, apart from its figures.
DE = ["results.tsv", "degs.tsv", "size_factors.tsv", "normalized_counts.tsv.gz"]
DE += ["experiment.h5ad", "run.json"]
GSEA = ["gsea.tsv", "ranks.rnk", "dropped_sets.tsv", "run.json"]
ORA = ["ora.tsv", "run.json"]
SIGNATURE = ["verdict.json", "verdict.tsv", "run.json"]
STRATIFY = ["samples.tsv", "balance.tsv", "run.json"]
# What the whole workflow is after.
ENDS = ["gsea/gsea.tsv", "ora/ora.tsv", "signature/verdict.json"]

STRATIFIED = [name for name, row in EXPERIMENTS.items() if "stratify" in row]
STEPWISE = [name for name in EXPERIMENTS if name not in STRATIFIED]


wildcard_constraints:
    experiment=sheet.any_of(EXPERIMENTS),


def folder(step, files):
    """Return the paths of a step's files, with the experiment open."""
    return [f"{RESULTS}/{{experiment}}/{step}/{file}" for file in files]


def experiment_folder(wildcards):
    """Return the output directory of the command line for an experiment."""
    return f"{RESULTS}/{wildcards.experiment}"


def row_files(*columns):
    """Return a function that names the files in these columns of an experiment's row."""

    def files(wildcards):
        row = EXPERIMENTS[wildcards.experiment]
        return [row[column] for column in columns if column in row]

    return files


def set_files(wildcards):
    """Return the gene-set files of an experiment; collections go by name and are no files."""
    return sheet.existing_files(sheet.list_values(EXPERIMENTS[wildcards.experiment], "gene_sets"))


def card_file(wildcards):
    """Return the card of an experiment where it is a file."""
    return sheet.existing_files([EXPERIMENTS[wildcards.experiment].get("card", "")])


def options(settings, *columns):
    """Return a function that lists an experiment's options of the command line."""

    def listed(wildcards):
        row = EXPERIMENTS[wildcards.experiment]
        return sheet.setting_options(SETTINGS, settings) + sheet.sheet_options(row, columns)

    return listed
