// What columns of bits are computed by, of words and of vectors alike: included once for each SIMD
// target.

#if defined(KERNELSERVE_KERNELS_STRING_DISTANCE_WORD_OPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef KERNELSERVE_KERNELS_STRING_DISTANCE_WORD_OPS_INL_H_
#undef KERNELSERVE_KERNELS_STRING_DISTANCE_WORD_OPS_INL_H_
#else
#define KERNELSERVE_KERNELS_STRING_DISTANCE_WORD_OPS_INL_H_
#endif

#include <bit>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace kernelserve {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A word by the names of Highway's operations, so that a column is written once.
HWY_INLINE uint64_t Add(uint64_t a, uint64_t b) { return a + b; }
HWY_INLINE uint64_t Sub(uint64_t a, uint64_t b) { return a - b; }
HWY_INLINE uint64_t And(uint64_t a, uint64_t b) { return a & b; }
HWY_INLINE uint64_t Or(uint64_t a, uint64_t b) { return a | b; }
HWY_INLINE uint64_t Or3(uint64_t a, uint64_t b, uint64_t c) { return a | b | c; }
HWY_INLINE uint64_t Xor(uint64_t a, uint64_t b) { return a ^ b; }
HWY_INLINE uint64_t Max(uint64_t a, uint64_t b) { return a < b ? b : a; }
HWY_INLINE uint64_t Not(uint64_t a) { return ~a; }
HWY_INLINE uint64_t AndNot(uint64_t not_a, uint64_t b) { return ~not_a & b; }
template <int kBits>
HWY_INLINE uint64_t ShiftRight(uint64_t a) {
  return a >> kBits;
}
HWY_INLINE uint64_t PopulationCount(uint64_t a) { return static_cast<uint64_t>(std::popcount(a)); }

template <class V>
HWY_INLINE V AllOnes() {
  const hn::DFromV<V> d;
  return hn::Set(d, static_cast<hn::TFromD<decltype(d)>>(~uint64_t{0}));
}
template <>
HWY_INLINE uint64_t AllOnes<uint64_t>() {
  return ~uint64_t{0};
}

// a | (~b & c), ~a & (b | c), (a ^ b) | c, a & b & c, a ^ (b & c), a & ~(b & ~c),
// and a & ~b & ~c.
template <class V>
HWY_INLINE V OrAndNot(V a, V b, V c) {
  return Or(a, AndNot(b, c));
}
template <class V>
HWY_INLINE V AndNotOr(V a, V b, V c) {
  return AndNot(a, Or(b, c));
}
template <class V>
HWY_INLINE V XorOr(V a, V b, V c) {
  return Or(Xor(a, b), c);
}
template <class V>
HWY_INLINE V And3(V a, V b, V c) {
  return And(And(a, b), c);
}
template <class V>
HWY_INLINE V XorAnd(V a, V b, V c) {
  return Xor(a, And(b, c));
}
template <class V>
HWY_INLINE V WithoutAndNot(V a, V b, V c) {
  return AndNot(AndNot(c, b), a);
}
template <class V>
HWY_INLINE V WithoutEither(V a, V b, V c) {
  return AndNot(c, AndNot(b, a));
}
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
// In one instruction; the compiler doesn't see it.
template <typename T>
HWY_INLINE hn::Vec512<T> OrAndNot(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0xF2)};
}
template <typename T>
HWY_INLINE hn::Vec512<T> AndNotOr(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0x0E)};
}
template <typename T>
HWY_INLINE hn::Vec512<T> XorOr(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0xBE)};
}
template <typename T>
HWY_INLINE hn::Vec512<T> And3(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0x80)};
}
template <typename T>
HWY_INLINE hn::Vec512<T> XorAnd(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0x78)};
}
template <typename T>
HWY_INLINE hn::Vec512<T> WithoutAndNot(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0xB0)};
}
template <typename T>
HWY_INLINE hn::Vec512<T> WithoutEither(hn::Vec512<T> a, hn::Vec512<T> b, hn::Vec512<T> c) {
  return hn::Vec512<T>{_mm512_ternarylogic_epi64(a.raw, b.raw, c.raw, 0x10)};
}
#endif

// Stores lanes that each hold a byte's value as bytes.
template <class D>
HWY_INLINE void StoreBytes(D, hn::Vec<D> values, uint8_t* to) {
  const hn::Rebind<uint8_t, D> bytes;
  if constexpr (sizeof(hn::TFromD<D>) == 1) {
    hn::StoreU(values, bytes, to);
#if HWY_TARGET == HWY_AVX3_DL
  } else if constexpr (sizeof(hn::TFromD<D>) == 4) {
    // Highway 1.0.3 takes the wrong bytes here.
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(values.raw));
#endif
  } else {
    hn::StoreU(hn::TruncateTo(bytes, values), bytes, to);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace kernelserve
HWY_AFTER_NAMESPACE();

#endif  // the guard, per target
