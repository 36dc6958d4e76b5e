// The native module, and the Python side of the passes: one class for an instruction set's kernels.
//
// It is private: softlearn.kernels calls it.
#include "arrays.hpp"
#include "sets.hpp"

namespace softlearn {
namespace {

std::vector<std::string> names(bool that_run) {
    std::vector<std::string> found;
    for (const Set& set : sets())
        if (set.runs || !that_run) found.emplace_back(set.name);
    return found;
}

class Kernels {
  public:
    explicit Kernels(const std::string& name) : table(set_named(name).passes) {}

    std::string name() const { return table.name; }

    nb::tuple forward(const Held& X, Index C, Index K, Maybe<Any> W, Maybe<Vector> b, Ints y,
                      Vector s, Maybe<Matrix> Z, Maybe<Matrix> U, double t,
                      Maybe<MutableMatrix> Z_out, Maybe<MutableAny> P_out,
                      Maybe<MutableMatrix> R_out, Maybe<MutableAny> laid_out,
                      Maybe<MutableMatrix> G, Maybe<MutableVector> Gb, bool single) const {
        Job job = start(Task::forward, X, C, K, 1, single);
        set_labels(job, X, y, s);
        set_operand(job.W, job.b, job, X, W, b, 1);
        job.Z = array(Z, C, X), job.U = array(U, C, X), job.t = t;
        require(W || Z, "logits or W must be given");
        job.Z_out = array(Z_out, C, X), job.P_out = either(P_out, C, X);
        job.R_out = residuals(R_out, job, X);
        set_gradient(job, X, laid_out, G, Gb, 1);
        work(X, job);
        return nb::make_tuple(job.loss, job.slope);
    }

    nb::tuple line(const Held& X, Index C, Index K, Maybe<Any> W, Maybe<Vector> b, Maybe<Any> V,
                   Maybe<Vector> c, Ints y, Vector s, Maybe<Matrix> Z, Maybe<Matrix> U,
                   double t) const {
        Job job = start(Task::line, X, C, K, 1, false);
        set_labels(job, X, y, s);
        set_operand(job.W0, job.b0, job, X, W, b, 1);
        set_operand(job.W, job.b, job, X, V, c, 1);
        job.Z = array(Z, C, X), job.U = array(U, C, X), job.t = t;
        require((W || Z) && (V || U), "logits or what they come from must be given");
        work(X, job);
        return nb::make_tuple(job.loss, job.slope);
    }

    double product(const Held& X, Index C, Index K, Index vectors, Maybe<Any> V, Maybe<Vector> c,
                   Vector s, double damping, bool costs, Maybe<Any> W, Maybe<Vector> b,
                   Maybe<Any> P, Maybe<Matrix> U, Maybe<MutableMatrix> R_out,
                   Maybe<MutableAny> laid_out, Maybe<MutableMatrix> G, Maybe<MutableVector> Gb,
                   bool single) const {
        require(vectors >= 1 && (vectors == 1 || (!U && !R_out)), "one vector per array U or R_out");
        Job job = start(Task::product, X, C, K, vectors, single);
        require(s.size() == static_cast<std::size_t>(X.rows.n), "s must fit X");
        job.s = s.data(), job.damping = damping, job.costs = costs;
        set_operand(job.W, job.b, job, X, V, c, vectors);
        set_operand(job.W0, job.b0, job, X, W, b, 1);
        job.P = either(P, C, X), job.U = array(U, C, X);
        job.R_out = residuals(R_out, job, X);
        require((W || P) && (V || U), "probabilities and directions must be given");
        require(!job.single || !X.rows.indptr || (job.P.narrow && V && laid_out && !costs),
                "in float32 a product with CSR rows needs P in float32, V and where to lay out");
        set_gradient(job, X, laid_out, G, Gb, vectors);
        work(X, job);
        return job.loss;
    }

