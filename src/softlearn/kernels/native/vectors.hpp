// Registers as vectors: GCC's and Clang's vector extensions, so one source serves every
// instruction set.  BYTES is the width of a register of the set this file is compiled for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace softlearn::SOFTLEARN_ISA {

#if defined(__AVX512F__)
constexpr int BYTES = 64;
#elif defined(__AVX2__)
constexpr int BYTES = 32;
#else
constexpr int BYTES = 16;
#endif

template <class T, int N>
struct VectorOf {
    typedef T type __attribute__((vector_size(N * sizeof(T))));
};
template <class T>
struct VectorOf<T, 1> {
    typedef T type;
};
template <class T, int N>
using Vec = typename VectorOf<T, N>::type;

template <class T>
constexpr int LANES = BYTES / static_cast<int>(sizeof(T));
constexpr int L = LANES<double>;
using Vd = Vec<double, L>;
using Vi = Vec<std::int64_t, L>;

template <class V, class T>
inline V load(const T* p) {
    V v;
    std::memcpy(&v, p, sizeof(V));
    return v;
}
template <class V, class T>
inline void store(T* p, V v) {
    std::memcpy(p, &v, sizeof(V));
}
// N entries of type From as entries of type To.
template <class To, int N, class From>
inline Vec<To, N> load_as(const From* p) {
    if constexpr (N == 1) return static_cast<To>(*p);
    else if constexpr (std::is_same_v<To, From>) return load<Vec<To, N>>(p);
    else return __builtin_convertvector((load<Vec<From, N>>(p)), Vec<To, N>);
}
template <class To, int N, class From>
inline Vec<To, N> load_some_as(const From* p, long count) {
    From full[N] = {};
    std::memcpy(full, p, static_cast<std::size_t>(count) * sizeof(From));
    return load_as<To, N>(full);
}
template <class To, int N, class From>
inline Vec<To, N> convert(From v) {
    if constexpr (std::is_same_v<From, Vec<To, N>>) return v;
    else if constexpr (N == 1) return static_cast<To>(v);
    else return __builtin_convertvector(v, Vec<To, N>);
}
template <class To>
inline void store_as(To* p, Vd v) {
    store(p, convert<To, L>(v));
}
template <class V>
inline Vi bits(V v) {
    return reinterpret_cast<Vi>(v);
}
inline Vd number(Vi v) { return reinterpret_cast<Vd>(v); }
inline Vd all(double x) { return x - Vd{}; }

// Memory that is aligned to cache lines.
struct Memory {
    void* at = nullptr;
    std::size_t bytes = 0;
};
inline Memory new_memory(std::size_t bytes) {
    return {::operator new[](bytes, std::align_val_t(64)), bytes};
}
inline void free_memory(Memory piece) { ::operator delete[](piece.at, std::align_val_t(64)); }

// Memory that a thread's last passes have used, for its next one: given back to the system, each page
// would be asked for and cleared again, which takes as long as some passes do.
class Shelf {
  public:
    ~Shelf() {
        for (const Memory& piece : kept) free_memory(piece);
    }
    Memory take(std::size_t bytes) {
        for (Memory& piece : kept)
            if (piece.bytes >= bytes && piece.bytes / 2 <= bytes) {
                const Memory found = piece;
                piece = {};
                return found;
            }
        return new_memory(bytes);
    }
    void give(Memory piece) {
        if (piece.bytes > MOST) return free_memory(piece);
        for (Memory& place : kept)
            if (!place.at) return void(place = piece);
        std::swap(kept[oldest], piece);
        oldest = (oldest + 1) % PLACES;
        free_memory(piece);
    }

  private:
    static constexpr std::size_t MOST = std::size_t(1) << 22;
    static constexpr int PLACES = 8;
    Memory kept[PLACES] = {};
    int oldest = 0;
};
inline thread_local Shelf shelf;

