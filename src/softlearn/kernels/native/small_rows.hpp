// The rows of a small problem, as its steps take them.  See small.hpp.
#pragma once

#include <algorithm>
#include <cmath>

#include "small.hpp"
#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {

inline double across(Vd v) {
    double sum = 0.0;
    for (int l = 0; l < L; ++l) sum += v[l];
    return sum;
}

inline double dot(const double* a, const double* b, Index n) {
    Vd sum{};
    Index i = 0;
    for (; i + L <= n; i += L) sum += load<Vd>(a + i) * load<Vd>(b + i);
    double total = i ? across(sum) : 0.0;
    for (; i < n; ++i) total += a[i] * b[i];
    return total;
}

// The rows with features first, (e, T): lanes are rows, a row of ones is there for the biases, and T is
// n rounded up to whole registers, with rows of weight 0.
class Transposed {
  public:
    explicit Transposed(const SmallRows& rows)
        : n(rows.X.n), d(rows.X.d), e(rows.X.d + rows.bias), C(rows.C), K(rows.K), size(K * e),
          T((n + L - 1) / L * L), by_feature(rows.by_feature), X(e * T), s(T), y(T),
          sizes(d) {
        if (rows.X.single) fill(rows.X, static_cast<const float*>(rows.X.data));
        else fill(rows.X, static_cast<const double*>(rows.X.data));
        if (e > d) std::fill(X + d * T, X + d * T + n, 1.0);
        for (Index j = 0; j < e; ++j) std::fill(X + j * T + n, X + (j + 1) * T, 0.0);
        std::fill(std::copy(rows.s, rows.s + n, static_cast<double*>(s)), s + T, 0.0);
        std::fill(std::copy(rows.y, rows.y + n, static_cast<std::int64_t*>(y)), y + T, 0);
        for (Index j = 0; j < d; ++j) sizes[j] = std::sqrt(square(j));
    }

    // Feature j of class k, among the parameters.
    Index place(Index k, Index j) const {
        return j == d || by_feature ? j * K + k : k * d + j;
    }

    const double* feature(Index j) const { return X + j * T; }

    void take(Array from, double* to) const {
        for (Index k = 0; k < C; ++k) {
            std::copy(from.at + k * from.stride, from.at + k * from.stride + n, to + k * T);
            std::fill(to + k * T + n, to + (k + 1) * T, 0.0);
        }
    }

    void give(const double* from, Array to) const {
        for (Index k = 0; k < C; ++k)
            std::copy(from + k * T, from + k * T + n, to.at + k * to.stride);
    }

    // The logits of v (C, T).
    void logits(const double* v, double* U) const {
        std::fill(U, U + C * T, 0.0);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) {
                const double by = v[place(k, j)];
                double* u = U + (k + C - K) * T;
                for (Index t = 0; t < T; t += L)
                    store(u + t, load<Vd>(u + t) + by * load<Vd>(feature(j) + t));
            }
    }

    // R X + l2 w, R (C, T)
    void pull(const double* R, const double* w, double l2, double* g) const {
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j)
                g[place(k, j)] = dot(R + (k + C - K) * T, feature(j), T) +
                                 (j < d ? l2 * w[place(k, j)] : 0.0);
    }

    // sum_j max_k |W_kj| sizes_j + max_k |b_k|: no row's logits are larger, in the root mean square.
    double logit_size(const double* w) const {
        double total = 0.0;
        for (Index j = 0; j < e; ++j) {
            double most = 0.0;
            for (Index k = 0; k < K; ++k) most = std::max(most, std::abs(w[place(k, j)]));
            total += j < d ? most * sizes[j] : most;
        }
        return total;
    }

    const Index n, d, e, C, K, size, T;
    const bool by_feature;

  private:
    template <class X_>
    void fill(const Rows& rows, const X_* first) {
        for (Index j = 0; j < d; ++j)
            for (Index i = 0; i < n; ++i)
                X[j * T + i] = static_cast<double>(first[i * rows.stride + j * rows.column]);
    }

    // sum_i s_i x_ij^2
    double square(Index j) const {
        Vd sum{};
        for (Index t = 0; t < T; t += L) {
            const Vd x = load<Vd>(feature(j) + t);
            sum += load<Vd>(s + t) * x * x;
        }
        return across(sum);
    }

    Buffer<double> X;

  public:
    Buffer<double> s;
    Buffer<std::int64_t> y;
    Buffer<double> sizes;
};

}  // namespace softlearn::SOFTLEARN_ISA
