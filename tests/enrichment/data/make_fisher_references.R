# References for tests/enrichment/test_hypergeometric.py: R's fisher.test of 2 x 2 tables, two-sided
# 95 % interval and the one-sided p. Run in this folder: Rscript make_fisher_references.R
set.seed(11)
rows <- list()
for (i in 1:60) {
  universe <- c(30, 300, 5000, 16000)[1 + i %% 4]
  size <- sample(2:min(500, universe - 2), 1)
  listed <- sample(2:min(1500, universe - 2), 1)
  low <- max(0, listed + size - universe); high <- min(size, listed)
  drawn <- rhyper(1, size, universe - size, listed)
  overlap <- if (i <= 5) low else if (i <= 10) high else min(high, drawn + sample(0:15, 1))
  rows[[i]] <- c(overlap, size, listed, universe)
}
given <- unique(do.call(rbind, rows))
tested <- t(apply(given, 1, function(x) {
  table <- matrix(c(x[1], x[2] - x[1], x[3] - x[1], x[4] - x[2] - x[3] + x[1]), 2)
  both <- fisher.test(table, conf.level = 0.95)
  c(both$estimate, both$conf.int, fisher.test(table, alternative = "greater")$p.value)
}))
out <- data.frame(given, tested)
names(out) <- c("overlap", "size", "listed", "universe", "odds_ratio", "ci_low", "ci_high", "pvalue")
out[] <- lapply(out, function(x) format(x, digits = 17, trim = TRUE))
write.table(out, "fisher_test.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
