// The steps of a call, and the threads that share them.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

#include "network.hpp"

namespace softlearn {
namespace {

using Clock = std::chrono::steady_clock;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// While it lives, numbers of this thread that are too small to be normal are 0.  A moment of a weight
// whose gradient is 0 from now on falls to such a number and, rounded, stays there: many processors
// would take a hundred times as long for it, step after step.
class NoSubnormals {
  public:
    NoSubnormals() : before(read()) { write(before | FLUSH); }
    ~NoSubnormals() { write(before); }
    NoSubnormals(const NoSubnormals&) = delete;
    NoSubnormals& operator=(const NoSubnormals&) = delete;

  private:
#if defined(__SSE2__)
    using Word = unsigned int;
    static constexpr Word FLUSH = 0x8040;  // results (FTZ) and operands (DAZ)
    static Word read() { return _mm_getcsr(); }
    static void write(Word word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
    using Word = std::uint64_t;
    static constexpr Word FLUSH = 1u << 24;  // FZ
    static Word read() {
        Word word;
        asm volatile("mrs %0, fpcr" : "=r"(word));
        return word;
    }
    static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#else
    using Word = int;
    static constexpr Word FLUSH = 0;
    static Word read() { return 0; }
    static void write(Word) {}
#endif
    const Word before;
};

// Threads that take the pieces of one phase after another.  Whoever is free takes the next piece, the
// caller among them: it waits for pieces that were taken, never for a thread that is not there.
// Between phases, which are microseconds apart, a helper looks for work for SPIN and then sleeps.
class Crew {
  public:
    Crew(Network& network, int threads) : network(network) {
        try {
            for (int t = 1; t < threads; ++t) helpers.emplace_back([this] { help(); });
        } catch (const std::system_error&) {  // the system gives no more: those there are will do
        }
    }
    ~Crew() {
        publish(QUIT, 0);
        for (auto& helper : helpers) helper.join();
    }

    void run(Phase phase) {
        const Index count = network.pieces(phase);
        if (helpers.empty() || count < 2) {
            for (Index i = 0; i < count; ++i) network.piece(phase, i);
            return;
        }
        done.store(0, std::memory_order_relaxed);
        publish(static_cast<std::uint64_t>(phase), static_cast<std::uint64_t>(count));
        while (take()) {
        }
        for (int k = 0; done.load(std::memory_order_acquire) < count; ++k)
            if (k < 1000) relax();
            else std::this_thread::yield();
    }

  private:
    // A ticket: which phase (8 bits), how many pieces (28) and how many of them are taken (28).
    static constexpr int BITS = 28;
    static constexpr std::uint64_t MASK = (1u << BITS) - 1, QUIT = 255;
    static constexpr auto SPIN = std::chrono::microseconds(20);

    void publish(std::uint64_t phase, std::uint64_t count) {
        ticket.store(phase << 2 * BITS | count << BITS);
        if (asleep.load() == 0) return;
        const std::lock_guard<std::mutex> lock(mutex);
        wake.notify_all();
    }

    static bool open(std::uint64_t t) { return (t & MASK) < (t >> BITS & MASK); }
    static bool over(std::uint64_t t) { return t >> 2 * BITS == QUIT; }

    bool take() {
        if (!open(ticket.load(std::memory_order_relaxed))) return false;
        const std::uint64_t t = ticket.fetch_add(1, std::memory_order_acq_rel);
        if (!open(t)) return false;
        network.piece(static_cast<Phase>(t >> 2 * BITS), static_cast<Index>(t & MASK));
        done.fetch_add(1, std::memory_order_release);
        return true;
    }

    void help() {
        const NoSubnormals here;
        while (true) {
            if (take()) continue;
            const auto until = Clock::now() + SPIN;
            bool found = false;
            while (!found && Clock::now() < until) {
                for (int k = 0; k < 32 && !found; ++k) {
                    const std::uint64_t t = ticket.load(std::memory_order_relaxed);
                    found = open(t) || over(t);
                    if (!found) relax();
                }
            }
            if (!found) {
                std::unique_lock<std::mutex> lock(mutex);
                asleep.fetch_add(1);
                wake.wait(lock, [&] {
                    const std::uint64_t t = ticket.load();
                    return open(t) || over(t);
                });
                asleep.fetch_sub(1);
            }
            if (over(ticket.load())) return;
        }
    }

    Network& network;
    std::atomic<std::uint64_t> ticket{0};
    std::atomic<Index> done{0};
    std::atomic<int> asleep{0};
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<std::thread> helpers;
};

// One step; false, with the state spoilt, if the loss or a parameter is not finite.
bool step(Network& network, Crew& crew, Index batch, double& loss) {
    network.begin(batch);
    crew.run(Phase::rows);
    loss = network.loss();
    if (!std::isfinite(loss)) return false;
    crew.run(Phase::weights);
    network.clip();
    crew.run(Phase::update);
    return network.finite();
}

}  // namespace

int useful_threads(const Training& job) {
    constexpr double WORTH = 5e5;  // multiplications that take longer than waking a thread
    double products = 0.0;
    for (std::size_t l = 1; l < job.sizes.size(); ++l)
        products += static_cast<double>(job.sizes[l - 1]) * static_cast<double>(job.sizes[l]);
    const double work = 3.0 * products * static_cast<double>(std::min(job.batch, job.n));
    return static_cast<int>(std::min<double>(job.threads, 1.0 + work / WORTH));
}

Index train(Network& network, const Training& job, const std::function<bool()>& interrupted) {
    constexpr auto PATIENCE = std::chrono::milliseconds(50);
    const NoSubnormals here;
    network.restore();
    Crew crew(network, job.threads);
    auto asked = Clock::now();
    Index batch = 0;
    for (; batch < job.batches(); ++batch) {
        if (const auto now = Clock::now(); now - asked > PATIENCE) {
            if (interrupted()) break;
            asked = now;
        }
        if (step(network, crew, batch, job.losses[batch])) continue;
        // Back to the state before this step: Python's arrays hold that of the start, and the
        // steps from there give the same bits again.
        network.restore();
        for (Index again = 0; again < batch; ++again) {
            double loss;
            step(network, crew, again, loss);
        }
        break;
    }
    network.save();
    return batch;
}

}  // namespace softlearn
