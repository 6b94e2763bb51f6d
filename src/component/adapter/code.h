// FunctionCode: a function of an adapter module under construction. Calls name functions by a Callee, since the number
// of imports, and with it every function index, is known only at the end.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "binary/encoder.h"
#include "component/model/types.h"
#include "wasm/opcodes.h"
#include "wasm/types.h"

namespace ermine::component::adapter {

using wasm::Op;
using wasm::ValType;

// An imported function, or one of the module's own.
struct Callee {
  bool imported = false;
  uint32_t number = 0;
  bool operator==(const Callee&) const = default;
};

struct Local {
  uint32_t index = 0;
  ValType type = wasm::kI32;
};

inline ValType pointer_type(AddressType address) { return address == AddressType::k64 ? wasm::kI64 : wasm::kI32; }

// Of a number type, in the binary format.
inline uint8_t core_type_code(ValType type) { return static_cast<uint8_t>(0x80 - static_cast<unsigned>(type.kind())); }

class FunctionCode {
 public:
  FunctionCode() = default;
  FunctionCode(std::span<const ValType> params, std::span<const ValType> results)
      : params(params.begin(), params.end()), results(results.begin(), results.end()) {}

  // A new local. Its value is 0 unless the local was given back before.
  Local local(ValType type);
  // A local that may have any value, for use until give_back().
  Local scratch(ValType type);
  void give_back(Local local) { free_.push_back(local); }
  Local param(uint32_t i) const { return {i, params[i]}; }

  FunctionCode& op(Op op) {
    code.opcode(op);
    return *this;
  }
  FunctionCode& get(Local local) { return indexed(Op::local_get, local.index); }
  FunctionCode& set(Local local) { return indexed(Op::local_set, local.index); }
  FunctionCode& tee(Local local) { return indexed(Op::local_tee, local.index); }
  FunctionCode& get_global(uint32_t index) { return indexed(Op::global_get, index); }
  FunctionCode& set_global(uint32_t index) { return indexed(Op::global_set, index); }
  FunctionCode& memory_size(uint32_t memory) { return indexed(Op::memory_size, memory); }
  FunctionCode& br(uint32_t depth) { return indexed(Op::br, depth); }
  FunctionCode& br_if(uint32_t depth) { return indexed(Op::br_if, depth); }
  FunctionCode& constant(ValType type, int64_t value) {
    op(type == wasm::kI64 ? Op::i64_const : Op::i32_const);
    code.sleb(type == wasm::kI64 ? value : int64_t{static_cast<int32_t>(value)});
    return *this;
  }
  FunctionCode& i32(int64_t value) { return constant(wasm::kI32, value); }
  FunctionCode& block() { return open(Op::block); }
  FunctionCode& loop() { return open(Op::loop); }
  FunctionCode& if_() { return open(Op::if_); }
  FunctionCode& else_() { return op(Op::else_); }
  FunctionCode& end() { return op(Op::end); }
  // All exceptions go to the enclosing block `depth`, which does not count this one.
  FunctionCode& try_catch_all(uint32_t depth);
  FunctionCode& access(Op op, uint32_t memory, uint64_t offset, uint32_t alignment);
  FunctionCode& memory_copy(uint32_t to, uint32_t from);
  FunctionCode& call(Callee callee);
  // An integer of one type to the other, the value being unsigned and not too large.
  FunctionCode& convert(ValType from, ValType to);
  // The operation for i32 or i64.
  FunctionCode& op(ValType type, Op for32, Op for64) { return op(type == wasm::kI64 ? for64 : for32); }
  FunctionCode& add(ValType type) { return op(type, Op::i32_add, Op::i64_add); }
  FunctionCode& mul(ValType type) { return op(type, Op::i32_mul, Op::i64_mul); }

  bool too_large() const;
  // Appends the entry of the code section. `functions` is the number of imported functions.
  void write(binary::ByteBuffer& out, uint32_t functions) const;

  std::string name;
  std::vector<ValType> params, results;
  binary::ByteBuffer code;

 private:
  struct Call {
    size_t at;  // where the index belongs in `code`
    Callee callee;
  };
  FunctionCode& indexed(Op op, uint32_t index) {
    code.opcode(op);
    code.leb(index);
    return *this;
  }
  FunctionCode& open(Op op) {
    code.opcode(op);
    code.u8(0x40);  // no results
    return *this;
  }
  std::vector<ValType> locals_;
  std::vector<Local> free_;
  std::vector<Call> calls_;
};

}  // namespace ermine::component::adapter
