// The two products of a pass with a tile of rows, for each storage of X:
//
//     logits   Z += W X'     (M, d) x (d, T) -> (M, T)
//     pull     G += R X      (M, T) x (T, d) -> (M, d)
//
// S is the type that products are made in.  A tile of X is read from memory by the first product
// and found in the cache by the second.
#pragma once

#include "passes.hpp"
#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {

constexpr int TILE = 64;  // rows of a tile, at most

// What is multiplied with X: M rows of weights, packed as a storage likes them.
template <class S>
struct Operand {
    const S* W;
    const double* b;  // or none
};

// Calls f with the integer constant `n`, 1 <= n <= MAX.
template <int MAX, class F>
inline void with_constant(int n, F&& f) {
    if constexpr (MAX > 1) {
        if (n < MAX) return with_constant<MAX - 1>(n, f);
    }
    f(std::integral_constant<int, MAX>{});
}

// ------------------------------------------------------------------------------------- dense
//
// Registers hold a block of CLASSES x ROWS sums.  Few features: lanes are rows, and a panel of
// X is transposed first.  Many features: lanes are features, and each sum is added up across its
// lanes at the end, which costs little after a long row.

template <class X_, class S>
class Dense {
    static constexpr int N = LANES<S>;
    static constexpr int CLASSES = 6, WIDE = BYTES == 64 ? 4 : 2;  // sums: 24 of 32 registers, 12 of 16
    static constexpr int LONG = 128;  // features of a long row
    static constexpr int PANEL = 48;  // columns that are transposed at a time
    static constexpr Index MOST_AHEAD = 1 << 19;  // bytes of a tile
    using V = Vec<S, N>;

  public:
    using Scalar = S;
    static constexpr bool PACKS = true;  // W, by itself
    static constexpr int tile = TILE;

    // `pulled`: a tile is asked for its pull, too, once it has given its logits.
    Dense(const Rows& X, int M, bool pulled)
        : X_rows(X), pulled(pulled), M(M), d(static_cast<int>(X.d)), d_full(d / N * N), d_padded((d + N - 1) / N * N),
          groups(M > 0 ? (M + CLASSES - 1) / CLASSES : 1), per_group((M + groups - 1) / groups),
          panel(is_long() ? 0 : PANEL * TILE), tail(TILE * N), zero(d),
          copy(X.column == 1 ? 0 : TILE * X.d) {
        std::memset(static_cast<X_*>(zero), 0, sizeof(X_) * static_cast<std::size_t>(d));
    }

    Index packed_size() const { return static_cast<Index>(M) * d_padded; }

    // W (M, d) in float64: for long rows (M, padded d), else (d, M).
    void pack(const double* W, S* out) const {
        for (int k = 0; k < M; ++k)
            for (int j = 0; j < d_padded; ++j) {
                const S w = j < d ? static_cast<S>(W[static_cast<Index>(k) * d + j]) : S(0);
                if (is_long()) out[static_cast<Index>(k) * d_padded + j] = w;
                else if (j < d) out[static_cast<Index>(j) * M + k] = w;
            }
    }

    void enter(Index start, int count) {
        used = count;
        const X_* first = static_cast<const X_*>(X_rows.data) + start * X_rows.stride;
        Index stride = X_rows.stride;
        // While a tile is pulled the next one comes, if the second cache holds both; else the next
        // rows come while a few give their logits.
        const Index bytes = TILE * X_rows.d * static_cast<Index>(sizeof(X_));
        const bool both = pulled && bytes <= MOST_AHEAD, near = X_rows.column == 1;
        ahead = near && both ? TILE * X_rows.stride : 0;
        soon = near && !both ? WIDE * X_rows.stride : 0;
        if (X_rows.column != 1) gather(first), first = copy, stride = d;
        for (int i = 0; i < TILE; ++i)
            row[i] = i < count ? first + i * stride : static_cast<const X_*>(zero);
        if (d_full < d)
            for (int i = 0; i < TILE; ++i)
                store(tail + i * N, load_some_as<S, N>(row[i] + d_full, d - d_full));
    }

    void logits(const Operand<S>& A, double* Z) {
        for (int k = 0; k < M; ++k)
            for (int i = 0; i < TILE; ++i) Z[k * TILE + i] = A.b ? A.b[k] : 0.0;
        if (is_long()) return logits_of_long_rows(A.W, Z);
        for (int j = 0; j < d; j += PANEL) {
            const int width = d - j < PANEL ? d - j : PANEL;
            transpose_panel(j, width);
            for (int k = 0; k < M; k += per_group)
                with_constant<CLASSES>(M - k < per_group ? M - k : per_group, [&](auto classes) {
                    for (int i = 0; i < TILE; i += WIDE * N)
                        logits_block<classes()>(A.W + static_cast<Index>(j) * M + k, width,
                                                panel + i, Z + k * TILE + i);
                });
        }
    }

