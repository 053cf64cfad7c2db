# Run fgsea on one data set, where it is installed.
#
#   Rscript enrichment_peers.R FOLDER JOBS RESULT
#
# The table has the columns set, es, pvalue.
suppressPackageStartupMessages(library(fgsea))
given <- commandArgs(trailingOnly = TRUE)
ranks <- read.delim(file.path(given[1], "ranks.rnk"), header = FALSE)
stats <- setNames(ranks[[2]], ranks[[1]])
sets <- gmtPathways(file.path(given[1], "sets.gmt"))
set.seed(1)
found <- fgsea(sets, stats, minSize = 15, maxSize = 500, eps = 0, nproc = as.integer(given[2]))
table <- data.frame(set = found$pathway, es = found$ES, pvalue = found$pval)
write.table(table, given[3], sep = "\t", quote = FALSE, row.names = FALSE)
cat("fgsea", as.character(packageVersion("fgsea")), "\n")