template <class T>
class Buffer {
  public:
    explicit Buffer(std::ptrdiff_t n) : piece(made(n)) {}
    ~Buffer() { drop(); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    void resize(std::ptrdiff_t n) {  // what was in it is lost
        const Memory other = made(n);
        drop();
        piece = other;
    }
    operator T*() { return static_cast<T*>(piece.at); }
    operator const T*() const { return static_cast<const T*>(piece.at); }

  private:
    static constexpr std::size_t FROM_SHELF = std::size_t(1) << 16;  // bytes

    static Memory made(std::ptrdiff_t n) {
        const auto bytes = sizeof(T) * static_cast<std::size_t>(n > 0 ? n : 1);
        return bytes < FROM_SHELF ? new_memory(bytes) : shelf.take(bytes);
    }
    void drop() {
        if (piece.bytes < FROM_SHELF) free_memory(piece);
        else shelf.give(piece);
    }

    Memory piece;
};

// The lanes I of two registers, those of b counted on from those of a.
template <int... I, class V>
inline V pick(V a, V b) {
#if defined(__clang__) || __GNUC__ >= 12
    return __builtin_shufflevector(a, b, I...);
#else
    using Lane = std::conditional_t<sizeof(V) / sizeof...(I) == 4, std::int32_t, std::int64_t>;
    return __builtin_shuffle(a, b, Vec<Lane, sizeof...(I)>{I...});
#endif
}

// The transpose of N registers of N lanes: log2 N rounds, each exchanging halves of pairs.
template <int N, int S, class V, int... I>
inline void exchange(V& a, V& b, std::integer_sequence<int, I...>) {
    const V low = pick<((I & S) ? N + I - S : I)...>(a, b);
    const V high = pick<((I & S) ? N + I : I + S)...>(a, b);
    a = low, b = high;
}
template <int N, int S = 1, class V>
inline void transpose(V (&v)[N]) {
    if constexpr (S < N) {
        for (int r = 0; r < N; ++r)
            if (!(r & S)) exchange<N, S>(v[r], v[r + S], std::make_integer_sequence<int, N>{});
        transpose<N, 2 * S>(v);
    }
}

// to[c * to_stride + r] = from[r * from_stride + c] for some rows and columns.
template <class To, class From>
inline void turn(const From* from, long from_stride, To* to, long to_stride, int rows, int columns) {
    constexpr int N = LANES<To>;
    int c = 0;
    for (; c + N <= columns; c += N) {
        int r = 0;
        for (; r + N <= rows; r += N) {
            Vec<To, N> v[N];
            for (int k = 0; k < N; ++k) v[k] = load_as<To, N>(from + (r + k) * from_stride + c);
            transpose<N>(v);
            for (int k = 0; k < N; ++k) store(to + (c + k) * to_stride + r, v[k]);
        }
        for (; r < rows; ++r)
            for (int k = 0; k < N; ++k)
                to[(c + k) * to_stride + r] = static_cast<To>(from[r * from_stride + c + k]);
    }
    for (; c < columns; ++c)
        for (int r = 0; r < rows; ++r)
            to[c * to_stride + r] = static_cast<To>(from[r * from_stride + c]);
}

// The lanes of a register of S, added up to those of one of doubles.
inline Vd as_doubles(Vd v) { return v; }
inline Vd as_doubles(Vec<float, LANES<float>> v) {
    float all_lanes[LANES<float>];
    store(all_lanes, v);
    return load_as<double, L>(static_cast<const float*>(all_lanes)) +
           load_as<double, L>(static_cast<const float*>(all_lanes) + L);
}

template <int N>
inline Vec<double, N / 2> fold(Vec<double, N> v) {
    double lanes[N];
    store(lanes, v);
    return load<Vec<double, N / 2>>(static_cast<const double*>(lanes)) +
           load<Vec<double, N / 2>>(static_cast<const double*>(lanes) + N / 2);
}

inline float add_up(Vec<float, 4> v) { return (v[0] + v[1]) + (v[2] + v[3]); }
template <class V>
inline float add_up(V v) {
    constexpr int HALF = sizeof(V) / sizeof(float) / 2;
    Vec<float, HALF> low, high;
    std::memcpy(&low, &v, sizeof(low));
    std::memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof(low), sizeof(high));
    return add_up(low + high);
}

// to[r] += the sum of the lanes of v[r]
template <int ROWS>
inline void add_across(const Vd (&v)[ROWS], double* to) {
    if constexpr (ROWS == 4 && L >= 4) {
        Vec<double, 4> quarter[4];
        for (int r = 0; r < 4; ++r) {
            if constexpr (L == 8) quarter[r] = fold<8>(v[r]);
            else quarter[r] = v[r];
        }
        transpose<4>(quarter);
        store(to, load<Vec<double, 4>>(to) + ((quarter[0] + quarter[1]) + (quarter[2] + quarter[3])));
    } else {
        for (int r = 0; r < ROWS; ++r) {
            double sum = 0.0;
            for (int l = 0; l < L; ++l) sum += v[r][l];
            to[r] += sum;
        }
    }
}

// e^x, within an ulp: x = n ln 2 + r, Taylor's series of e^r to the 13th power, |r| <= ln 2 / 2.
// Below -745 it is 0, above 709.8 infinite; NaN stays NaN.
inline Vd exp(Vd x) {
    constexpr double magic = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer
    x = x < -746.0 ? all(-746.0) : x > 710.0 ? all(710.0) : x;
    const Vd n = (x * 1.4426950408889634 + magic) - magic;
    const Vd r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
    Vd p = all(1.0 / 6227020800.0);
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * (r * r) + r;
    p = p + 1.0;
    // 2^n in two factors, for subnormal results
    const Vd half = (n * 0.5 + magic) - magic, rest = n - half;
    const Vd f = number((bits(half + (magic + 1023.0))) << 52);
    const Vd g = number((bits(rest + (magic + 1023.0))) << 52);
    return p * f * g;
}

// log(1 + x) for x > -1, within two ulp (fdlibm's polynomial; Sun Microsystems, 1993).
inline Vd log1p(Vd x) {
    const Vd u = 1.0 + x;
    const Vd lost = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);
    constexpr std::int64_t root_half = 0x3fe6a09e00000000;
    constexpr std::int64_t bias = 1024;  // keeps the exponents of u < 1 from being negative
    Vi e = bits(u) - root_half + (bias << 52);
    const Vd f = number((e & 0x000fffffffffffff) + root_half) - 1.0;
    // the exponent as a double: the last bits of 2^52 + e
    const Vi shifted = reinterpret_cast<Vi>(reinterpret_cast<Vec<std::uint64_t, L>>(e) >> 52);
    const Vd k = number(shifted | 0x4330000000000000) - (4503599627370496.0 + bias);
    const Vd s = f / (2.0 + f), z = s * s, w = z * z;
    Vd t1 = 2.222219843214978396e-01 + w * 1.531383769920937332e-01;
    t1 = w * (3.999999999940941908e-01 + w * t1);
    Vd t2 = 1.818357216161805012e-01 + w * 1.479819860510658591e-01;
    t2 = 2.857142874366239149e-01 + w * t2;
    t2 = z * (6.666666666666735130e-01 + w * t2);
    const Vd h = 0.5 * f * f;
    const Vd small = k * 1.90821492927058770002e-10 + lost / u;
    return k * 6.93147180369123816490e-01 - ((h - (s * (h + (t1 + t2)) + small)) - f);
}

}  // namespace softlearn::SOFTLEARN_ISA
