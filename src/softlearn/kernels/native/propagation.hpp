// What a thread does with some rows of a batch: forward to the loss, back to dz[1].
//
//     forward    z[l] = a[l-1] V[l] + b[l]        V[l] = W[l]': lanes are units of layer l
//     backward   da[l-1] = dz[l] V[l]'            the transpose is kept too, but for the first layer
#pragma once

#include "batch.hpp"
#include "functions.hpp"
#include "layers.hpp"
#include "loss.hpp"
#include "matmul.hpp"

namespace softlearn::SOFTLEARN_ISA {

// Whether g'(z) is kept: dropout belongs to it, and gelu's a does not tell it.
inline bool keeps_slopes(const Training& job) {
    return job.dropout > 0.0 || job.activation == Activation::gelu;
}

template <class S>
class Propagation {
    static constexpr int N = LANES<S>, WIDTH = Panels<S>::WIDTH;
    using V = Reg<S>;

  public:
    // Rows at once are a multiple of 8, so that their losses are whole registers.
    Propagation(const Training& job, const Batch<S>& batch, const Layers<S>& layers, const S* parameters)
        : rows_at_once(rows_of_a_piece(job)), job(job), batch(batch), layers(layers),
          parameters(parameters), slopes(keeps_slopes(job)),
          logits(stretches(most(job), rows_at_once) * N * RowsOfLoss<S>::whole(layers.top().out)),
          losses(stretches(most(job), N) * N) {}

    // Step number `step`, for rows i .. i + rows - 1; no other thread may have one of them.
    void run(std::int64_t step, int i, int rows) {
        with_activation(job.activation, [&](auto activation) {
            for (std::size_t l = 0; l < layers.depth(); ++l) {
                if (l + 1 < layers.depth() && job.dropout > 0.0) drop_out(step, l, i, rows);
                forward<activation()>(l, i, rows);
            }
            softmax(i, rows);
            for (std::size_t l = layers.depth() - 1; l > 0; --l) backward<activation()>(l, i, rows);
        });
    }

    // The sum of the losses of the batch.
    double loss() const {
        Vd sum{};
        for (int i = 0; i < batch.rows(); i += L) sum += load<Vd>(losses + i);
        return sum_across<double>(sum)[0];
    }

    // a[l-1] and the entries from one of its rows to the next; the batch itself for the first layer.
    const S* below(std::size_t l) const { return l == 0 ? batch.dense(0) : layers[l - 1].A; }
    Index stride_below(std::size_t l) const { return l == 0 ? batch.stride : layers[l - 1].stride; }

    const int rows_at_once;

  private:
    static constexpr int MOST_ROWS = 128;  // what so many need stays in the second cache

    static Index most(const Training& job) { return std::min(job.batch, job.n); }
    static int rows_of_a_piece(const Training& job) {
        const Index each = std::max<Index>(stretches(most(job), job.threads), 1);
        return static_cast<int>(std::min<Index>(MOST_ROWS, (each + 7) / 8 * 8));
    }

    template <Activation ACTIVATION>
    void forward(std::size_t l, int i, int rows) {
        const Layer<S>& layer = layers[l];
        const Index stride = layer.stride;
        auto ahead = l == 0 ? rows_ahead(i, rows) : typename Batch<S>::Ahead{};
        const auto between = [&] { ahead.some(); };
        for (Index p = 0; p < layer.V.count(); ++p) {
            const int width = layer.V.width(p);
            S* Z = layer.A + i * stride + p * WIDTH;
            const auto finish = [&](int row, int m) {
                for (int r = row; r < row + m; ++r) activate<ACTIVATION>(l, Z + r * stride, p, width);
            };
            if (l == 0 && batch.sparse) {
                for (int r = 0; r < rows; ++r) multiply_sparse(i + r, p, Z + r * stride);
                finish(0, rows);
                continue;
            }
            const Index before = stride_below(l);
            multiply<false>(width, rows, layer.in, below(l) + i * before, before, layer.V.row(p, 0),
                            static_cast<Index>(width), Z, stride, finish, between);
        }
    }

    // z without the biases becomes a[l], or z[L], for units of panel p in a row.
    template <Activation ACTIVATION>
    void activate(std::size_t l, S* z, Index p, int width) const {
        const Layer<S>& layer = layers[l];
        const S* b = parameters + layer.b + p * WIDTH;
        for (int k = 0; k < width; k += N) {
            const V total = load<V>(z + k) + load<V>(b + k);
            if (l + 1 == layers.depth()) {
                store(z + k, total);
                continue;
            }
            const Activated<S> g = activated<ACTIVATION, S>(total);
            if (!slopes) {
                store(z + k, g.a);
                continue;
            }
            S* f = layer.F + (z + k - layer.A);
            const V mask = job.dropout > 0.0 ? load<V>(f) : all_of(S(1));
            store(z + k, g.a * mask), store(f, g.slope * mask);
        }
    }

