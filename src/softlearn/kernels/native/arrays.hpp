// NumPy's arrays as the native module takes them, and the checks of their shapes.
//
// Calls come from softlearn.kernels, with arrays that it has made or checked.  Shapes are checked here
// all the same: a mistake is to be an exception, not a crash.
#pragma once

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

#include "passes.hpp"

namespace nb = nanobind;

namespace softlearn {

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

inline void require(bool good, const char* what) {
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

inline bool is_wide(const Any& x) {
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

inline Held dense(Any X) {
    Held held;
    require(X.ndim() == 2, "X must have two axes");
    held.rows.n = static_cast<Index>(X.shape(0)), held.rows.d = static_cast<Index>(X.shape(1));
    held.rows.single = is_single(X), held.rows.data = X.data();
    held.rows.stride = X.stride(0), held.data = X;
    held.rows.column = X.shape(1) < 2 ? 1 : X.stride(1);
    require(held.rows.d > 0 && held.rows.d < WIDEST, "X must have columns, fewer than 2^31");
    return held;
}

inline Held sparse(Any data, Any indices, Any indptr, Index d) {
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
    const Index first = held.rows.offset(0), last = held.rows.offset(held.rows.n);
    require(first >= 0 && first <= last && last <= static_cast<Index>(data.size()),
            "indptr must fit the data");
    return held;
}

inline Held only_logits(Index n) {
    require(n >= 0, "n must not be negative");
    Held held;
    held.rows.n = n;
    return held;
}

// Adds the class that trains networks to the module.
void add_trainer(nb::module_& m);

// Adds the class of rows that have many classes.
void add_rows(nb::module_& m);

// Adds the class of small problems.
void add_small(nb::module_& m);

// Adds the functions for L1 penalties.
void add_lasso(nb::module_& m);

}  // namespace softlearn
