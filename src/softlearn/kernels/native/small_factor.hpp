// The matrix of Newton's equations of a small problem, factorised.
//
// softlearn/preconditioner/coupled.py says in NumPy what it is, and the tests hold this to it.
#pragma once

#include <cmath>
#include <limits>

#include "small_rows.hpp"

namespace softlearn::SOFTLEARN_ISA {

class Factor {
  public:
    Factor(const Transposed& rows, const Equations& given, const double* P)
        : x(rows), q(given), P(P), e(rows.e), C(rows.C), K(rows.K), size(rows.size), pair(x.T),
          H(size * size), scale(size), z(size), common(x.d) {}

    bool make() {
        assemble();
        find_common();
        return factorise();
    }

    // a to (the inverse) a; what classes share is taken apart, as in softlearn.preconditioner.
    void solve(double* a) {
        double along = 0.0;
        if (bend > q.least)
            for (Index k = 0; k < K; ++k)
                for (Index j = 0; j < x.d; ++j) along += common[j] * a[x.place(k, j)];
        if (K == C) centre(a);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) z[k * e + j] = scale[k * e + j] * a[x.place(k, j)];
        for (Index i = 0; i < size; ++i)
            z[i] = (z[i] - dot(H + i * size, z, i)) / H[i * size + i];
        for (Index i = size; i-- > 0;) {
            z[i] /= H[i * size + i];
            for (Index j = 0; j < i; ++j) z[j] -= H[i * size + j] * z[i];
        }
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) a[x.place(k, j)] = scale[k * e + j] * z[k * e + j];
        if (K == C) centre(a);
        if (bend > q.least)
            for (Index k = 0; k < K; ++k)
                for (Index j = 0; j < x.d; ++j) a[x.place(k, j)] += along / bend * common[j];
    }

  private:
    // Off the diagonal the block of two classes is minus B = X' diag(s (p_k p_l + damping / C)) X; a
    // block on it is minus the sum of its row, which keeps digits that p - p^2 would lose.
    void assemble() {
        std::fill(static_cast<double*>(H), H + size * size, 0.0);
        const Index fixed = C - K;
        for (Index k = 0; k < C; ++k)
            for (Index l = k + 1; l < C; ++l) add_pair(k, l, k - fixed, l - fixed);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < x.d; ++j) at(k, j, k, j) += q.l2;
        if (fixed == 0) stiffen();
    }

    // An entry of the lower triangle.
    double& at(Index k, Index i, Index l, Index j) { return H[(k * e + i) * size + l * e + j]; }

    void add_pair(Index k, Index l, Index row, Index column) {
        const double share = q.damping / static_cast<double>(C);
        for (Index i = 0; i < e; ++i) {
            for (Index t = 0; t < x.T; t += L)
                store(pair + t, load<Vd>(x.feature(i) + t) * load<Vd>(x.s + t) *
                                    (load<Vd>(P + k * x.T + t) * load<Vd>(P + l * x.T + t) + share));
            for (Index j = 0; j <= i; j += 4) {
                double sums[4] = {};
                products(j, sums);
                for (Index c = 0; c < 4 && j + c <= i; ++c) spread(row, column, i, j + c, sums[c]);
            }
        }
    }

    // pair times four features (the last again, where there are fewer)
    void products(Index j, double (&sums)[4]) const {
        const double* feature[4];
        for (Index c = 0; c < 4; ++c) feature[c] = x.feature(std::min(j + c, e - 1));
        Vd sum[4] = {};
        for (Index t = 0; t < x.T; t += L)
            for (int c = 0; c < 4; ++c) sum[c] += load<Vd>(pair + t) * load<Vd>(feature[c] + t);
        add_across<4>(sum, sums);
    }

    // An entry of B, in the four blocks that it belongs to; row is -1 for a class without parameters.
    void spread(Index row, Index column, Index i, Index j, double b) {
        at(column, i, column, j) += b;
        if (row < 0) return;
        at(row, i, row, j) += b;
        at(column, i, row, j) = at(column, j, row, i) = -b;
    }

    // A stiffness along what changes no probability, where the penalty alone bends H.
    void stiffen() {
        for (Index j = 0; j < e; ++j) {
            double stiff = 0.0;
            for (Index k = 0; k < K; ++k) stiff += at(k, j, k, j);
            stiff /= static_cast<double>(C * C);
            for (Index k = 0; k < K; ++k)
                for (Index l = 0; l <= k; ++l) at(k, j, l, j) += stiff;
        }
    }

    // H to the lower factor of H scaled to a unit diagonal; false where a pivot is too small.
    bool factorise() {
        const double rounding = std::numeric_limits<double>::epsilon() *
                                (12.0 + 3.0 * std::sqrt(static_cast<double>(size)));
        const double least = std::max(q.pivot, rounding);
        for (Index i = 0; i < size; ++i) {
            const double own = H[i * size + i];
            scale[i] = 1.0 / std::sqrt(own > 0.0 ? own : 1.0);
        }
        for (Index i = 0; i < size; ++i) {
            double* row = H + i * size;
            for (Index j = 0; j < i; ++j)
                row[j] = (row[j] * scale[i] * scale[j] - dot(row, H + j * size, j)) /
                         H[j * size + j];
            const double pivot = 1.0 - dot(row, row, i);
            if (!(pivot > least)) return false;
            row[i] = std::sqrt(pivot);
        }
        return true;
    }

    // What the classes' weights at w have in common: only the penalty bends along it.
    void find_common() {
        if (K < C) return;
        for (Index j = 0; j < x.d; ++j) {
            double sum = 0.0;
            for (Index k = 0; k < K; ++k) sum += q.w[x.place(k, j)];
            common[j] = sum / static_cast<double>(K);
        }
        bend = q.l2 * static_cast<double>(K) * dot(common, common, x.d);
    }

    void centre(double* a) const {
        for (Index j = 0; j < e; ++j) {
            double sum = 0.0;
            for (Index k = 0; k < K; ++k) sum += a[x.place(k, j)];
            for (Index k = 0; k < K; ++k) a[x.place(k, j)] -= sum / static_cast<double>(K);
        }
    }

    const Transposed& x;
    const Equations& q;
    const double* P;
    const Index e, C, K, size;
    Buffer<double> pair, H, scale, z, common;
    double bend = 0.0;
};

}  // namespace softlearn::SOFTLEARN_ISA
