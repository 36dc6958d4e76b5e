// The Python side of training: softlearn/networks/trainer.py calls it.
#include <memory>
#include <utility>

#include "arrays.hpp"
#include "sets.hpp"

namespace softlearn {
namespace {

// How networks are trained, on one instruction set.
class Trainer {
  public:
    Trainer(const std::string& isa, std::vector<Index> sizes, int activation, int rule,
            const std::vector<double>& numbers, std::uint64_t seed, bool average, bool nesterov)
        : make(set_named(isa).network) {
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
        call.threads = threads, call.threads = useful_threads(call);
        call.rates = rates.data(), call.losses = losses.data();
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

void add_trainer(nb::module_& m) {
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

}  // namespace softlearn