    // Rows of X for the threads' next pieces.
    typename Batch<S>::Ahead rows_ahead(int i, int rows) const {
        const Index times = layers[0].V.count() * stretches(layers[0].in, Blocks<S>::DEPTH) *
                            stretches(rows, Blocks<S>::ROWS);
        return batch.ahead(i + job.threads * rows_at_once, rows, times);
    }

    void multiply_sparse(int row, Index p, S* z) const {
        const Panels<S>& W = layers[0].V;
        with_registers<S>(W.width(p), [&](auto registers) {
            V sum[registers] = {};
            batch.each_entry(row, [&](Index j, S x) {
                const S* w = W.row(p, j);
                for (int v = 0; v < registers; ++v) sum[v] += x * load<V>(w + v * N);
            });
            for (int v = 0; v < registers; ++v) store(z + v * N, sum[v]);
        });
    }

    // dz[l-1] = (dz[l] V[l]') g'(z[l-1])
    template <Activation ACTIVATION>
    void backward(std::size_t l, int i, int rows) {
        const Layer<S>&layer = layers[l], &to = layers[l - 1];
        const Index stride = to.stride;
        for (Index p = 0; p < layer.T.count(); ++p) {
            const int width = layer.T.width(p);
            const Index at = i * stride + p * WIDTH;
            const auto finish = [&](int row, int m) {
                for (int r = row; r < row + m; ++r)
                    for (int k = 0; k < width; k += N) {
                        const Index e = at + r * stride + k;
                        const V slope = slopes ? load<V>(to.F + e)
                                                     : slope_of<ACTIVATION, S>(load<V>(to.A + e));
                        store(to.D + e, load<V>(to.D + e) * slope);
                    }
            };
            multiply<false>(width, rows, layer.out, layer.D + i * layer.stride, layer.stride,
                            layer.T.row(p, 0), static_cast<Index>(width), to.D + at, stride, finish,
                            [] {});
        }
    }

    // 0 or 1 / (1 - dropout) for the units of hidden layer l + 1: word c of counter k is unit
    // c ceil(n / 4) + k.
    void drop_out(std::int64_t step, std::size_t l, int i, int rows) {
        const Layer<S>& layer = layers[l];
        const Index quarter = (layer.out + 3) / 4;
        const auto bound = static_cast<std::uint64_t>(job.dropout * 4294967296.0);
        const S kept = S(1.0 / (1.0 - job.dropout));
        const Words lanes = reinterpret_cast<Words>(lane_numbers<double>());
        for (int r = i; r < i + rows; ++r) {
            S* f = layer.F + r * layer.stride;
            for (Index c = 0; c < quarter; c += L) {
                Words x[4] = {lanes + static_cast<std::uint64_t>(c),
                              Words{} + static_cast<std::uint64_t>(r),
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

    // z[L] to dz[L] and the loss of each row.
    void softmax(int i, int rows) {
        const Layer<S>& top = layers.top();
        const double share = 1.0 / batch.rows();
        double behind[N] = {}, others[N] = {}, weight[N] = {};
        for (int r = i; r < i + rows; r += N) {
            const int some = std::min(N, i + rows - r);
            for (int k = 0; k < N; ++k)
                weight[k] = k >= some ? 0.0 : job.s ? job.s[batch.row(r + k)] * share : share;
            if (job.y) labels(r, some, weight, behind, others);
            for (int k = 0; k < some && !job.y; ++k) {
                const S* Y = static_cast<const S*>(job.Y) + batch.row(r + k) * top.out;
                const Index at = (r + k) * top.stride;
                row_of_shares(top.A + at, top.out, Y, S(weight[k]), top.D + at, behind[k], others[k]);
            }
            for (int k = 0; k < some; k += L) {
                const Vd s = load<Vd>(weight + k);
                const Vd loss = s * (load<Vd>(behind + k) + log1p(load<Vd>(others + k)));
                store(losses + r + k, s != 0.0 ? loss : Vd{});  // without weight 0, even if infinite
            }
        }
    }

    // The same of at most N rows with labels.
    void labels(int r, int rows, const double (&weight)[N], double (&behind)[N], double (&others)[N]) {
        const Layer<S>& top = layers.top();
        const Index at = r * top.stride, piece = r / rows_at_once;
        RowsOfLoss<S> of{top.A + at, top.D + at, top.stride, rows, top.out,
                         logits + piece * N * RowsOfLoss<S>::whole(top.out), {}, {}, {}};
        Word<S> y[N];
        for (int k = 0; k < N; ++k) {
            of.s[k] = S(weight[k]);
            y[k] = k < rows ? static_cast<Word<S>>(job.y[batch.row(r + k)]) : 0;
        }
        of.labels(y);
        for (int k = 0; k < N; ++k) behind[k] = of.behind[k], others[k] = of.others[k];
    }

    const Training& job;
    const Batch<S>& batch;
    const Layers<S>& layers;
    const S* parameters;
    const bool slopes;
    Buffer<S> logits;       // room for each piece's, transposed
    Buffer<double> losses;  // of the rows of a batch
};

}  // namespace softlearn::SOFTLEARN_ISA
