// The C++ form of each value type, and V128.
//
// i32 is uint32_t, i64 is uint64_t, f32 and f64 are float and double, v128 is V128. Signedness is a property of the
// operation, not of the value, and unsigned arithmetic wraps as in WebAssembly. Every function of this folder is always
// inlined, has no state, and never has undefined behaviour, whatever its operands are: shift counts are masked, memory
// is read and written by memcpy, conversions are checked before they are made.
//
// Vectors are written with clang's portable vector extensions. Intrinsics are used only where the compiler does not
// find the instruction by itself, always with a portable alternative.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE4_1__) && !defined(ERMINE_SEMANTICS_PORTABLE)
#define ERMINE_SEMANTICS_SSE 1
#include <immintrin.h>
#else
#define ERMINE_SEMANTICS_SSE 0
#endif
#if defined(__ARM_NEON) && defined(__aarch64__) && !defined(ERMINE_SEMANTICS_PORTABLE)
#define ERMINE_SEMANTICS_NEON 1
#include <arm_neon.h>
#else
#define ERMINE_SEMANTICS_NEON 0
#endif

#include "ermine/error.h"

// Linkage and inlining of a function that computes an instruction.
#define ERMINE_SEMANTIC [[gnu::always_inline]] inline

namespace ermine::semantics {

static_assert(std::endian::native == std::endian::little, "linear memory is little-endian and is read as such");

// Lane views of a vector.
using I8x16 = int8_t __attribute__((vector_size(16)));
using U8x16 = uint8_t __attribute__((vector_size(16)));
using I16x8 = int16_t __attribute__((vector_size(16)));
using U16x8 = uint16_t __attribute__((vector_size(16)));
using I32x4 = int32_t __attribute__((vector_size(16)));
using U32x4 = uint32_t __attribute__((vector_size(16)));
using I64x2 = int64_t __attribute__((vector_size(16)));
using U64x2 = uint64_t __attribute__((vector_size(16)));
using F32x4 = float __attribute__((vector_size(16)));
using F64x2 = double __attribute__((vector_size(16)));

// A v128 value. Lane 0 is the least significant, at the lowest address. Passed in a vector register.
struct V128 {
  U64x2 bits;

  V128() = default;
  // From any lane view; the bits are kept.
  template <class Lanes>
    requires(sizeof(Lanes) == 16 && !std::is_class_v<Lanes>)
  [[gnu::always_inline]] V128(Lanes lanes) : bits((U64x2)lanes) {}
  template <class Lanes>
  [[gnu::always_inline]] Lanes as() const {
    return (Lanes)bits;
  }
  static V128 zero() { return V128(U64x2{0, 0}); }
  // Frame slots and code are aligned to 8 bytes only.
  [[gnu::always_inline]] static V128 load(const void* p) {
    V128 v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
  }
  [[gnu::always_inline]] void store(void* p) const { __builtin_memcpy(p, this, sizeof *this); }
  bool operator==(const V128& o) const { return bits[0] == o.bits[0] && bits[1] == o.bits[1]; }
};
static_assert(sizeof(V128) == 16 && alignof(V128) == 16);

// The two halves of a 128-bit integer: the result of the wide arithmetic instructions.
struct Wide {
  uint64_t low, high;
  bool operator==(const Wide&) const = default;
};

}  // namespace ermine::semantics
