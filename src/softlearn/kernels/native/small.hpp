// A problem so small that calls cost more than arithmetic: all of a Newton step in two of them.
//
// small.cpp is compiled once for each instruction set; small_module.cpp is its Python side.
#pragma once

#include <memory>

#include "passes.hpp"

namespace softlearn {

// Dense rows with labels.  Parameters are W, and then the biases (K), if there are any.
struct SmallRows {
    Rows X;
    Index C = 0, K = 0;  // classes; rows of W: C, or C - 1 where the logit of class 0 is 0
    bool bias = false;
    bool by_feature = false;  // W is (d, K) in memory, else (K, d)
    const std::int64_t* y = nullptr;  // (n) labels
    const double* s = nullptr;        // (n) weights

    Index size() const { return K * (X.d + bias); }
};

// (H + damping G) v = -g.
struct Equations {
    Array P;                  // (C, n) probabilities
    const double* w = nullptr;  // where this is
    const double* g = nullptr;  // the gradient there
    double l2 = 0.0, damping = 0.0;
    double least = 0.0;  // a penalty on what all classes share below which that is left alone
    double pivot = 0.0;  // the least that counts, of the matrix with a unit diagonal
    double* v = nullptr;  // written: the direction,
    double* r = nullptr;  // g + (H + damping G) v, multiplied out row by row,
    Array U;              // and the logits of v (C, n)
    double decrement = 0.0, left = 0.0;  // -<g, v> / 2, and r' (the inverse used) r / 2
};

// From w with logits Z to w + t v, U the logits of v.
struct Move {
    const double *w = nullptr, *v = nullptr;
    Array Z, U;
    double t = 0.0, l2 = 0.0;
    double *w_out = nullptr, *g_out = nullptr;  // written: the parameters, their gradient,
    Array Z_out, P_out;                         // logits and probabilities (C, n)
    double value = 0.0, slope = 0.0;  // slope: the derivative in t
    double size = 0.0, step = 0.0;  // logit_size (small_rows.hpp) of w_out, and of t v
};

// Keeps its own copy of the rows.
class Small {
  public:
    virtual ~Small() = default;
    // Returns false where a pivot is too small, or but rounding: then nothing that is written counts.
    virtual bool solve(Equations& given) const = 0;
    virtual void move(Move& given) const = 0;
    // The root mean square of each column of X (d).
    virtual const double* sizes() const = 0;
};

namespace portable {
std::unique_ptr<Small> small(const SmallRows& rows);
}
namespace avx2 {
std::unique_ptr<Small> small(const SmallRows& rows);
}
namespace avx512 {
std::unique_ptr<Small> small(const SmallRows& rows);
}

}  // namespace softlearn
