// A small problem's Newton steps, for one instruction set.  See small.hpp.
#include "small.hpp"

#include "small_factor.hpp"
#include "small_rows.hpp"
#include "softmax.hpp"

namespace softlearn::SOFTLEARN_ISA {
namespace {

class Problem final : public Small {
  public:
    explicit Problem(const SmallRows& rows) : x(rows) {}

    bool solve(Equations& q) const override {
        const Index size = x.size, room = x.C * x.T;
        Buffer<double> P(room), U(room), R(room), left(size);
        x.take(q.P, P);
        Factor factor(x, q, P);
        if (!factor.make()) return false;
        for (Index i = 0; i < size; ++i) q.v[i] = -q.g[i];
        factor.solve(q.v);
        // by way of the logits of v, so that r shows what the entries of H have lost
        x.logits(q.v, U);
        curvature<double>(P, U, static_cast<int>(x.T), static_cast<int>(x.C), x.s, q.damping, R);
        x.pull(R, q.v, q.l2, q.r);
        for (Index i = 0; i < size; ++i) left[i] = q.r[i] += q.g[i];
        factor.solve(left);
        q.decrement = -0.5 * dot(q.g, q.v, size);
        q.left = 0.5 * dot(q.r, left, size);
        x.give(U, q.U);
        return true;
    }

    void move(Move& q) const override {
        const Index room = x.C * x.T;
        Buffer<double> Z(room), U(room), P(room), R(room);
        x.take(q.Z, Z), x.take(q.U, U);
        for (Index i = 0; i < room; i += L) store(Z + i, load<Vd>(Z + i) + q.t * load<Vd>(U + i));
        for (Index i = 0; i < x.size; ++i) q.w_out[i] = q.w[i] + q.t * q.v[i];
        Vd loss{}, slope{};
        forward<double>(Z, static_cast<int>(x.T), static_cast<int>(x.C), {x.s, x.y}, P,
                        static_cast<double*>(R), static_cast<double*>(U), loss, slope);
        x.pull(R, q.w_out, q.l2, q.g_out);
        const Index weights = x.K * x.d;
        q.value = across(loss) + 0.5 * q.l2 * dot(q.w_out, q.w_out, weights);
        q.slope = across(slope) + q.l2 * dot(q.w_out, q.v, weights);
        q.size = x.logit_size(q.w_out), q.step = std::abs(q.t) * x.logit_size(q.v);
        x.give(Z, q.Z_out), x.give(P, q.P_out);
    }

    const double* sizes() const override { return x.sizes; }

  private:
    const Transposed x;
};

}  // namespace

std::unique_ptr<Small> small(const SmallRows& rows) { return std::make_unique<Problem>(rows); }

}  // namespace softlearn::SOFTLEARN_ISA
