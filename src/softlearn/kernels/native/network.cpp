// A step of training, for one instruction set.  See network.hpp, and matmul.hpp for the products.
//
// Weights are kept as V[l] = W[l]' (n_{l-1}, n_l) in panels, and so are their moments:
//
//     forward    z[l] = a[l-1] V[l] + b[l]        lanes are units of layer l
//     backward   da[l-1] = dz[l] V[l]'            the transpose is kept too, but for the first layer
//     gradient   dV[l] = a[l-1]' dz[l]            the sums over the batch meet the update in the cache
//
// Arrays of rows, (batch, n_l) row by row, have strides of an odd number of cache lines.
#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "functions.hpp"
#include "matmul.hpp"

namespace softlearn::SOFTLEARN_ISA {
namespace {

constexpr int COLUMNS = 48;  // columns of a W[l] in a piece: whole panels of every instruction set
constexpr int MOST_ROWS = 128;  // of a piece: what they need stays in the second cache
constexpr double SPARSE = 0.1;  // CSR with a larger share of entries, or
constexpr Index NARROW = 64;    // of no more features, becomes dense batch by batch

// What an update multiplies with, and what it finds.
template <class S>
struct Update {
    Rule rule;
    S rate, l2, keep, beta, fresh, beta2, fresh2, epsilon, scale2, of_gradient, of_velocity, clip;
};
template <class S>
struct Found {
    Reg<S> unsound{}, squares{};  // NaN where a parameter is not finite; sum of w^2
};

template <Rule R, class S>
inline void update_as(const Update<S>& given, Index count, S l2, const S* G, S* w, S* m, S* v,
                      Found<S>& found_before) {
    constexpr int N = LANES<S>;
    using V = Reg<S>;
    const Update<S> u = given;  // in registers: w might be anything as far as the compiler knows
    Found<S> found = found_before;
    for (Index i = 0; i < count; i += N) {
        V x = load<V>(w + i);
        const V g = load<V>(G + i) * u.clip + l2 * x;
        if constexpr (R == Rule::descent) {
            x -= u.rate * g;
        } else if constexpr (R == Rule::momentum) {
            const V velocity = u.beta * load<V>(m + i) + u.fresh * g;
            store(m + i, velocity);
            x -= u.rate * (u.of_gradient * g + u.of_velocity * velocity);
        } else {
            const V square = u.beta2 * load<V>(v + i) + u.fresh2 * (g * g);
            store(v + i, square);
            if constexpr (R == Rule::rmsprop) {
                x -= u.rate * (g / (square_root<S>(square) * u.scale2 + u.epsilon));
            } else {
                const V mean = u.beta * load<V>(m + i) + u.fresh * g;
                store(m + i, mean);
                x = x * u.keep - u.rate * (mean / (square_root<S>(square) * u.scale2 + u.epsilon));
            }
        }
        store(w + i, x);
        found.unsound += x * S(0);
        found.squares += x * x;
    }
    found_before = found;
}
template <class S>
void update(const Update<S>& u, Index count, S l2, const S* G, S* w, S* m, S* v, Found<S>& found) {
    switch (u.rule) {
        case Rule::descent: return update_as<Rule::descent>(u, count, l2, G, w, m, v, found);
        case Rule::momentum: return update_as<Rule::momentum>(u, count, l2, G, w, m, v, found);
        case Rule::rmsprop: return update_as<Rule::rmsprop>(u, count, l2, G, w, m, v, found);
        case Rule::adam: return update_as<Rule::adam>(u, count, l2, G, w, m, v, found);
    }
}

// Entry r, c of a batch's transpose: its rows, feature by feature.
template <class S>
struct Entry {
    std::int32_t row;
    S x;
};

template <class S>
struct Layer {
    Index in, out, canonical_w, canonical_b, w, b;  // sizes; where Python's and our parameters are
    Index stride;                                    // of rows of a, z, dz
    Panels<S> V, T;                                  // of V[l] and its transpose
    S *A, *D, *F;  // a[l] (or z[L]), dz[l], and g'(z) with dropout where a[l] does not tell
};

template <class S>
class Net final : public Network {
    static constexpr int N = LANES<S>;
    using V = Reg<S>;
    struct Piece {
        int layer;
        Index start, stop;  // columns of W[l]
        double squares;     // of its weights
        double gradient;    // squared norm of its gradient, with clipping
        bool sound;
    };

