# One rule a step, for the comparisons whose groups are given or follow from the sample names.
# Every value is quoted (:q), and -- ends the options before the one bare argument.


rule de:
    input:
        counts=count_files,
        tables=table_files,
    output:
        folder("de", DE),
        **figures("de"),
    wildcard_constraints:
        comparison=sheets.any_of(STEPWISE),
    log:
        f"{LOGS}/{{comparison}}/de.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/de.tsv"
    params:
        out=out_folder,
        folders=step_folders,
        **options(sheets.CALLING, *sheets.READING, *sheets.COMPARISON, *sheets.FITTING),
    threads: THREADS["de"]
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "mkdir -p {params.folders:q} &&"
        " rnaseq-s6k1 de {params.options:q} --jobs {threads} --out {params.out:q}"
        " -- {input.counts:q} > {log:q} 2>&1"


rule gsea:
    input:
        plain("de", DE),
        sets=set_files,
    output:
        folder("gsea", GSEA),
        **figures("gsea"),
    wildcard_constraints:
        comparison=sheets.any_of(STEPWISE),
    log:
        f"{LOGS}/{{comparison}}/gsea.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/gsea.tsv"
    params:
        out=out_folder,
        folders=step_folders,
        **options(sheets.ENRICHMENT, "gene_sets"),
    threads: THREADS["gsea"]
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "mkdir -p {params.folders:q} &&"
        " rnaseq-s6k1 gsea {params.options:q} --jobs {threads} --out {params.out:q}"
        " > {log:q} 2>&1"


rule ora:
    input:
        plain("de", DE),
        sets=set_files,
    output:
        folder("ora", ORA),
        **figures("ora"),
    wildcard_constraints:
        comparison=sheets.any_of(STEPWISE),
    log:
        f"{LOGS}/{{comparison}}/ora.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/ora.tsv"
    params:
        out=out_folder,
        folders=step_folders,
        **options(sheets.OVER_REPRESENTATION, "gene_sets"),
    threads: THREADS["ora"]
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "mkdir -p {params.folders:q} &&"
        " rnaseq-s6k1 ora {params.options:q} --jobs {threads} --out {params.out:q}"
        " > {log:q} 2>&1"


rule signature:
    input:
        plain("de", DE),
        plain("gsea", GSEA),
        card=card_file,
    output:
        folder("signature", SIGNATURE),
    wildcard_constraints:
        comparison=sheets.any_of(STEPWISE),
    log:
        f"{LOGS}/{{comparison}}/signature.log",
    benchmark:
        f"{BENCHMARKS}/{{comparison}}/signature.tsv"
    params:
        out=out_folder,
        **options(sheets.VERDICT, "card"),
    threads: THREADS["signature"]
    conda:
        "../envs/rnaseq-s6k1.yaml"
    shell:
        "rnaseq-s6k1 signature {params.options:q} --jobs {threads} --out {params.out:q}"
        " > {log:q} 2>&1"