    void pull(const S* R, double* G, double*) {
        for (int j = 0; j < d_full; j += WIDE * N) {
            const int wide = d_full - j < WIDE * N ? (d_full - j) / N : WIDE;
            for (int k = 0; k < M; k += per_group)
                with_constant<CLASSES>(M - k < per_group ? M - k : per_group, [&](auto classes) {
                    with_constant<WIDE>(wide, [&](auto w) {
                        pull_block<classes(), w()>(R + k * TILE, j, G + static_cast<Index>(k) * d + j,
                                                   k ? 0 : ahead);
                    });
                });
        }
        if (d_full < d)
            for (int k = 0; k < M; ++k) {
                V sum{};
                for (int i = 0; i < used; ++i) sum += R[k * TILE + i] * load<V>(tail + i * N);
                double* to = G + static_cast<Index>(k) * d + d_full;
                for (int l = 0; l < d - d_full; ++l) to[l] += sum[l];
            }
    }

  private:
    bool is_long() const { return d >= LONG; }

    // Copies rows whose entries do not lie side by side: a few columns at a time, along both.
    void gather(const X_* first) {
        constexpr int FEW = 8;
        for (int j = 0; j < d; j += FEW)
            for (int i = 0; i < used; ++i)
                for (int c = j; c < d && c < j + FEW; ++c)
                    copy[static_cast<Index>(i) * d + c] = first[i * X_rows.stride + c * X_rows.column];
    }

    template <int K>
    void logits_block(const S* W, int width, const S* XT, double* Z) const {
        V sum[K][WIDE] = {};
        for (int j = 0; j < width; ++j) {
            V x[WIDE];
            for (int v = 0; v < WIDE; ++v) x[v] = load<V>(XT + j * TILE + v * N);
            for (int k = 0; k < K; ++k)
                for (int v = 0; v < WIDE; ++v) sum[k][v] += W[static_cast<Index>(j) * M + k] * x[v];
        }
        for (int k = 0; k < K; ++k)
            for (int v = 0; v < WIDE; ++v) add(Z + k * TILE + v * N, sum[k][v]);
    }

    // A few rows at a time, columns in stretches that a sum in S can bear.
    void logits_of_long_rows(const S* W, double* Z) {
        constexpr int ROWS = WIDE, STRETCH = 1024;
        for (int start = 0; start < d_padded; start += STRETCH) {
            const int stop = start + STRETCH < d_full ? start + STRETCH : d_full;
            const bool last = start + STRETCH >= d_padded && d_full < d;
            for (int i = 0; i < used; i += ROWS)
                for (int k = 0; k < M; k += per_group)
                    with_constant<CLASSES>(M - k < per_group ? M - k : per_group, [&](auto classes) {
                        long_block<classes(), ROWS>(W + static_cast<Index>(k) * d_padded, i, start,
                                                    stop, last, Z + k * TILE + i, k ? 0 : soon);
                    });
        }
    }

    template <int K, int ROWS>
    void long_block(const S* W, int i, int start, int stop, bool last, double* Z, Index soon) const {
        V sum[K][ROWS] = {};
        const X_* x_of[ROWS];
        for (int r = 0; r < ROWS; ++r) x_of[r] = row[i + r];
        for (int j = start; j < stop; j += N) {
            V x[ROWS];
            for (int r = 0; r < ROWS; ++r) x[r] = load_as<S, N>(x_of[r] + j);
            if (soon)
                for (int r = 0; r < ROWS; ++r) __builtin_prefetch(x_of[r] + j + soon, 0, 2);
            for (int k = 0; k < K; ++k) {
                const V w = load<V>(W + static_cast<Index>(k) * d_padded + j);
                for (int r = 0; r < ROWS; ++r) sum[k][r] += w * x[r];
            }
        }
        if (last)
            for (int k = 0; k < K; ++k)
                for (int r = 0; r < ROWS; ++r)
                    sum[k][r] += load<V>(W + static_cast<Index>(k) * d_padded + d_full) *
                                 load<V>(tail + (i + r) * N);
        for (int k = 0; k < K; ++k) {
            Vd rows[ROWS];
            for (int r = 0; r < ROWS; ++r) rows[r] = as_doubles(sum[k][r]);
            add_across<ROWS>(rows, Z + k * TILE);
        }
    }

