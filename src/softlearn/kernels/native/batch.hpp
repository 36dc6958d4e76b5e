// The rows of a mini-batch: gathered side by side, or, where few entries are stored, left as they are
// and transposed, so that gradients too can sum over what is stored.
#pragma once

#include <algorithm>
#include <vector>

#include "matmul.hpp"
#include "network.hpp"

namespace softlearn::SOFTLEARN_ISA {

// So many entries from one row to the next that rows start in different sets of the cache.
template <class S>
constexpr Index odd_lines(Index n) {
    constexpr Index line = 64 / sizeof(S);
    return ((n + line - 1) / line | 1) * line;
}

template <class S>
class Batch {
    static constexpr double SPARSE = 0.1;  // CSR with a larger share of entries, or
    static constexpr Index NARROW = 64;    // of no more features, becomes dense batch by batch

  public:
    explicit Batch(const Training& job)
        : sparse(job.X.indptr && job.X.d > NARROW && stored(job) < SPARSE * job.X.n * job.X.d),
          stride(odd_lines<S>(sparse ? 1 : job.X.d)), job(job),
          gathered(std::min(job.batch, job.n) * stride),
          columns(sparse ? static_cast<std::size_t>(job.X.d) + 1 : 0) {}

    void begin(Index which) {
        start = job.order + which * job.batch;
        count = static_cast<int>(std::min(job.batch, job.n - which * job.batch));
        if (sparse) transpose();
    }

    Index row(int r) const { return start[r]; }
    int rows() const { return count; }
    const S* dense(int r) const { return gathered + r * stride; }

    // Copies some rows, where they are not sparse.
    void gather(int first, int rows) {
        const Index d = job.X.d;
        for (int r = first; r < first + rows; ++r) {
            S* to = gathered + r * stride;
            if (job.X.indptr) {
                std::fill(to, to + d, S(0));
                each_entry(r, [&](Index j, S x) { to[j] += x; });
                continue;
            }
            const S* from = static_cast<const S*>(job.X.data) + start[r] * job.X.stride;
            if (job.X.column == 1) std::memcpy(to, from, sizeof(S) * static_cast<std::size_t>(d));
            else
                for (Index j = 0; j < d; ++j) to[j] = from[j * job.X.column];
        }
    }

    // Calls f(feature, entry) for all that is stored of a row of CSR.
    template <class F>
    void each_entry(int r, F&& f) const {
        const auto with = [&](auto indices) {
            const S* data = static_cast<const S*>(job.X.data);
            const Index end = job.X.offset(start[r] + 1);
            for (Index p = job.X.offset(start[r]); p < end; ++p) f(static_cast<Index>(indices[p]), data[p]);
        };
        if (job.X.wide_indices) with(static_cast<const std::int64_t*>(job.X.indices));
        else with(static_cast<const std::int32_t*>(job.X.indices));
    }

    // Calls f(row of the batch, entry) for all that is stored of a feature, rows in order.
    template <class F>
    void each_row(Index feature, F&& f) const {
        const auto j = static_cast<std::size_t>(feature);
        for (Index e = columns[j]; e < columns[j + 1]; ++e) {
            const Entry& entry = transposed[static_cast<std::size_t>(e)];
            f(entry.row, entry.x);
        }
    }

    // Rows that this thread is likely to want next: they come while the rows at hand are multiplied,
    // a few lines of the cache at a time.
    struct Ahead {
        const char* X = nullptr;
        Index stride = 0, lines = 0, each = 0;
        const std::int64_t *row = nullptr, *end = nullptr;
        Index line = 0;

        void some() {
            for (Index k = 0; k < each && row < end; ++k) {
                __builtin_prefetch(X + *row * stride + 64 * line);
                if (++line == lines) line = 0, ++row;
            }
        }
    };
    // `times`: how often it will be asked for some.
    Ahead ahead(int first, int rows, Index times) const {
        const std::int64_t *row = start + first, *end = job.order + job.n;
        if (job.X.indptr || job.X.column != 1 || row >= end) return {};
        const Index bytes = sizeof(S), lines = (job.X.d * bytes + 63) / 64;
        return {static_cast<const char*>(job.X.data), job.X.stride * bytes, lines,
                stretches(rows * lines, times), row, std::min(row + rows, end)};
    }

    const bool sparse;
    const Index stride;

  private:
    struct Entry {
        int row;
        S x;
    };

    static double stored(const Training& job) {
        return static_cast<double>(job.X.offset(job.X.n) - job.X.offset(0));
    }

    void transpose() {  // counting sort: columns[j] is where the entries of feature j begin
        const auto number = [](Index j) { return static_cast<std::size_t>(j); };
        std::fill(columns.begin(), columns.end(), 0);
        for (int r = 0; r < count; ++r) each_entry(r, [&](Index j, S) { ++columns[number(j) + 1]; });
        for (std::size_t j = 1; j < columns.size(); ++j) columns[j] += columns[j - 1];
        transposed.resize(number(columns.back()));
        for (int r = 0; r < count; ++r)
            each_entry(r, [&](Index j, S x) { transposed[number(columns[number(j)]++)] = {r, x}; });
        for (std::size_t j = columns.size() - 1; j > 0; --j) columns[j] = columns[j - 1];
        columns[0] = 0;
    }

    const Training& job;
    Buffer<S> gathered;
    std::vector<Index> columns;
    std::vector<Entry> transposed;
    const std::int64_t* start = nullptr;
    int count = 0;
};

}  // namespace softlearn::SOFTLEARN_ISA
