// Matrix products, by blocks of sums that stay in registers.
//
//     C (rows, n)  =  A (rows, K) B (K, n)
//
// Lanes are columns of B and C.  A register block is ROWS x WIDE registers: for each k, WIDE loads
// from B and ROWS scalars of A meet in ROWS * WIDE multiply-adds.  B is cut into panels of WIDTH
// columns, each stored by itself, so that a product reads it from end to end:
//
//     panel p, row k:   WIDTH consecutive entries at  p * WIDTH * K + k * WIDTH
//
// The last panel is as narrow as whole registers allow; what is beyond column n there is 0.  The sums
// over k are cut in stretches of about DEPTH, so that a panel's stretch and the rows of A that meet it
// lie in the first and second cache.
//
// Each entry of C is summed over k in order, however rows are shared out: no thread and no block
// size changes a bit.
#pragma once

#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {

using Index = std::ptrdiff_t;

template <class S>
struct Blocks {
    static constexpr int N = LANES<S>;
    static constexpr int ROWS = BYTES == 64 ? 8 : 4, WIDE = 3;  // 24 of 32 registers, 12 of 16
    static constexpr int WIDTH = WIDE * N;
    static constexpr Index DEPTH = 256;
};

// A matrix (K, n) in panels.
template <class S>
struct Panels {
    static constexpr int N = LANES<S>, WIDTH = Blocks<S>::WIDTH;
    Index K, n;
    S* at;

    Index padded() const { return (n + N - 1) / N * N; }
    Index size() const { return K * padded(); }
    Index count() const { return (n + WIDTH - 1) / WIDTH; }
    int width(Index p) const {
        const Index left = padded() - p * WIDTH;
        return static_cast<int>(left < WIDTH ? left : WIDTH);
    }
    S* row(Index p, Index k) const { return at + p * WIDTH * K + k * width(p); }
};

// C (MR, NV registers) = or += A B over K; A's entries for k are `stride` apart row by row, or with
// TURNED side by side, and those for k + 1 follow at 1, or `stride`.
template <bool TURNED, int MR, int NV, class S>
inline void block(Index K, const S* A, Index stride, const S* B, Index b_stride, S* C,
                  Index c_stride, bool add) {
    constexpr int N = LANES<S>;
    using V = Vec<S, N>;
    V sum[MR][NV];
    for (int r = 0; r < MR; ++r)
        for (int v = 0; v < NV; ++v) sum[r][v] = add ? load<V>(C + r * c_stride + v * N) : V{};
    for (Index k = 0; k < K; ++k) {
        V b[NV];
        for (int v = 0; v < NV; ++v) b[v] = load<V>(B + k * b_stride + v * N);
        for (int r = 0; r < MR; ++r) {
            const S a = TURNED ? A[k * stride + r] : A[r * stride + k];
            for (int v = 0; v < NV; ++v) sum[r][v] += a * b[v];
        }
    }
    for (int r = 0; r < MR; ++r)
        for (int v = 0; v < NV; ++v) store(C + r * c_stride + v * N, sum[r][v]);
}

inline Index stretches(Index K, Index depth) { return (K + depth - 1) / depth; }

// One panel of C, `width` columns; finish(i, m) is called when rows i .. i + m - 1 are complete, and
// between() before each block, to ask for memory that is needed later.
template <bool TURNED, int NV, class S, class F, class G>
void multiply_panel(int rows, Index K, const S* A, Index stride, const S* B, Index b_stride, S* C,
                    Index c_stride, F&& finish, G&& between) {
    const Index parts = stretches(K, Blocks<S>::DEPTH), depth = stretches(K, parts);
    for (Index k = 0; k < K; k += depth) {
        const Index now = K - k < depth ? K - k : depth;
        int i = 0;
        const auto blocks = [&](auto m) {
            for (; i + m <= rows; i += m) {
                between();
                block<TURNED, m(), NV>(now, TURNED ? A + k * stride + i : A + i * stride + k, stride,
                                       B + k * b_stride, b_stride, C + i * c_stride, c_stride, k > 0);
                if (k + now == K) finish(i, m());
            }
        };
        if constexpr (Blocks<S>::ROWS == 8) blocks(std::integral_constant<int, 8>{});
        blocks(std::integral_constant<int, 4>{});
        blocks(std::integral_constant<int, 2>{});
        blocks(std::integral_constant<int, 1>{});
    }
}

// Calls f with how many registers a panel of this width has, as a constant.
template <class S, class F>
inline void with_registers(int width, F&& f) {
    if (width == LANES<S>) return f(std::integral_constant<int, 1>{});
    if (width == 2 * LANES<S>) return f(std::integral_constant<int, 2>{});
    return f(std::integral_constant<int, 3>{});
}

template <bool TURNED, class S, class F, class G>
inline void multiply(int width, int rows, Index K, const S* A, Index stride, const S* B,
                     Index b_stride, S* C, Index c_stride, F&& finish, G&& between) {
    with_registers<S>(width, [&](auto registers) {
        multiply_panel<TURNED, registers()>(rows, K, A, stride, B, b_stride, C, c_stride, finish,
                                            between);
    });
}

}  // namespace softlearn::SOFTLEARN_ISA
