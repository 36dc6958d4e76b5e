// One pass over some rows of X: what it is asked, and what it gives.
//
// passes.cpp is compiled once for each instruction set; each copy exports a Table.  All arrays with
// an axis of classes have the classes first, (C, n): lanes of a register are rows of X.
#pragma once

#include <cstddef>
#include <cstdint>

namespace softlearn {

using Index = std::ptrdiff_t;

// Rows of X, in whatever storage.
struct Rows {
    Index n = 0, d = 0;
    const void* data = nullptr;  // float32 or float64: dense entries, or the values of CSR
    bool single = false;         // float32
    Index stride = 0, column = 1;  // dense: entries from one row to the next, one column to the next
    const void* indices = nullptr;  // CSR: columns, int32 or int64
    const void* indptr = nullptr;   // CSR: n + 1 offsets into data and indices
    bool wide_indices = false, wide_indptr = false;  // int64
};

enum class Task {
    forward,  // loss, gradient, and if wanted logits and probabilities
    product,  // Hessian products
    line,     // loss and its slope along a direction
    logits,   // (C, n)
    predict,  // (n, C) logits or probabilities
};

// A (C, n) array, or none.
struct Array {
    double* at = nullptr;
    Index stride = 0;  // from one class to the next
};

struct Job {
    Task task = Task::forward;
    bool single = false;  // products in float32 (sums over rows stay float64)
    Index C = 0;          // classes
    Index K = 0;          // rows of W: C, or C - 1 where the logit of class 0 is fixed at 0
    Index vectors = 1;    // of a product
    // The parameters, or the directions: dense (vectors * K, d) float64; CSR packed, see Table::pack.
    const void* W = nullptr;
    const double* b = nullptr;  // (vectors * K) or none
    const void* W0 = nullptr;   // for a product: the parameters, where P is not given
    const double* b0 = nullptr;
    const std::int64_t* y = nullptr;  // (n) labels
    const double* s = nullptr;        // (n) weights of the rows
    double damping = 0.0;
    double t = 0.0;       // logits are Z + t U where Z is given
    Array Z, U;           // given logits and their direction
    Array P;              // given probabilities (product)
    Array Z_out, P_out;   // (C, n)
    Array R_out;          // instead of a gradient: the residuals s (P - Y), or their change
    double* rows_out = nullptr;  // (n, C) of predict
    bool probabilities = false;  // of predict
    double* G = nullptr;   // gradient: dense (vectors * K, d); CSR (d, padded(K))
    double* Gb = nullptr;  // (vectors * K)
    double loss = 0.0, slope = 0.0;
};

struct Table {
    const char* name;
    // Runs a job on dense rows, CSR rows, or (X without data) on logits alone.
    void (*run)(const Rows&, Job&);
    // How many entries a row of packed W has for K classes; only CSR has its W packed beforehand.
    Index (*padded)(Index K);
    // W (K, d) to (d, padded) in float32 or float64, and a gradient (d, padded) back to (K, d).
    void (*pack)(const double* W, Index K, Index d, bool single, void* out);
    void (*unpack)(const double* G, Index K, Index d, double* out);
};

}  // namespace softlearn