  public:
    explicit Net(const Training& job)
        : job(job), depth(static_cast<int>(job.sizes.size()) - 1),
          most(std::min(job.batch, job.n)), keeps_slopes(job.dropout > 0.0 || job.activation == Activation::gelu),
          sparse(job.X.indptr && job.X.d > NARROW && entries(0, job.X.n) < SPARSE * job.X.n * job.X.d),
          rows_at_once(rows_of_a_piece()), x_stride(odd_lines(sparse ? 1 : job.sizes[0])),
          size(lay_out()), parameters(size), first(job.m ? size : 0), second(job.v ? size : 0),
          gradients(job.clip > 0.0 ? size : 0), turned(turned_size), activity(activity_size),
          X(most * x_stride), behind(padded(most)), others(padded(most)), weight(padded(most)), of_row(padded(most)) {
        std::memset(static_cast<S*>(activity), 0, sizeof(S) * static_cast<std::size_t>(activity_size));
        std::memset(static_cast<S*>(turned), 0, sizeof(S) * static_cast<std::size_t>(turned_size));
        Index at = 0, t = 0;
        for (auto& l : layers) {
            l.V.at = parameters + l.w, l.T.at = turned + t;
            t += l.T.at && &l != &layers[0] ? l.T.size() : 0;
            for (S** room : {&l.A, &l.D, &l.F}) {
                if (room == &l.F && !keeps_slopes) continue;
                *room = activity + at, at += most * l.stride;
            }
        }
        if (sparse) columns.resize(static_cast<std::size_t>(job.X.d) + 1);
    }

    void restore() override {
        exchange<true>(static_cast<S*>(job.w), parameters);
        if (job.m) exchange<true>(static_cast<S*>(job.m), first);
        if (job.v) exchange<true>(static_cast<S*>(job.v), second);
        for (auto& p : weights) turn(p), p.sound = true, p.squares = squares_of(p);
        step = *job.steps;
    }

    void save() const override {
        auto& self = const_cast<Net&>(*this);
        self.template exchange<false>(static_cast<S*>(job.w), self.parameters);
        if (job.m) self.template exchange<false>(static_cast<S*>(job.m), self.first);
        if (job.v) self.template exchange<false>(static_cast<S*>(job.v), self.second);
        *job.steps = step;
    }

    void begin(Index batch) override {
        start = job.order + batch * job.batch;
        count = static_cast<int>(std::min(job.batch, job.n - batch * job.batch));
        penalty = 0.0;
        for (const auto& p : weights) penalty += p.squares;
        penalty *= 0.5 * job.l2;
        ++step;
        const double t = static_cast<double>(step), rate = job.rates[batch];
        const double fresh = job.rule == Rule::momentum && !job.average ? 1.0 : 1.0 - job.beta;
        const bool adam = job.rule == Rule::adam;
        const bool now = job.nesterov;
        u.rule = job.rule, u.l2 = S(job.l2), u.keep = S(1.0 - rate * job.decay), u.clip = S(1);
        u.rate = S(adam ? rate / (1.0 - std::pow(job.beta, t)) : rate);
        u.scale2 = S(adam ? 1.0 / std::sqrt(1.0 - std::pow(job.beta2, t)) : 1.0);
        u.beta = S(job.beta), u.fresh = S(fresh), u.epsilon = S(job.epsilon);
        u.beta2 = S(job.beta2), u.fresh2 = S(1.0 - job.beta2);
        u.of_gradient = S(now ? fresh : 0.0), u.of_velocity = S(now ? job.beta : 1.0);
        if (sparse) transpose_batch();
    }

    Index pieces(Phase phase) const override {
        if (phase == Phase::rows) return (count + rows_at_once - 1) / rows_at_once;
        if (phase == Phase::update && job.clip <= 0.0) return 0;
        return static_cast<Index>(weights.size());
    }

