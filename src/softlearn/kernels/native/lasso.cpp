// Quadratic functions with an L1 term, for one instruction set.  See lasso.hpp.
#include "lasso.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>
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
template <bool DAMPED, bool ONE>
void add_row(double f, double same, double off, std::int32_t own, const Active& to, Index size,
             double* H) {
    for (Index v = 0; v < size; ++v) {
        if constexpr (ONE) {  // class
            H[to.at[v]] += same * to.x[v];
            continue;
        }
        double value = -f * to.f[v];
        if constexpr (DAMPED) value -= off * to.x[v];
        H[to.at[v]] += to.own[v] == own ? same * to.x[v] : value;
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
            const auto add = K == 1            ? add_row<false, true>
                             : q.damping > 0.0 ? add_row<true, false>
                                               : add_row<false, false>;
            add(f, same, off, own, fresh, u + 1, H);
            add(f, same, off, own, old, old.size, H);
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

namespace {

// Returns the minimiser of r (y - x) + D (y - x)^2 / 2 + level |y|; adds the gain.
double minimiser(double x, double r, double D, double level, double& gain) {
    const double aim = D * x - r, size = std::max(std::abs(aim) - level, 0.0) / D;
    const double y = aim < 0.0 ? -size : size, step = y - x;
    gain -= step * (r + 0.5 * D * step) + level * (std::abs(y) - std::abs(x));
    return y;
}

// The logits of a step, class by class, and their means under P.
template <class T, class J>
class Steps {
  public:
    explicit Steps(Sweeps& job)
        : q(job), n(job.X.d), K(job.C - job.first), share(1.0 / static_cast<double>(job.C)), D(job.m),
          mean(n), middle(n), U(n * K) {
        for (Index a = 0; a < q.m; ++a) {
            const double* p = of_class(a);
            double squares = 0.0;
            each(a, [&](Index i, double x) {
                const double square = q.s[i] * x * x;
                squares += square;
                D[a] += square * (p[i] * (1.0 - p[i]) + q.damping * (1.0 - share));
            });
            D[a] = std::max(D[a], FLAT * squares) + q.l2;
            if (q.v[a] != 0.0) move(a, q.v[a]);
        }
        if (q.c) move_biases(q.c);
    }

    // One sweep; returns the gain.
    double run() {
        double gain = q.c ? biases() : 0.0;
        for (Index a = 0; a < q.m; ++a) {
            if (!(D[a] > 0.0)) continue;
            const double *p = of_class(a), *u = U.data() + q.own[a] * n;
            double r = q.g[a] + q.l2 * q.v[a];
            if (q.damping > 0.0)
                each(a, [&](Index i, double x) { r += q.s[i] * x * slope(p[i], u[i], i); });
            else
                each(a, [&](Index i, double x) { r += q.s[i] * x * p[i] * (u[i] - mean[i]); });
            const double x = q.w[a] + q.v[a], y = minimiser(x, r, D[a], q.level[a], gain);
            if (y == x) continue;
            q.v[a] = y - q.w[a];
            move(a, y - x);
        }
        return gain;
    }

    // The function at the present step.
    double value() const {
        double f = 0.0, curved = 0.0;
        for (Index a = 0; a < q.m; ++a)
            f += (q.g[a] + 0.5 * q.l2 * q.v[a]) * q.v[a] +
                 q.level[a] * (std::abs(q.w[a] + q.v[a]) - std::abs(q.w[a]));
        for (Index k = 0; q.c && k < K; ++k) f += q.g_b[k] * q.c[k];
        for (Index k = 0; k < K; ++k) {
            const double *p = q.P + (q.first + k) * n, *u = U.data() + k * n;
            for (Index i = 0; i < n; ++i) curved += q.s[i] * (p[i] + q.damping) * u[i] * u[i];
        }
        for (Index i = 0; i < n; ++i)
            curved -= q.s[i] * (mean[i] * mean[i] + q.damping * middle[i] * middle[i] / share);
        return f + 0.5 * curved;
    }

    // Where the step lies, all its variables side by side.
    std::vector<double> place() const {
        std::vector<double> out(q.v, q.v + q.m);
        if (q.c) out.insert(out.end(), q.c, q.c + K);
        return out;
    }

    // Goes to another place if the function is lower there; returns the gain, 0 where it stays.
    double jump(std::vector<double> to) {
        const std::vector<double> from = place();
        for (Index a = 0; a < q.m; ++a)  // what is zero but for rounding is zero
            if (std::abs(q.w[a] + to[a]) <= ZERO * std::abs(q.w[a])) to[a] = -q.w[a];
        const double before = value();
        const auto kept = std::make_tuple(U, mean, middle);
        go(from, to);
        const double gain = before - value();
        if (gain > 0.0) return gain;
        std::tie(U, mean, middle) = kept;
        set(from);
        return 0.0;
    }

  private:
    static constexpr double ZERO = 1e-12;
    static constexpr double FLAT = 1e-12;  // of a column's squares: so much curvature it has

    const double* of_class(Index a) const { return q.P + (q.first + q.own[a]) * n; }

    void set(const std::vector<double>& to) {
        std::copy(to.begin(), to.begin() + q.m, q.v);
        if (q.c) std::copy(to.begin() + q.m, to.end(), q.c);
    }

    void go(const std::vector<double>& from, const std::vector<double>& to) {
        set(to);
        for (Index a = 0; a < q.m; ++a)
            if (to[a] != from[a]) move(a, to[a] - from[a]);
        if (!q.c) return;
        std::vector<double> step(K);
        for (Index k = 0; k < K; ++k) step[k] = to[q.m + k] - from[q.m + k];
        move_biases(step.data());
    }

    // The derivative in a logit of row i that has moved by u.
    double slope(double p, double u, Index i) const {
        return p * (u - mean[i]) + q.damping * (u - middle[i]);
    }

    template <class F>
    void each(Index a, F f) const {
        const T* values = static_cast<const T*>(q.X.data);
        const J* rows = static_cast<const J*>(q.X.indices);
        const Index j = q.column[a], end = q.X.offset(j + 1);
        for (Index e = q.X.offset(j); e < end; ++e)
            f(static_cast<Index>(rows[e]), static_cast<double>(values[e]));
    }

    void move(Index a, double step) {
        const double* p = of_class(a);
        double* u = U.data() + q.own[a] * n;
        each(a, [&](Index i, double x) { u[i] += x * step, mean[i] += p[i] * x * step; });
        if (q.damping > 0.0) each(a, [&](Index i, double x) { middle[i] += share * x * step; });
    }

    void move_biases(const double* step) {
        double total = 0.0;
        for (Index k = 0; k < K; ++k) {
            const double* p = q.P + (q.first + k) * n;
            double* u = U.data() + k * n;
            for (Index i = 0; i < n; ++i) u[i] += step[k], mean[i] += p[i] * step[k];
            total += step[k];
        }
        for (double& each : middle) each += share * total;
    }

    // Moves the biases to their best values.
    double biases() {
        std::vector<double> r(q.g_b, q.g_b + K), step(K);
        for (Index k = 0; k < K; ++k) {
            const double *p = q.P + (q.first + k) * n, *u = U.data() + k * n;
            for (Index i = 0; i < n; ++i) r[k] += q.s[i] * slope(p[i], u[i], i);
        }
        double gain = 0.0;
        for (Index k = 0; k < K; ++k) {
            for (Index l = 0; l < K; ++l) step[k] -= q.inverse[k * K + l] * r[l];
            gain -= 0.5 * step[k] * r[k], q.c[k] += step[k];
        }
        move_biases(step.data());
        return gain;
    }

    Sweeps& q;
    const Index n, K;
    const double share;
    std::vector<double> D, mean, middle, U;  // middle: the plain mean, over all classes
};

// The places after the last sweeps, and where they seem to lead.
class Trail {
  public:
    void add(std::vector<double> place) { places.push_back(std::move(place)); }

    bool full() const { return places.size() > LENGTH; }

    // Returns sum_j c_j places[j + 1], sum_j c_j = 1, for which sum_j c_j (places[j + 1] -
    // places[j]) is shortest (Anderson's extrapolation), and forgets all places but the last.
    std::vector<double> end() {
        std::array<std::array<double, LENGTH>, LENGTH> A{};
        double trace = 0.0;
        for (Index a = 0; a < LENGTH; ++a)
            for (Index b = 0; b <= a; ++b) {
                double sum = 0.0;
                for (std::size_t i = 0; i < places[0].size(); ++i)
                    sum += (places[a + 1][i] - places[a][i]) * (places[b + 1][i] - places[b][i]);
                A[a][b] = A[b][a] = sum;
            }
        for (Index a = 0; a < LENGTH; ++a) trace += A[a][a];
        std::array<double, LENGTH> c;
        c.fill(1.0);
        for (Index a = 0; a < LENGTH; ++a) A[a][a] += RIDGE * trace;
        solve(A, c);
        double total = 0.0;
        for (double each : c) total += each;
        std::vector<double> out(places[0].size());
        for (Index a = 0; a < LENGTH; ++a)
            for (std::size_t i = 0; i < out.size(); ++i) out[i] += c[a] / total * places[a + 1][i];
        places.erase(places.begin(), places.end() - 1);
        return out;
    }

    void restart(std::vector<double> place) { places.assign(1, std::move(place)); }

  private:
    static constexpr Index LENGTH = 5;
    static constexpr double RIDGE = 1e-12;

    // Solves A c = c in place; A is positive definite.
    template <class Matrix, class Vector>
    static void solve(Matrix& A, Vector& c) {
        for (Index a = 0; a < LENGTH; ++a)
            for (Index b = a + 1; b < LENGTH; ++b) {
                const double factor = A[b][a] / A[a][a];
                for (Index k = a; k < LENGTH; ++k) A[b][k] -= factor * A[a][k];
                c[b] -= factor * c[a];
            }
        for (Index a = LENGTH; a-- > 0;) {
            for (Index b = a + 1; b < LENGTH; ++b) c[a] -= A[a][b] * c[b];
            c[a] /= A[a][a];
        }
    }

    std::vector<std::vector<double>> places;
};

template <class T, class J>
void sweep_of(Sweeps& q) {
    Steps<T, J> steps(q);
    Trail trail;
    double largest = 0.0;
    for (q.done = 0, q.gain = 0.0; q.done < q.sweeps;) {
        if (!q.done) trail.add(steps.place());
        double gain = steps.run();
        ++q.done;
        trail.add(steps.place());
        if (trail.full() && q.done < q.sweeps) {  // a sweep is the last: it finds the zeros
            const double more = steps.jump(trail.end());
            gain += more;
            if (more > 0.0) trail.restart(steps.place());
        }
        q.gain += gain, largest = std::max(largest, gain);
        if (!(gain > q.least * largest)) break;
    }
}

}  // namespace

void sweep(Sweeps& q) {
    if (q.X.single)
        q.X.wide_indices ? sweep_of<float, std::int64_t>(q) : sweep_of<float, std::int32_t>(q);
    else
        q.X.wide_indices ? sweep_of<double, std::int64_t>(q) : sweep_of<double, std::int32_t>(q);
}

namespace {

template <class T, class J>
void multiply_of(const MultiplyJob& q) {
    const Index n = q.X.d, K = q.C - q.first;
    const T* values = static_cast<const T*>(q.X.data);
    const J* rows = static_cast<const J*>(q.X.indices);
    const double share = 1.0 / static_cast<double>(q.C);
    std::vector<double> U(n * K), mean(n), middle(n);
    for (Index k = 0; q.c && k < K; ++k) std::fill_n(U.data() + k * n, n, q.c[k]);
    for (Index a = 0; a < q.m; ++a) {
        double* u = U.data() + q.own[a] * n;
        for (Index e = q.X.offset(q.column[a]); e < q.X.offset(q.column[a] + 1); ++e)
            u[static_cast<Index>(rows[e])] += q.v[a] * static_cast<double>(values[e]);
    }
    for (Index k = 0; k < K; ++k) {
        const double *p = q.P + (q.first + k) * n, *u = U.data() + k * n;
        for (Index i = 0; i < n; ++i) mean[i] += p[i] * u[i], middle[i] += share * u[i];
    }
    for (Index k = 0; k < K; ++k) {
        const double* p = q.P + (q.first + k) * n;
        double *u = U.data() + k * n, sum = 0.0;
        for (Index i = 0; i < n; ++i) {
            u[i] = q.s[i] * (p[i] * (u[i] - mean[i]) + q.damping * (u[i] - middle[i]));
            sum += u[i];
        }
        if (q.out_b) q.out_b[k] = sum;
    }
    for (Index a = 0; a < q.m; ++a) {
        const double* u = U.data() + q.own[a] * n;
        double sum = 0.0;
        for (Index e = q.X.offset(q.column[a]); e < q.X.offset(q.column[a] + 1); ++e)
            sum += static_cast<double>(values[e]) * u[static_cast<Index>(rows[e])];
        q.out[a] = sum;
    }
}

}  // namespace

void multiply(const MultiplyJob& q) {
    if (q.X.single)
        q.X.wide_indices ? multiply_of<float, std::int64_t>(q) : multiply_of<float, std::int32_t>(q);
    else
        q.X.wide_indices ? multiply_of<double, std::int64_t>(q)
                         : multiply_of<double, std::int32_t>(q);
}

void descend(Descent& q) {
    double largest = 0.0;
    for (q.done = 0, q.gain = 0.0; q.done < q.sweeps;) {
        double gain = 0.0;
        for (Index j = 0; j < q.m; ++j) {
            const double* H = q.H + j * q.m;
            if (!(H[j] > 0.0)) continue;
            const double before = q.x[j], now = minimiser(before, q.r[j], H[j], q.level[j], gain);
            if (now == before) continue;
            const double step = now - before;
            q.x[j] = now;
            for (Index i = 0; i < q.m; ++i) q.r[i] += step * H[i];
        }
        ++q.done;
        q.gain += gain, largest = std::max(largest, gain);
        if (!(gain > q.least * largest)) break;
    }
}

}  // namespace softlearn::SOFTLEARN_ISA
