// Quadratic functions with an L1 term, for one instruction set.  See lasso.hpp.
#include "lasso.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace softlearn::SOFTLEARN_ISA {
namespace {

// The weights that a row has: places, classes, entries of X and these times the probabilities.
struct Active {
    std::vector<std::int64_t> at;
    std::vector<std::int32_t> own;
    std::vector<double> x, f;
    Index size = 0;

    explicit Active(Index m) : at(m), own(m), x(m), f(m) {}

    void add(std::int64_t v, std::int64_t k, double value, double p) {
        at[size] = v, own[size] = static_cast<std::int32_t>(k), x[size] = value;
        f[size++] = value * p;
    }
};

// The row u of the matrix of one row of X, times those of `to`.
template <bool DAMPED>
void add_row(double f, double same, double off, std::int32_t own, const Active& to, Index size,
             double* H) {
    for (Index v = 0; v < size; ++v) {
        double value = -f * to.f[v];
        if constexpr (DAMPED) value -= off * to.x[v];
        if (to.own[v] == own) value = same * to.x[v];
        H[to.at[v]] += value;
    }
}

template <class T, class J>
void gram_of(const GramJob& q) {
    const Index K = q.C - q.first;
    const T* values = static_cast<const T*>(q.X.data);
    const J* columns = static_cast<const J*>(q.X.indices);
    Active fresh(q.m), old(q.m);
    std::vector<double> p(q.C), variance(q.C);
    const double common = q.damping / static_cast<double>(q.C);
    for (Index i = 0; i < q.X.n; ++i) {
        if (q.s[i] == 0.0) continue;
        fresh.size = old.size = 0;
        for (Index k = 0; k < q.C; ++k) p[k] = q.P.at[k * q.P.stride + i];
        for (Index e = q.X.offset(i); e < q.X.offset(i + 1); ++e) {
            const Index j = static_cast<Index>(columns[e]);
            for (Index v = q.start[j]; v < q.start[j + 1]; ++v)
                (q.fresh[v] ? fresh : old)
                    .add(v, q.own[v], static_cast<double>(values[e]), p[q.own[v] + q.first]);
        }
        if (!fresh.size) continue;
        for (Index k = 0; k < q.C; ++k) {  // p (1 - p), whose digits must not cancel
            double rest = 1.0 - p[k];
            if (rest < 0.5) {
                rest = 0.0;
                for (Index l = 0; l < q.C; ++l) rest += l == k ? 0.0 : p[l];
            }
            variance[k] = p[k] * rest + q.damping - common;
        }
        for (Index u = 0; u < fresh.size; ++u) {
            const double x = q.s[i] * fresh.x[u], f = q.s[i] * fresh.f[u], off = x * common;
            const std::int32_t own = fresh.own[u];
            const double same = x * variance[own + q.first];
            double* H = q.H + fresh.at[u] * q.m;
            if (q.damping > 0.0) {
                add_row<true>(f, same, off, own, fresh, u + 1, H);
                add_row<true>(f, same, off, own, old, old.size, H);
            } else {
                add_row<false>(f, same, off, own, fresh, u + 1, H);
                add_row<false>(f, same, off, own, old, old.size, H);
            }
            double* to = q.cross + fresh.at[u] * K;
            for (Index k = 0; k < K; ++k) to[k] -= k == own ? -same : f * p[k + q.first] + off;
        }
    }
}

}  // namespace

void gram(const GramJob& q) {
    if (q.X.single)
        q.X.wide_indices ? gram_of<float, std::int64_t>(q) : gram_of<float, std::int32_t>(q);
    else
        q.X.wide_indices ? gram_of<double, std::int64_t>(q) : gram_of<double, std::int32_t>(q);
}

void descend(Descent& q) {
    double largest = 0.0;
    for (q.done = 0, q.gain = 0.0; q.done < q.sweeps;) {
        double gain = 0.0;
        for (Index j = 0; j < q.m; ++j) {
            const double* H = q.H + j * q.m;
            const double before = q.x[j], D = H[j], level = q.level[j];
            if (!(D > 0.0)) continue;
            const double aim = D * before - q.r[j];
            const double size = std::max(std::abs(aim) - level, 0.0) / D;
            const double now = aim < 0.0 ? -size : size, step = now - before;
            if (step == 0.0) continue;
            gain -= step * (q.r[j] + 0.5 * D * step) + level * (std::abs(now) - std::abs(before));
            q.x[j] = now;
            for (Index i = 0; i < q.m; ++i) q.r[i] += step * H[i];
        }
        ++q.done;
        q.gain += gain, largest = std::max(largest, gain);
        if (!(gain > q.least * largest)) break;
    }
}

}  // namespace softlearn::SOFTLEARN_ISA
