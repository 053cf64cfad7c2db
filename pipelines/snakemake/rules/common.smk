# Settings and sheets, checked; and what the rules share.
import sheets
from snakemake.exceptions import WorkflowError

# What rule simulate can make.
SCENARIOS = ["knockdown", "null", "signature-without-driver"]
SIMULATED = expand(
    "simulated/{scenario}/simulate/{table}.tsv", scenario=SCENARIOS, table=["counts", "samples"]
)

try:
    SETTINGS = sheets.check_config(config)
    SHEET = sheets.find_sheet(SETTINGS["experiments"], HERE)
    EXPERIMENTS = sheets.read_experiments(SHEET)
    CONTRASTS = []
    if "contrasts" in SETTINGS:
        CONTRASTS_SHEET = sheets.find_sheet(SETTINGS["contrasts"], HERE, "contrasts")
        CONTRASTS = sheets.read_contrasts(CONTRASTS_SHEET, EXPERIMENTS)
    # By the folder of the results, EXPERIMENT or EXPERIMENT/CONTRAST.
    COMPARISONS = sheets.compare(EXPERIMENTS, CONTRASTS)
    COLLECTIONS = SETTINGS["collections"]
    if not workflow.storage_settings.default_storage_provider:
        # Files of a remote storage are looked for by Snakemake.
        sheets.check_files(COMPARISONS, SHEET, SIMULATED)
    sheets.check_collections(COLLECTIONS)
except sheets.SheetError as error:
    raise WorkflowError(str(error)) from None

RESULTS = SETTINGS["results"].rstrip("/")
LOGS = SETTINGS["logs"].rstrip("/")
BENCHMARKS = SETTINGS["benchmarks"].rstrip("/")
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
COLLECTION_ENDS = ["gsea/gsea.tsv", "ora/ora.tsv"]
# What the page of all comparisons is made of.
INDEXED = ["de/results.tsv", "de/run.json", "gsea/gsea.tsv", "signature/verdict.json"]
INDEXED += ["signature/run.json"]

# What the report shows, and under which heading.
REPORTED = {
    "verdict.tsv": "1. Verdict",
    "degs.tsv": "2. Differential expression",
    "gsea.tsv": "3. Gene sets",
    "ora.tsv": "4. Over-representation",
    "balance.tsv": "5. Cohort",
}
FIGURES_OF = {
    "de": "2. Differential expression",
    "gsea": "3. Gene sets",
    "ora": "4. Over-representation",
    "stratify": "5. Cohort",
}

STRATIFIED = [name for name, row in COMPARISONS.items() if "stratify" in row]
STEPWISE = [name for name in COMPARISONS if name not in STRATIFIED]


wildcard_constraints:
    comparison=sheets.any_of(COMPARISONS),
    collection=sheets.any_of(COLLECTIONS),


def in_report(caption, category, what, collection):
    """Return how the report shows a result, under its comparison."""
    kind = {"collection": "{collection}"} if collection else {}
    return {
        "caption": f"../report/{caption}.rst",
        "category": category,
        "subcategory": "{comparison}",
        "labels": {"comparison": "{comparison}", **kind, "what": what},
    }


def folder(step, files, collection=""):
    """Return the paths of a step's files, those of the report marked, with the wildcards open."""
    paths = {file: f"{RESULTS}/{{comparison}}/{collection}{step}/{file}" for file in files}
    shown = {
        file: in_report(file.removesuffix(".tsv"), REPORTED[file], f"table {file}", collection)
        for file in files
        if file in REPORTED
    }
    return [report(path, **shown[file]) if file in shown else path for file, path in paths.items()]


def plain(step, files):
    """Return the paths of a step's files as inputs."""
    return [f"{RESULTS}/{{comparison}}/{step}/{file}" for file in files]


def figures(*steps, collection=""):
    """Return the folders of figures of these steps by name; none where none are drawn."""
    marked = {}
    for step in steps if SETTINGS["figures"] else ():
        path = directory(f"{RESULTS}/{{comparison}}/{collection}{step}/figures")
        shown = in_report("figure", FIGURES_OF[step], "figure {figure}", collection)
        marked[f"{step}_figures"] = report(path, patterns=["{figure}.png"], **shown)
    return marked


def out_folder(wildcards, output):
    """Return the output directory of the command line, in which each step has its folder.

    It follows from the output, whose local copy is elsewhere where results go to a remote storage.
    """
    return str(Path(output[0]).parents[1])


def step_folders(wildcards, output):
    """Return the folders that have to be there even if nothing is drawn into them."""
    return [out_folder(wildcards, output), *(path for path in output if Path(path).name == "figures")]


def page_files(wildcards):
    """Return what the steps of a comparison left, of which its page is made."""
    steps = {"de": DE, "gsea": GSEA, "ora": ORA, "signature": SIGNATURE}
    drawn = ["de", "gsea", "ora"]
    if wildcards.comparison in STRATIFIED:
        steps["stratify"] = STRATIFY
        drawn.append("stratify")
    paths = [path for step, files in steps.items() for path in plain(step, files)]
    if SETTINGS["figures"]:
        paths += [path for step in drawn for path in plain(step, ["figures"])]
    return [path.format(comparison=wildcards.comparison) for path in paths]


def count_files(wildcards):
    """Return the counts of a comparison."""
    return [COMPARISONS[wildcards.comparison]["counts"]]


def table_files(wildcards):
    """Return the tables that go with the counts of a comparison."""
    row = COMPARISONS[wildcards.comparison]
    return [row[name] for name in sheets.FILES if name in row and name not in ("counts", "card")]


def set_files(wildcards):
    """Return the gene-set files of a comparison; collections go by name and are no files."""
    return sheets.given_files(
        sheets.list_values(COMPARISONS[wildcards.comparison], "gene_sets")
    )


def card_file(wildcards):
    """Return the card of a comparison where it is a file."""
    return sheets.given_files([COMPARISONS[wildcards.comparison].get("card", "")])


def collection_source(wildcards, input):
    """Return the option that names a collection, or the local copy of its file."""
    files = list(input.file)
    return f"--gene-sets={files[0] if files else COLLECTIONS[wildcards.collection]}"


def options(settings, *columns):
    """Return params with a comparison's options of the command line.

    ``asked`` are the options as settings and sheets have them, ``options`` those that are run,
    with the local copies of files. Snakemake runs a step again where ``asked`` changes: of params
    that depend on the input, as the others do, it takes no note.
    """

    def asked(wildcards):
        row = COMPARISONS[wildcards.comparison]
        return sheets.setting_options(SETTINGS, settings) + sheets.sheet_options(row, columns)

    def local(wildcards, input):
        places = {}
        for name, files in {"tables": table_files, "sets": set_files, "card": card_file}.items():
            if name in input.keys():
                places |= dict(zip(files(wildcards), getattr(input, name), strict=True))
        row = sheets.relocate(COMPARISONS[wildcards.comparison], places)
        return sheets.setting_options(SETTINGS, settings) + sheets.sheet_options(row, columns)

    return {"asked": asked, "options": local}