    void piece(Phase phase, Index which) override {
        if (phase == Phase::rows) {
            const int i = static_cast<int>(which) * rows_at_once;
            propagate(i, std::min(count - i, rows_at_once));
        } else {
            weights_piece(phase, weights[static_cast<std::size_t>(which)]);
        }
    }

    double loss() const override {
        Vd sum{};
        for (int i = 0; i < count; i += L) sum += load<Vd>(of_row + i);
        return sum_across<double>(sum)[0] + penalty;
    }

    void clip() override {
        if (job.clip <= 0.0) return;
        double sum = 0.0;
        for (const auto& p : weights) sum += p.gradient;
        const double norm = std::sqrt(sum), factor = norm > job.clip ? job.clip / norm : 1.0;
        u.clip = S(factor), u.l2 = S(job.l2 * factor);
    }

    bool finite() const override {
        for (const auto& p : weights)
            if (!p.sound) return false;
        return true;
    }

    double work() const override {
        double sum = 0.0;
        for (const auto& l : layers) sum += 3.0 * static_cast<double>(l.in * l.out);
        const double of_first = sparse ? entries(0, job.X.n) / static_cast<double>(job.X.n * job.X.d) : 1.0;
        sum -= (1.0 + 2.0 * (1.0 - of_first)) * static_cast<double>(layers[0].in * layers[0].out);
        return sum * static_cast<double>(most);
    }

  private:
    // -- shapes

    static Index padded(Index n) { return (n + 15) / 16 * 16; }
    static Index odd_lines(Index n) {
        constexpr Index line = 64 / sizeof(S);
        return ((n + line - 1) / line | 1) * line;
    }

    int rows_of_a_piece() const {
        const Index each = (most + job.threads - 1) / job.threads;
        return static_cast<int>(std::min<Index>(MOST_ROWS, (each + 7) / 8 * 8));
    }

    Index lay_out() {
        Index w = 0, at = 0;
        layers.resize(static_cast<std::size_t>(depth));
        for (int l = 0; l < depth; ++l) {
            Layer<S>& layer = layers[static_cast<std::size_t>(l)];
            layer.in = job.sizes[static_cast<std::size_t>(l)];
            layer.out = job.sizes[static_cast<std::size_t>(l) + 1];
            layer.V = {layer.in, layer.out, nullptr}, layer.T = {layer.out, layer.in, nullptr};
            layer.stride = odd_lines(layer.out);
            layer.canonical_w = w, w += layer.in * layer.out;
            layer.w = at, at += layer.V.size();
            if (l > 0) turned_size += layer.T.size();
            activity_size += most * layer.stride * (keeps_slopes ? 3 : 2);
            for (Index j = 0; j < layer.in; j += COLUMNS)
                weights.push_back({l, j, std::min(j + COLUMNS, layer.in), 0.0, 0.0, true});
        }
        for (auto& layer : layers) {
            layer.canonical_b = w, w += layer.out;
            layer.b = at, at += layer.V.padded();
        }
        return at;
    }

    // Python's vector to ours, or back.
    template <bool IN>
    void exchange(S* theirs, S* ours) {
        if (IN) std::memset(ours, 0, sizeof(S) * static_cast<std::size_t>(size));
        const auto move = [](S& a, S& b) { IN ? b = a : a = b; };
        for (const auto& l : layers) {
            const Panels<S> P{l.in, l.out, ours + l.w};
            for (Index j0 = 0; j0 < l.in; j0 += 16)
                for (Index k = 0; k < l.out; ++k)
                    for (Index j = j0; j < std::min(j0 + 16, l.in); ++j)
                        move(theirs[l.canonical_w + k * l.in + j],
                             P.row(k / P.WIDTH, j)[k % P.WIDTH]);
            for (Index k = 0; k < l.out; ++k) move(theirs[l.canonical_b + k], ours[l.b + k]);
        }
    }

    // -- rows of the batch

    double entries(Index from, Index to) const {
        const auto at = [&](Index i) {
            return job.X.wide_indptr ? static_cast<const std::int64_t*>(job.X.indptr)[i]
                                     : static_cast<const std::int32_t*>(job.X.indptr)[i];
        };
        return static_cast<double>(at(to) - at(from));
    }

