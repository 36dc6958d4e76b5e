// The passes, for one instruction set.  See passes.hpp.
#include "passes.hpp"

#include <algorithm>

#include "rows.hpp"
#include "softmax.hpp"
#include "storage.hpp"
#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {
namespace {

// No X: logits are given and residuals wanted, so that BLAS can do the products of many classes.
class Given {
  public:
    using Scalar = double;
    static constexpr bool PACKS = false;
    const int tile;

    Given(const Rows&, int M, bool) : tile(M <= 256 ? TILE : 16) {}
    void enter(Index, int) {}
    void logits(const Operand<double>&, double*) {}
    void pull(const double*, double*, double*) {}
    void lay_out(const double*, double*) const {}
};

// Copies `count` columns of an array into a tile (T columns, the others 0), and back.
void take(Array from, Index start, int count, int C, int T, double* tile) {
    if (from.narrow) turn(from.narrow + start * from.stride, from.stride, tile, T, count, C);
    for (int k = 0; k < C; ++k, tile += T) {
        const double* x = from.at + k * from.stride + start;
        if (from.at) std::copy(x, x + count, tile);
        std::fill(tile + count, tile + T, 0.0);
    }
}
void give(const double* tile, Index start, int count, int C, int T, Array to) {
    if (to.narrow) return turn(tile, T, to.narrow + start * to.stride, to.stride, C, count);
    for (int k = 0; k < C; ++k, tile += T)
        std::copy(tile, tile + count, to.at + k * to.stride + start);
}

double total(Vd v) {
    double sum = 0.0;
    for (int l = 0; l < L; ++l) sum += v[l];
    return sum;
}

template <class Storage>
class Pass {
    using S = typename Storage::Scalar;

  public:
    Pass(const Rows& X, Job& job)
        : X(X), job(job), C(static_cast<int>(job.C)), K(static_cast<int>(job.K)),
          B(static_cast<int>(job.vectors)), storage(X, K, job.G != nullptr),
          T(storage.tile),
          Z(C * T), P(C * T), U(needs_U() ? C * T : 1), R(static_cast<Index>(C) * T),
          W(packed_size(job.W, B)), W0(packed_size(job.W0, 1)) {
        A = operand(job.W, job.b, B, W);
        A0 = operand(job.W0, job.b0, 1, W0);
    }

    void run() {
        for (Index start = 0; start < X.n; start += T) {
            const int count = static_cast<int>(std::min<Index>(T, X.n - start));
            for (int i = 0; i < T; ++i) {
                s[i] = i < count && job.s ? job.s[start + i] : 0.0;
                y[i] = i < count && job.y ? job.y[start + i] : 0;
            }
            storage.enter(start, count);
            tile(start, count);
        }
        job.loss = total(loss);
        job.slope = total(slope);
    }

  private:
    bool needs_U() const {
        return job.task == Task::product || job.task == Task::line || job.U.given();
    }

    Index packed_size(const void* given, int vectors) const {
        if constexpr (Storage::PACKS)
            return given ? vectors * storage.packed_size() : 1;
        return 1;
    }

    // Dense storages pack W here; for CSR it comes as it is wanted, (d, K).
    Operand<S> operand(const void* given, const double* b, int vectors, S* room) const {
        if (!given) return {nullptr, b};
        if constexpr (Storage::PACKS) {
            for (int v = 0; v < vectors; ++v)
                storage.pack(static_cast<const double*>(given) + v * static_cast<Index>(K) * X.d,
                             room + v * storage.packed_size());
            return {room, b};
        } else {
            return {static_cast<const S*>(given), b};
        }
    }

    // Logits of the tile, the class without parameters first where there is one.
    void logits(const Operand<S>& by, Array given, Index start, int count, double* out) {
        if (given.given()) return take(given, start, count, C, T, out);
        std::fill(out, out + (C - K) * T, 0.0);
        storage.logits(by, out + (C - K) * T);
    }

    void pull(int v, Index start, int count) {
        const S* r = R + (C - K) * T;
        if constexpr (std::is_same_v<S, double>) {
            if (job.R_out.given()) give(R, start, count, C, T, job.R_out);
            if constexpr (!Storage::PACKS)
                if (job.laid_out) storage.lay_out(r, static_cast<S*>(job.laid_out) + start * K);
        }
        if (job.G) storage.pull(r, job.G + v * gradient_size(), job.squares);
        if (!job.Gb) return;
        for (int k = 0; k < K; ++k) {
            Vd lanes{};  // a single sum would wait for each addition
            int i = 0;
            for (; i + L <= count; i += L) lanes += load_as<double, L>(r + k * T + i);
            double sum = total(lanes);
            for (; i < count; ++i) sum += static_cast<double>(r[k * T + i]);
            job.Gb[v * K + k] += sum;
        }
    }

