# One line a comparison, the page of each, and the page that leads to all of them.


rule verdicts:
    input:
        verdicts=expand(
            f"{RESULTS}/{{comparison}}/signature/verdict.json", comparison=COMPARISONS
        ),
        degs=expand(f"{RESULTS}/{{comparison}}/de/degs.tsv", comparison=COMPARISONS),
    output:
        report(
            f"{RESULTS}/verdicts.tsv",
            caption="../report/verdicts.rst",
            category="1. Verdict",
            labels={"comparison": "all", "what": "table verdicts.tsv"},
        ),
    log:
        f"{LOGS}/verdicts.log",
    benchmark:
        f"{BENCHMARKS}/verdicts.tsv"
    params:
        folder=lambda wildcards, output: str(Path(output[0]).parent),
        names=list(COMPARISONS),
    conda:
        "../envs/rnaseq-s6k1.yaml"
    script:
        "../scripts/verdicts.py"


rule page:
    input:
        page_files,
    output:
        f"{RESULTS}/{{comparison}}/report.html",
        f"{RESULTS}/{{comparison}}/ro-crate-metadata.json",
        directory(f"{RESULTS}/{{comparison}}/multiqc"),
    log:
        f"{LOGS}/{{comparison}}/report.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/report.tsv"
    params:
        out=lambda wildcards, output: str(Path(output[0]).parent),
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "rnaseq-s6k1 report -- {params.out:q} > {log:q} 2>&1"


rule index:
    input:
        pages=expand(f"{RESULTS}/{{comparison}}/report.html", comparison=COMPARISONS),
        tables=expand(
            f"{RESULTS}/{{comparison}}/{{table}}", comparison=COMPARISONS, table=INDEXED
        ),
    output:
        report(
            f"{RESULTS}/index.html",
            caption="../report/index.rst",
            category="1. Verdict",
            labels={"comparison": "all", "what": "page index.html"},
        ),
    log:
        f"{LOGS}/index.log",
    benchmark:
        f"{BENCHMARKS}/index.tsv"
    params:
        folders=lambda wildcards, input: [str(Path(page).parent) for page in input.pages],
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "rnaseq-s6k1 report --index {output:q} -- {params.folders:q} > {log:q} 2>&1"
