// The Python side of the passes: one class for an instruction set's kernels, one for rows of X.
//
// This module is private; softlearn.kernels calls it with arrays that it has made or checked.
// Shapes are checked here all the same: a mistake is to be an exception, not a crash.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "network.hpp"
#include "passes.hpp"

namespace nb = nanobind;

namespace softlearn {
namespace portable {
extern const Table table;
}
#ifdef SOFTLEARN_HAS_AVX2
namespace avx2 {
extern const Table table;
}
#endif
#ifdef SOFTLEARN_HAS_AVX512
namespace avx512 {
extern const Table table;
}
#endif

namespace {

using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using MutableVector = nb::ndarray<double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Ints = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using MutableInts = nb::ndarray<std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Matrix = nb::ndarray<const double, nb::ndim<2>, nb::device::cpu>;
using MutableMatrix = nb::ndarray<double, nb::ndim<2>, nb::device::cpu>;
using Any = nb::ndarray<nb::ro, nb::device::cpu>;
using MutableAny = nb::ndarray<nb::device::cpu>;
template <class T>
using Maybe = std::optional<T>;

void require(bool good, const char* what) {
    if (!good) throw std::invalid_argument(std::string("softlearn kernels: ") + what);
}

// Whether x is of the first of two types; it must be of either.
template <class A, class B, class Array_>
bool is_first(const Array_& x, const char* what) {
    require(x.dtype() == nb::dtype<A>() || x.dtype() == nb::dtype<B>(), what);
    require(reinterpret_cast<std::uintptr_t>(x.data()) % x.itemsize() == 0, "unaligned memory");
    return x.dtype() == nb::dtype<A>();
}

template <class Array_>
bool is_single(const Array_& x) {
    return is_first<float, double>(x, "X and W must be float32 or float64");
}

bool is_wide(const Any& x) {
    return is_first<std::int64_t, std::int32_t>(x, "indices must be int32 or int64");
}

template <class Array_>
bool contiguous(const Array_& a) {
    Index step = 1;
    for (std::size_t k = a.ndim(); a.size() > 0 && k-- > 0; step *= a.shape(k))
        if (a.shape(k) > 1 && a.stride(k) != step) return false;
    return true;
}

constexpr Index MOST = 1 << 24;             // classes: times rows of a tile, they are an int
constexpr Index WIDEST = (1u << 31) - 1024;  // features of a dense row: padded, they are an int

// Rows of X; keeps the arrays alive.
struct Held {
    Rows rows;
    Any data, indices, indptr;
};

Held dense(Any X) {
    Held held;
    require(X.ndim() == 2, "X must have two axes");
    held.rows.n = static_cast<Index>(X.shape(0)), held.rows.d = static_cast<Index>(X.shape(1));
    held.rows.single = is_single(X), held.rows.data = X.data();
    held.rows.stride = X.stride(0), held.data = X;
    held.rows.column = X.shape(1) < 2 ? 1 : X.stride(1);
    require(held.rows.d > 0 && held.rows.d < WIDEST, "X must have columns, fewer than 2^31");
    return held;
}

Held sparse(Any data, Any indices, Any indptr, Index d) {
    Held held;
    require(data.ndim() == 1 && indices.ndim() == 1 && indptr.ndim() == 1, "CSR needs vectors");
    require(indptr.size() > 0 && data.size() == indices.size() && d >= 0,
            "CSR needs vectors that fit");
    require(contiguous(data) && contiguous(indices) && contiguous(indptr),
            "CSR needs contiguous vectors");
    held.rows.n = static_cast<Index>(indptr.size()) - 1, held.rows.d = d;
    held.rows.single = is_single(data), held.rows.data = data.data();
    held.rows.wide_indices = is_wide(indices), held.rows.wide_indptr = is_wide(indptr);
    held.rows.indices = indices.data(), held.rows.indptr = indptr.data();
    held.data = data, held.indices = indices, held.indptr = indptr;
    // Only the ends are looked at: the entries between would be a pass over all of X.
    const Index last = held.rows.n;
    const auto end = [&](Index i) {
        return held.rows.wide_indptr ? static_cast<const std::int64_t*>(indptr.data())[i]
                                     : static_cast<const std::int32_t*>(indptr.data())[i];
    };
    require(end(0) >= 0 && end(0) <= end(last) &&
                end(last) <= static_cast<std::int64_t>(data.size()),
            "indptr must fit the data");
    return held;
}

Held only_logits(Index n) {
    require(n >= 0, "n must not be negative");
    Held held;
    held.rows.n = n;
    return held;
}

class Kernels {
  public:
    explicit Kernels(const std::string& name) : table(find(name)) {}

    std::string name() const { return table.name; }