    Index gradient_size() const { return static_cast<Index>(K) * X.d; }

    void tile(Index start, int count) {
        switch (job.task) {
            case Task::forward:
            case Task::line: {
                const bool pulls = job.task == Task::forward;
                logits(pulls ? A : A0, job.Z, start, count, Z);
                if (job.U.given() || !pulls) {
                    logits(A, job.U, start, count, U);
                    for (int i = 0; i < C * T; ++i) Z[i] += job.t * U[i];
                }
                if (job.Z_out.given()) give(Z, start, count, C, T, job.Z_out);
                forward<S>(Z, T, C, {s, y}, P, pulls ? static_cast<S*>(R) : nullptr,
                           pulls ? nullptr : static_cast<double*>(U), loss, slope);
                if (job.P_out.given()) give(P, start, count, C, T, job.P_out);
                if (pulls) pull(0, start, count);
                return;
            }
            case Task::product: {
                logits(A0, job.P, start, count, P);
                if (!job.P.given()) softmax(P, T, C);
                for (int v = 0; v < B; ++v) {
                    logits({A.W + v * one_operand(), A.b ? A.b + v * K : nullptr}, job.U, start,
                           count, U);
                    curvature<S>(P, U, T, C, s, job.damping, R, job.costs ? &loss : nullptr);
                    pull(v, start, count);
                }
                return;
            }
            case Task::vjp:
                logits(A, job.U, start, count, U);
                for (Index i = 0; i < static_cast<Index>(C) * T; ++i) R[i] = static_cast<S>(U[i]);
                return pull(0, start, count);
            case Task::moments:
                logits(A0, job.P, start, count, P);
                if (!job.P.given()) softmax(P, T, C);
                spread<S>(P, T, C, s, job.damping * (1.0 - 1.0 / C), R);
                return pull(0, start, count);
            case Task::logits:
                logits(A, {}, start, count, Z);
                return give(Z, start, count, C, T, job.Z_out);
            case Task::predict:
                logits(A, job.Z, start, count, Z);
                if (job.probabilities) softmax(Z, T, C);
                for (int i = 0; i < count; ++i)
                    for (int k = 0; k < C; ++k) job.rows_out[(start + i) * C + k] = Z[k * T + i];
        }
    }

    Index one_operand() const {
        if constexpr (Storage::PACKS) return storage.packed_size();
        return 0;
    }