    void vjp(const Held& X, Index C, Index K, Matrix R, Maybe<MutableAny> laid_out,
              Maybe<MutableMatrix> G, Maybe<MutableVector> Gb) const {
        Job job = start(Task::vjp, X, C, K, 1, false);
        job.U = array(Maybe<Matrix>(R), C, X);
        set_gradient(job, X, laid_out, G, Gb, 1);
        work(X, job);
    }

    void gather(const Held& X, Any R, bool squared, MutableMatrix G) const {
        require(R.ndim() == 2, "R must have two axes");
        const bool single = is_single(R);
        const auto K = static_cast<Index>(R.shape(1));
        require(X.rows.indptr && K >= 1 && K <= MOST, "gather needs CSR rows and K classes");
        require(contiguous(R) && static_cast<Index>(R.shape(0)) == X.rows.d, "R must be (d, K)");
        require(contiguous(G) && static_cast<Index>(G.shape(0)) == X.rows.n && G.shape(1) == R.shape(1),
                "G must be (n, K)");
        nb::gil_scoped_release free;
        table.gather(X.rows, R.data(), single, K, squared, G.data());
    }

    void moments(const Held& X, Index C, Index K, Vector s, double damping, Maybe<Any> W,
                 Maybe<Vector> b, Maybe<Any> P, Maybe<MutableAny> laid_out,
                 Maybe<MutableMatrix> G, Maybe<MutableVector> Gb,
                 Maybe<MutableMatrix> squares) const {
        Job job = start(Task::moments, X, C, K, 1, false);
        require(X.rows.indptr, "moments are of CSR rows");
        require(s.size() == static_cast<std::size_t>(X.rows.n), "s must fit X");
        job.s = s.data(), job.damping = damping;
        set_operand(job.W0, job.b0, job, X, W, b, 1);
        job.P = either(P, C, X);
        require(W || P, "probabilities must be given");
        set_gradient(job, X, laid_out, G, Gb, 1);
        require(bool(G) == bool(squares), "G and squares come together");
        if (squares) {
            require(contiguous(*squares) && squares->size() == G->size(), "squares must fit");
            job.squares = squares->data();
        }
        work(X, job);
    }

    double dot(Vector x, Vector y) const {
        require(x.size() == y.size(), "vectors must fit");
        nb::gil_scoped_release free;
        return table.dot(x.data(), y.data(), static_cast<Index>(x.size()));
    }

    void axpy_pair(double a, Vector p, Vector Hp, MutableVector v, MutableVector r) const {
        require(p.size() == Hp.size() && p.size() == v.size() && p.size() == r.size(),
                "vectors must fit");
        nb::gil_scoped_release free;
        table.axpy_pair(a, p.data(), Hp.data(), v.data(), r.data(), static_cast<Index>(p.size()));
    }

    void scale_subtract(double b, MutableVector p, Vector y) const {
        require(p.size() == y.size(), "vectors must fit");
        nb::gil_scoped_release free;
        table.scale_subtract(b, p.data(), y.data(), static_cast<Index>(p.size()));
    }

    void axpy(double a, Vector x, MutableVector y) const {
        require(x.size() == y.size(), "vectors must fit");
        nb::gil_scoped_release free;
        table.axpy(a, x.data(), y.data(), static_cast<Index>(x.size()));
    }

    void logits(const Held& X, Index C, Index K, Any W, Maybe<Vector> b, MutableMatrix Z_out) const {
        Job job = start(Task::logits, X, C, K, 1, false);
        set_operand(job.W, job.b, job, X, W, b, 1);
        job.Z_out = array(Maybe<MutableMatrix>(Z_out), C, X);
        work(X, job);
    }

