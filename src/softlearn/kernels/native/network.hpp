// Training a fully connected softmax network batch by batch: what it is asked, and who does it.
//
// network.cpp is compiled once for each instruction set and does the arithmetic, in pieces that
// threads can take; train.cpp is compiled once and runs the steps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "passes.hpp"

namespace softlearn {

enum class Activation { identity, relu, tanh, sigmoid, gelu };
enum class Rule { descent, momentum, rmsprop, adam };

// One call.  softlearn/networks/trainer.py says what the numbers mean.
struct Training {
    std::vector<Index> sizes;  // (d, n_1, ..., C)
    bool single = false;       // all in float32, else float64
    Activation activation = Activation::relu;
    double l2 = 0.0, dropout = 0.0, clip = 0.0;  // clip: 0 for none
    std::uint64_t seed = 0;
    Rule rule = Rule::descent;
    double beta = 0.0, beta2 = 0.0, epsilon = 0.0, decay = 0.0;
    bool average = false, nesterov = false;

    Rows X;
    const std::int64_t* y = nullptr;  // labels (X.n), or
    const void* Y = nullptr;          // probabilities (X.n, C)
    const double* s = nullptr;        // weights of the rows (X.n), or none
    const std::int64_t* order = nullptr;  // the rows of all batches, one batch after another
    Index n = 0, batch = 0;
    const double* rates = nullptr;  // for each batch
    int threads = 1;

    void *w = nullptr, *m = nullptr, *v = nullptr;  // the state, as Python keeps it
    std::int64_t* steps = nullptr;                  // made so far, in all calls
    double* losses = nullptr;                       // of each batch, written

    Index batches() const { return (n + batch - 1) / batch; }
};

// The pieces of a step: all of one phase can be done at once, and the phases one after another.
enum class Phase {
    rows,     // some rows of the batch: forward to the loss, back to every dz[l]
    weights,  // some columns of a W[l]: their gradient and, without clipping, their update
    update,   // with clipping: the update, once the norm of the whole gradient is known
};

class Network {
  public:
    virtual ~Network() = default;
    virtual void restore() = 0;  // the state from Python's arrays
    virtual void save() const = 0;
    virtual void begin(Index batch) = 0;  // of this call
    virtual Index pieces(Phase phase) const = 0;
    virtual void piece(Phase phase, Index which) = 0;
    virtual double loss() const = 0;  // once the rows are done
    virtual void clip() = 0;          // once the gradients are known
    virtual bool finite() const = 0;  // whether the parameters are, once updated
};

namespace portable {
std::unique_ptr<Network> network(const Training& job);
}
namespace avx2 {
std::unique_ptr<Network> network(const Training& job);
}
namespace avx512 {
std::unique_ptr<Network> network(const Training& job);
}

// How many of the threads that are allowed are worth waking for steps of this size.
int useful_threads(const Training& job);

// Runs all batches of `job` and returns how many were run: fewer if a loss or a parameter was not
// finite, in which case the state is that before the step at fault, or if `interrupted`, which is
// asked now and then, said so.  The state is saved, and `job.steps` counted up.
Index train(Network& network, const Training& job, const std::function<bool()>& interrupted);

}  // namespace softlearn
