// The layers of a network: where their parameters and the arrays of a batch lie.
//
// Weights are kept as V[l] = W[l]' (n_{l-1}, n_l) in panels, gradients and moments likewise.  What is
// beyond the last unit, up to whole registers, is 0 and stays so.  Arrays of rows, (batch, n_l) row
// by row, have strides of an odd number of cache lines.
#pragma once

#include "batch.hpp"
#include "functions.hpp"

namespace softlearn::SOFTLEARN_ISA {

template <class S>
struct Layer {
    Index in = 0, out = 0;
    Index their_w = 0, their_b = 0, w = 0, b = 0;  // where Python's and our parameters are
    Index stride = 0;
    Panels<S> V{}, T{};  // V[l], and its transpose for all but the first layer
    S *A = nullptr, *D = nullptr;  // a[l] (z[L] of the last), dz[l]
    S* F = nullptr;                // g'(z) with dropout, where a[l] does not tell
};

template <class S>
class Layers {
  public:
    Layers(const Training& job, Index rows, bool slopes)
        : each(job.sizes.size() - 1), size(lay_out(job)), turned(turned_size()),
          activity(activity_size(rows, slopes)) {
        std::memset(turned, 0, sizeof(S) * static_cast<std::size_t>(turned_size()));
        std::memset(activity, 0, sizeof(S) * static_cast<std::size_t>(activity_size(rows, slopes)));
        S *t = turned, *at = activity;
        for (auto& l : each) {
            l.T.at = t;
            if (&l != &each[0]) t += l.T.size();
            for (S** room : {&l.A, &l.D, &l.F})
                if (room != &l.F || slopes) *room = at, at += rows * l.stride;
        }
    }

    std::size_t depth() const { return each.size(); }
    Layer<S>& operator[](std::size_t l) { return each[l]; }
    const Layer<S>& operator[](std::size_t l) const { return each[l]; }
    const Layer<S>& top() const { return each.back(); }

    // Python's vector to ours, or back.
    void take(const S* theirs, S* ours) const {
        std::memset(ours, 0, sizeof(S) * static_cast<std::size_t>(size));
        exchange(theirs, ours, [](const S& a, S& b) { b = a; });
    }
    void give(S* theirs, const S* ours) const {
        exchange(theirs, ours, [](S& a, const S& b) { a = b; });
    }

    // Copies inputs start .. stop - 1 of V[l] to the transpose that backward propagation reads.
    void turn(std::size_t which, Index start, Index stop) {
        constexpr int N = LANES<S>, WIDTH = Panels<S>::WIDTH;
        if (which == 0) return;
        const Layer<S>& l = each[which];
        for (Index j = start; j < stop; j += N)
            for (Index p = 0; p < l.V.count(); ++p)
                for (int k = 0; k < l.V.width(p); k += N) {
                    Reg<S> v[N];
                    for (int r = 0; r < N; ++r)
                        v[r] = j + r < l.in ? load<Reg<S>>(l.V.row(p, j + r) + k) : Reg<S>{};
                    transpose<N>(v);
                    const Index unit = p * WIDTH + k;
                    for (int r = 0; r < N && unit + r < l.out; ++r)
                        store(l.T.row(j / WIDTH, unit + r) + j % WIDTH, v[r]);
                }
    }

  private:
    Index lay_out(const Training& job) {
        Index theirs = 0, ours = 0;
        for (std::size_t k = 0; k < each.size(); ++k) {
            Layer<S>& l = each[k];
            l.in = job.sizes[k], l.out = job.sizes[k + 1], l.stride = odd_lines<S>(l.out);
            l.V = {l.in, l.out, nullptr}, l.T = {l.out, l.in, nullptr};
            l.their_w = theirs, theirs += l.in * l.out;
            l.w = ours, ours += l.V.size();
        }
        for (auto& l : each) {
            l.their_b = theirs, theirs += l.out;
            l.b = ours, ours += l.V.padded();
        }
        return ours;
    }

    Index turned_size() const {
        Index sum = 0;
        for (std::size_t k = 1; k < each.size(); ++k) sum += each[k].T.size();
        return sum;
    }
    Index activity_size(Index rows, bool slopes) const {
        Index sum = 0;
        for (const auto& l : each) sum += rows * l.stride * (slopes ? 3 : 2);
        return sum;
    }

    template <class Theirs, class Ours, class F>
    void exchange(Theirs* theirs, Ours* ours, F&& move) const {
        constexpr Index SOME = 16;  // of a column of theirs, a line of the cache at least
        for (const auto& l : each) {
            const Panels<Ours> P{l.in, l.out, ours + l.w};
            for (Index j0 = 0; j0 < l.in; j0 += SOME)
                for (Index k = 0; k < l.out; ++k)
                    for (Index j = j0; j < std::min(j0 + SOME, l.in); ++j)
                        move(theirs[l.their_w + k * l.in + j], P.row(k / P.WIDTH, j)[k % P.WIDTH]);
            for (Index k = 0; k < l.out; ++k) move(theirs[l.their_b + k], ours[l.b + k]);
        }
    }

    std::vector<Layer<S>> each;

  public:
    const Index size;  // of our vector of parameters

  private:
    Buffer<S> turned, activity;
};

}  // namespace softlearn::SOFTLEARN_ISA
