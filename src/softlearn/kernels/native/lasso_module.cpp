// The Python side of quadratic functions with an L1 term: softlearn/kernels/lasso.py calls it.
#include <algorithm>

#include "arrays.hpp"
#include "sets.hpp"

namespace softlearn {
namespace {

using Flags = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void gram(const std::string& isa, const Held& X, const Matrix& P, const Vector& s, Index first,
          double damping, const Ints& start, const Ints& own, const Flags& fresh, MutableMatrix H,
          MutableMatrix cross) {
    GramJob q;
    const auto n = static_cast<std::size_t>(X.rows.n), m = own.size();
    require(X.rows.indptr, "X must be CSR");
    require(P.shape(1) == n && (n < 2 || P.stride(1) == 1) && s.size() == n, "P and s must fit X");
    q.X = X.rows, q.s = s.data(), q.damping = damping;
    q.P = {const_cast<double*>(P.data()), static_cast<Index>(P.stride(0))};
    q.C = static_cast<Index>(P.shape(0)), q.first = first, q.m = static_cast<Index>(m);
    const Index K = q.C - first;
    require(first >= 0 && K > 0 && K < MOST, "there must be classes with weights");
    require(start.size() == static_cast<std::size_t>(X.rows.d) + 1 && start.data()[0] == 0 &&
                start.data()[X.rows.d] == q.m &&
                std::is_sorted(start.data(), start.data() + start.size()),
            "start must say where the weights of each column are");
    require(std::all_of(own.data(), own.data() + m, [K](auto k) { return k >= 0 && k < K; }),
            "own must be rows of W");
    require(H.shape(0) == m && H.shape(1) == m && contiguous(H), "H must be (m, m)");
    require(cross.shape(0) == m && static_cast<Index>(cross.shape(1)) == K && contiguous(cross),
            "cross must be (m, K)");
    require(fresh.size() == m, "there must be a flag for each weight");
    q.start = start.data(), q.own = own.data(), q.fresh = fresh.data();
    q.H = H.data(), q.cross = cross.data();
    const Set& set = set_named(isa);
    nb::gil_scoped_release free;
    set.gram(q);
}

nb::tuple descend(const std::string& isa, const Matrix& H, const Vector& level, MutableVector x,
                  MutableVector r, Index sweeps, double least) {
    Descent q;
    const std::size_t m = x.size();
    require(H.shape(0) == m && H.shape(1) == m && contiguous(H), "H must be (m, m)");
    require(level.size() == m && r.size() == m, "x, r and level must fit H");
    q.m = static_cast<Index>(m), q.sweeps = sweeps, q.least = least;
    q.H = H.data(), q.level = level.data(), q.x = x.data(), q.r = r.data();
    const Set& set = set_named(isa);
    {
        nb::gil_scoped_release free;
        set.descend(q);
    }
    return nb::make_tuple(q.done, q.gain);
}

}  // namespace

void add_lasso(nb::module_& m) {
    m.def("gram", &gram, nb::arg("isa"), nb::arg("X"), nb::arg("P").noconvert(),
          nb::arg("s").noconvert(), nb::arg("first"), nb::arg("damping"),
          nb::arg("start").noconvert(), nb::arg("own").noconvert(), nb::arg("new").noconvert(),
          nb::arg("H").noconvert(), nb::arg("cross").noconvert(),
          "Adds the Hessian over some weights of CSR rows to the lower half of H, and to cross.");
    m.def("descend", &descend, nb::arg("isa"), nb::arg("H").noconvert(),
          nb::arg("level").noconvert(), nb::arg("x").noconvert(), nb::arg("r").noconvert(),
          nb::arg("sweeps"), nb::arg("least"),
          "Minimises a quadratic function with an L1 term in turns; returns (sweeps, gain).");
}

}  // namespace softlearn
