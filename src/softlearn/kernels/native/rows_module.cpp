// The Python side of rows.hpp: the softmax of rows whose classes lie side by side.
#include "arrays.hpp"
#include "sets.hpp"

namespace softlearn {
namespace {

class RowSoftmax {
  public:
    explicit RowSoftmax(const std::string& name) : table(set_named(name).passes) {}

    double residuals(MutableAny Z, Ints y, Vector s, Maybe<MutableAny> P_out,
                     Maybe<MutableVector> sums) const {
        RowsJob job = start(Task::forward, Z);
        set_rows(job, &y, s);
        if (P_out) job.P_out = fitting(*P_out, job, job.step_P);
        set_sums(job, sums);
        work(job);
        return job.loss;
    }

    nb::tuple line(MutableAny Z, MutableAny U, double t, Ints y, Vector s) const {
        RowsJob job = start(Task::line, Z);
        set_rows(job, &y, s);
        job.U = fitting(U, job, job.step_U), job.t = t;
        work(job);
        return nb::make_tuple(job.loss, job.slope);
    }

    double curvature(MutableAny Z, MutableAny U, Vector s, double damping, bool known, bool costs,
                     Maybe<MutableVector> sums) const {
        RowsJob job = start(Task::product, Z);
        set_rows(job, nullptr, s);
        job.U = fitting(U, job, job.step_U);
        job.damping = damping, job.known = known, job.costs = costs;
        require(!costs || !job.single, "costs are found in float64");
        set_sums(job, sums);
        work(job);
        return job.loss;
    }

    void spread(MutableAny Z, Vector s, double damping, bool known, Maybe<MutableVector> sums) const {
        RowsJob job = start(Task::moments, Z);
        set_rows(job, nullptr, s);
        job.damping = damping, job.known = known;
        set_sums(job, sums);
        work(job);
    }

    void softmax(MutableAny Z) const {
        RowsJob job = start(Task::predict, Z);
        work(job);
    }

  private:
    static RowsJob start(Task task, const MutableAny& Z) {
        RowsJob job;
        require(Z.ndim() == 2 && Z.shape(1) >= 1, "logits must be (n, C)");
        job.task = task, job.single = is_single(Z);
        job.n = static_cast<Index>(Z.shape(0)), job.C = static_cast<Index>(Z.shape(1));
        require(job.C <= MOST, "C must be at most 2^24");
        job.Z = fitting(Z, job, job.step_Z);
        return job;
    }

    static void* fitting(const MutableAny& A, const RowsJob& job, Index& step) {
        require(A.ndim() == 2 && static_cast<Index>(A.shape(0)) == job.n &&
                    static_cast<Index>(A.shape(1)) == job.C && is_single(A) == job.single,
                "arrays must be (n, C), of one type");
        require(job.C < 2 || A.stride(1) == 1, "the classes of a row must lie side by side");
        step = job.n < 2 ? job.C : A.stride(0);
        return A.data();
    }

    static void set_rows(RowsJob& job, const Ints* y, const Vector& s) {
        const auto n = static_cast<std::size_t>(job.n);
        require(s.size() == n && (!y || y->size() == n), "y and s must fit the rows");
        job.s = s.data();
        if (!y) return;
        for (std::size_t i = 0; i < n; ++i)
            require(y->data()[i] >= 0 && y->data()[i] < job.C, "labels must be classes");
        job.y = y->data();
    }

    static void set_sums(RowsJob& job, Maybe<MutableVector>& sums) {
        if (!sums) return;
        require(static_cast<Index>(sums->size()) == job.C, "sums must be (C)");
        job.sums = sums->data();
    }

    void work(RowsJob& job) const {
        nb::gil_scoped_release free;
        table.run_rows(job);
    }

    const Table& table;
};

}  // namespace

void add_rows(nb::module_& m) {
    const auto none = nb::none();
    nb::class_<RowSoftmax>(m, "RowSoftmax", "The softmax of rows whose classes lie side by side.")
        .def(nb::init<const std::string&>(), nb::arg("name"))
        .def("residuals", &RowSoftmax::residuals, nb::arg("Z").noconvert(), nb::arg("y").noconvert(),
             nb::arg("s").noconvert(), nb::arg("P_out").noconvert() = none,
             nb::arg("sums").noconvert() = none, "Logits to s (P - Y), in place; returns the loss.")
        .def("line", &RowSoftmax::line, nb::arg("Z").noconvert(), nb::arg("U").noconvert(), nb::arg("t"),
             nb::arg("y").noconvert(), nb::arg("s").noconvert(), "(loss, slope) at logits Z + t U.")
        .def("curvature", &RowSoftmax::curvature, nb::arg("Z").noconvert(), nb::arg("U").noconvert(),
             nb::arg("s").noconvert(), nb::arg("damping") = 0.0, nb::arg("known") = false,
             nb::arg("costs") = false, nb::arg("sums").noconvert() = none,
             "A change of the logits to that of the residuals, in place; returns what it costs.")
        .def("spread", &RowSoftmax::spread, nb::arg("Z").noconvert(), nb::arg("s").noconvert(),
             nb::arg("damping") = 0.0, nb::arg("known") = false, nb::arg("sums").noconvert() = none,
             "Logits to s (p (1 - p) + damping), in place.")
        .def("softmax", &RowSoftmax::softmax, nb::arg("Z").noconvert(), "Logits to P, in place.");
}

}  // namespace softlearn
