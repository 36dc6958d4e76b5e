// The instruction sets that there are kernels for.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lasso.hpp"
#include "network.hpp"
#include "passes.hpp"
#include "small.hpp"

namespace softlearn {

struct Set {
    const char* name;
    bool runs;  // whether this processor has it
    const Table& passes;
    std::unique_ptr<Network> (*network)(const Training&);
    std::unique_ptr<Small> (*small)(const SmallRows&);
    void (*gram)(const GramJob&);
    void (*descend)(Descent&);
    void (*sweep)(Sweeps&);
    void (*multiply)(const MultiplyJob&);
};

// Those that were compiled, the best last.
const std::vector<Set>& sets();

// Throws std::invalid_argument if this processor has no kernels of this name.
const Set& set_named(const std::string& name);

}  // namespace softlearn
