// A small problem's Newton steps, for one instruction set.  See small.hpp.
//
// softlearn/preconditioner/coupled.py says in NumPy what is factorised, and the tests hold this to it.
#include "small.hpp"

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

// The rows with features first, (e, T): lanes are rows, a row of ones is there for the biases, and T is
// n rounded up to whole registers, with rows of weight 0.
class Transposed {
  public:
    explicit Transposed(const SmallRows& rows)
        : n(rows.X.n), d(rows.X.d), e(rows.X.d + rows.bias), C(rows.C), K(rows.K), size(K * e),
          T((n + L - 1) / L * L), X(e * T), s(T), y(T) {
        if (rows.X.single) fill(rows.X, static_cast<const float*>(rows.X.data));
        else fill(rows.X, static_cast<const double*>(rows.X.data));
        if (e > d) std::fill(X + d * T, X + d * T + n, 1.0);
        for (Index j = 0; j < e; ++j) std::fill(X + j * T + n, X + (j + 1) * T, 0.0);
        std::fill(std::copy(rows.s, rows.s + n, static_cast<double*>(s)), s + T, 0.0);
        std::fill(std::copy(rows.y, rows.y + n, static_cast<std::int64_t*>(y)), y + T, 0);
    }

    // Feature j of class k, among the parameters.
    Index place(Index k, Index j) const { return j < d ? k * d + j : K * d + k; }

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
                                 (j < d ? l2 * w[k * d + j] : 0.0);
    }

    const Index n, d, e, C, K, size, T;

  private:
    template <class X_>
    void fill(const Rows& rows, const X_* first) {
        for (Index j = 0; j < d; ++j)
            for (Index i = 0; i < n; ++i)
                X[j * T + i] = static_cast<double>(first[i * rows.stride + j * rows.column]);
    }

    Buffer<double> X;

  public:
    Buffer<double> s;
    Buffer<std::int64_t> y;
};

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
            for (Index k = 0; k < K; ++k) along += dot(common, a + k * x.d, x.d);
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
                for (Index j = 0; j < x.d; ++j) a[k * x.d + j] += along / bend * common[j];
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
            for (Index k = 0; k < K; ++k) sum += q.w[k * x.d + j];
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

class Problem final : public Small {
  public:
    explicit Problem(const SmallRows& rows) : x(rows) {}

    bool solve(Equations& q) const override {
        const Index size = x.size, room = x.C * x.T;
        Buffer<double> P(room), U(room), R(room), left(size);
        x.take(q.P, P);
        Factor factor(x, q, P);
        if (!factor.make()) return false;
        for (Index i = 0; i < size; ++i) q.v[i] = -q.g[i];
        factor.solve(q.v);
        // by way of the logits of v, so that r shows what the entries of H have lost
        x.logits(q.v, U);
        curvature<double>(P, U, static_cast<int>(x.T), static_cast<int>(x.C), x.s, q.damping, R);
        x.pull(R, q.v, q.l2, q.r);
        for (Index i = 0; i < size; ++i) left[i] = q.r[i] += q.g[i];
        factor.solve(left);
        q.decrement = -0.5 * dot(q.g, q.v, size);
        q.left = 0.5 * dot(q.r, left, size);
        x.give(U, q.U);
        return true;
    }

    void move(Move& q) const override {
        const Index room = x.C * x.T;
        Buffer<double> Z(room), U(room), P(room), R(room);
        x.take(q.Z, Z), x.take(q.U, U);
        for (Index i = 0; i < room; i += L) store(Z + i, load<Vd>(Z + i) + q.t * load<Vd>(U + i));
        for (Index i = 0; i < x.size; ++i) q.w_out[i] = q.w[i] + q.t * q.v[i];
        Vd loss{}, slope{};
        forward<double>(Z, static_cast<int>(x.T), static_cast<int>(x.C), {x.s, x.y}, P,
                        static_cast<double*>(R), static_cast<double*>(U), loss, slope);
        x.pull(R, q.w_out, q.l2, q.g_out);
        const Index weights = x.K * x.d;
        q.value = across(loss) + 0.5 * q.l2 * dot(q.w_out, q.w_out, weights);
        q.slope = across(slope) + q.l2 * dot(q.w_out, q.v, weights);
        x.give(Z, q.Z_out), x.give(P, q.P_out);
    }

  private:
    const Transposed x;
};

}  // namespace

std::unique_ptr<Small> small(const SmallRows& rows) { return std::make_unique<Problem>(rows); }

}  // namespace softlearn::SOFTLEARN_ISA