    // Calls f(column, entry) for all that is stored of a row of CSR.
    template <class F>
    void each_entry(Index row, F&& f) const {
        const auto with = [&](auto indices, auto indptr) {
            const S* data = static_cast<const S*>(job.X.data);
            for (auto p = indptr[row]; p < indptr[row + 1]; ++p)
                f(static_cast<Index>(indices[p]), data[p]);
        };
        const auto pointers = [&](auto indices) {
            if (job.X.wide_indptr) with(indices, static_cast<const std::int64_t*>(job.X.indptr));
            else with(indices, static_cast<const std::int32_t*>(job.X.indptr));
        };
        if (job.X.wide_indices) pointers(static_cast<const std::int64_t*>(job.X.indices));
        else pointers(static_cast<const std::int32_t*>(job.X.indices));
    }

    void gather(int i, int rows) {
        const Index d = job.X.d;
        for (int r = i; r < i + rows; ++r) {
            S* to = X + r * x_stride;
            if (job.X.indptr) {
                std::fill(to, to + d, S(0));
                each_entry(start[r], [&](Index j, S x) { to[j] += x; });
                continue;
            }
            const S* from = static_cast<const S*>(job.X.data) + start[r] * job.X.stride;
            if (job.X.column == 1) std::memcpy(to, from, sizeof(S) * static_cast<std::size_t>(d));
            else
                for (Index j = 0; j < d; ++j) to[j] = from[j * job.X.column];
        }
    }

    // Rows that this thread is likely to want next: they come while the rows at hand are multiplied, a
    // few lines of the cache at a time.
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
    Ahead rows_ahead(int i, int rows) const {
        const std::int64_t *row = start + i + job.threads * rows_at_once, *end = job.order + job.n;
        if (job.X.indptr || job.X.column != 1 || row >= end) return {};
        const Index bytes = sizeof(S), lines = (job.X.d * bytes + 63) / 64;
        const Index blocks = layers[0].V.count() * stretches(job.X.d, Blocks<S>::DEPTH) *
                             stretches(rows, Blocks<S>::ROWS);
        return {static_cast<const char*>(job.X.data), job.X.stride * bytes, lines,
                stretches(rows * lines, blocks), row, std::min(row + rows, end)};
    }

    // Forward to the loss and back to dz[1], for some rows of the batch.
    void propagate(int i, int rows) {
        if (!sparse) gather(i, rows);
        with_activation(job.activation, [&](auto activation) {
            for (int l = 0; l < depth; ++l) forward<activation()>(l, i, rows);
            softmax(i, rows);
            for (int l = depth - 1; l > 0; --l) backward<activation()>(l, i, rows);
        });
    }

    template <Activation ACTIVATION>
    void forward(int l, int i, int rows) {
        Layer<S>& layer = layers[static_cast<std::size_t>(l)];
        const bool hidden = l + 1 < depth;
        const Index stride = layer.stride;
        if (hidden && job.dropout > 0.0) drop_out(l, i, rows);
        Ahead ahead = l == 0 ? rows_ahead(i, rows) : Ahead{};
        const auto between = [&] { ahead.some(); };
        for (Index p = 0; p < layer.V.count(); ++p) {
            const int width = layer.V.width(p);
            S* Z = layer.A + i * stride + p * Panels<S>::WIDTH;
            const S* b = parameters + layer.b + p * Panels<S>::WIDTH;
            const auto finish = [&](int first_row, int m) {
                for (int r = first_row; r < first_row + m; ++r)
                    for (int k = 0; k < width; k += N) {
                        S* z = Z + r * stride + k;
                        const V total = load<V>(z) + load<V>(b + k);
                        if (!hidden) {
                            store(z, total);
                            continue;
                        }
                        const Activated<S> g = activated<ACTIVATION, S>(total);
                        if (!keeps_slopes) {
                            store(z, g.a);
                            continue;
                        }
                        S* f = layer.F + (z - layer.A);
                        const V mask = job.dropout > 0.0 ? load<V>(f) : all_of(S(1));
                        store(z, g.a * mask), store(f, g.slope * mask);
                    }
            };
            if (l == 0 && sparse) {
                for (int r = 0; r < rows; ++r) multiply_sparse(start[i + r], p, Z + r * stride);
                finish(0, rows);
                continue;
            }
            const Index before = l == 0 ? x_stride : layers[static_cast<std::size_t>(l) - 1].stride;
            const S* A = l == 0 ? static_cast<const S*>(X) : layers[static_cast<std::size_t>(l) - 1].A;
            multiply<false>(width, rows, layer.in, A + i * before, before, layer.V.row(p, 0),
                            static_cast<Index>(width), Z, stride, finish, between);
        }
    }