    template <int K, int WIDTH>
    void pull_block(const S* R, int j, double* G, Index ahead) const {
        V sum[K][WIDTH] = {};
        for (int i = 0; i < used; ++i) {
            V x[WIDTH];
            for (int v = 0; v < WIDTH; ++v) x[v] = load_as<S, N>(row[i] + j + v * N);
            if (ahead)
                for (int v = 0; v < WIDTH; ++v) __builtin_prefetch(row[i] + j + v * N + ahead, 0, 2);
            for (int k = 0; k < K; ++k)
                for (int v = 0; v < WIDTH; ++v) sum[k][v] += R[k * TILE + i] * x[v];
        }
        for (int k = 0; k < K; ++k)
            for (int v = 0; v < WIDTH; ++v) add(G + static_cast<Index>(k) * d + v * N, sum[k][v]);
    }

    static void add(double* to, V v) {
        if constexpr (std::is_same_v<S, double>) {
            store(to, load<Vd>(to) + v);
        } else {
            S out[N];
            store(out, v);
            for (int l = 0; l < N; l += L)
                store(to + l, load<Vd>(to + l) + load_as<double, L>(out + l));
        }
    }

    void transpose_panel(int start, int width) {
        for (int i = 0; i < TILE; i += N) {
            int j = 0;
            for (; j + N <= width; j += N) {
                V v[N];
                for (int r = 0; r < N; ++r) v[r] = load_as<S, N>(row[i + r] + start + j);
                transpose<N>(v);
                for (int r = 0; r < N; ++r) store(panel + (j + r) * TILE + i, v[r]);
            }
            for (; j < width; ++j)
                for (int r = 0; r < N; ++r)
                    panel[j * TILE + i + r] = static_cast<S>(row[i + r][start + j]);
        }
    }

    const Rows& X_rows;
    const bool pulled;
    int M, d, d_full, d_padded, groups, per_group, used = 0;
    Index ahead = 0;  // entries from a row to that of the next tile, if it is to be fetched
    Index soon = 0;   // entries from a row to that of the next few, if they are
    Buffer<S> panel, tail;
    Buffer<X_> zero, copy;
    const X_* row[TILE];
};

// ------------------------------------------------------------------------------------- sparse
//
// Lanes are classes: each entry of X adds x * W[:, j], K consecutive entries of W (d, K).  What costs
// is waiting for that memory.  So a stretch of many rows is multiplied at once, a group of classes
// after the other: the features that are used often then stay in the cache, for that group.

template <class X_, class I, class S>
class Sparse {
    static constexpr int AHEAD = 16;  // entries until what is asked for is needed
    static constexpr int GROUP = 6;   // vectors of a group, at most
    static constexpr Index ROOM = 1 << 20;  // bytes of a stretch's logits

  public:
    using Scalar = S;
    static constexpr bool PACKS = false;
    const int tile;

    Sparse(const Rows& X, int K, bool)
        : tile(K <= 256 ? TILE : 16), X(X), data(static_cast<const X_*>(X.data)),
          indices(static_cast<const I*>(X.indices)), K(K), rows(rows_of_stretch(X.n, K, tile)),
          logits_of{Buffer<S>(rows * K), Buffer<S>(1)},
          residuals(rows * K) {}

    void enter(Index start, int count) {
        first = start, used = count;
        if (start < until) return;
        from = start, until = start + rows < X.n ? start + rows : X.n;
        known[0] = known[1] = nullptr;
    }

    // The logits of the tile's rows without biases, (used, K).
    const S* logits_of_rows(const S* W) { return stretch_logits(W) + (first - from) * K; }

    void logits(const Operand<S>& A, double* Z) {
        turn(logits_of_rows(A.W), K, Z, tile, used, K);
        for (int k = 0; k < K; ++k) {
            for (int i = 0; A.b && i < used; ++i) Z[k * tile + i] += A.b[k];
            for (int i = used; i < tile; ++i) Z[k * tile + i] = 0.0;
        }
    }

    // Adds R' X to G and, if squares are wanted, R' X^2 to them.
    void pull(const S* R, double* G, double* squares) {
        turn(R, tile, residuals + (first - from) * K, K, K, used);
        if (first + used < until) return;
        each_group([&](auto lanes, auto vectors, int k, int last) {
            add_products<lanes(), vectors(), false>(residuals + k, last, G + k);
            if (squares) add_products<lanes(), vectors(), true>(residuals + k, last, squares + k);
        });
    }

    // Writes the tile's residuals row by row, (used, K).
    void lay_out(const S* R, S* out) const { turn(R, tile, out, K, K, used); }

    // G = X R for R (d, K), or X^2 R: a feature after the other, where X is the transpose of others'.
    void gather(const S* R, double* G, bool squared) {
        from = 0, until = X.n;
        each_group([&](auto lanes, auto vectors, int k, int last) {
            if (squared) products<lanes(), vectors(), true>(R + k, last, G + k);
            else products<lanes(), vectors(), false>(R + k, last, G + k);
        });
    }

