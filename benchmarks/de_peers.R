# Measure one R method on one data set, in a process of its own; see de_worker.py.
#
#   Rscript de_peers.R METHOD FOLDER REPEATS RESULT

suppressPackageStartupMessages({
  library(jsonlite)
  library(stats)
})
given <- commandArgs(trailingOnly = TRUE)
method <- given[1]
folder <- given[2]
repeats <- as.integer(given[3])
slow_seconds <- 30

description <- fromJSON(file.path(folder, "data.json"))
size <- description$n_samples * description$n_genes
# Sample after sample in the file: R's columns.
counts <- matrix(
  readBin(file.path(folder, "counts.i32"), "integer", size, size = 4, endian = "little"),
  description$n_genes
)
samples <- read.delim(file.path(folder, "samples.tsv"), row.names = 1, colClasses = "character")
dimnames(counts) <- list(readLines(file.path(folder, "genes.txt")), rownames(samples))
contrast <- description$contrast
for (name in names(samples)) samples[[name]] <- factor(samples[[name]])
samples[[contrast[1]]] <- relevel(samples[[contrast[1]]], contrast[3])
formula_ <- as.formula(description$formula)
coefficient <- paste0(contrast[1], contrast[2])

as_table <- function(genes, lfc, p, padj) {
  data.frame(gene = genes, log2FoldChange = lfc, pvalue = p, padj = padj)
}

deseq2 <- function() {
  dds <- DESeqDataSetFromMatrix(counts, samples, formula_)
  table <- results(DESeq(dds, quiet = TRUE), contrast = contrast)
  as_table(rownames(table), table$log2FoldChange, table$pvalue, table$padj)
}

filtered <- function(design) {
  lists <- DGEList(counts)
  kept <- filterByExpr(lists, design)
  calcNormFactors(lists[kept, , keep.lib.sizes = FALSE])
}

edger_ql <- function() {
  design <- model.matrix(formula_, samples)
  fit <- glmQLFit(estimateDisp(filtered(design), design), design)
  table <- topTags(glmQLFTest(fit, coef = coefficient), n = Inf, sort.by = "none")$table
  as_table(rownames(table), table$logFC, table$PValue, table$FDR)
}

limma_voom <- function() {
  design <- model.matrix(formula_, samples)
  fit <- eBayes(lmFit(voom(filtered(design), design), design))
  table <- topTable(fit, coef = coefficient, number = Inf, sort.by = "none")
  as_table(rownames(table), table$logFC, table$P.Value, table$adj.P.Val)
}

package <- c(deseq2 = "DESeq2", edger_ql = "edgeR", limma_voom = "limma")[[method]]
suppressPackageStartupMessages({
  library(package, character.only = TRUE)
  if (method != "deseq2") library(edgeR)
})
run <- get(method)
times <- numeric()
while (length(times) < repeats && (length(times) == 0 || times[1] < slow_seconds)) {
  start <- proc.time()[["elapsed"]]
  table <- suppressWarnings(suppressMessages(run()))
  times <- c(times, proc.time()[["elapsed"]] - start)
}
number <- vapply(table, is.numeric, TRUE)
table[number] <- lapply(table[number], function(x) ifelse(is.na(x), "NA", sprintf("%.17g", x)))
write.table(table, given[4], sep = "\t", quote = FALSE, row.names = FALSE)
cat(toJSON(list(times = I(times), version = unbox(paste(package, packageVersion(package)))), digits = NA), "\n")