    void multiply_sparse(Index row, Index p, S* z) const {
        const Panels<S>& W = layers[0].V;
        with_width(W.width(p), [&](auto width) {
            V sum[width] = {};
            each_entry(row, [&](Index j, S x) {
                const S* w = W.row(p, j);
                for (int v = 0; v < width; ++v) sum[v] += x * load<V>(w + v * N);
            });
            for (int v = 0; v < width; ++v) store(z + v * N, sum[v]);
        });
    }
    template <class F>
    static void with_width(int width, F&& f) {
        if (width == N) return f(std::integral_constant<int, 1>{});
        if (width == 2 * N) return f(std::integral_constant<int, 2>{});
        return f(std::integral_constant<int, 3>{});
    }

    // dz[l-1] = (dz[l] V[l]') g'(z[l-1])
    template <Activation ACTIVATION>
    void backward(int l, int i, int rows) {
        const Layer<S>&layer = layers[static_cast<std::size_t>(l)],
              &below = layers[static_cast<std::size_t>(l) - 1];
        const Index stride = below.stride;
        for (Index p = 0; p < layer.T.count(); ++p) {
            const int width = layer.T.width(p);
            const Index at = i * stride + p * Panels<S>::WIDTH;
            S* D = below.D + at;
            multiply<false>(width, rows, layer.out, layer.D + i * layer.stride, layer.stride,
                            layer.T.row(p, 0), static_cast<Index>(width), D, stride,
                            [&](int first_row, int m) {
                                for (int r = first_row; r < first_row + m; ++r)
                                    for (int k = 0; k < width; k += N) {
                                        const Index e = r * stride + k;
                                        const V slope = keeps_slopes
                                                            ? load<V>(below.F + at + e)
                                                            : slope_of<ACTIVATION, S>(load<V>(below.A + at + e));
                                        store(D + e, load<V>(D + e) * slope);
                                    }
                            }, [] {});
        }
    }

    // 0 or 1 / (1 - dropout) for the units of hidden layer l + 1: word c of counter k is unit
    // c ceil(n / 4) + k.
    void drop_out(int l, int i, int rows) {
        const Layer<S>& layer = layers[static_cast<std::size_t>(l)];
        const Index quarter = (layer.out + 3) / 4;
        const auto bound = static_cast<std::uint64_t>(job.dropout * 4294967296.0);
        const S kept = S(1.0 / (1.0 - job.dropout));
        Words lanes{};
        for (int k = 0; k < L; ++k) lanes[k] = static_cast<std::uint64_t>(k);
        for (int r = i; r < i + rows; ++r) {
            S* f = layer.F + r * layer.stride;
            for (Index c = 0; c < quarter; c += L) {
                Words x[4] = {lanes + static_cast<std::uint64_t>(c), Words{} + static_cast<std::uint64_t>(r),
                              Words{} + static_cast<std::uint64_t>(l + 1),
                              Words{} + (static_cast<std::uint64_t>(step) & 0xffffffff)};
                philox(x, job.seed);
                for (int word = 0; word < 4; ++word)
                    for (Index k = 0; k < L && c + k < quarter; ++k)
                        if (const Index unit = word * quarter + c + k; unit < layer.out)
                            f[unit] = x[word][k] >= bound ? kept : S(0);
            }
        }
    }

