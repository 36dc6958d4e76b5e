// A step of training, for one instruction set.  See network.hpp, and matmul.hpp for the products.
//
// Rows are propagated forward and back (propagation.hpp), then come the gradients of the weights,
// V[l] = W[l]', some inputs at a time:
//
//     dV[l] = a[l-1]' dz[l]        the sums over the batch meet the update in the cache
#include "network.hpp"

#include "propagation.hpp"
#include "rules.hpp"

namespace softlearn::SOFTLEARN_ISA {
namespace {

constexpr Index INPUTS = 48;  // of a V[l] in a piece: whole panels of every instruction set

template <class S>
class Net final : public Network {
    static constexpr int N = LANES<S>, WIDTH = Panels<S>::WIDTH;
    using V = Reg<S>;

    // Some inputs of a layer, and what is known of their weights; the first has the biases too.
    struct Piece {
        std::size_t layer;
        Index start, stop;
        double squares = 0.0;   // sum of w^2
        double gradient = 0.0;  // squared norm of the gradient, with clipping
        bool sound = true;      // whether all are finite
    };

  public:
    explicit Net(const Training& job)
        : job(job), batch(job), layers(job, std::min(job.batch, job.n), keeps_slopes(job)),
          parameters(layers.size), first(job.m ? layers.size : 0), second(job.v ? layers.size : 0),
          gradients(clips() ? layers.size : 0), rows(job, batch, layers, parameters) {
        for (std::size_t l = 0; l < layers.depth(); ++l) {
            layers[l].V.at = parameters + layers[l].w;
            for (Index j = 0; j < layers[l].in; j += INPUTS)
                weights.push_back({l, j, std::min(j + INPUTS, layers[l].in)});
        }
    }

    void restore() override {
        layers.take(static_cast<const S*>(job.w), parameters);
        if (job.m) layers.take(static_cast<const S*>(job.m), first);
        if (job.v) layers.take(static_cast<const S*>(job.v), second);
        for (auto& p : weights) {
            layers.turn(p.layer, p.start, p.stop);
            p.sound = true, p.squares = squares_of(p);
        }
        step = *job.steps;
    }

    void save() const override {
        layers.give(static_cast<S*>(job.w), parameters);
        if (job.m) layers.give(static_cast<S*>(job.m), first);
        if (job.v) layers.give(static_cast<S*>(job.v), second);
        *job.steps = step;
    }

    void begin(Index which) override {
        batch.begin(which);
        penalty = 0.0;
        for (const auto& p : weights) penalty += p.squares;
        penalty *= 0.5 * job.l2;
        u = Update<S>(job, ++step, job.rates[which]);
    }

    Index pieces(Phase phase) const override {
        if (phase == Phase::rows) return stretches(batch.rows(), rows.rows_at_once);
        if (phase == Phase::update && !clips()) return 0;
        return static_cast<Index>(weights.size());
    }

    void piece(Phase phase, Index which) override {
        if (phase == Phase::rows) {
            const int i = static_cast<int>(which) * rows.rows_at_once;
            const int some = std::min(batch.rows() - i, rows.rows_at_once);
            if (!batch.sparse) batch.gather(i, some);
            rows.run(step, i, some);
        } else {
            weights_piece(phase, weights[static_cast<std::size_t>(which)]);
        }
    }

    double loss() const override { return rows.loss() + penalty; }

    void clip() override {
        if (!clips()) return;
        double sum = 0.0;
        for (const auto& p : weights) sum += p.gradient;
        u.shorten(std::sqrt(sum), job.clip);
    }

    bool finite() const override {
        for (const auto& p : weights)
            if (!p.sound) return false;
        return true;
    }

  private:
    bool clips() const { return job.clip > 0.0; }

    // Gradient, and update where nothing else must be known, of some inputs of V[l].
    void weights_piece(Phase phase, Piece& piece) {
        const Layer<S>& layer = layers[piece.layer];
        Found<S> of_weights, of_biases;
        piece.gradient = phase == Phase::weights ? 0.0 : piece.gradient;
        for (Index p = 0; p < layer.V.count(); ++p) {
            const int width = layer.V.width(p);
            const Index at = layer.V.row(p, piece.start) - parameters;
            some_weights(phase, piece, at, (piece.stop - piece.start) * width, u.l2, of_weights,
                         [&](S* G) { gradient(piece, p, G); });
        }
        for (Index k = 0; piece.start == 0 && k < layer.V.padded(); k += WIDTH) {
            const Index some = std::min<Index>(WIDTH, layer.V.padded() - k);
            some_weights(phase, piece, layer.b + k, some, S(0), of_biases,
                         [&](S* G) { sums_of_columns(layer, k, some, G); });
        }
        if (phase == Phase::weights && clips()) return;
        layers.turn(piece.layer, piece.start, piece.stop);
        piece.squares = static_cast<double>(sum_across<S>(of_weights.squares)[0]);
        piece.sound = sum_across<S>(of_weights.unsound + of_biases.unsound)[0] == S(0);
    }

