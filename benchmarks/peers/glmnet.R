# L1 fits by glmnet: answers the requests that sparse_worker.py describes.
#
#     Rscript glmnet.R FOLDER NAME      NAME: glmnet, or "glmnet grouped" for groups over classes
suppressMessages({
  library(Matrix)
  library(glmnet)
})
options(digits = 12)
glmnet.control(fdev = 0, devmax = 1, epsnr = 1e-10)
given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]
grouped <- if (given[2] == "glmnet grouped") "grouped" else "ungrouped"
read <- function(name, what, size, n) readBin(file.path(folder, name), what, n, size)
entries <- function(name, size) file.size(file.path(folder, name)) / size
about <- scan(file.path(folder, "about.txt"), quiet = TRUE)  # n, d, sparse
n <- about[1]
d <- about[2]
values <- read("data.bin", "double", 8, entries("data.bin", 8))
if (about[3] == 1) {
  X <- new("dgCMatrix", x = values, i = read("i.bin", "integer", 4, length(values)),
           p = read("p.bin", "integer", 4, d + 1), Dim = as.integer(c(n, d)))
} else {
  X <- matrix(values, n, d)
}
y <- read("y.bin", "integer", 4, n)
two <- max(y) == 1
family <- if (two) "binomial" else "multinomial"
y <- factor(y)
requests <- file("stdin", "r")
cat("ready\n")
while (length(line <- readLines(requests, 1)) == 1) {
  parts <- strsplit(line, ":")[[1]]
  numbers <- scan(text = parts[1], quiet = TRUE)
  kept <- scan(text = parts[2], quiet = TRUE) + 1
  lambda <- numbers[-1]
  clock <- Sys.time()
  fit <- glmnet(X, y, family = family, lambda = lambda, standardize = FALSE, thresh = numbers[1],
                maxit = 1e8, type.multinomial = grouped)
  seconds <- as.numeric(difftime(Sys.time(), clock, units = "secs"))
  out <- file(file.path(folder, "found.bin"), "wb")
  for (k in kept) {
    k <- min(k, length(fit$lambda))
    if (two) {
      writeBin(as.double(as.matrix(fit$beta[, k])), out)
      writeBin(as.double(fit$a0[k]), out)
    } else {
      for (B in fit$beta) writeBin(as.double(as.matrix(B[, k])), out)
      writeBin(as.double(fit$a0[, k]), out)
    }
  }
  close(out)
  cat(seconds, "\n")
}