    // z[L] to dz[L] = s (y_hat - y) and the loss of each row.  The residual of the true class is minus
    // the sum of the others, and its loss log1p of it where it leads (softmax.hpp).
    void softmax(int i, int rows) {
        const Layer<S>& top = layers.back();
        for (int r = i; r < i + rows; ++r) {
            const Index row = start[r];
            const double s = (job.s ? job.s[row] : 1.0) / count;
            weight[r] = s;
            const S* z = top.A + r * top.stride;
            S* d = top.D + r * top.stride;
            if (job.y && top.out <= N) row_of_label<1>(z, top.out, job.y[row], S(s), d, r);
            else if (job.y && top.out <= 2 * N) row_of_label<2>(z, top.out, job.y[row], S(s), d, r);
            else if (job.y) row_of_label<0>(z, top.out, job.y[row], S(s), d, r);
            else row_of_shares(z, top.out, static_cast<const S*>(job.Y) + row * top.out, S(s), d, r);
        }
        for (int r = i; r < i + rows; r += L) {  // a piece starts at a multiple of 8
            const Vd of = load<Vd>(behind + r) + log1p(load<Vd>(others + r)), s = load<Vd>(weight + r);
            const Vd total = s != 0.0 ? s * of : Vd{};
            for (int k = 0; k < L && r + k < padded(most); ++k)
                of_row[r + k] = r + k < i + rows ? total[k] : 0.0;
        }
    }

    static Mask<S> lane_numbers() {
        Mask<S> lanes{};
        for (int l = 0; l < N; ++l) lanes[l] = l;
        return lanes;
    }

    V largest(const S* z, Index C) const {
        const Mask<S> lanes = lane_numbers();
        V most_so_far = all_of(-std::numeric_limits<S>::infinity());
        for (Index k = 0; k < C; k += N) {
            const V zk = load<V>(z + k);
            most_so_far = (lanes < static_cast<Word<S>>(C - k)) & (zk > most_so_far) ? zk : most_so_far;
        }
        return most_across<S>(most_so_far);
    }

    // NV registers hold the C classes; 0: as many as it takes, in memory.
    template <int NV>
    void row_of_label(const S* z, Index C, std::int64_t y, S s, S* d, int r) {
        const Mask<S> lanes = lane_numbers();
        const auto here = [&](int k) { return lanes < static_cast<Word<S>>(C - k); };
        const auto other = [&](int k) { return lanes != static_cast<Word<S>>(y - k); };
        V m, sum{};
        S own, rest;
        if constexpr (NV > 0) {
            V e[NV];
            m = here(0) ? load<V>(z) : load<V>(z)[0] + V{};
            for (int v = 1; v < NV; ++v) {
                e[v] = load<V>(z + v * N);
                m = here(v * N) & (e[v] > m) ? e[v] : m;
            }
            m = most_across<S>(m);
            for (int v = 0; v < NV; ++v) {
                e[v] = here(v * N) ? exponential_below<S>(load<V>(z + v * N) - m) : V{};
                sum += other(v * N) ? e[v] : V{};
            }
            rest = sum_across<S>(sum)[0];
            for (int v = 0; v < NV; ++v) store(d + v * N, e[v]);
            own = d[y];
            const S scale = s / (rest + own);
            for (int v = 0; v < NV; ++v) store(d + v * N, e[v] * scale);
            d[y] = -rest * scale;
        } else {
            m = largest(z, C);
            for (int k = 0; k < C; k += N) {
                const V e = here(k) ? exponential_below<S>(load<V>(z + k) - m) : V{};
                store(d + k, e);
                sum += other(k) ? e : V{};
            }
            rest = sum_across<S>(sum)[0], own = d[y];
            const S scale = s / (rest + own);
            for (int k = 0; k < C; k += N) store(d + k, load<V>(d + k) * scale);
            d[y] = -rest * scale;
        }
        const double lag = static_cast<double>(m[0]) - static_cast<double>(z[y]);
        behind[r] = lag;
        others[r] = static_cast<double>(rest) + (lag > 0.0 ? static_cast<double>(own) - 1.0 : 0.0);
    }

    void row_of_shares(const S* z, Index C, const S* y, S s, S* d, int r) {
        const Mask<S> lanes = lane_numbers();
        const V m = largest(z, C);
        V sum{};
        double lag = 0.0;
        for (Index k = 0; k < C; k += N) {
            const V e = lanes < static_cast<Word<S>>(C - k) ? exponential_below<S>(load<V>(z + k) - m) : V{};
            store(d + k, e);
            sum += e;
        }
        const S total = sum_across<S>(sum)[0];
        for (Index k = 0; k < C; ++k) {
            if (y[k] != S(0)) lag += static_cast<double>(y[k]) * (static_cast<double>(m[0]) - static_cast<double>(z[k]));
            d[k] = s * (d[k] / total - y[k]);
        }
        behind[r] = lag, others[r] = static_cast<double>(total) - 1.0;
    }

