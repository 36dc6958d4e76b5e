// The softmax of a tile: C classes x T rows, lanes over rows, all in float64 but for one function,
// which is for products that need few digits.
//
// softlearn/softmax.py is the definition.  A tile is small enough to stay in the first or second
// cache, so each function may walk over it more than once.
#pragma once

#include <limits>

#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {

// Weights and labels of a tile's rows; rows beyond the last have weight 0.
struct Labels {
    const double* s;
    const std::int64_t* y;
};

// Z to loss, probabilities and residuals s (P - Y).  The residual of the true class is minus the
// sum of the others, and its loss log1p of it where it leads: neither loses digits as p goes to 1.
// Adds to loss the s * loss of each lane's rows and, with U, to slope the residuals times U.
template <class S>
void forward(const double* Z, int T, int C, Labels labels, double* P, S* R, const double* U,
             Vd& loss, Vd& slope) {
    for (int i = 0; i < T; i += L) {
        const double* z = Z + i;
        Vd m = load<Vd>(z);
        for (int k = 1; k < C; ++k) {
            const Vd zk = load<Vd>(z + k * T);
            m = zk > m ? zk : m;
        }
        const Vi y = load<Vi>(labels.y + i);
        const Vd s = load<Vd>(labels.s + i);
        Vd others{}, own{}, zy = m;
        for (int k = 0; k < C; ++k) {
            const Vd zk = load<Vd>(z + k * T), e = exp(zk - m);
            const Vi mine = y == static_cast<std::int64_t>(k);
            others += mine ? Vd{} : e;
            own = mine ? e : own;
            zy = mine ? zk : zy;
            store(P + k * T + i, e);
        }
        const Vd total = others + own, behind = m - zy;
        const Vd of_row = behind + log1p(behind > 0.0 ? total - 1.0 : others);
        loss += s > 0.0 ? s * of_row : Vd{};  // a row without weight adds nothing, even if infinite
        const Vd inverse = 1.0 / total, left = -others * inverse;
        for (int k = 0; k < C; ++k) {
            const Vd p = load<Vd>(P + k * T + i) * inverse;
            store(P + k * T + i, p);
            const Vd r = s * (y == static_cast<std::int64_t>(k) ? left : p);
            if (U) slope += r * load<Vd>(U + k * T + i);
            if (R) store_as(R + k * T + i, r);
        }
    }
}

// Z to probabilities, in place.
inline void softmax(double* Z, int T, int C) {
    for (int i = 0; i < T; i += L) {
        Vd m = load<Vd>(Z + i), total{};
        for (int k = 1; k < C; ++k) {
            const Vd zk = load<Vd>(Z + k * T + i);
            m = zk > m ? zk : m;
        }
        for (int k = 0; k < C; ++k) {
            const Vd e = exp(load<Vd>(Z + k * T + i) - m);
            total += e;
            store(Z + k * T + i, e);
        }
        const Vd inverse = 1.0 / total;
        for (int k = 0; k < C; ++k)
            store(Z + k * T + i, load<Vd>(Z + k * T + i) * inverse);
    }
}

// (1 + t) log(1 + t) - t, infinite below -1; near 0, where digits would cancel, its series.
inline Vd phi(Vd t) {
    const Vd series = t * t * (0.5 - t * (1.0 / 6.0 - t * (1.0 / 12.0 - t / 20.0)));
    const Vd plain = (1.0 + t) * log1p(t) - t;
    const Vd inside = (t < 0.0 ? -t : t) < 1e-3 ? series : plain;
    const Vd outside = t == -1.0 ? all(1.0) : all(std::numeric_limits<double>::infinity());
    return t > -1.0 ? inside : outside;
}

// From a change U of the logits to R, that of the residuals: s (P (u - <p, u>) + damping (u - mean u)).
// u is shifted by its entry at the largest p first: no digits are lost as that p goes to 1.
// Adds to `cost`, if wanted, s KL(P (1 + t), P) of each lane's rows, t = u - <p, u>.
template <class S>
void curvature(const double* P, const double* U, int T, int C, const double* weights, double damping,
               S* R, Vd* cost = nullptr) {
    const double per_class = 1.0 / C;
    for (int i = 0; i < T; i += L) {
        Vd most = all(-1.0), top{}, mean{}, sum{};
        for (int k = 0; k < C; ++k) {
            const Vd p = load<Vd>(P + k * T + i), u = load<Vd>(U + k * T + i);
            const Vi more = p > most;
            most = more ? p : most;
            top = more ? u : top;
            sum += u;
        }
        for (int k = 0; k < C; ++k)
            mean += load<Vd>(P + k * T + i) * (load<Vd>(U + k * T + i) - top);
        const Vd s = load<Vd>(weights + i), middle = sum * per_class;
        Vd of_row{};
        for (int k = 0; k < C; ++k) {
            const Vd p = load<Vd>(P + k * T + i), u = load<Vd>(U + k * T + i), t = (u - top) - mean;
            Vd r = p * t;
            if (cost) of_row += p > 0.0 ? p * phi(t) : Vd{};
            if (damping != 0.0) r += damping * (u - middle);
            store_as(R + k * T + i, s * r);
        }
        if (cost) *cost += s > 0.0 ? s * of_row : Vd{};  // a row without weight costs nothing
    }
}

// The same for one row, in float32 and lanes over classes.  u and r have room for whole registers; u
// is 0 beyond the classes.  A mean that is corrected by the mean of what it leaves keeps the digits
// that u - <p, u> has as p goes to 1.
inline void curvature_of_row(const float* p, const float* u, int C, float s, float damping, float* r) {
    constexpr int N = LANES<float>;
    using V = Vec<float, N>;
    const int full = C / N * N;
    const V last = full < C ? load_some_as<float, N>(p + full, C - full) : V{};
    const auto each = [&](auto f) {
        for (int k = 0; k < full; k += N) f(k, load<V>(p + k), load<V>(u + k));
        if (full < C) f(full, last, load<V>(u + full));
    };
    V sum{}, products{}, rest{};
    each([&](int, V pk, V uk) { sum += uk, products += pk * uk; });
    const float about = add_up(products), middle = add_up(sum) / static_cast<float>(C);
    each([&](int, V pk, V uk) { rest += pk * (uk - about); });
    const float left = add_up(rest);
    each([&](int k, V pk, V uk) {
        store(r + k, s * (pk * ((uk - about) - left) + damping * (uk - middle)));
    });
}

// P to the diagonal of the curvature, s (p (1 - p) + damping); 1 - p of the largest p, where digits
// would be lost, is the sum of the others.
template <class S>
void spread(const double* P, int T, int C, const double* weights, double damping, S* R) {
    for (int i = 0; i < T; i += L) {
        Vd most = load<Vd>(P + i), others{};
        Vi top{};
        for (int k = 1; k < C; ++k) {
            const Vd p = load<Vd>(P + k * T + i);
            const Vi more = p > most;
            others += more ? most : p;
            most = more ? p : most;
            top = more ? Vi{} + static_cast<std::int64_t>(k) : top;
        }
        const Vd s = load<Vd>(weights + i);
        for (int k = 0; k < C; ++k) {
            const Vd p = load<Vd>(P + k * T + i);
            const Vd rest = top == static_cast<std::int64_t>(k) ? others : 1.0 - p;
            store_as(R + k * T + i, s * (p * rest + damping));
        }
    }
}

}  // namespace softlearn::SOFTLEARN_ISA
