// Functions of a register of floats or doubles: exponentials, the activations of hidden layers and their
// derivatives, sums across lanes, random words.  They are accurate to a few ulp;
// softlearn/networks/trainer.py defines them.
#pragma once

#include <cmath>

#include "network.hpp"
#include "vectors.hpp"

namespace softlearn::SOFTLEARN_ISA {

template <class S>
using Word = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
template <class S>
using Reg = Vec<S, LANES<S>>;
template <class S>
using Mask = Vec<Word<S>, LANES<S>>;

template <class S>
inline Reg<S> all_of(S x) {
    return x - Reg<S>{};
}
template <class S>
inline Reg<S> square_root(Reg<S> x) {
    for (int l = 0; l < LANES<S>; ++l) x[l] = std::sqrt(x[l]);
    return x;
}

// e^x = (1 + p) f g, f and g powers of two whose product may be subnormal or infinite.
template <class S>
struct Power {
    Reg<S> p, f, g;
};
template <class S, bool ONE = false>
inline Power<S> power(Reg<S> x) {  // with ONE, which asks for -126 ln 2 <= x <= 0 or so, g is 1
    constexpr bool F = sizeof(S) == 4;
    constexpr S magic = F ? S(12582912.0) : S(6755399441055744.0);  // 1.5 * 2^23, 1.5 * 2^52
    constexpr S low = F ? S(-104.0) : S(-746.0), high = F ? S(89.5) : S(710.0);
    constexpr S ln2 = F ? S(0.693359375) : S(6.93147180369123816490e-01);
    constexpr S rest = F ? S(-2.12194440054690583e-4) : S(1.90821492927058770002e-10);
    constexpr int TERMS = F ? 7 : 13, BIAS = F ? 127 : 1023, DIGITS = F ? 23 : 52;
    if constexpr (!ONE) x = x < low ? all_of(low) : x > high ? all_of(high) : x;
    const Reg<S> n = (x * S(1.4426950408889634) + magic) - magic;
    const Reg<S> r = (x - n * ln2) - n * rest;
    constexpr double inverse[] = {1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0,
                                  1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
                                  1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5};
    Reg<S> p = all_of(static_cast<S>(inverse[13 - TERMS]));
    for (int k = 14 - TERMS; k < 12; ++k) p = p * r + static_cast<S>(inverse[k]);
    p = p * (r * r) + r;
    const Reg<S> half = (n * S(0.5) + magic) - magic, other = n - half;
    const auto two_to = [&](Reg<S> k) {
        return reinterpret_cast<Reg<S>>(reinterpret_cast<Mask<S>>(k + (magic + BIAS)) << DIGITS);
    };
    if constexpr (ONE) return {p, two_to(n), all_of(S(1))};
    else return {p, two_to(half), two_to(other)};
}
template <class S>
inline Reg<S> exponential(Reg<S> x) {
    const Power<S> e = power<S>(x);
    return (e.p + S(1)) * e.f * e.g;
}
// e^x for x <= 0, the smallest normal number where it is less than that.
template <class S>
inline Reg<S> exponential_below(Reg<S> x) {
    constexpr S low = sizeof(S) == 4 ? S(-87.3) : S(-708.3);
    const Power<S> e = power<S, true>(x < low ? all_of(low) : x);
    return e.p * e.f + e.f;
}
// e^x - 1, for x <= 0
template <class S>
inline Reg<S> exponential_minus_one(Reg<S> x) {
    const Power<S> e = power<S>(x);
    const Reg<S> scale = e.f * e.g;
    return e.p * scale + (scale - S(1));
}

// The normal distribution Phi(x) = erfc(-x / sqrt 2) / 2, from
// erfc(z) = t exp(-z^2 + c(2 t - 1)), t = 2 / (2 + z), z >= 0, c a Chebyshev series.
template <class S>
inline Reg<S> normal_distribution(Reg<S> x) {
    constexpr double c[] = {
        -1.3026537197817094342 / 2, 0.6419697923564902603, 0.019476473204185836312,
        -0.0095615147868086316419, -0.0009465953444820368663, 0.00036683949785276145187,
        0.000042523324806907771645, -0.000020278578112534243154, -1.6242900046470255135e-6,
        1.3036558355805232018e-6, 1.5626441722066143178e-8, -8.5238095914926542525e-8,
        6.5290544390988514964e-9, 5.0593434955514689418e-9, -9.9136415649303308674e-10,
        -2.2736512229318358557e-10, 9.646791102015526802e-11, 2.3940380830391147447e-12,
        -6.8860275264975533984e-12, 8.9448792730907257167e-13, 3.1309213993429580783e-13,
        -1.1270822361367252366e-13, 3.8109052551892320555e-16, 7.1060976136092369877e-15,
        -1.5230282014571043042e-15, -9.457494571291234004e-17, 1.2102371892242789927e-16};
    constexpr int TERMS = sizeof(S) == 4 ? 12 : 27;
    const Reg<S> z = (x < S(0) ? -x : x) * S(0.70710678118654752440);
    const Reg<S> t = S(2) / (S(2) + z), twice = t * S(4) - S(2);
    Reg<S> d{}, e{};  // Clenshaw's recurrence
    for (int k = TERMS - 1; k > 0; --k) {
        const Reg<S> next = twice * d - e + static_cast<S>(c[k]);
        e = d, d = next;
    }
    const Reg<S> series = (twice * S(0.5)) * d - e + static_cast<S>(c[0]);
    const Reg<S> tail = S(0.5) * t * exponential<S>(series - z * z);
    return x < S(0) ? tail : S(1) - tail;
}

template <class S>
struct Activated {
    Reg<S> a, slope;
};

// a = g(z) and g'(z); what is not used costs nothing.
template <Activation A, class S>
inline Activated<S> activated(Reg<S> z) {
    if constexpr (A == Activation::identity) {
        return {z, all_of(S(1))};
    } else if constexpr (A == Activation::relu) {
        return {z < S(0) ? Reg<S>{} : z, z > S(0) ? all_of(S(1)) : Reg<S>{}};  // NaN stays NaN
    } else if constexpr (A == Activation::tanh) {
        const Reg<S> e = exponential_minus_one<S>((z < S(0) ? z : -z) * S(2));
        const Reg<S> t = -e / (e + S(2)), a = z < S(0) ? -t : t;
        return {a, S(1) - a * a};
    } else if constexpr (A == Activation::sigmoid) {
        const Reg<S> e = exponential<S>(z < S(0) ? z : -z);
        const Reg<S> a = (z < S(0) ? e : all_of(S(1))) / (e + S(1));
        return {a, a * (S(1) - a)};
    } else {
        const Reg<S> phi = normal_distribution<S>(z);
        const Reg<S> density = S(0.39894228040143267794) * exponential<S>(S(-0.5) * z * z);
        return {z * phi, phi + z * density};
    }
}

// g'(z) from a = g(z), where that is enough.
template <Activation A, class S>
inline Reg<S> slope_of(Reg<S> a) {
    if constexpr (A == Activation::relu) return a > S(0) ? all_of(S(1)) : Reg<S>{};
    else if constexpr (A == Activation::tanh) return S(1) - a * a;
    else if constexpr (A == Activation::sigmoid) return a * (S(1) - a);
    else return all_of(S(1));
}

// Calls f with the activation as a constant.
template <class F>
inline void with_activation(Activation activation, F&& f) {
    using A = Activation;
    switch (activation) {
        case A::identity: return f(std::integral_constant<A, A::identity>{});
        case A::relu: return f(std::integral_constant<A, A::relu>{});
        case A::tanh: return f(std::integral_constant<A, A::tanh>{});
        case A::sigmoid: return f(std::integral_constant<A, A::sigmoid>{});
        case A::gelu: return f(std::integral_constant<A, A::gelu>{});
    }
}

// Sum and largest of the lanes, in a fixed order, in every lane: log2 N rotations.
template <int BY, class V, int... I>
inline V rotated(V v, std::integer_sequence<int, I...>) {
    return pick<((I + BY) % static_cast<int>(sizeof...(I)))...>(v, v);
}
template <class S, int BY = LANES<S> / 2, class F>
inline Reg<S> across(Reg<S> v, F&& f) {
    if constexpr (BY == 0) return v;
    else return across<S, BY / 2>(f(v, rotated<BY>(v, std::make_integer_sequence<int, LANES<S>>{})), f);
}
template <class S>
inline Reg<S> sum_across(Reg<S> v) {
    return across<S>(v, [](auto a, auto b) { return a + b; });
}
template <class S>
inline Reg<S> most_across(Reg<S> v) {
    return across<S>(v, [](auto a, auto b) { return a > b ? a : b; });
}

// Four words of 32 random bits for each lane's counter (in 64 bits each): Philox 4x32-10, Salmon et
// al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
using Words = Vec<std::uint64_t, L>;
inline void philox(Words (&x)[4], std::uint64_t key) {
    constexpr std::uint64_t low = 0xffffffff;
    std::uint64_t k0 = key & low, k1 = key >> 32;
    for (int round = 0; round < 10; ++round) {
        const Words p = x[0] * 0xD2511F53, q = x[2] * 0xCD9E8D57;
        x[0] = (q >> 32) ^ x[1] ^ k0, x[1] = q & low;
        x[2] = (p >> 32) ^ x[3] ^ k1, x[3] = p & low;
        k0 = (k0 + 0x9E3779B9) & low, k1 = (k1 + 0xBB67AE85) & low;
    }
}

}  // namespace softlearn::SOFTLEARN_ISA