    // -- weights

    // Gradient, and update where nothing else must be known, of some columns of W[l].
    void weights_piece(Phase phase, Piece& piece) {
        const Layer<S>& layer = layers[static_cast<std::size_t>(piece.layer)];
        const bool at_once = job.clip <= 0.0, updates = at_once || phase == Phase::update;
        const Index wide = piece.stop - piece.start;
        alignas(64) S room[COLUMNS * Panels<S>::WIDTH];
        Found<S> of_weights, of_biases;
        double norm = 0.0;
        for (Index p = 0; p < layer.V.count(); ++p) {
            const int width = layer.V.width(p);
            const Index at = layer.V.row(p, piece.start) - parameters, entries = wide * width;
            S* G = at_once ? room : gradients + at;
            if (updates) fetch_state(at, entries);  // it comes while the gradient is computed
            if (phase == Phase::weights) gradient(piece, p, G);
            if (!at_once && phase == Phase::weights) norm += squared(G, parameters + at, entries, S(job.l2));
            if (updates)
                update(u, entries, u.l2, G, parameters + at, first + at, second + at, of_weights);
        }
        if (piece.start == 0) {
            const Index units = layer.V.padded();
            for (Index k = 0; k < units; k += Panels<S>::WIDTH) {
                const Index some = std::min<Index>(Panels<S>::WIDTH, units - k), at = layer.b + k;
                S* G = at_once ? room : gradients + at;
                if (phase == Phase::weights) sums_of_columns(layer, k, some, G);
                if (!at_once && phase == Phase::weights) norm += squared(G, parameters + at, some, S(0));
                if (updates) update(u, some, S(0), G, parameters + at, first + at, second + at, of_biases);
            }
        }
        piece.gradient = norm;
        if (!updates) return;
        turn(piece);
        piece.squares = static_cast<double>(sum_across<S>(of_weights.squares)[0]);
        const S unsound = sum_across<S>(of_weights.unsound + of_biases.unsound)[0];
        piece.sound = unsound == S(0);
    }

    void fetch_state(Index at, Index entries) const {
        constexpr Index line = 64 / sizeof(S);
        for (Index i = at; i < at + entries; i += line) {
            __builtin_prefetch(parameters + i, 1);
            if (job.m) __builtin_prefetch(first + i, 1);
            if (job.v) __builtin_prefetch(second + i, 1);
        }
    }

    void gradient(const Piece& piece, Index p, S* G) {
        const Layer<S>& layer = layers[static_cast<std::size_t>(piece.layer)];
        const int width = layer.V.width(p), wide = static_cast<int>(piece.stop - piece.start);
        const S* D = layer.D + p * Panels<S>::WIDTH;
        if (piece.layer == 0 && sparse) return gradient_sparse(piece, width, D, G);
        const bool bottom = piece.layer == 0;
        const S* A = bottom ? static_cast<const S*>(X) : layers[static_cast<std::size_t>(piece.layer) - 1].A;
        const Index stride = bottom ? x_stride : layers[static_cast<std::size_t>(piece.layer) - 1].stride;
        multiply<true>(width, wide, count, A + piece.start, stride, D, layer.stride, G,
                       static_cast<Index>(width), [](int, int) {}, [] {});
    }

    void gradient_sparse(const Piece& piece, int width, const S* D, S* G) const {
        with_width(width, [&](auto wide) {
            for (Index j = piece.start; j < piece.stop; ++j) {
                V sum[wide] = {};
                for (Index e = columns[static_cast<std::size_t>(j)]; e < columns[static_cast<std::size_t>(j) + 1]; ++e) {
                    const Entry<S> entry = transposed[static_cast<std::size_t>(e)];
                    const S* d = D + entry.row * layers[0].stride;
                    for (int v = 0; v < wide; ++v) sum[v] += entry.x * load<V>(d + v * N);
                }
                for (int v = 0; v < wide; ++v) store(G + (j - piece.start) * width + v * N, sum[v]);
            }
        });
    }