    void predict(const Held& X, Index C, Index K, Maybe<Any> W, Maybe<Vector> b, Maybe<Matrix> Z,
                 MutableMatrix out, bool probabilities) const {
        Job job = start(Task::predict, X, C, K, 1, false);
        set_operand(job.W, job.b, job, X, W, b, 1);
        job.Z = array(Z, C, X), job.probabilities = probabilities;
        require(W || Z, "logits or W must be given");
        require(out.shape(0) == static_cast<std::size_t>(X.rows.n) &&
                    out.shape(1) == static_cast<std::size_t>(C) && out.stride(1) == 1 &&
                    (X.rows.n < 2 || out.stride(0) == C),
                "the result must be a contiguous (n, C) array");
        job.rows_out = out.data();
        work(X, job);
    }

    void solve(Matrix means, Matrix inverse, Maybe<Vector> b, Matrix r, bool centre, Index first,
               Index last, MutableMatrix out, MutableVector sums) const {
        const auto d = static_cast<Index>(r.shape(0)), K = static_cast<Index>(r.shape(1));
        const auto fits = [&](const auto& a, std::size_t width) {
            return contiguous(a) && a.shape(0) == r.shape(0) && a.shape(1) == width;
        };
        require(fits(r, r.shape(1)) && fits(out, r.shape(1)), "r and out must be (d, K)");
        const bool alike = means.shape(1) == 1;
        const std::size_t width = alike ? 1 : r.shape(1);
        require(fits(means, width) && fits(inverse, width), "means and inverse: (d, K) or (d, 1)");
        require(sums.size() == r.shape(1) && (!b || b->size() == sums.size()), "K sums and b");
        require(first >= 0 && first <= last && last <= d, "features must be among those there are");
        const Diagonal by = {means.data(), inverse.data(), b ? b->data() : nullptr, centre, K, alike};
        nb::gil_scoped_release free;
        table.solve(by, r.data(), first, last, out.data(), sums.data());
    }

  private:
    static Job start(Task task, const Held& X, Index C, Index K, Index vectors, bool single) {
        require(C >= 1 && C <= MOST && (K == C || K == C - 1), "K must be C or C - 1, C below 2^24");
        Job job;
        job.task = task, job.C = C, job.K = K, job.vectors = vectors;
        const bool sparse = X.rows.indptr != nullptr;
        require(!single || !sparse || task == Task::product, "of CSR only products are in float32");
        job.single = single && (X.rows.single || sparse);
        return job;
    }

    static void set_labels(Job& job, const Held& X, const Ints& y, const Vector& s) {
        const auto n = static_cast<std::size_t>(X.rows.n);
        require(y.size() == n && s.size() == n, "y and s must fit X");
        job.y = y.data(), job.s = s.data();
    }

    // How many entries weights, or a gradient, have: dense (vectors * K, d), CSR (d, K).
    static std::size_t entries(const Job& job, const Held& X, Index vectors) {
        return static_cast<std::size_t>(vectors * job.K * X.rows.d);
    }

    static void set_operand(const void*& to, const double*& bias, const Job& job, const Held& X,
                            const Maybe<Any>& W, const Maybe<Vector>& b, Index vectors) {
        if (!W) return;
        require(X.rows.data, "W needs rows of X");
        const bool sparse = X.rows.indptr != nullptr;
        const bool narrow = is_single(*W);
        require(narrow == (sparse && job.single), "W has the wrong type");
        require(!sparse || vectors == 1, "one vector at a time for CSR");
        require(W->size() == entries(job, X, vectors) && contiguous(*W),
                "W must fit X and be contiguous");
        require(!b || b->size() == static_cast<std::size_t>(vectors * job.K), "b must fit W");
        to = W->data(), bias = b ? b->data() : nullptr;
    }

    template <class M>
    static Array array(const Maybe<M>& a, Index C, const Held& X) {
        if (!a) return {};
        require(a->shape(0) == static_cast<std::size_t>(C) &&
                    a->shape(1) == static_cast<std::size_t>(X.rows.n) &&
                    (X.rows.n < 2 || a->stride(1) == 1),
                "an array of logits must be (C, n), rows side by side");
        return {const_cast<double*>(a->data()), static_cast<Index>(a->stride(0))};
    }

