// The Python side of Newton's equations: softlearn/kernels/compiled.py calls it.
#include "arrays.hpp"
#include "equations.hpp"

namespace softlearn {
namespace {

using Solve = bool (*)(Equations&);

Solve find(const std::string& name) {
    bool here = false;
    for (const auto& each : available()) here = here || each == name;
    require(here, "no kernels of this name on this machine");
#ifdef SOFTLEARN_HAS_AVX2
    if (name == "avx2") return avx2::solve;
#endif
#ifdef SOFTLEARN_HAS_AVX512
    if (name == "avx512") return avx512::solve;
#endif
    return portable::solve;
}

template <class M>
Array logits(const M& a, Index C, Index n) {
    require(static_cast<Index>(a.shape(0)) == C && static_cast<Index>(a.shape(1)) == n &&
                (n < 2 || a.stride(1) == 1),
            "an array of logits must be (C, n), rows side by side");
    return {const_cast<double*>(a.data()), static_cast<Index>(a.stride(0))};
}

// Newton's equations on one instruction set.
class NewtonEquations {
  public:
    explicit NewtonEquations(const std::string& isa) : solver(find(isa)) {}

    nb::object solve(const Held& X, Index K, const Matrix& P, const Vector& s, const Vector& w,
                     const Vector& g, double l2, double damping, double least, MutableVector v,
                     MutableVector r, MutableMatrix U) const {
        Equations q;
        const Index n = X.rows.n, d = X.rows.d;
        q.X = X.rows, q.C = static_cast<Index>(P.shape(0)), q.K = K;
        require(X.rows.data && !X.rows.indptr, "X must be dense");
        require(q.C >= 1 && q.C <= MOST && (K == q.C || K == q.C - 1) && K > 0, "K must be C or C - 1");
        const auto size = static_cast<Index>(g.size());
        require(size == K * d || size == K * (d + 1), "g must fit X");
        require(w.size() == g.size() && v.size() == g.size() && r.size() == g.size(),
                "w, v and r must fit g");
        require(static_cast<Index>(s.size()) == n && n < MOST, "s must fit X");
        q.bias = size > K * d, q.P = logits(P, q.C, n), q.U = logits(U, q.C, n);
        q.s = s.data(), q.w = w.data(), q.g = g.data(), q.v = v.data(), q.r = r.data();
        q.l2 = l2, q.damping = damping, q.least = least;
        bool solved = false;
        {
            nb::gil_scoped_release free;
            solved = solver(q);
        }
        if (!solved) return nb::none();
        return nb::make_tuple(q.decrement, q.left);
    }

  private:
    Solve solver;
};

}  // namespace

void add_equations(nb::module_& m) {
    nb::class_<NewtonEquations>(m, "NewtonEquations", "Newton's equations of a small problem.")
        .def(nb::init<const std::string&>(), nb::arg("isa"))
        .def("solve", &NewtonEquations::solve, nb::arg("X"), nb::arg("K"), nb::arg("P").noconvert(),
             nb::arg("s").noconvert(), nb::arg("w").noconvert(), nb::arg("g").noconvert(),
             nb::arg("l2"), nb::arg("damping"), nb::arg("least"), nb::arg("v").noconvert(),
             nb::arg("r").noconvert(), nb::arg("U").noconvert(),
             "(decrement, left), or None where the matrix is singular; writes v, r and U.");
}

}  // namespace softlearn
