// Newton's equations of a small problem, for one instruction set.  See equations.hpp.
//
// softlearn/preconditioner/coupled.py says in NumPy what is factorised, and the tests hold this to it.
#include "equations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "softmax.hpp"
#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {
namespace {

double across(Vd v) {
    double sum = 0.0;
    for (int l = 0; l < L; ++l) sum += v[l];
    return sum;
}

double dot(const double* a, const double* b, Index n) {
    Vd sum{};
    Index i = 0;
    for (; i + L <= n; i += L) sum += load<Vd>(a + i) * load<Vd>(b + i);
    double total = i ? across(sum) : 0.0;
    for (; i < n; ++i) total += a[i] * b[i];
    return total;
}

class Solver {
  public:
    explicit Solver(Equations& given)
        : q(given), n(given.X.n), d(given.X.d), e(given.X.d + given.bias), C(given.C), K(given.K),
          size(K * e), T((n + L - 1) / L * L), XT(e * T), P(C * T), U(C * T), R(C * T), s(T),
          pair(T), H(size * size), scale(size), x(size), y(size), common(size) {}

    bool run() {
        transpose_rows();
        copy_probabilities();
        assemble();
        if (!factorise()) return false;
        find_common();
        for (Index i = 0; i < size; ++i) q.v[i] = -q.g[i];
        solve(q.v);
        residual();
        std::copy(q.r, q.r + size, static_cast<double*>(y));
        solve(y);
        q.decrement = -0.5 * dot(q.g, q.v, size);
        q.left = 0.5 * dot(q.r, y, size);
        return true;
    }

  private:
    // Feature j of class k, among the parameters as they are given and as they are factorised.
    Index place(Index k, Index j) const { return j < d ? k * d + j : K * d + k; }

    template <class X_>
    void transpose_from(const X_* first) {
        for (Index j = 0; j < d; ++j)
            for (Index i = 0; i < n; ++i)
                XT[j * T + i] = static_cast<double>(first[i * q.X.stride + j * q.X.column]);
    }

    // A row for each feature, the last of ones where there are biases; what is beyond n is 0.
    void transpose_rows() {
        if (q.X.single) transpose_from(static_cast<const float*>(q.X.data));
        else transpose_from(static_cast<const double*>(q.X.data));
        if (q.bias) std::fill(XT + d * T, XT + d * T + n, 1.0);
        for (Index j = 0; j < e; ++j) std::fill(XT + j * T + n, XT + (j + 1) * T, 0.0);
    }

    void copy_probabilities() {
        for (Index k = 0; k < C; ++k) {
            const double* from = q.P.at + k * q.P.stride;
            std::copy(from, from + n, P + k * T);
            std::fill(P + k * T + n, P + (k + 1) * T, 0.0);
        }
        std::copy(q.s, q.s + n, static_cast<double*>(s));
        std::fill(s + n, s + T, 0.0);
    }

    // Off the diagonal the block of two classes is minus B = X' diag(s (p_k p_l + damping / C)) X; a
    // block on it is minus the sum of its row, which keeps digits that p - p^2 would lose.
    void assemble() {
        std::fill(static_cast<double*>(H), H + size * size, 0.0);
        const Index fixed = C - K;
        for (Index k = 0; k < C; ++k)
            for (Index l = k + 1; l < C; ++l) add_pair(k, l, k - fixed, l - fixed);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < d; ++j) at(k, j, k, j) += q.l2;
        if (fixed == 0) stiffen();
    }

    double& at(Index k, Index i, Index l, Index j) { return H[(k * e + i) * size + l * e + j]; }

    void add_pair(Index k, Index l, Index row, Index column) {
        const double share = q.damping / static_cast<double>(C);
        for (Index i = 0; i < e; ++i) {
            for (Index t = 0; t < T; t += L)
                store(pair + t, load<Vd>(XT + i * T + t) * load<Vd>(s + t) *
                                    (load<Vd>(P + k * T + t) * load<Vd>(P + l * T + t) + share));
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
        for (Index c = 0; c < 4; ++c) feature[c] = XT + std::min(j + c, e - 1) * T;
        Vd sum[4] = {};
        for (Index t = 0; t < T; t += L)
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

    // H to the lower factor of H scaled to a unit diagonal; false where a pivot is but rounding.
    bool factorise() {
        const double zero = std::numeric_limits<double>::epsilon() *
                            (12.0 + 3.0 * std::sqrt(static_cast<double>(size)));
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
            if (!(pivot > zero)) return false;
            row[i] = std::sqrt(pivot);
        }
        return true;
    }

    // What the classes' weights at w have in common: only the penalty bends along it.
    void find_common() {
        bend = 0.0;
        if (K < C) return;
        for (Index j = 0; j < d; ++j) {
            double sum = 0.0;
            for (Index k = 0; k < K; ++k) sum += q.w[k * d + j];
            common[j] = sum / static_cast<double>(K);
        }
        bend = q.l2 * static_cast<double>(K) * dot(common, common, d);
    }

    void centre(double* a) const {
        for (Index j = 0; j < e; ++j) {
            double sum = 0.0;
            for (Index k = 0; k < K; ++k) sum += a[place(k, j)];
            for (Index k = 0; k < K; ++k) a[place(k, j)] -= sum / static_cast<double>(K);
        }
    }

    // a to (the inverse) a; what classes share is taken apart, as in softlearn.preconditioner.
    void solve(double* a) {
        double along = 0.0;
        if (bend > q.least)
            for (Index k = 0; k < K; ++k) along += dot(common, a + k * d, d);
        if (K == C) centre(a);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) x[k * e + j] = scale[k * e + j] * a[place(k, j)];
        for (Index i = 0; i < size; ++i)
            x[i] = (x[i] - dot(H + i * size, x, i)) / H[i * size + i];
        for (Index i = size; i-- > 0;) {
            x[i] /= H[i * size + i];
            for (Index j = 0; j < i; ++j) x[j] -= H[i * size + j] * x[i];
        }
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) a[place(k, j)] = scale[k * e + j] * x[k * e + j];
        if (K == C) centre(a);
        if (bend > q.least)
            for (Index k = 0; k < K; ++k)
                for (Index j = 0; j < d; ++j) a[k * d + j] += along / bend * common[j];
    }

    // r = g + (H + damping G) v by way of the logits of v, so that it shows what H's entries lost.
    void residual() {
        const Index fixed = C - K;
        std::fill(static_cast<double*>(U), U + C * T, 0.0);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) {
                const double v = q.v[place(k, j)];
                double* u = U + (k + fixed) * T;
                for (Index t = 0; t < T; t += L)
                    store(u + t, load<Vd>(u + t) + v * load<Vd>(XT + j * T + t));
            }
        curvature<double>(P, U, static_cast<int>(T), static_cast<int>(C), s, q.damping, R);
        for (Index k = 0; k < K; ++k)
            for (Index j = 0; j < e; ++j) {
                const Index to = place(k, j);
                q.r[to] = q.g[to] + dot(R + (k + fixed) * T, XT + j * T, T);
                if (j < d) q.r[to] += q.l2 * q.v[to];
            }
        for (Index k = 0; k < C; ++k) std::copy(U + k * T, U + k * T + n, q.U.at + k * q.U.stride);
    }

    Equations& q;
    const Index n, d, e, C, K, size, T;
    Buffer<double> XT, P, U, R, s, pair, H, scale, x, y, common;
    double bend = 0.0;
};

}  // namespace

bool solve(Equations& given) { return Solver(given).run(); }

}  // namespace softlearn::SOFTLEARN_ISA