    // The same of `count` parameters from `at` on, whose gradient `compute` writes.
    template <class F>
    void some_weights(Phase phase, Piece& piece, Index at, Index count, S l2, Found<S>& found,
                      F&& compute) {
        alignas(64) S room[INPUTS * WIDTH];
        S* G = clips() ? gradients + at : room;
        if (phase == Phase::weights) {
            if (!clips()) fetch_state(at, count);  // it comes while the gradient is computed
            compute(G);
            if (clips()) {
                piece.gradient += squared<S>(G, parameters + at, count, static_cast<double>(l2));
                return;
            }
        }
        update(u, count, l2, G, parameters + at, first + at, second + at, found);
    }

    void fetch_state(Index at, Index count) const {
        constexpr Index line = 64 / sizeof(S);
        for (Index i = at; i < at + count; i += line) {
            __builtin_prefetch(parameters + i, 0, 2);
            if (job.m) __builtin_prefetch(first + i, 0, 2);
            if (job.v) __builtin_prefetch(second + i, 0, 2);
        }
    }

    void gradient(const Piece& piece, Index p, S* G) const {
        const Layer<S>& layer = layers[piece.layer];
        const int width = layer.V.width(p);
        const S* D = layer.D + p * WIDTH;
        if (piece.layer == 0 && batch.sparse) return gradient_sparse(piece, width, D, G);
        multiply<true>(width, static_cast<int>(piece.stop - piece.start), batch.rows(),
                       rows.below(piece.layer) + piece.start, rows.stride_below(piece.layer), D,
                       layer.stride, G, static_cast<Index>(width), [](int, int) {}, [] {});
    }

    void gradient_sparse(const Piece& piece, int width, const S* D, S* G) const {
        with_registers<S>(width, [&](auto registers) {
            for (Index j = piece.start; j < piece.stop; ++j) {
                V sum[registers] = {};
                batch.each_row(j, [&](int row, S x) {
                    const S* d = D + row * layers[0].stride;
                    for (int v = 0; v < registers; ++v) sum[v] += x * load<V>(d + v * N);
                });
                for (int v = 0; v < registers; ++v)
                    store(G + (j - piece.start) * width + v * N, sum[v]);
            }
        });
    }

    void sums_of_columns(const Layer<S>& layer, Index unit, Index some, S* G) const {
        for (Index k = 0; k < some; k += N) {
            V sum[4] = {};  // four chains of additions
            const S* d = layer.D + unit + k;
            int i = 0;
            for (; i + 4 <= batch.rows(); i += 4)
                for (int c = 0; c < 4; ++c) sum[c] += load<V>(d + (i + c) * layer.stride);
            for (; i < batch.rows(); ++i) sum[0] += load<V>(d + i * layer.stride);
            store(G + k, (sum[0] + sum[1]) + (sum[2] + sum[3]));
        }
    }

    double squares_of(const Piece& piece) const {
        const Panels<S>& W = layers[piece.layer].V;
        V sum{};
        for (Index p = 0; p < W.count(); ++p) {
            const S* w = W.row(p, piece.start);
            for (Index i = 0; i < (piece.stop - piece.start) * W.width(p); i += N)
                sum += load<V>(w + i) * load<V>(w + i);
        }
        return static_cast<double>(sum_across<S>(sum)[0]);
    }

    const Training& job;
    Batch<S> batch;
    Layers<S> layers;
    std::vector<Piece> weights;
    Buffer<S> parameters, first, second, gradients;
    Propagation<S> rows;
    std::int64_t step = 0;
    double penalty = 0.0;
    Update<S> u;
};

}  // namespace

std::unique_ptr<Network> network(const Training& job) {
    if (job.single) return std::make_unique<Net<float>>(job);
    return std::make_unique<Net<double>>(job);
}

}  // namespace softlearn::SOFTLEARN_ISA
