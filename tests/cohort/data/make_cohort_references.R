# Reference values of the cohort tests, by R's own functions.
#
#     Rscript make_cohort_references.R
#
# Base R only (stats), made with R 4.2.2 (Debian 12). Dunn's test is not in base R and is written
# out from Dunn (1964), equations of page 246, with its correction for ties.

options(digits = 17)
set.seed(20220921)
write <- function(frame, name) {
  write.table(format(frame, digits = 17, trim = TRUE), name, sep = "\t", quote = FALSE,
              row.names = FALSE)
}

# Measurements with ties, two numeric covariates and a factor.
n <- 60
frame <- data.frame(
  stage = sample(c("I", "II", "III"), n, TRUE),
  purity = round(runif(n), 2),
  level = sample(-2:2, n, TRUE)
)
frame$driver <- round(frame$level + 2 * frame$purity + rnorm(n), 1)
frame$a <- round(0.6 * frame$driver + rnorm(n), 1)
frame$b <- round(frame$purity + (frame$stage == "III") + rnorm(n), 1)
frame$c <- round(-frame$level + rnorm(n), 0)
write(frame, "cohort_measurements.tsv")

partial <- function(x, y, covariates) {
  x <- rank(x)
  y <- rank(y)
  if (is.null(covariates)) {
    rx <- x - mean(x)
    ry <- y - mean(y)
    k <- 0
  } else {
    fit <- lm(x ~ ., data = data.frame(x = x, covariates))
    rx <- residuals(fit)
    ry <- residuals(lm(y ~ ., data = data.frame(y = y, covariates)))
    k <- fit$rank - 1
  }
  r <- cor(rx, ry)
  df <- length(x) - 2 - k
  t <- r * sqrt(df / (1 - r^2))
  c(rho = r, pvalue = 2 * pt(-abs(t), df), df = df)
}
given <- list(
  none = NULL,
  level = data.frame(level = rank(frame$level)),
  level_purity = data.frame(level = rank(frame$level), purity = rank(frame$purity)),
  stage = data.frame(stage = frame$stage),
  stage_level = data.frame(stage = frame$stage, level = rank(frame$level))
)
rows <- list()
for (name in names(given)) for (gene in c("a", "b", "c")) {
  found <- partial(frame$driver, frame[[gene]], given[[name]])
  if (name == "none") {
    whole <- suppressWarnings(cor.test(frame$driver, frame[[gene]], method = "spearman",
                                       exact = FALSE))
    stopifnot(abs(whole$estimate - found["rho"]) < 1e-12)
    found["pvalue"] <- whole$p.value
  }
  rows[[length(rows) + 1]] <- data.frame(given = name, gene = gene, t(found))
}
write(do.call(rbind, rows), "cohort_correlations.tsv")

# Fisher's exact test, with the paper's table first (14 of 20 against 5 of 15).
tables <- rbind(c(14, 6, 5, 10), c(3, 10, 10, 3), c(0, 12, 9, 30), c(7, 0, 5, 40), c(0, 8, 13, 0),
                c(60, 440, 90, 410), c(1, 24, 2, 500), c(25, 25, 25, 25), c(4, 2, 0, 0))
rows <- list()
for (i in seq_len(nrow(tables))) {
  m <- matrix(tables[i, ], 2, byrow = TRUE)
  two <- fisher.test(m)
  rows[[i]] <- data.frame(
    both = m[1, 1], a_only = m[1, 2], b_only = m[2, 1], neither = m[2, 2],
    odds_ratio = if (is.null(two$estimate)) NA else two$estimate,
    ci_low = if (is.null(two$conf.int)) NA else two$conf.int[1],
    ci_high = if (is.null(two$conf.int)) NA else two$conf.int[2],
    pvalue = two$p.value,
    greater = fisher.test(m, alternative = "greater")$p.value,
    less = fisher.test(m, alternative = "less")$p.value
  )
}
write(do.call(rbind, rows), "cohort_fisher.tsv")

# Wilson's interval is that of prop.test without continuity correction.
rows <- list()
for (pair in list(c(0, 10), c(1, 25), c(13, 115), c(60, 115), c(10, 10), c(1, 1))) {
  found <- suppressWarnings(prop.test(pair[1], pair[2], correct = FALSE))$conf.int
  rows[[length(rows) + 1]] <- data.frame(altered = pair[1], n = pair[2], ci_low = found[1],
                                         ci_high = found[2])
}
write(do.call(rbind, rows), "cohort_wilson.tsv")

# Kruskal-Wallis and Dunn over stages; Kendall's test, whose p is Jonckheere and Terpstra's.
kruskal <- kruskal.test(frame$a, factor(frame$level))
kendall <- suppressWarnings(cor.test(frame$a, frame$level, method = "kendall", exact = FALSE))
write(data.frame(test = c("kruskal", "kendall"),
                 statistic = c(kruskal$statistic, kendall$statistic),
                 pvalue = c(kruskal$p.value, kendall$p.value)), "cohort_tests.tsv")
ranks <- rank(frame$a)
ties <- table(frame$a)
spread <- n * (n + 1) / 12 - sum(ties^3 - ties) / (12 * (n - 1))
levels <- sort(unique(frame$level))
pairs <- combn(levels, 2)
z <- apply(pairs, 2, function(pair) {
  one <- ranks[frame$level == pair[1]]
  other <- ranks[frame$level == pair[2]]
  (mean(one) - mean(other)) / sqrt(spread * (1 / length(one) + 1 / length(other)))
})
p <- 2 * pnorm(-abs(z))
write(data.frame(group_a = pairs[1, ], group_b = pairs[2, ], z = z, pvalue = p,
                 padj_holm = p.adjust(p, "holm"), padj_bh = p.adjust(p, "BH")), "cohort_dunn.tsv")