    void sums_of_columns(const Layer<S>& layer, Index start_at, Index some, S* G) const {
        for (Index k = 0; k < some; k += N) {
            V sum[4] = {};
            const S* d = layer.D + start_at + k;
            int i = 0;
            for (; i + 4 <= count; i += 4)
                for (int c = 0; c < 4; ++c) sum[c] += load<V>(d + (i + c) * layer.stride);
            for (; i < count; ++i) sum[0] += load<V>(d + i * layer.stride);
            store(G + k, (sum[0] + sum[1]) + (sum[2] + sum[3]));
        }
    }

    static double squared(const S* G, const S* w, Index entries, S l2) {
        V sum{};
        for (Index i = 0; i < entries; i += N) {
            const V g = load<V>(G + i) + l2 * load<V>(w + i);
            sum += g * g;
        }
        return static_cast<double>(sum_across<S>(sum)[0]);
    }

    double squares_of(const Piece& piece) {
        const Panels<S>& W = layers[static_cast<std::size_t>(piece.layer)].V;
        V sum{};
        for (Index p = 0; p < W.count(); ++p) {
            const S* w = W.row(p, piece.start);
            for (Index i = 0; i < (piece.stop - piece.start) * W.width(p); i += N) sum += load<V>(w + i) * load<V>(w + i);
        }
        return static_cast<double>(sum_across<S>(sum)[0]);
    }

    // Copies a piece of V[l] to the transpose that backward propagation reads.
    void turn(const Piece& piece) {
        const Layer<S>& layer = layers[static_cast<std::size_t>(piece.layer)];
        if (piece.layer == 0) return;
        for (Index j = piece.start; j < piece.stop; j += N)
            for (Index p = 0; p < layer.V.count(); ++p)
                for (int k = 0; k < layer.V.width(p); k += N) {
                    V v[N];
                    for (int r = 0; r < N; ++r) v[r] = j + r < layer.in ? load<V>(layer.V.row(p, j + r) + k) : V{};
                    transpose<N>(v);
                    const Index unit = p * Panels<S>::WIDTH + k;
                    for (int r = 0; r < N && unit + r < layer.out; ++r)
                        store(layer.T.row(j / Panels<S>::WIDTH, unit + r) + j % Panels<S>::WIDTH, v[r]);
                }
    }

    // The batch by features: columns[j] .. columns[j + 1] are the entries of feature j, rows in order.
    void transpose_batch() {
        std::fill(columns.begin(), columns.end(), 0);
        for (int r = 0; r < count; ++r)
            each_entry(start[r], [&](Index j, S) { ++columns[static_cast<std::size_t>(j) + 1]; });
        for (std::size_t j = 1; j < columns.size(); ++j) columns[j] += columns[j - 1];
        transposed.resize(static_cast<std::size_t>(columns.back()));
        for (int r = 0; r < count; ++r)
            each_entry(start[r], [&](Index j, S x) {
                transposed[static_cast<std::size_t>(columns[static_cast<std::size_t>(j)]++)] = {r, x};
            });
        for (std::size_t j = columns.size() - 1; j > 0; --j) columns[j] = columns[j - 1];
        columns[0] = 0;
    }

    const Training& job;
    const int depth;
    const Index most;  // rows of a batch
    const bool keeps_slopes, sparse;
    const int rows_at_once;
    const Index x_stride;
    Index turned_size = 0, activity_size = 0;
    std::vector<Layer<S>> layers;
    std::vector<Piece> weights;
    const Index size;
    Buffer<S> parameters, first, second, gradients, turned, activity, X;
    Buffer<double> behind, others, weight, of_row;
    std::vector<Index> columns;
    std::vector<Entry<S>> transposed;

    const std::int64_t* start = nullptr;  // rows of this batch
    int count = 0;
    std::int64_t step = 0;
    double penalty = 0.0;
    Update<S> u{};
};

}  // namespace

std::unique_ptr<Network> network(const Training& job) {
    if (job.single) return std::make_unique<Net<float>>(job);
    return std::make_unique<Net<double>>(job);
}

}  // namespace softlearn::SOFTLEARN_ISA
