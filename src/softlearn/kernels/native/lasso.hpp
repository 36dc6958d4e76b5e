// Quadratic functions with an L1 term: their matrix over some weights of sparse rows, and descent.
#pragma once

#include "passes.hpp"

namespace softlearn {

// H_ab = sum_i s_i x_ia x_ib ((p_ik + damping) [k = l] - p_ik p_il - damping / C), for weight a of
// class k and weight b of class l; weights of one column are neighbours, in the order of columns.
struct GramJob {
    Rows X;  // CSR, its columns in rising order in each row
    Array P;  // (C, n) probabilities of all classes
    const double* s = nullptr;  // (n)
    Index C = 0, first = 0;  // classes, and those without weights
    double damping = 0.0;
    Index m = 0;  // weights
    const std::int64_t* start = nullptr;  // (d + 1): the weights of each column
    const std::int64_t* own = nullptr;    // (m): their rows of W
    const bool* fresh = nullptr;          // (m): entries of two others are left as they are
    double* H = nullptr;      // (m, m): what is added to, of (a, b) and (b, a) one
    double* cross = nullptr;  // (m, K): the same with the biases
};

// Minimises r'(y - x) + (y - x)' H (y - x) / 2 + sum_a level_a |y_a|, weight by weight in turn.
struct Descent {
    Index m = 0, sweeps = 0;
    const double* H = nullptr;      // (m, m)
    const double* level = nullptr;  // (m)
    double* x = nullptr;            // (m): the start, and then the end
    double* r = nullptr;            // (m): the gradient there
    double least = 0.0;  // of the largest gain of a sweep: one that gains less is the last
    double gain = 0.0;   // by how much the function has fallen
    Index done = 0;      // sweeps
};

namespace portable {
void gram(const GramJob& job);
void descend(Descent& job);
}
namespace avx2 {
void gram(const GramJob& job);
void descend(Descent& job);
}
namespace avx512 {
void gram(const GramJob& job);
void descend(Descent& job);
}

}  // namespace softlearn