    const Rows& X;
    Job& job;
    const int C, K, B;
    Storage storage;
    const int T;
    Buffer<double> Z, P, U;
    Buffer<S> R, W, W0;
    Operand<S> A, A0;
    double s[TILE];
    std::int64_t y[TILE];
    Vd loss{}, slope{};
};

template <class Storage>
void run_with(const Rows& X, Job& job) {
    Pass<Storage>(X, job).run();
}

// A Hessian product with CSR rows, in float32: half of the memory to read.  Lanes are classes, and
// rows are laid out, so nothing is transposed.
template <class Storage>
void rough_product(const Rows& X, Job& job) {
    const int C = static_cast<int>(job.C), K = static_cast<int>(job.K), first = C - K;
    const auto padded = (C + LANES<float> - 1) / LANES<float> * LANES<float>;
    Storage storage(X, K, true);
    Buffer<float> u(padded), r(padded), sums(padded), b(padded);
    std::fill(u + 0, u + padded, 0.0f);
    for (int k = 0; k < K; ++k) b[k] = job.b ? static_cast<float>(job.b[k]) : 0.0f;
    const auto* W = static_cast<const float*>(job.W);
    auto* out = static_cast<float*>(job.laid_out);
    for (Index start = 0; start < X.n; start += storage.tile) {
        const int count = static_cast<int>(std::min<Index>(storage.tile, X.n - start));
        storage.enter(start, count);
        const float* U = storage.logits_of_rows(W);
        std::fill(sums + 0, sums + padded, 0.0f);
        for (Index i = start; i < start + count; ++i, U += K) {
            for (int k = 0; k < K; ++k) u[first + k] = U[k] + b[k];
            curvature_of_row(job.P.narrow + i * job.P.stride, u, C, static_cast<float>(job.s[i]),
                             static_cast<float>(job.damping), r);
            std::copy(r + first, r + C, out + i * K);
            for (int k = 0; k < padded; ++k) sums[k] += r[k];
        }
        for (int k = 0; job.Gb && k < K; ++k) job.Gb[k] += static_cast<double>(sums[first + k]);
    }
}

template <class Storage>
struct Of {
    using Type = Storage;
};

// Calls f with the storage of CSR rows.
template <class X_, class S, class F>
void with_sparse(const Rows& X, F&& f) {
    return X.wide_indices ? f(Of<Sparse<X_, std::int64_t, S>>{}) : f(Of<Sparse<X_, std::int32_t, S>>{});
}

template <class X_>
void run_sparse(const Rows& X, Job& job) {
    if (job.single)
        return with_sparse<X_, float>(
            X, [&](auto of) { rough_product<typename decltype(of)::Type>(X, job); });
    with_sparse<X_, double>(X, [&](auto of) { run_with<typename decltype(of)::Type>(X, job); });
}

template <class S>
void gather_as(const Rows& X, const S* R, Index K, bool squared, double* G) {
    const auto all = [&](auto of) {
        typename decltype(of)::Type(X, static_cast<int>(K), false).gather(R, G, squared);
    };
    X.single ? with_sparse<float, S>(X, all) : with_sparse<double, S>(X, all);
}

void gather(const Rows& X, const void* R, bool single, Index K, bool squared, double* G) {
    if (single) gather_as(X, static_cast<const float*>(R), K, squared, G);
    else gather_as(X, static_cast<const double*>(R), K, squared, G);
}

void run(const Rows& X, Job& job) {
    if (!X.data) return run_with<Given>(X, job);
    if (X.indptr) return X.single ? run_sparse<float>(X, job) : run_sparse<double>(X, job);
    if (!X.single) return run_with<Dense<double, double>>(X, job);
    job.single ? run_with<Dense<float, float>>(X, job) : run_with<Dense<float, double>>(X, job);
}

// The mean of K numbers, as many sums side by side as a register has lanes.
double mean(const double* x, Index K) {
    Vd sums{};
    Index k = 0;
    for (; k + L <= K; k += L) sums += load<Vd>(x + k);
    double sum = total(sums);
    for (; k < K; ++k) sum += x[k];
    return sum / static_cast<double>(K);
}

template <bool ALIKE>
void solve_by(const Diagonal& by, const double* r, Index first, Index last, double* out,
              double* __restrict sums) {
    const Index K = by.K, width = ALIKE ? 1 : K;
    for (Index j = first; j < last; ++j) {
        const double *__restrict x = r + j * K, *__restrict m = by.means + j * width,
                     *__restrict inverse = by.inverse + j * width;
        double* __restrict y = out + j * K;
        const double c = by.centre ? mean(x, K) : 0.0;
        for (Index k = 0; k < K; ++k) y[k] = x[k] - c;
        if (by.b)
            for (Index k = 0; k < K; ++k) y[k] -= m[ALIKE ? 0 : k] * by.b[k];
        for (Index k = 0; k < K; ++k) {
            y[k] *= inverse[ALIKE ? 0 : k];
            sums[k] += m[ALIKE ? 0 : k] * y[k];
        }
        if (!by.centre) continue;
        const double middle = mean(y, K);
        for (Index k = 0; k < K; ++k) y[k] -= middle;
    }
}

void solve(const Diagonal& by, const double* r, Index first, Index last, double* out, double* sums) {
    by.alike ? solve_by<true>(by, r, first, last, out, sums)
             : solve_by<false>(by, r, first, last, out, sums);
}

// Four sums at a time hide the latency of additions; their order is fixed.
double dot(const double* x, const double* y, Index n) {
    Vd sum[4] = {};
    Index i = 0;
    for (; i + 4 * L <= n; i += 4 * L)
        for (int v = 0; v < 4; ++v) sum[v] += load<Vd>(x + i + v * L) * load<Vd>(y + i + v * L);
    double whole = total((sum[0] + sum[1]) + (sum[2] + sum[3]));
    for (; i < n; ++i) whole += x[i] * y[i];
    return whole;
}

void axpy_pair(double a, const double* p, const double* Hp, double* v, double* r, Index n) {
    for (Index i = 0; i < n; ++i) v[i] += a * p[i], r[i] += a * Hp[i];
}

void scale_subtract(double b, double* p, const double* y, Index n) {
    for (Index i = 0; i < n; ++i) p[i] = b * p[i] - y[i];
}

void axpy(double a, const double* x, double* y, Index n) {
    for (Index i = 0; i < n; ++i) y[i] += a * x[i];
}

}  // namespace

const Table table = {SOFTLEARN_NAME, run, run_rows, gather, solve, dot, axpy_pair, scale_subtract, axpy};

}  // namespace softlearn::SOFTLEARN_ISA
