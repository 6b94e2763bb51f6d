// The operations of object_ops.def decomposed: which operation, with what width, in which operand form. Operand bytes:
//
//   struct_get, array_len, i31  dst:u16 @0  a:u16 @2  [offset:u32 @4]
//   struct_set                  val:u16 or i16 @0  a:u16 @2  offset:u32 @4
//   array_get                   dst:u16 @0  a:u16 @2  index:u16 @4 (immediate: u32 @4)
//   array_set                   val:u16 or i16 @0  index:u16 @2  a:u16 @4
//   object_new                  dst:u16 @0  top:u16 @2  size:u32 @4  header:u64 @8
//   array_new                   dst:u16 @0  length:u16 @2  top:u16 @4  log2 of an element:u16 @6  header:u64 @8
//   init                        dst:u16 @0  val:u16 or i16 @2  offset:u32 @4
//   check, cast, test, br       dst:u16 @0  a:u16 @2  target:i32 @4  type or mask:u32 @8  depth:u16 @12  flags:u16 @14
//   table_get, table_set        dst or val:u16 @0  index:u16 @2  table:u32 @4
//
// `top` is the first slot of the frame that holds no value for the collector.
#pragma once

#include "ir/op_forms.h"

namespace ermine::ir {

// How a field or element is read and written, in the order of the operations.
enum class Access : uint8_t { k8S, k8U, k16S, k16U, k32, k64, kF32, kF64 };
enum class Width : uint8_t { k8, k16, k32, k64, kRef };

// Flags of type tests.
inline constexpr uint16_t kNullPasses = 1, kFinalType = 2;

struct ObjectOp {
  enum Kind : uint8_t {
    kNone,
    kStructGet,  // sub: Access
    kStructSet,  // sub: Width
    kArrayGet,   // sub: Access
    kArraySet,   // sub: Width
    kArrayLen,
    kNew,
    kArrayNew,
    kInit,       // sub: Width
    kRefI31,
    kI31Get,     // sub: 1 if unsigned
    kCheckNonNull,
    kCast,       // sub: 1 if to a set of shapes
    kTest,
    kBranch,     // form: operand * 2 + (on false)
    kTableGet,
    kTableSet,
  } kind = kNone;
  uint8_t sub = 0;
  uint8_t form = 0;  // UnaryForm * 2 + (stored), BinaryForm * 2 + (stored), BinaryForm for stores
};

constexpr ObjectOp object_op(IrOp op) {
  struct Range {
    IrOp first;
    ObjectOp::Kind kind;
    uint8_t subs, forms;
  };
  constexpr Range kRanges[] = {
      {IrOp::struct_get_8s_s, ObjectOp::kStructGet, 8, 4},
      {IrOp::struct_set_8_ss, ObjectOp::kStructSet, 5, 5},
      {IrOp::array_get_8s_ss, ObjectOp::kArrayGet, 8, 10},
      {IrOp::array_set_8_ss, ObjectOp::kArraySet, 5, 5},
      {IrOp::array_len_s, ObjectOp::kArrayLen, 1, 4},
      {IrOp::object_new, ObjectOp::kNew, 1, 2},
      {IrOp::array_new_s, ObjectOp::kArrayNew, 1, 4},
      {IrOp::init_8_s, ObjectOp::kInit, 4, 4},
      {IrOp::ref_i31_s, ObjectOp::kRefI31, 1, 4},
      {IrOp::i31_get_s_s, ObjectOp::kI31Get, 2, 4},
      {IrOp::check_non_null_s, ObjectOp::kCheckNonNull, 1, 2},
      {IrOp::cast_type_s, ObjectOp::kCast, 2, 2},
      {IrOp::test_type_s, ObjectOp::kTest, 2, 4},
      {IrOp::br_type_s, ObjectOp::kBranch, 2, 4},
      {IrOp::table_get_s, ObjectOp::kTableGet, 1, 4},
      {IrOp::table_set_ss, ObjectOp::kTableSet, 1, 3},
  };
  for (const Range& r : kRanges) {
    const unsigned at = static_cast<unsigned>(op) - static_cast<unsigned>(r.first);
    if (at < unsigned{r.subs} * r.forms)
      return {r.kind, static_cast<uint8_t>(at / r.forms), static_cast<uint8_t>(at % r.forms)};
  }
  return {};
}

// The `n`th operation after `first`.
constexpr OpCode object_code(IrOp first, unsigned n) { return static_cast<OpCode>(static_cast<unsigned>(first) + n); }

}  // namespace ermine::ir
