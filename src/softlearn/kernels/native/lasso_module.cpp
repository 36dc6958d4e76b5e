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

void check_candidates(const Rows& X, Index K, const Ints& column, const Ints& own) {
    require(own.size() == column.size(), "candidates must fit");
    for (std::size_t a = 0; a < column.size(); ++a)
        require(own.data()[a] >= 0 && own.data()[a] < K && column.data()[a] >= 0 &&
                    column.data()[a] < X.n,
                "candidates must be weights");
}

void multiply(const std::string& isa, const Held& X, const Matrix& P, const Vector& s, Index first,
             const Ints& column, const Ints& own, double damping, const Vector& v,
             Maybe<Vector> c, MutableVector out, Maybe<MutableVector> out_b) {
    MultiplyJob q;
    const std::size_t m = column.size(), n = s.size();
    require(X.rows.indptr && X.rows.d == static_cast<Index>(n), "X must be CSR, transposed");
    require(P.shape(1) == n && contiguous(P), "P must be (C, n)");
    q.X = X.rows, q.P = P.data(), q.s = s.data(), q.C = static_cast<Index>(P.shape(0));
    q.first = first, q.m = static_cast<Index>(m), q.damping = damping;
    const Index K = q.C - first;
    require(first >= 0 && K > 0, "there must be classes with weights");
    check_candidates(q.X, K, column, own);
    require(v.size() == m && out.size() == m, "v and out must fit");
    q.column = column.data(), q.own = own.data(), q.v = v.data(), q.out = out.data();
    if (c) {
        const auto k = static_cast<std::size_t>(K);
        require(c->size() == k && out_b && out_b->size() == k, "biases must fit");
        q.c = c->data(), q.out_b = out_b->data();
    }
    const Set& set = set_named(isa);
    nb::gil_scoped_release free;
    set.multiply(q);
}

nb::tuple sweep(const std::string& isa, const Held& X, const Matrix& P, const Vector& s,
                Index first, const Ints& column, const Ints& own, const Vector& level,
                const Vector& w, const Vector& g, MutableVector v, Maybe<Vector> g_b,
                Maybe<Matrix> inverse, Maybe<MutableVector> c, double l2, double damping,
                Index sweeps, double least) {
    Sweeps q;
    const std::size_t m = column.size(), n = s.size();
    require(X.rows.indptr && X.rows.d == static_cast<Index>(n), "X must be CSR, transposed");
    require(P.shape(1) == n && contiguous(P), "P must be (C, n)");
    q.X = X.rows, q.P = P.data(), q.s = s.data(), q.C = static_cast<Index>(P.shape(0));
    q.first = first, q.m = static_cast<Index>(m);
    const Index K = q.C - first;
    require(first >= 0 && K > 0, "there must be classes with weights");
    require(level.size() == m && w.size() == m && g.size() == m && v.size() == m,
            "candidates must fit");
    check_candidates(q.X, K, column, own);
    q.column = column.data(), q.own = own.data(), q.level = level.data(), q.w = w.data();
    q.g = g.data(), q.v = v.data(), q.l2 = l2, q.damping = damping;
    q.sweeps = sweeps, q.least = least;
    if (c) {
        const auto k = static_cast<std::size_t>(K);
        require(g_b && inverse && g_b->size() == k && c->size() == k && contiguous(*inverse) &&
                    inverse->shape(0) == k && inverse->shape(1) == k,
                "biases must fit");
        q.g_b = g_b->data(), q.inverse = inverse->data(), q.c = c->data();
    }
    const Set& set = set_named(isa);
    {
        nb::gil_scoped_release free;
        set.sweep(q);
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
    m.def("multiply", &multiply, nb::arg("isa"), nb::arg("X"), nb::arg("P").noconvert(),
          nb::arg("s").noconvert(), nb::arg("first"), nb::arg("column").noconvert(),
          nb::arg("own").noconvert(), nb::arg("damping"), nb::arg("v").noconvert(),
          nb::arg("c").noconvert().none(), nb::arg("out").noconvert(),
          nb::arg("out_b").noconvert().none(),
          "Multiplies the Hessian over some weights and the biases by a vector.");
    m.def("sweep", &sweep, nb::arg("isa"), nb::arg("X"), nb::arg("P").noconvert(),
          nb::arg("s").noconvert(), nb::arg("first"), nb::arg("column").noconvert(),
          nb::arg("own").noconvert(), nb::arg("level").noconvert(), nb::arg("w").noconvert(),
          nb::arg("g").noconvert(), nb::arg("v").noconvert(), nb::arg("g_b").noconvert().none(),
          nb::arg("inverse").noconvert().none(), nb::arg("c").noconvert().none(), nb::arg("l2"),
          nb::arg("damping"), nb::arg("sweeps"), nb::arg("least"),
          "The same where H is known by the rows of X; returns (sweeps, gain).");
}

}  // namespace softlearn