    static std::vector<std::string> built() {
        std::vector<std::string> names = {"portable"};
#ifdef SOFTLEARN_HAS_AVX2
        names.push_back("avx2");
#endif
#ifdef SOFTLEARN_HAS_AVX512
        names.push_back("avx512");
#endif
        return names;
    }

    static std::vector<std::string> available() {
        std::vector<std::string> names = {"portable"};
#ifdef SOFTLEARN_HAS_AVX2
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) names.push_back("avx2");
#endif
#ifdef SOFTLEARN_HAS_AVX512
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
            __builtin_cpu_supports("fma"))
            names.push_back("avx512");
#endif
        return names;
    }

    nb::tuple forward(const Held& X, Index C, Index K, Maybe<Any> W, Maybe<Vector> b, Ints y,
                      Vector s, Maybe<Matrix> Z, Maybe<Matrix> U, double t,
                      Maybe<MutableMatrix> Z_out, Maybe<MutableMatrix> P_out,
                      Maybe<MutableMatrix> R_out, Maybe<MutableMatrix> G, Maybe<MutableVector> Gb,
                      bool single) const {
        Job job = start(Task::forward, X, C, K, 1, single);
        set_labels(job, X, y, s);
        set_operand(job.W, job.b, job, X, W, b, 1);
        job.Z = array(Z, C, X), job.U = array(U, C, X), job.t = t;
        require(W || Z, "logits or W must be given");
        job.Z_out = array(Z_out, C, X), job.P_out = array(P_out, C, X);
        job.R_out = residuals(R_out, job, X);
        set_gradient(job, X, G, Gb, 1);
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

    void product(const Held& X, Index C, Index K, Index vectors, Maybe<Any> V, Maybe<Vector> c,
                 Vector s, double damping, Maybe<Any> W, Maybe<Vector> b, Maybe<Matrix> P,
                 Maybe<Matrix> U, Maybe<MutableMatrix> R_out, Maybe<MutableMatrix> G,
                 Maybe<MutableVector> Gb, bool single) const {
        require(vectors >= 1 && (vectors == 1 || (!U && !R_out)), "one vector per array U or R_out");
        Job job = start(Task::product, X, C, K, vectors, single);
        require(s.size() == static_cast<std::size_t>(X.rows.n), "s must fit X");
        job.s = s.data(), job.damping = damping;
        set_operand(job.W, job.b, job, X, V, c, vectors);
        set_operand(job.W0, job.b0, job, X, W, b, 1);
        job.P = array(P, C, X), job.U = array(U, C, X);
        job.R_out = residuals(R_out, job, X);
        require((W || P) && (V || U), "probabilities and directions must be given");
        set_gradient(job, X, G, Gb, vectors);
        work(X, job);
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

    Index padded(Index K) const { return table.padded(K); }

    void pack(Matrix W, MutableAny out) const {
        const Index K = static_cast<Index>(W.shape(0)), d = static_cast<Index>(W.shape(1));
        require(contiguous(W) && contiguous(out), "arrays must be contiguous");
        require(out.size() == static_cast<std::size_t>(d * table.padded(K)), "no room");
        const bool single = is_single(out);
        nb::gil_scoped_release free;
        table.pack(W.data(), K, d, single, out.data());
    }

    void unpack(Matrix G, MutableMatrix out) const {
        const Index K = static_cast<Index>(out.shape(0)), d = static_cast<Index>(out.shape(1));
        require(contiguous(G) && contiguous(out), "arrays must be contiguous");
        require(G.size() == static_cast<std::size_t>(d * table.padded(K)), "G must fit");
        nb::gil_scoped_release free;
        table.unpack(G.data(), K, d, out.data());
    }

  private:
    static const Table& find(const std::string& name) {
        for (const std::string& known : available())
            if (known == name) {
#ifdef SOFTLEARN_HAS_AVX512
                if (name == "avx512") return avx512::table;
#endif
#ifdef SOFTLEARN_HAS_AVX2
                if (name == "avx2") return avx2::table;
#endif
                return portable::table;
            }
        throw std::invalid_argument("no kernels for " + name);
    }

    static Job start(Task task, const Held& X, Index C, Index K, Index vectors, bool single) {
        require(C >= 1 && C <= MOST && (K == C || K == C - 1), "K must be C or C - 1, C below 2^24");
        Job job;
        job.task = task, job.C = C, job.K = K, job.vectors = vectors;
        job.single = single && X.rows.single;
        return job;
    }

    static void set_labels(Job& job, const Held& X, const Ints& y, const Vector& s) {
        const auto n = static_cast<std::size_t>(X.rows.n);
        require(y.size() == n && s.size() == n, "y and s must fit X");
        job.y = y.data(), job.s = s.data();
    }

    // How many entries weights, or a gradient, have: dense (vectors * K, d), CSR (d, padded K).
    std::size_t entries(const Job& job, const Held& X, Index vectors) const {
        const Index rows = X.rows.indptr ? table.padded(job.K) : vectors * job.K;
        return static_cast<std::size_t>(rows * X.rows.d);
    }

    void set_operand(const void*& to, const double*& bias, const Job& job, const Held& X,
                     const Maybe<Any>& W, const Maybe<Vector>& b, Index vectors) const {
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

    static Array residuals(const Maybe<MutableMatrix>& R, const Job& job, const Held& X) {
        require(!R || !job.single, "residuals are float64");
        return array(R, job.C, X);
    }

    void set_gradient(Job& job, const Held& X, Maybe<MutableMatrix>& G, Maybe<MutableVector>& Gb,
                      Index vectors) const {
        if (Gb) {
            require(G && Gb->size() == static_cast<std::size_t>(vectors * job.K), "Gb must fit");
            job.Gb = Gb->data();
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

// How networks are trained, on one instruction set.  Calls are checked as those of Kernels are.
class Trainer {
  public:
    Trainer(const std::string& isa, std::vector<Index> sizes, int activation, int rule,
            const std::vector<double>& numbers, std::uint64_t seed, bool average, bool nesterov)
        : make(find(isa)) {
        require(sizes.size() >= 2 && sizes.size() < 1000, "sizes must be (d, ..., C)");
        for (const Index n : sizes) require(n > 0 && n < MOST, "sizes must be 1 to 2^24");
        require(activation >= 0 && activation <= static_cast<int>(Activation::gelu) && rule >= 0 &&
                    rule <= static_cast<int>(Rule::adam) && numbers.size() == 7,
                "no such activation or rule");
        job.sizes = std::move(sizes);
        job.activation = static_cast<Activation>(activation), job.rule = static_cast<Rule>(rule);
        job.l2 = numbers[0], job.dropout = numbers[1], job.clip = numbers[2];
        job.beta = numbers[3], job.beta2 = numbers[4], job.epsilon = numbers[5];
        job.decay = numbers[6];
        job.seed = seed, job.average = average, job.nesterov = nesterov;
        require(job.dropout >= 0.0 && job.dropout < 1.0, "dropout must be in [0, 1)");
    }

    // Returns how many batches were run; all of them, or up to one that gave what is not finite.
    Index run(const Held& X, const Any& Y, const Maybe<Vector>& s, const Ints& order, Index batch,
              const Vector& rates, MutableAny w, MutableAny m, MutableAny v, MutableInts steps,
              MutableVector losses, int threads) const {
        Training call = job;
        set_data(call, X, Y, s, order, batch);
        const auto count = static_cast<std::size_t>(call.batches());
        require(rates.size() >= count && losses.size() >= count && steps.size() == 1,
                "there must be a rate and a loss for each batch");
        require(threads >= 1 && threads <= 1024, "threads must be 1 to 1024");
        call.rates = rates.data(), call.losses = losses.data(), call.threads = threads;
        call.single = is_single(w), call.steps = steps.data();
        require(call.single == X.rows.single, "w must have the type of X");
        Index size = 0;
        for (std::size_t l = 1; l < call.sizes.size(); ++l)
            size += call.sizes[l] * (call.sizes[l - 1] + 1);
        const bool moves = job.rule == Rule::momentum || job.rule == Rule::adam;
        const bool scales = job.rule == Rule::rmsprop || job.rule == Rule::adam;
        call.w = vector(w, size, call.single);
        if (moves) call.m = vector(m, size, call.single);
        if (scales) call.v = vector(v, size, call.single);
        Index done = 0;
        bool stop = false;
        {
            nb::gil_scoped_release free;
            done = train(*make(call), call, [&stop] {
                nb::gil_scoped_acquire held;
                stop = PyErr_CheckSignals() != 0;
                return stop;
            });
        }
        if (stop) throw nb::python_error();
        return done;
    }

  private:
    using Make = std::unique_ptr<Network> (*)(const Training&);

    static Make find(const std::string& name) {
        bool here = false;
        for (const auto& each : Kernels::available()) here = here || each == name;
        require(here, "no kernels of this name on this machine");
#ifdef SOFTLEARN_HAS_AVX2
        if (name == "avx2") return avx2::network;
#endif
#ifdef SOFTLEARN_HAS_AVX512
        if (name == "avx512") return avx512::network;
#endif
        return portable::network;
    }

    static void set_data(Training& call, const Held& X, const Any& Y, const Maybe<Vector>& s,
                         const Ints& order, Index batch) {
        const Index n = X.rows.n, C = call.sizes.back();
        require(X.rows.data && X.rows.d == call.sizes.front(), "X must have a column for each input");
        require(batch > 0 && batch < MOST, "a batch must have 1 to 2^24 rows");
        require(!s || static_cast<Index>(s->size()) == n, "s must fit X");
        call.X = X.rows, call.batch = batch, call.s = s ? s->data() : nullptr;
        call.order = order.data(), call.n = static_cast<Index>(order.size());
        require(contiguous(Y) && Y.ndim() >= 1 && static_cast<Index>(Y.shape(0)) == n,
                "y must fit X and be contiguous");
        if (Y.ndim() == 1) {
            require(Y.dtype() == nb::dtype<std::int64_t>(), "labels must be int64");
            call.y = static_cast<const std::int64_t*>(Y.data());
        } else {
            require(Y.ndim() == 2 && static_cast<Index>(Y.shape(1)) == C, "Y must be (n, C)");
            require(is_single(Y) == X.rows.single, "Y must have the type of X");
            call.Y = Y.data();
        }
        for (Index i = 0; i < call.n; ++i) {
            const std::int64_t row = call.order[i];
            require(row >= 0 && row < n, "order must hold rows of X");
            require(!call.y || (call.y[row] >= 0 && call.y[row] < C), "labels must be 0 to C - 1");
        }
    }

    static void* vector(const MutableAny& a, Index size, bool single) {
        require(a.ndim() == 1 && static_cast<Index>(a.size()) == size && contiguous(a) &&
                    is_single(a) == single,
                "the state must be vectors like w");
        return a.data();
    }

    Make make;
    Training job;
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
    m.def("built", &Kernels::built, "The instruction sets this module was built for.");
    m.def("available", &Kernels::available, "Those that this processor has, the best last.");
    const auto none = nb::none();
    nb::class_<Kernels>(m, "Kernels", "The passes for one instruction set.")
        .def(nb::init<const std::string&>(), nb::arg("name"))
        .def_prop_ro("name", &Kernels::name)
        .def("forward", &Kernels::forward, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("y").noconvert(), nb::arg("s").noconvert(), nb::arg("Z").noconvert() = none,
             nb::arg("U").noconvert() = none, nb::arg("t") = 0.0,
             nb::arg("Z_out").noconvert() = none, nb::arg("P_out").noconvert() = none,
             nb::arg("R_out").noconvert() = none, nb::arg("G").noconvert() = none,
             nb::arg("Gb").noconvert() = none, nb::arg("single") = false,
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
             nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("P").noconvert() = none, nb::arg("U").noconvert() = none,
             nb::arg("R_out").noconvert() = none, nb::arg("G").noconvert() = none,
             nb::arg("Gb").noconvert() = none, nb::arg("single") = false,
             "Hessian products of the loss, added to G and Gb.")
        .def("logits", &Kernels::logits, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert(), nb::arg("b").noconvert() = none, nb::arg("Z_out").noconvert(),
             "Logits (C, n).")
        .def("predict", &Kernels::predict, nb::arg("X"), nb::arg("C"), nb::arg("K"),
             nb::arg("W").noconvert() = none, nb::arg("b").noconvert() = none,
             nb::arg("Z").noconvert() = none, nb::arg("out").noconvert(),
             nb::arg("probabilities") = true, "Probabilities or logits, (n, C).")
        .def("padded", &Kernels::padded, nb::arg("K"), "Entries of a row of packed weights.")
        .def("pack", &Kernels::pack, nb::arg("W").noconvert(), nb::arg("out").noconvert(),
             "W (K, d) to (d, padded), for CSR.")
        .def("unpack", &Kernels::unpack, nb::arg("G").noconvert(), nb::arg("out").noconvert(),
             "A CSR gradient (d, padded) to (K, d).");
    nb::class_<Trainer>(m, "Trainer", "Trains a softmax network on one instruction set.")
        .def(nb::init<const std::string&, std::vector<Index>, int, int, const std::vector<double>&,
                      std::uint64_t, bool, bool>(),
             nb::arg("isa"), nb::arg("sizes"), nb::arg("activation"), nb::arg("rule"),
             nb::arg("numbers"), nb::arg("seed"), nb::arg("average"), nb::arg("nesterov"))
        .def("run", &Trainer::run, nb::arg("X"), nb::arg("Y").noconvert(),
             nb::arg("s").noconvert().none(), nb::arg("order").noconvert(), nb::arg("batch"),
             nb::arg("rates").noconvert(), nb::arg("w").noconvert(), nb::arg("m").noconvert(),
             nb::arg("v").noconvert(), nb::arg("steps").noconvert(), nb::arg("losses").noconvert(),
             nb::arg("threads"), "Runs batches; returns how many.");
}
