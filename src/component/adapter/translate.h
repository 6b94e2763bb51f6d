// Translator: emits the code that converts one value: lifts it from the caller's side and lowers it to the other.
// (CanonicalABI.md, "Loading", "Storing", "Flat Lifting", "Flat Lowering".)
#pragma once

#include "component/adapter/builder.h"

namespace ermine::component::adapter {

// Where a value is: in memory at the address in a local plus an offset, or in locals. Locals of the target are 0
// before. A value with fits_stack() can also be on top of the operand stack.
struct Place {
  bool in_memory = false;
  bool on_stack = false;
  Local base;
  uint64_t offset = 0;
  std::span<const Local> locals;

  static Place memory(Local base, uint64_t offset = 0) { return {true, false, base, offset, {}}; }
  static Place stack() { return {false, true, {}, 0, {}}; }
  static Place flat(std::span<const Local> locals) { return {false, false, {}, 0, locals}; }
};

// Whether the flat form of the value is one number that is not joined with others.
bool fits_stack(const Types& types, TypeUse use);

class Translator {
 public:
  Translator(Builder& builder, FunctionCode& code, const Options& from, const Options& to)
      : builder_(builder), code_(code), from_(from), to_(to) {}

  // `whole`: in place, although the type is large.
  void value(TypeUse a, TypeUse b, Place source, Place target, bool whole = false);
  // The parameters of a function, or the fields of a record.
  void fields(std::span<const Field> a, std::span<const Field> b, Place source, Place target);
  // The two types of a map's elements.
  void pair(const DefinedType& a, const DefinedType& b, Place source, Place target);

 private:
  void field(TypeUse a, TypeUse b, Place& source, Place& target);
  void primitive(Primitive type, Place source, Place target);
  void integer(uint32_t size, bool is_signed, Place source, Place target);
  void character(Place source, Place target);
  void text(Place source, Place target);
  void list(TypeUse a, TypeUse b, Place source, Place target);
  void fixed_list(const Shape& a, const Shape& b, Place source, Place target);
  void flags(const Shape& type, Place source, Place target);
  void variant(const Shape& a, const Shape& b, Place source, Place target);
  void cases(const Shape& a, const Shape& b, Local discriminant, uint32_t first, uint32_t end, Place source,
             Place target);
  void handle(const Shape& a, const Shape& b, Place source, Place target);
  void call_flat(TypeUse a, TypeUse b, Place source, Place target);
  void copy_bytes(uint32_t size, uint32_t alignment, Place source, Place target);
  // Fields that are copied as numbers from memory to memory: up to kMostNumbers of them are read before any is written,
  // because changing from one memory to another is an instruction of its own (ir/ops.def: use_memory).
  static constexpr size_t kMostNumbers = 6;
  size_t numbers(std::span<const Field> a, std::span<const Field> b, Place& source, Place& target);

  // Pushes the unsigned integer (of `size` bytes in memory) or float of a place.
  void push(Place source, ValType type, uint32_t size, bool is_signed = false);
  // store(target, ...) pops a value; prepare() comes before the value is pushed.
  void prepare(Place target);
  void store(Place target, ValType type, uint32_t size);
  static Place skip(Place place, uint64_t bytes, size_t locals);

  Builder& builder_;
  FunctionCode& code_;
  const Options& from_;
  const Options& to_;
};

}  // namespace ermine::component::adapter
