// Builder: an adapter module under construction: its imports, each once, and its functions.
//
// Lists, strings, and large values in memory are converted by functions of their own, one for each pair of types and
// Options, so that the code grows with the number of different types and not with the size that they have when they are
// written out. The functions are generated one after the other from a queue, so the generator does not recurse through
// lists.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "component/adapter/adapter.h"
#include "component/adapter/code.h"

namespace ermine::component::adapter {

// What the conversion of a value needs to know about a side. Equal ones are one object.
struct Options {
  const Types* types = nullptr;
  InstanceNumber instance = 0;
  StringEncoding encoding = StringEncoding::kUtf8;
  std::optional<AdapterMemory> memory;
  uint32_t memory_index = 0;  // in the adapter module
  std::optional<CoreNumber> realloc;
  bool sees_tasks = false;
  AddressType address = AddressType::k32;
  uint32_t id = 0;

  ValType pointer() const { return pointer_type(address); }
};

// A value type without the indirections of names.
struct Shape {
  TypeKind kind = TypeKind::Primitive;
  Primitive primitive = Primitive::Bool;
  const DefinedType* type = nullptr;  // null for a primitive type

  static Shape of(const Types& types, TypeUse use);
  bool is_variant() const {
    return kind == TypeKind::Variant || kind == TypeKind::Option || kind == TypeKind::Result || kind == TypeKind::Enum;
  }
  // Of the variants: the number of cases, and the payload of one or none.
  uint32_t cases() const;
  TypeUse payload(uint32_t i) const;
};
// The size of the discriminant of a variant.
inline uint32_t discriminant_size(uint32_t cases) { return cases <= 0x100 ? 1 : cases <= 0x1'0000 ? 2 : 4; }

class Builder {
 public:
  bool has_room_for(const AdapterRequest& request) const;
  const Options& options(const AdapterSide& side);
  // Imports. They return an index of the adapter module, or a Callee.
  uint32_t memory(const AdapterMemory& memory);
  uint32_t flags(InstanceNumber instance);
  Callee core_func(CoreNumber number, wasm::FuncType type);
  Callee intrinsic(Intrinsic intrinsic);  // Trap, ExitCall
  Callee enter_call(InstanceNumber instance);
  Callee transcoder(Intrinsic intrinsic, const Options& from, const Options& to);
  Callee transfer(Intrinsic intrinsic, const Options& from, const Options& to, uint32_t from_type, uint32_t to_type);

  // Functions of the module.
  //   range(pointer, bytes, trap)                  traps if the range is not in the memory
  //   source(pointer, count, size, alignment - 1) -> bytes   checks what a list (string) of the caller lies in
  //   allocate(old, old size, alignment, size) -> pointer    calls realloc and checks what it returns
  //   string(pointer, length) -> pointer, length   copies
  //   list(pointer, length) -> pointer             copies; `a` and `b` are the types of the lists
  //   value(from, to)                              copies from memory to memory
  //   flat_value(core values) -> core values       copies what has at most kMaxFlatParams of them
  Callee range(const Options& options);
  Callee source(const Options& options, bool is_string);
  Callee allocate(const Options& options);
  Callee string(const Options& from, const Options& to);
  Callee list(const Options& from, const Options& to, TypeUse a, TypeUse b);
  Callee value(const Options& from, const Options& to, TypeUse a, TypeUse b);
  Callee flat_value(const Options& from, const Options& to, TypeUse a, TypeUse b);
  Callee add(FunctionCode function);
  // Generates what was asked for. False if a function is too large, or the types do not fit together.
  bool generate_all();

  // Emits a trap if the i32 on the stack is not 0, or in any case.
  void trap_if(FunctionCode& code, AdapterTrap trap);
  void trap(FunctionCode& code, AdapterTrap trap);
  // Traps if a pointer that was passed is not aligned, or the value does not lie in the memory.
  void check_pointer(FunctionCode& code, const Options& options, Local pointer, Layout layout);

  // Whether the bytes of a value in memory are those of the same value on the other side whatever they are, with no gap
  // between them.
  bool is_plain(const Types& types, TypeUse use);
  // The amount of code that converts a value, in about instructions, and of work to make it; at most kMaxCost.
  uint32_t cost(const Types& types, TypeUse use);
  static constexpr uint32_t kMaxCost = 1u << 20;
  // Larger values are converted by a function.
  static constexpr uint32_t kInlineCost = 40;
  // Of lists whose elements cost no more and contain no pointers, a round of the loop copies several.
  static constexpr uint32_t kUnrolledCost = 16, kUnrolled = 4;

  // The code of a module; one function more can exceed it.
  static constexpr uint64_t kMaxCode = uint64_t{1} << 24;

  void fail() { failed_ = true; }
  bool failed() const { return failed_; }

  // For the undoing of a request that failed.
  struct Snapshot {
    size_t options = 0, imports = 0, functions = 0;
    uint32_t memories = 0, globals = 0, imported_functions = 0;
    uint64_t code = 0;
  };
  Snapshot snapshot() const {
    return {options_.size(), imports_.size(), functions_.size(), memories_, globals_, imported_functions_, code_size_};
  }
  void undo(const Snapshot& mark);  // `mark` was made when nothing was left to generate

  AdapterModule::Finished finish(std::span<const Callee> adapters);

 private:
  enum class Helper : uint8_t { kRange, kSource, kSourceString, kAllocate, kString, kList, kValue, kFlatValue };
  using Key = std::tuple<Helper, uint32_t, uint32_t, uint32_t, uint32_t>;  // Options, Options, TypeUse, TypeUse
  using ImportKey = std::tuple<AdapterImport::Kind, uint32_t, Intrinsic, uint32_t, uint32_t, uint32_t, uint32_t>;
  struct Work {
    Helper role;
    uint32_t function;
    const Options* from;
    const Options* to;
    TypeUse a, b;
  };

  uint32_t import(const ImportKey& key, AdapterImport description);
  Callee helper(Helper role, const Options& from, const Options& to, TypeUse a, TypeUse b);
  void generate(const Work& work);
  void make_range(FunctionCode& code, const Options& options);
  void make_source(FunctionCode& code, const Options& options, bool is_string);
  void make_allocate(FunctionCode& code, const Options& options);
  void make_list(FunctionCode& code, const Options& from, const Options& to, TypeUse a, TypeUse b);

  bool failed_ = false;
  uint64_t code_size_ = 0;
  std::deque<Options> options_;
  std::vector<AdapterImport> imports_;
  uint32_t memories_ = 0, globals_ = 0, imported_functions_ = 0;
  std::map<ImportKey, uint32_t> import_index_;  // in the index space of the import's kind
  std::deque<FunctionCode> functions_;
  std::map<Key, uint32_t> helpers_;
  std::deque<Work> queue_;
  struct Facts {
    bool plain = false;
    uint32_t cost = 0;
  };
  const Facts& facts(const Types& types, DefinedId id);
  std::map<std::pair<const Types*, DefinedId>, Facts> facts_;
};

// The body of a function that copies a string from the encoding of one side to that of the other.
void make_string(Builder& builder, FunctionCode& code, const Options& from, const Options& to);

}  // namespace ermine::component::adapter
