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

// H v for the H of the loss at probabilities P over some weights, v = (weights, biases):
// sum_i s_i (p_ik (u_ik - mean_i) + damping (u_ik - middle_i)) x_ij, u_i = V x_i + c.
struct MultiplyJob {
    Rows X;  // CSR of the transpose
    const double* P = nullptr;  // (C, n)
    const double* s = nullptr;  // (n)
    Index C = 0, first = 0, m = 0;
    const std::int64_t* column = nullptr;  // (m)
    const std::int64_t* own = nullptr;     // (m)
    const double* v = nullptr;             // (m)
    const double* c = nullptr;             // (K), or none
    double damping = 0.0;
    double* out = nullptr;    // (m)
    double* out_b = nullptr;  // (K), or none
};

// The same descent where H is that of the loss at probabilities P, known by its rows alone:
// <g, v> + sum_i s_i (var_i(u_i) + damping ||u_i - its mean||^2 + l2 ||v||^2) / 2 + |w + v|, the size
// weighed by the level, u_i = V x_i + c, var_i under the probabilities of row i.
struct Sweeps {
    Rows X;  // CSR of the transpose: the rows are the columns of X
    const double* P = nullptr;  // (C, n)
    const double* s = nullptr;  // (n)
    Index C = 0, first = 0;  // classes, and those without weights
    Index m = 0;             // candidates; quickest in the order of classes
    const std::int64_t* column = nullptr;  // (m)
    const std::int64_t* own = nullptr;     // (m)
    const double* level = nullptr;         // (m)
    const double* w = nullptr;             // (m)
    const double* g = nullptr;             // (m): the gradient of the smooth part at w
    double* v = nullptr;                   // (m): the start, and then the end
    const double* g_b = nullptr;           // (K), or none without biases
    const double* inverse = nullptr;       // (K, K): of the Hessian of the biases
    double* c = nullptr;                   // (K)
    double l2 = 0.0, damping = 0.0;
    Index sweeps = 0;
    double least = 0.0, gain = 0.0;  // as in Descent
    Index done = 0;
};

namespace portable {
void gram(const GramJob& job);
void descend(Descent& job);
void sweep(Sweeps& job);
void multiply(const MultiplyJob& job);
}
namespace avx2 {
void gram(const GramJob& job);
void descend(Descent& job);
void sweep(Sweeps& job);
void multiply(const MultiplyJob& job);
}
namespace avx512 {
void gram(const GramJob& job);
void descend(Descent& job);
void sweep(Sweeps& job);
void multiply(const MultiplyJob& job);
}

}  // namespace softlearn