    // Probabilities: float64 as logits are, or float32 with the classes of a row side by side.
    template <class A>
    static Array either(const Maybe<A>& a, Index C, const Held& X) {
        if (!a) return {};
        require(a->ndim() == 2 && a->shape(0) == static_cast<std::size_t>(C) &&
                    a->shape(1) == static_cast<std::size_t>(X.rows.n),
                "an array of probabilities must be (C, n)");
        const bool narrow = is_single(*a);
        require(narrow ? C < 2 || a->stride(0) == 1 : X.rows.n < 2 || a->stride(1) == 1,
                "probabilities must lie side by side: rows in float64, classes in float32");
        void* at = const_cast<void*>(static_cast<const void*>(a->data()));
        if (narrow) return {nullptr, static_cast<Index>(a->stride(1)), static_cast<float*>(at)};
        return {static_cast<double*>(at), static_cast<Index>(a->stride(0))};
    }

    static Array residuals(const Maybe<MutableMatrix>& R, const Job& job, const Held& X) {
        require(!R || !job.single, "residuals are float64");
        return array(R, job.C, X);
    }

    static void set_gradient(Job& job, const Held& X, Maybe<MutableAny>& laid_out,
                             Maybe<MutableMatrix>& G, Maybe<MutableVector>& Gb, Index vectors) {
        if (Gb) {
            require((G || laid_out) && Gb->size() == static_cast<std::size_t>(vectors * job.K),
                    "Gb must fit");
            job.Gb = Gb->data();
        }
        if (laid_out) {
            require(X.rows.indptr && !G && vectors == 1, "only CSR is laid out");
            require(is_single(*laid_out) == job.single, "what is laid out has the wrong type");
            require(contiguous(*laid_out) && laid_out->ndim() == 2 &&
                        static_cast<Index>(laid_out->shape(0)) == X.rows.n &&
                        static_cast<Index>(laid_out->shape(1)) == job.K,
                    "what is laid out must be (n, K)");
            job.laid_out = laid_out->data();
        }
        if (!G) return;
        require(contiguous(*G) && G->size() == entries(job, X, vectors), "G must fit");
        job.G = G->data();
    }

    void work(const Held& X, Job& job) const {
        nb::gil_scoped_release free;
        table.run(X.rows, job);
    }

    const Table& table;
};

}  // namespace
}  // namespace softlearn

