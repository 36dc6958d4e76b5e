// The softmax of rows that have many classes: the classes of a row lie side by side, and lanes are classes.
//
// softmax.hpp has the same for tiles, whose lanes are rows.  Here a row is read two or three times while
// it is in the cache, and BLAS makes the products.
#pragma once

#include "passes.hpp"

#include <cmath>
#include <limits>

#include "functions.hpp"
#include "softmax.hpp"

namespace softlearn::SOFTLEARN_ISA {

inline Vd exponential_of(Vd x) { return exp(x); }
inline Reg<float> exponential_of(Reg<float> x) { return exponential_below<float>(x); }

inline double add_up(Vd v) {
    double sum = 0.0;
    for (int l = 0; l < L; ++l) sum += v[l];
    return sum;
}

// The numbers of a row in registers, the last one filled up.
template <class S>
struct Row {
    static constexpr int N = LANES<S>;
    using V = Reg<S>;

    Index C, full;

    explicit Row(Index C) : C(C), full(C / N * N) {}

    V part(const S* x, S fill) const {  // the last register of a row
        V v = all_of(fill);
        std::memcpy(&v, x + full, sizeof(S) * static_cast<std::size_t>(C - full));
        return v;
    }
    void store_part(S* x, V v) const {
        std::memcpy(x + full, &v, sizeof(S) * static_cast<std::size_t>(C - full));
    }
    // Replaces z by f(z, k); beyond the classes z is `fill`.
    template <class F>
    void replace(S* z, S fill, F&& f) const {
        for (Index k = 0; k < full; k += N) store(z + k, f(load<V>(z + k), k));
        if (full < C) store_part(z, f(part(z, fill), full));
    }
    V of(const S* x, Index k, S fill = S(0)) const {
        return k < full ? load<V>(x + k) : part(x, fill);
    }