  private:
    static Index rows_of_stretch(Index n, int K, int tile) {
        const Index most = ROOM / (static_cast<Index>(sizeof(S)) * (K > 0 ? K : 1)) / tile * tile;
        const Index all = (n + tile - 1) / tile * tile;
        return most < tile ? tile : most < all ? most : all;
    }

    // Calls f(lanes, vectors, first class, where the last vector begins) for each group: that vector
    // ends with the group's last class, and may share some with the one before.
    template <int N>
    using Constant = std::integral_constant<int, N>;
    template <class F>
    void each_group(F&& f) const {
        with_lanes<LANES<S>>([&](auto lanes) {
            constexpr int N = lanes();
            for (int k = 0, width; k < K; k += width) {
                width = K - k <= GROUP * N ? K - k : K - k < (GROUP + 1) * N ? (GROUP - 1) * N : GROUP * N;
                with_constant<GROUP>((width + N - 1) / N,
                                     [&](auto vectors) { f(lanes, vectors, k, width - N); });
            }
        });
    }
    template <int N, class F>
    void with_lanes(F&& f) const {
        if constexpr (N > 1) {
            if (K < N) return with_lanes<N / 2>(f);
        }
        f(Constant<N>{});
    }
    template <int N, int VECTORS>
    static int offset(int v, int last) { return v == VECTORS - 1 ? last : v * N; }

    template <int N, int VECTORS, class T_>
    static void fetch(const T_* from) {
        constexpr int LINE = 64 / static_cast<int>(sizeof(T_));
        for (int l = 0; l < N * VECTORS; l += LINE) __builtin_prefetch(from + l);
    }

    const S* stretch_logits(const S* W) {
        const int slot = known[0] == nullptr || known[0] == W ? 0 : 1;
        if (known[slot] == W) return logits_of[slot];
        if (slot == 1 && !second) second = true, logits_of[1].resize(rows * K);
        known[slot] = W;
        each_group([&](auto lanes, auto vectors, int k, int last) {
            products<lanes(), vectors(), false>(W + k, last, logits_of[slot] + k);
        });
        return logits_of[slot];
    }

    template <int N, int VECTORS, bool SQUARED, class T_>
    void products(const S* W, int last, T_* Z) const {
        using V = Vec<S, N>;
        const Index end = X.offset(until);
        for (Index i = from, p = X.offset(from); i < until; ++i, Z += K) {
            V sum[VECTORS] = {};
            for (const Index stop = X.offset(i + 1); p < stop; ++p) {
                if (p + AHEAD < end) fetch<N, VECTORS>(W + column(p + AHEAD) * K);
                const S entry = static_cast<S>(data[p]), x = SQUARED ? entry * entry : entry;
                const S* w = W + column(p) * K;
                for (int v = 0; v < VECTORS; ++v) sum[v] += x * load<V>(w + offset<N, VECTORS>(v, last));
            }
            for (int v = 0; v < VECTORS; ++v)
                store(Z + offset<N, VECTORS>(v, last), convert<T_, N>(sum[v]));
        }
    }

    template <int N, int VECTORS, bool SQUARED>
    void add_products(const S* R, int last, double* G) const {
        using D = Vec<double, N>;
        const Index end = X.offset(until);
        for (Index i = from, p = X.offset(from); i < until; ++i, R += K) {
            D r[VECTORS];
            for (int v = 0; v < VECTORS; ++v) r[v] = load_as<double, N>(R + offset<N, VECTORS>(v, last));
            for (const Index stop = X.offset(i + 1); p < stop; ++p) {
                if (p + AHEAD < end) fetch<N, VECTORS>(G + column(p + AHEAD) * K);
                const double entry = static_cast<double>(data[p]), x = SQUARED ? entry * entry : entry;
                double* g = G + column(p) * K;
                D sum[VECTORS];  // all are read before any is written: two may share classes
                for (int v = 0; v < VECTORS; ++v)
                    sum[v] = load<D>(g + offset<N, VECTORS>(v, last)) + x * r[v];
                for (int v = 0; v < VECTORS; ++v) store(g + offset<N, VECTORS>(v, last), sum[v]);
            }
        }
    }

    Index column(Index p) const { return static_cast<Index>(indices[p]); }

    const Rows& X;
    const X_* data;
    const I* indices;
    const int K;
    const Index rows;  // of a stretch
    Buffer<S> logits_of[2], residuals;  // (rows, K)
    const S* known[2] = {};             // the weights whose logits these are
    bool second = false;
    Index first = 0, from = 0, until = 0;
    int used = 0;
};

}  // namespace softlearn::SOFTLEARN_ISA
