#include "component/adapter/code.h"

#include <bit>

#include "wasm/limits.h"

namespace ermine::component::adapter {

Local FunctionCode::local(ValType type) {
  locals_.push_back(type);
  return {static_cast<uint32_t>(params.size() + locals_.size() - 1), type};
}

Local FunctionCode::scratch(ValType type) {
  for (size_t i = free_.size(); i-- > 0;) {
    if (free_[i].type != type) continue;
    const Local local = free_[i];
    free_.erase(free_.begin() + static_cast<ptrdiff_t>(i));
    return local;
  }
  return local(type);
}

FunctionCode& FunctionCode::try_catch_all(uint32_t depth) {
  open(Op::try_table);
  code.leb(1);
  code.u8(2);  // catch_all
  code.leb(depth);
  return *this;
}

FunctionCode& FunctionCode::access(Op op, uint32_t memory, uint64_t offset, uint32_t alignment) {
  code.opcode(op);
  const uint32_t log2 = static_cast<uint32_t>(std::countr_zero(alignment));
  code.leb(memory == 0 ? log2 : log2 | 0x40);
  if (memory != 0) code.leb(memory);
  code.leb(offset);
  return *this;
}

FunctionCode& FunctionCode::memory_copy(uint32_t to, uint32_t from) {
  code.opcode(Op::memory_copy);
  code.leb(to);
  code.leb(from);
  return *this;
}

FunctionCode& FunctionCode::call(Callee callee) {
  code.opcode(Op::call);
  calls_.push_back({code.size(), callee});
  return *this;
}

FunctionCode& FunctionCode::convert(ValType from, ValType to) {
  if (from == to) return *this;
  return op(to == wasm::kI64 ? Op::i64_extend_i32_u : Op::i32_wrap_i64);
}

bool FunctionCode::too_large() const {
  return code.size() + 6 * calls_.size() > wasm::kMaxFunctionSize - 1000 || locals_.size() > wasm::kMaxLocals - 100;
}

void FunctionCode::write(binary::ByteBuffer& out, uint32_t functions) const {
  binary::ByteBuffer body;
  binary::ByteBuffer groups;
  uint32_t count = 0;
  for (size_t i = 0; i < locals_.size(); ++count) {
    size_t end = i;
    while (end < locals_.size() && locals_[end] == locals_[i]) ++end;
    groups.leb(end - i);
    groups.u8(core_type_code(locals_[i]));
    i = end;
  }
  body.leb(count);
  body.bytes(groups.view());
  size_t done = 0;
  for (const Call& call : calls_) {
    body.bytes(code.view().subspan(done, call.at - done));
    body.leb(call.callee.imported ? call.callee.number : functions + call.callee.number);
    done = call.at;
  }
  body.bytes(code.view().subspan(done));
  body.opcode(Op::end);
  out.leb(body.size());
  out.bytes(body.view());
}

}  // namespace ermine::component::adapter
