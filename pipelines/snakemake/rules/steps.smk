# One rule a step, for the experiments whose groups are given or follow from the sample names.
# Every value is quoted (:q), and -- ends the options before the one bare argument.


rule de:
    input:
        counts=row_files("counts"),
        tables=row_files("samples", "id_map"),
    output:
        folder("de", DE),
    wildcard_constraints:
        experiment=sheet.any_of(STEPWISE),
    log:
        f"{LOGS}/{{experiment}}/de.log",
    params:
        out=experiment_folder,
        options=options(sheet.CALLING, *sheet.READING, *sheet.COMPARISON, *sheet.FITTING),
    threads: THREADS["de"]
    conda:
        "../envs/python.yaml"
    shell:
        "rnaseq-s6k1 de {params.options:q} --jobs {threads} --out {params.out:q}"
        " -- {input.counts:q} > {log:q} 2>&1"


rule gsea:
    input:
        folder("de", DE),
        set_files,
    output:
        folder("gsea", GSEA),
    wildcard_constraints:
        experiment=sheet.any_of(STEPWISE),
    log:
        f"{LOGS}/{{experiment}}/gsea.log",
    params:
        out=experiment_folder,
        options=options(sheet.ENRICHMENT, "gene_sets"),
    threads: THREADS["gsea"]
    conda:
        "../envs/python.yaml"
    shell:
        "rnaseq-s6k1 gsea {params.options:q} --jobs {threads} --out {params.out:q}"
        " > {log:q} 2>&1"


rule ora:
    input:
        folder("de", DE),
        set_files,
    output:
        folder("ora", ORA),
    wildcard_constraints:
        experiment=sheet.any_of(STEPWISE),
    log:
        f"{LOGS}/{{experiment}}/ora.log",
    params:
        out=experiment_folder,
        options=options(sheet.OVER_REPRESENTATION, "gene_sets"),
    threads: THREADS["ora"]
    conda:
        "../envs/python.yaml"
    shell:
        "rnaseq-s6k1 ora {params.options:q} --jobs {threads} --out {params.out:q}"
        " > {log:q} 2>&1"


rule signature:
    input:
        folder("de", DE),
        folder("gsea", GSEA),
        card_file,
    output:
        folder("signature", SIGNATURE),
    wildcard_constraints:
        experiment=sheet.any_of(STEPWISE),
    log:
        f"{LOGS}/{{experiment}}/signature.log",
    params:
        out=experiment_folder,
        options=options(sheet.VERDICT, "card"),
    threads: THREADS["signature"]
    conda:
        "../envs/python.yaml"
    shell:
        "rnaseq-s6k1 signature {params.options:q} --jobs {threads} --out {params.out:q}"
        " > {log:q} 2>&1"
