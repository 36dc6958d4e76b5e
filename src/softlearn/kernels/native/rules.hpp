// Update rules: what a step does with a gradient.  softlearn/networks/trainer.py says what they are.
#pragma once

#include <cmath>

#include "functions.hpp"

namespace softlearn::SOFTLEARN_ISA {

// What the rule of a step multiplies with.
template <class S>
struct Update {
    Rule rule;
    S rate, keep;            // keep: 1 - rate decay
    S beta, fresh, beta2, fresh2, epsilon, scale2;
    S of_gradient, of_velocity;  // how the step of momentum is made of both
    S l2, clip;                  // g is clip G + l2 w

    Update() = default;
    Update(const Training& job, std::int64_t step, double alpha) {
        const double t = static_cast<double>(step);
        const double part = job.rule == Rule::momentum && !job.average ? 1.0 : 1.0 - job.beta;
        const bool adam = job.rule == Rule::adam;
        rule = job.rule, l2 = S(job.l2), clip = S(1), keep = S(1.0 - alpha * job.decay);
        rate = S(adam ? alpha / (1.0 - std::pow(job.beta, t)) : alpha);
        scale2 = S(adam ? 1.0 / std::sqrt(1.0 - std::pow(job.beta2, t)) : 1.0);
        beta = S(job.beta), fresh = S(part), epsilon = S(job.epsilon);
        beta2 = S(job.beta2), fresh2 = S(1.0 - job.beta2);
        of_gradient = S(job.nesterov ? part : 0.0), of_velocity = S(job.nesterov ? job.beta : 1.0);
    }

    // Shortens a gradient whose norm is more than `most`.
    void shorten(double norm, double most) {
        if (norm > most) clip = S(most / norm), l2 = S(static_cast<double>(l2) * most / norm);
    }
};

// What it finds: NaN where a parameter is not finite, and the sum of w^2.
template <class S>
struct Found {
    Reg<S> unsound{}, squares{};
};

template <Rule R, class S>
inline void update_as(const Update<S>& given, Index count, S l2, const S* G, S* w, S* m, S* v,
                      Found<S>& found_before) {
    constexpr int N = LANES<S>;
    using V = Reg<S>;
    const Update<S> u = given;  // in registers: w might be anything as far as the compiler knows
    Found<S> found = found_before;
    for (Index i = 0; i < count; i += N) {
        V x = load<V>(w + i);
        const V g = load<V>(G + i) * u.clip + l2 * x;
        if constexpr (R == Rule::descent) {
            x -= u.rate * g;
        } else if constexpr (R == Rule::momentum) {
            const V velocity = u.beta * load<V>(m + i) + u.fresh * g;
            store(m + i, velocity);
            x -= u.rate * (u.of_gradient * g + u.of_velocity * velocity);
        } else {
            const V square = u.beta2 * load<V>(v + i) + u.fresh2 * (g * g);
            store(v + i, square);
            const V length = square_root<S>(square) * u.scale2 + u.epsilon;
            if constexpr (R == Rule::rmsprop) {
                x -= u.rate * (g / length);
            } else {
                const V mean = u.beta * load<V>(m + i) + u.fresh * g;
                store(m + i, mean);
                x = x * u.keep - u.rate * (mean / length);
            }
        }
        store(w + i, x);
        found.unsound += x * S(0);
        found.squares += x * x;
    }
    found_before = found;
}

// Updates `count` parameters, whole registers; biases have an l2 of 0.
template <class S>
void update(const Update<S>& u, Index count, S l2, const S* G, S* w, S* m, S* v, Found<S>& found) {
    switch (u.rule) {
        case Rule::descent: return update_as<Rule::descent>(u, count, l2, G, w, m, v, found);
        case Rule::momentum: return update_as<Rule::momentum>(u, count, l2, G, w, m, v, found);
        case Rule::rmsprop: return update_as<Rule::rmsprop>(u, count, l2, G, w, m, v, found);
        case Rule::adam: return update_as<Rule::adam>(u, count, l2, G, w, m, v, found);
    }
}

// |G + l2 w|^2, in doubles: the square of a float that is finite may not be.
template <class S>
double squared(const S* G, const S* w, Index count, double l2) {
    Vd sum{};
    for (Index i = 0; i < count; i += L) {
        const Vd g = load_as<double, L>(G + i) + l2 * load_as<double, L>(w + i);
        sum += g * g;
    }
    return sum_across<double>(sum)[0];
}

}  // namespace softlearn::SOFTLEARN_ISA
