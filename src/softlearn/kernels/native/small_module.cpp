// The Python side of small problems: softlearn/kernels/small.py calls it.
#include <algorithm>
#include <utility>

#include "arrays.hpp"
#include "sets.hpp"

namespace softlearn {
namespace {

// A problem that is small, on one instruction set.
class SmallProblem {
  public:
    SmallProblem(const std::string& isa, const Held& X, const Ints& y, const Vector& s, Index C,
                 Index K, bool bias, bool by_feature) {
        require(X.rows.data && !X.rows.indptr, "X must be dense");
        require(C >= 1 && C <= MOST && (K == C || K == C - 1) && K > 0, "K must be C or C - 1");
        require(X.rows.n < MOST && static_cast<Index>(s.size()) == X.rows.n &&
                    static_cast<Index>(y.size()) == X.rows.n,
                "y and s must fit X");
        SmallRows rows;
        rows.X = X.rows, rows.C = C, rows.K = K, rows.bias = bias, rows.by_feature = by_feature;
        rows.y = y.data(), rows.s = s.data();
        size = static_cast<std::size_t>(rows.size()), n = X.rows.n, d = X.rows.d, classes = C;
        problem = set_named(isa).small(rows);
    }

    nb::object solve(const Matrix& P, const Vector& w, const Vector& g, double l2, double damping,
                     double least, double pivot, MutableVector v, MutableVector r, MutableMatrix U) const {
        require(w.size() == size && g.size() == size && v.size() == size && r.size() == size,
                "w, g, v and r must fit the problem");
        Equations q;
        q.P = logits(P), q.U = logits(U), q.w = w.data(), q.g = g.data();
        q.v = v.data(), q.r = r.data();
        q.l2 = l2, q.damping = damping, q.least = least, q.pivot = pivot;
        bool solved = false;
        {
            nb::gil_scoped_release free;
            solved = problem->solve(q);
        }
        if (!solved) return nb::none();
        return nb::make_tuple(q.decrement, q.left);
    }

    nb::tuple move(const Vector& w, const Vector& v, const Matrix& Z, const Matrix& U, double t,
                double l2, MutableVector w_out, MutableVector g_out, MutableMatrix Z_out,
                MutableMatrix P_out) const {
        require(w.size() == size && v.size() == size && w_out.size() == size && g_out.size() == size,
                "w, v and what is written must fit the problem");
        Move q;
        q.w = w.data(), q.v = v.data(), q.Z = logits(Z), q.U = logits(U), q.t = t, q.l2 = l2;
        q.w_out = w_out.data(), q.g_out = g_out.data();
        q.Z_out = logits(Z_out), q.P_out = logits(P_out);
        {
            nb::gil_scoped_release free;
            problem->move(q);
        }
        return nb::make_tuple(q.value, q.slope, q.size, q.step);
    }

    void sizes(MutableVector out) const {
        require(static_cast<Index>(out.size()) == d, "there is a size for each column");
        std::copy(problem->sizes(), problem->sizes() + d, out.data());
    }

  private:
    template <class M>
    Array logits(const M& a) const {
        require(static_cast<Index>(a.shape(0)) == classes && static_cast<Index>(a.shape(1)) == n &&
                    (n < 2 || a.stride(1) == 1),
                "an array of logits must be (C, n), rows side by side");
        return {const_cast<double*>(a.data()), static_cast<Index>(a.stride(0))};
    }

    std::size_t size;
    Index n, d, classes;
    std::unique_ptr<Small> problem;
};

}  // namespace

void add_small(nb::module_& m) {
    nb::class_<SmallProblem>(m, "SmallProblem", "A problem where calls cost more than arithmetic.")
        .def(nb::init<const std::string&, const Held&, const Ints&, const Vector&, Index, Index,
                      bool, bool>(),
             nb::arg("isa"), nb::arg("X"), nb::arg("y").noconvert(), nb::arg("s").noconvert(),
             nb::arg("C"), nb::arg("K"), nb::arg("bias"), nb::arg("by_feature") = false)
        .def("solve", &SmallProblem::solve, nb::arg("P").noconvert(), nb::arg("w").noconvert(),
             nb::arg("g").noconvert(), nb::arg("l2"), nb::arg("damping"), nb::arg("least"),
             nb::arg("pivot"),
             nb::arg("v").noconvert(), nb::arg("r").noconvert(), nb::arg("U").noconvert(),
             "(decrement, left), or None where the matrix is singular; writes v, r and U.")
        .def("move", &SmallProblem::move, nb::arg("w").noconvert(), nb::arg("v").noconvert(),
             nb::arg("Z").noconvert(), nb::arg("U").noconvert(), nb::arg("t"), nb::arg("l2"),
             nb::arg("w_out").noconvert(), nb::arg("g_out").noconvert(),
             nb::arg("Z_out").noconvert(), nb::arg("P_out").noconvert(),
             "The objective at w + t v, its slope, logit sizes there and of the step; writes parameters, gradient, "
             "logits and probabilities.")
        .def("sizes", &SmallProblem::sizes, nb::arg("out").noconvert(),
             "Writes the root mean square of each column.");
}

}  // namespace softlearn