    // Where the largest entry is.
    Index top(const S* z) const {
        constexpr S least = -std::numeric_limits<S>::infinity();
        V most = all_of(least);
        Mask<S> where{}, here{};
        const auto look = [&](V zk, Index k) {
            const Mask<S> more = zk > most;
            most = more ? zk : most;
            where = more ? here + static_cast<Word<S>>(k) : where;
        };
        for (int l = 0; l < N; ++l) here[l] = l;
        for (Index k = 0; k < full; k += N) look(load<V>(z + k), k);
        if (full < C) look(part(z, least), full);
        int best = 0;
        for (int l = 1; l < N; ++l)
            if (most[l] > most[best]) best = l;
        return static_cast<Index>(where[best]);
    }
};

constexpr double NOTHING = -std::numeric_limits<double>::infinity();

// A row's loss without its largest logit, from what all but the true class and that add up to.
inline double loss_of(double behind, double others, double own) {
    return behind + std::log1p(behind > 0.0 ? others + own - 1.0 : others);
}

// Z to s (P - Y), in place; P if wanted.  The residual of the true class is minus the sum of the others.
template <class S>
double residuals_of_row(const Row<S>& row, S* z, Index y, double s, S* P) {
    using V = Reg<S>;
    const S m = z[row.top(z)], zy = z[y];
    const S own = exponential_of(all_of<S>(zy - m))[0];
    z[y] = static_cast<S>(NOTHING);
    V sum{};
    row.replace(z, static_cast<S>(NOTHING), [&](V zk, Index) {
        const V e = exponential_of(zk - m);
        sum += e;
        return e;
    });
    const double others = add_up(sum), total = others + own;
    const S inverse = static_cast<S>(1.0 / total), scale = static_cast<S>(s / total);
    if (P) {
        for (Index k = 0; k < row.full; k += Row<S>::N) store(P + k, load<V>(z + k) * inverse);
        for (Index k = row.full; k < row.C; ++k) P[k] = z[k] * inverse;
        P[y] = own * inverse;
    }
    row.replace(z, S(0), [&](V e, Index) { return e * scale; });
    z[y] = static_cast<S>(-s * others / total);
    return s > 0.0 ? s * loss_of(static_cast<double>(m) - zy, others, own) : 0.0;
}

// Loss and slope of a row at the logits z + t u.
template <class S>
void line_of_row(const Row<S>& row, const S* z, const S* u, S t, Index y, double s, double& loss,
                 double& slope) {
    using V = Reg<S>;
    constexpr S least = -std::numeric_limits<S>::infinity();
    V most = all_of(least);
    for (Index k = 0; k < row.C; k += Row<S>::N) {
        const V zk = row.of(z, k, least) + t * row.of(u, k);
        most = zk > most ? zk : most;
    }
    S m = most[0];
    for (int l = 1; l < Row<S>::N; ++l) m = most[l] > m ? most[l] : m;
    const S zy = z[y] + t * u[y], uy = u[y];
    Mask<S> here{};
    for (int l = 0; l < Row<S>::N; ++l) here[l] = l;
    V others{}, rise{};
    for (Index k = 0; k < row.C; k += Row<S>::N) {
        const V uk = row.of(u, k), zk = row.of(z, k, least) + t * uk;
        const V e = here == static_cast<Word<S>>(y - k) ? V{} : exponential_of(zk - m);
        others += e;
        rise += e * (uk - uy);
    }
    const double rest = add_up(others), own = exponential_of(all_of<S>(zy - m))[0];
    if (!(s > 0.0)) return;
    loss += s * loss_of(static_cast<double>(m) - zy, rest, own);
    slope += s * add_up(rise) / (rest + own);
}

// Z to probabilities, in place; returns the largest one's number.
template <class S>
Index softmax_of_row(const Row<S>& row, S* z) {
    using V = Reg<S>;
    const Index top = row.top(z);
    const S m = z[top];
    V sum{};
    row.replace(z, static_cast<S>(NOTHING), [&](V zk, Index) {
        const V e = exponential_of(zk - m);
        sum += e;
        return e;
    });
    const S inverse = static_cast<S>(1.0 / static_cast<double>(add_up(sum)));
    row.replace(z, S(0), [&](V e, Index) { return e * inverse; });
    return top;
}

// u to s (p (u - <p, u>) + damping (u - mean u)), in place; z holds logits, which are overwritten, or p.
// u is shifted by its entry at the largest p first: no digits are lost as that p goes to 1.
template <class S>
double curvature_of_row(const Row<S>& row, S* z, S* u, double s, double damping, bool known, bool costs) {
    using V = Reg<S>;
    const Index top = row.top(z);
    const S m = z[top], about = u[top];
    V total{}, along{}, whole{};
    if (known) {
        for (Index k = 0; k < row.C; k += Row<S>::N)
            along += row.of(z, k) * (row.of(u, k) - about), whole += row.of(u, k);
    } else {
        row.replace(z, static_cast<S>(NOTHING), [&](V zk, Index k) {
            const V uk = row.of(u, k), e = exponential_of(zk - m);
            total += e, along += e * (uk - about), whole += uk;
            return e;
        });
    }
    const double inverse = known ? 1.0 : 1.0 / add_up(total);
    const S mean = static_cast<S>(add_up(along) * inverse), c = static_cast<S>(inverse);
    const S middle = static_cast<S>(add_up(whole) / static_cast<double>(row.C));
    const S scale = static_cast<S>(s), held = static_cast<S>(damping);
    double cost = 0.0;
    if constexpr (sizeof(S) == 8) {
        Vd of_row{};
        if (costs) {
            for (Index k = 0; k < row.C; k += Row<S>::N) {
                const V p = row.of(z, k) * c, t = (row.of(u, k) - about) - mean;
                of_row += p > 0.0 ? p * phi(t) : V{};
            }
            cost = s > 0.0 ? s * add_up(of_row) : 0.0;
        }
    }
    row.replace(u, S(0), [&](V uk, Index k) {
        const V p = row.of(z, k) * c, t = (uk - about) - mean;
        return scale * (damping != 0.0 ? p * t + held * (uk - middle) : p * t);
    });
    return cost;
}

// Z, logits or p, to s (p (1 - p) + damping), in place; 1 - p of the largest p is the sum of the others.
template <class S>
void spread_of_row(const Row<S>& row, S* z, double s, double damping, bool known) {
    using V = Reg<S>;
    const Index top = known ? row.top(z) : softmax_of_row(row, z);
    const S largest = z[top], scale = static_cast<S>(s), held = static_cast<S>(damping);
    z[top] = S(0);
    V others{};
    row.replace(z, S(0), [&](V p, Index) {
        others += p;
        return scale * (p * (S(1) - p) + held);
    });
    z[top] = scale * (largest * static_cast<S>(add_up(others)) + held);
}

template <class S>
void run_rows_as(RowsJob& job) {
    const Row<S> row(job.C);
    auto *z = static_cast<S*>(job.Z), *u = static_cast<S*>(job.U), *P = static_cast<S*>(job.P_out);
    for (Index i = 0; i < job.n; ++i, z += job.step_Z) {
        const double s = job.s ? job.s[i] : 0.0;
        switch (job.task) {
            case Task::forward:
                job.loss += residuals_of_row(row, z, job.y[i], s, P);
                if (P) P += job.step_P;
                break;
            case Task::line:
                line_of_row(row, z, u, static_cast<S>(job.t), job.y[i], s, job.loss, job.slope);
                break;
            case Task::product:
                job.loss += curvature_of_row(row, z, u, s, job.damping, job.known, job.costs);
                break;
            case Task::moments:
                spread_of_row(row, z, s, job.damping * (1.0 - 1.0 / static_cast<double>(job.C)), job.known);
                break;
            default:
                softmax_of_row(row, z);
        }
        if (u) u += job.step_U;
        if (!job.sums) continue;
        const S* r = job.task == Task::product ? u - job.step_U : z;
        for (Index k = 0; k < job.C; ++k) job.sums[k] += static_cast<double>(r[k]);
    }
}

inline void run_rows(RowsJob& job) {
    job.single ? run_rows_as<float>(job) : run_rows_as<double>(job);
}

}  // namespace softlearn::SOFTLEARN_ISA
