// Which instruction sets were compiled is said by CMakeLists.txt, which has the same conditions.
#include "sets.hpp"

#include <stdexcept>

namespace softlearn {

const std::vector<Set>& sets() {
    static const std::vector<Set> compiled = {
#ifdef SOFTLEARN_HAS_PORTABLE
        {"portable", true, portable::table, portable::network, portable::small,
         portable::gram, portable::descend, portable::sweep, portable::multiply},
#endif
#ifdef SOFTLEARN_HAS_AVX2
        {"avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), avx2::table,
         avx2::network, avx2::small,
         avx2::gram, avx2::descend, avx2::sweep, avx2::multiply},
#endif
#ifdef SOFTLEARN_HAS_AVX512
        {"avx512",
         __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("fma"),
         avx512::table, avx512::network, avx512::small,
         avx512::gram, avx512::descend, avx512::sweep, avx512::multiply},
#endif
    };
    return compiled;
}

const Set& set_named(const std::string& name) {
    for (const Set& set : sets())
        if (set.runs && set.name == name) return set;
    throw std::invalid_argument("no kernels for " + name + " on this machine");
}

}  // namespace softlearn