NB_MODULE(_native, m) {
    using namespace softlearn;
    m.doc() = "The native passes of softlearn.kernels.";
    nb::set_leak_warnings(false);  // what a user still holds when Python ends is no mistake of ours
    nb::class_<Held>(m, "Rows", "Rows of X, as the passes take them.")
        .def_prop_ro("n", [](const Held& held) { return held.rows.n; });
    m.def("dense", &dense, nb::arg("X").noconvert(), "Dense rows, float32 or float64.");
    m.def("sparse", &sparse, nb::arg("data").noconvert(), nb::arg("indices").noconvert(),
          nb::arg("indptr").noconvert(), nb::arg("d"), "CSR rows.");
    m.def("only_logits", &only_logits, nb::arg("n"), "No X: logits are given.");
    m.def("built", [] { return names(false); }, "The instruction sets this module was built for.");
    m.def("available", [] { return names(true); }, "Those that this processor has, the best last.");
    const auto none = nb::none();
    nb::class_<Kernels>(m, "Kernels", "The passes for one instruction set.")
        .def(nb::init<const std::string&>(), nb::arg("name"))
        .def_prop_ro("name", &Kernels::name)
        .def("forward", &Kernels::forward, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("y").noconvert(), nb::arg("s").noconvert(), nb::arg("Z").noconvert() = none,
             nb::arg("U").noconvert() = none, nb::arg("t") = 0.0,
             nb::arg("Z_out").noconvert() = none, nb::arg("P_out").noconvert() = none,
             nb::arg("R_out").noconvert() = none, nb::arg("laid_out").noconvert() = none,
             nb::arg("G").noconvert() = none, nb::arg("Gb").noconvert() = none,
             nb::arg("single") = false,
             "Loss and gradient, which is added to G and Gb; returns (loss, 0).")
        .def("line", &Kernels::line, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("V").noconvert() = none, nb::arg("c").noconvert() = none,
             nb::arg("y").noconvert(), nb::arg("s").noconvert(), nb::arg("Z").noconvert() = none,
             nb::arg("U").noconvert() = none, nb::arg("t") = 0.0,
             "(loss, slope) at logits Z + t U.")
        .def("product", &Kernels::product, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("vectors") = 1, nb::arg("V").noconvert() = none,
             nb::arg("c").noconvert() = none, nb::arg("s").noconvert(), nb::arg("damping") = 0.0,
             nb::arg("costs") = false, nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("P").noconvert() = none, nb::arg("U").noconvert() = none,
             nb::arg("R_out").noconvert() = none, nb::arg("laid_out").noconvert() = none,
             nb::arg("G").noconvert() = none, nb::arg("Gb").noconvert() = none,
             nb::arg("single") = false,
             "Hessian products of the loss, added to G and Gb; returns what moving P along costs.")
        .def("vjp", &Kernels::vjp, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("R").noconvert(), nb::arg("laid_out").noconvert() = none,
             nb::arg("G").noconvert() = none, nb::arg("Gb").noconvert() = none,
             "The gradient whose residuals are R (C, n), added to G and Gb.")
        .def("gather", &Kernels::gather, nb::arg("X"), nb::arg("R").noconvert(),
             nb::arg("squared"), nb::arg("G").noconvert(),
             "G = X R, or X^2 R: gradients feature by feature, of residuals that were laid out.")
        .def("moments", &Kernels::moments, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("s").noconvert(), nb::arg("damping") = 0.0, nb::arg("W").noconvert() = none,
             nb::arg("b").noconvert() = none, nb::arg("P").noconvert() = none,
             nb::arg("laid_out").noconvert() = none, nb::arg("G").noconvert() = none,
             nb::arg("Gb").noconvert() = none, nb::arg("squares").noconvert() = none,
             "Sums of the curvature times x and x^2, added to G, Gb and squares.")
        .def("dot", &Kernels::dot, nb::arg("x").noconvert(), nb::arg("y").noconvert(), "<x, y>.")
        .def("axpy_pair", &Kernels::axpy_pair, nb::arg("a"), nb::arg("p").noconvert(),
             nb::arg("Hp").noconvert(), nb::arg("v").noconvert(), nb::arg("r").noconvert(),
             "v += a p, r += a Hp.")
        .def("scale_subtract", &Kernels::scale_subtract, nb::arg("b"), nb::arg("p").noconvert(),
             nb::arg("y").noconvert(), "p = b p - y.")
        .def("axpy", &Kernels::axpy, nb::arg("a"), nb::arg("x").noconvert(), nb::arg("y").noconvert(),
             "y += a x.")
        .def("logits", &Kernels::logits, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert(), nb::arg("b").noconvert() = none, nb::arg("Z_out").noconvert(),
             "Logits (C, n).")
        .def("predict", &Kernels::predict, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("Z").noconvert() = none, nb::arg("out").noconvert(),
             nb::arg("probabilities") = true, "Probabilities or logits, (n, C).")
        .def("solve", &Kernels::solve, nb::arg("means").noconvert(), nb::arg("inverse").noconvert(),
             nb::arg("b").noconvert() = none, nb::arg("r").noconvert(), nb::arg("centre"),
             nb::arg("first"), nb::arg("last"), nb::arg("out").noconvert(),
             nb::arg("sums").noconvert(),
             "Some features' share of the inverse of a matrix that is diagonal about means.");
    add_rows(m);
    add_trainer(m);
    add_small(m);
    add_lasso(m);
}
