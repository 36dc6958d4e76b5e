// Newton's equations of a small problem, solved at once: what is asked, and what comes back.
//
// equations.cpp is compiled once for each instruction set; equations_module.cpp is their Python side.
#pragma once

#include "passes.hpp"

namespace softlearn {

// (H + damping G) v = -g for dense rows.  Parameters are W, K rows of d, and then the biases (K).
struct Equations {
    Rows X;
    Index C = 0, K = 0;  // classes; rows of W: C, or C - 1 where the logit of class 0 is 0
    bool bias = false;
    Array P;                    // (C, n) probabilities
    const double* s = nullptr;  // (n) weights of the rows
    const double* w = nullptr;  // where this is
    const double* g = nullptr;  // the gradient there
    double l2 = 0.0, damping = 0.0;
    double least = 0.0;  // a penalty on what all classes share below which that is left alone
    double* v = nullptr;  // written: the direction,
    double* r = nullptr;  // g + (H + damping G) v, multiplied out row by row,
    Array U;              // and the logits of v (C, n)
    double decrement = 0.0, left = 0.0;  // -<g, v> / 2, and r' (the inverse used) r / 2
};

// Each returns false where the matrix is singular to rounding: then nothing that is written counts.
namespace portable {
bool solve(Equations& given);
}
namespace avx2 {
bool solve(Equations& given);
}
namespace avx512 {
bool solve(Equations& given);
}

}  // namespace softlearn
