// A row's logits to its loss and dz[L] = s (y_hat - y), for training networks.
//
// The residual of the true class is minus the sum of the others, and its loss log1p of it where it
// leads: neither loses digits as its probability goes to 1 (softmax.hpp has the same for tiles).
#pragma once

#include <limits>

#include "functions.hpp"

namespace softlearn::SOFTLEARN_ISA {

// Rows that fill the lanes of a register, from logits z to dz[L], both (rows, C) in whole registers.
// A row's loss is behind + log1p(others).
template <class S>
struct RowsOfLoss {
    static constexpr int N = LANES<S>;
    using V = Reg<S>;

    const S* z;
    S* d;
    Index stride;  // of z and d
    int rows;      // at most N
    Index C;
    S* room;       // N whole(C)
    S s[N], behind[N], others[N];  // what the rows weigh, and what is found

    static Index whole(Index C) { return (C + N - 1) / N * N; }

    // The classes y of the rows.
    void labels(const Word<S> (&y_of_rows)[N]) {
        turn_in();
        const auto y = load<Mask<S>>(y_of_rows);
        V m = load<V>(room);
        for (Index k = 1; k < C; ++k) {
            const V zk = load<V>(room + k * N);
            m = zk > m ? zk : m;
        }
        V rest{}, own{}, of_y{};  // of the other classes, of class y
        for (Index k = 0; k < C; ++k) {
            const V zk = load<V>(room + k * N), e = exponential_below<S>(zk - m);
            const auto is_y = y == static_cast<Word<S>>(k);
            own = is_y ? e : own, of_y = is_y ? zk : of_y;
            const V other = is_y ? V{} : e;
            store(room + k * N, other);
            rest += other;
        }
        const V scale = load<V>(s) / (rest + own), residual = -rest * scale, lag = m - of_y;
        for (Index k = 0; k < C; ++k)
            store(room + k * N, y == static_cast<Word<S>>(k) ? residual : load<V>(room + k * N) * scale);
        store(behind, lag), store(others, rest + (lag > S(0) ? own - S(1) : V{}));
        turn_out();
    }

  private:
    void turn_in() {
        for (Index k = 0; k < C; k += N) {
            V v[N];
            for (int r = 0; r < N; ++r) v[r] = r < rows ? load<V>(z + r * stride + k) : V{};
            transpose<N>(v);
            for (int r = 0; r < N; ++r) store(room + (k + r) * N, v[r]);
        }
    }
    void turn_out() {
        for (Index k = 0; k < C; k += N) {
            V v[N];
            for (int r = 0; r < N; ++r) v[r] = k + r < C ? load<V>(room + (k + r) * N) : V{};
            transpose<N>(v);
            for (int r = 0; r < rows; ++r) store(d + r * stride + k, v[r]);
        }
    }
};

template <class S>
inline Mask<S> lane_numbers() {
    Mask<S> lanes{};
    for (int l = 0; l < LANES<S>; ++l) lanes[l] = l;
    return lanes;
}

// The largest of C logits, in every lane.
template <class S>
inline Reg<S> largest(const S* z, Index C) {
    constexpr int N = LANES<S>;
    const Mask<S> lanes = lane_numbers<S>();
    Reg<S> most = all_of(-std::numeric_limits<S>::infinity());
    for (Index k = 0; k < C; k += N) {
        const Reg<S> zk = load<Reg<S>>(z + k);
        most = (lanes < static_cast<Word<S>>(C - k)) & (zk > most) ? zk : most;
    }
    return most_across<S>(most);
}

// The loss behind + log1p(others) of a row with the probabilities y (C), and its dz[L].
template <class S>
inline void row_of_shares(const S* z, Index C, const S* y, S s, S* d, double& behind, double& others) {
    constexpr int N = LANES<S>;
    using V = Reg<S>;
    const Mask<S> lanes = lane_numbers<S>();
    const V m = largest(z, C);
    V sum{};
    behind = 0.0;
    for (Index k = 0; k < C; k += N) {
        const V e = lanes < static_cast<Word<S>>(C - k) ? exponential_below<S>(load<V>(z + k) - m) : V{};
        store(d + k, e);
        sum += e;
    }
    const S total = sum_across<S>(sum)[0];
    for (Index k = 0; k < C; ++k) {
        const double lag = static_cast<double>(m[0]) - static_cast<double>(z[k]);
        if (y[k] != S(0)) behind += static_cast<double>(y[k]) * lag;
        d[k] = s * (d[k] / total - y[k]);
    }
    others = static_cast<double>(total) - 1.0;
}

}  // namespace softlearn::SOFTLEARN_ISA
