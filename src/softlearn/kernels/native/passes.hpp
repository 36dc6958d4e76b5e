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

    // CSR: where row i begins.
    Index offset(Index i) const {
        return wide_indptr ? static_cast<Index>(static_cast<const std::int64_t*>(indptr)[i])
                           : static_cast<Index>(static_cast<const std::int32_t*>(indptr)[i]);
    }
};

enum class Task {
    forward,  // loss, gradient, and if wanted logits and probabilities
    product,  // Hessian products
    vjp,      // the gradient whose residuals are given
    moments,  // sums over the rows of the curvature times x and, for CSR, times x^2
    line,     // loss and its slope along a direction
    logits,   // (C, n)
    predict,  // (n, C) logits or probabilities
};

// A (C, n) array, or none.
struct Array {
    double* at = nullptr;
    Index stride = 0;  // from one class to the next
    // Instead of `at`, for probabilities: float32, the classes of a row side by side, and `stride` from
    // one row to the next.
    float* narrow = nullptr;

    bool given() const { return at || narrow; }
};

struct Job {
    Task task = Task::forward;
    bool single = false;  // products in float32; dense X has its sums over rows in float64 all the same
    Index C = 0;          // classes
    Index K = 0;          // rows of W: C, or C - 1 where the logit of class 0 is fixed at 0
    Index vectors = 1;    // of a product
    // The parameters, or the directions: dense (vectors * K, d) float64; CSR (d, K).
    const void* W = nullptr;
    const double* b = nullptr;  // (vectors * K) or none
    const void* W0 = nullptr;   // for a product: the parameters, where P is not given
    const double* b0 = nullptr;
    const std::int64_t* y = nullptr;  // (n) labels
    const double* s = nullptr;        // (n) weights of the rows
    double damping = 0.0;
    bool costs = false;   // of a product: give sum_i s_i KL(P (1 + t), P) as the loss, t = u - <p, u>
    double t = 0.0;       // logits are Z + t U where Z is given
    Array Z, U;           // given logits and their direction; of pull U holds the residuals
    Array P;              // given probabilities (product)
    Array Z_out, P_out;   // (C, n)
    Array R_out;          // instead of a gradient: the residuals s (P - Y), or their change
    void* laid_out = nullptr;  // CSR, instead of the gradient of W: the residuals by row, (n, K),
                               // float32 if the product is
    double* rows_out = nullptr;  // (n, C) of predict
    bool probabilities = false;  // of predict
    double* G = nullptr;   // gradient: dense (vectors * K, d); CSR (d, K)
    double* Gb = nullptr;  // (vectors * K)
    double* squares = nullptr;  // of moments: (d, K)
    double loss = 0.0, slope = 0.0;
};

// Rows whose C classes lie side by side, all float32 or all float64.  See rows.hpp.
struct RowsJob {
    Task task = Task::predict;  // forward, line, product, moments or predict
    bool single = false;
    Index n = 0, C = 0;
    void* Z = nullptr;  // logits; written to but for `line`
    void* U = nullptr;  // a direction; overwritten by `product`
    void* P_out = nullptr;
    Index step_Z = 0, step_U = 0, step_P = 0;  // from one row to the next
    const std::int64_t* y = nullptr;           // (n)
    const double* s = nullptr;                 // (n)
    double t = 0.0, damping = 0.0;
    bool known = false;      // Z holds probabilities
    bool costs = false;      // of `product`, in float64
    double* sums = nullptr;  // (C) the sums over the rows of what is written are added here
    double loss = 0.0, slope = 0.0;
};

// Some features' share of the solution of equations whose matrix is diagonal about means m_k, class
// by class: out_j = (r_j - m_j b) / D_j.  Arrays are (d, K), the classes of a feature side by side.
struct Diagonal {
    const double* means = nullptr;
    const double* inverse = nullptr;  // 1 / D
    const double* b = nullptr;       // (K) the right side of the biases, or none without biases
    bool centre = false;             // take the mean over the classes off r and out
    Index K = 0;
    bool alike = false;  // means and 1 / D are those of every class: (d, 1)
};

struct Table {
    const char* name;
    // Runs a job on dense rows, CSR rows, or (X without data) on logits alone.
    void (*run)(const Rows&, Job&);
    // Runs a job on rows whose classes lie side by side.
    void (*run_rows)(RowsJob&);
    // G = X R, or X^2 R, for CSR X, R (d, K), in float32 or not, and G (n, K), both classes side by
    // side: the gradient of what has been laid out, where X is the transpose of some columns.
    void (*gather)(const Rows& X, const void* R, bool single, Index K, bool squared, double* G);
    // Solves for the features first .. last - 1; adds to sums (K) the means times what it solves for,
    // before that is centred.
    void (*solve)(const Diagonal&, const double* r, Index first, Index last, double* out,
                  double* sums);
    // On n entries of long vectors: <x, y>; v += a p, r += a Hp; p = b p - y; y += a x.
    double (*dot)(const double* x, const double* y, Index n);
    void (*axpy_pair)(double a, const double* p, const double* Hp, double* v, double* r, Index n);
    void (*scale_subtract)(double b, double* p, const double* y, Index n);
    void (*axpy)(double a, const double* x, double* y, Index n);
};

namespace portable {
extern const Table table;
}
namespace avx2 {
extern const Table table;
}
namespace avx512 {
extern const Table table;
}

}  // namespace softlearn
