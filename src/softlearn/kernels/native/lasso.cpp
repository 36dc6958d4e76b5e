// Quadratic functions with an L1 term, for one instruction set.  See lasso.hpp.
#include "lasso.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace softlearn::SOFTLEARN_ISA {
namespace {

// The weights that a row has: entries of X, and what each row of the matrix is made of.
struct Active {
    std::vector<std::int64_t> at;
    std::vector<std::int32_t> own;
    std::vector<double> x, p;

    explicit Active(Index m) : at(m), own(m), x(m), p(m) {}
};

template <class T, class J>
Index gather(const GramJob& q, Index i, const double* p, Active& a) {
    const T* values = static_cast<const T*>(q.X.data);
    const J* columns = static_cast<const J*>(q.X.indices);
    Index t = 0;
    for (Index e = q.X.offset(i); e < q.X.offset(i + 1); ++e) {
        const Index j = static_cast<Index>(columns[e]);
        for (Index v = q.start[j]; v < q.start[j + 1]; ++v, ++t) {
            a.at[t] = v, a.own[t] = static_cast<std::int32_t>(q.own[v]);
            a.x[t] = static_cast<double>(values[e]), a.p[t] = p[q.own[v]];
        }
    }
    return t;
}

template <class T, class J>
void gram_of(const GramJob& q) {
    const Index K = q.C - q.first;
    Active a(q.m);
    std::vector<double> p(K);
    const double common = q.damping / static_cast<double>(q.C);
    for (Index i = 0; i < q.X.n; ++i) {
        if (q.s[i] == 0.0) continue;
        for (Index k = 0; k < K; ++k) p[k] = q.P.at[(k + q.first) * q.P.stride + i];
        const Index t = gather<T, J>(q, i, p.data(), a);
        for (Index u = 0; u < t; ++u) {
            const double x = q.s[i] * a.x[u], same = x * (a.p[u] + q.damping);
            const double rest = x * a.p[u], off = x * common;
            double* row = q.H + a.at[u] * q.m;
            for (Index v = 0; v <= u; ++v) {
                const double like = a.own[v] == a.own[u] ? same : 0.0;
                row[a.at[v]] += a.x[v] * (like - rest * a.p[v] - off);
            }
            if (!q.cross) continue;
            double* to = q.cross + a.at[u] * K;
            for (Index k = 0; k < K; ++k) to[k] -= rest * p[k] + off;
            to[a.own[u]] += same;
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
