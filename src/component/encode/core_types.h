// Types in core modules that are made here.
#pragma once

#include <map>
#include <string>

#include "binary/encoder.h"
#include "component/wit/abi.h"
#include "wasm/module.h"

namespace ermine::component {

// The code of a number type in the binary format.
inline uint8_t number_code(wasm::ValType type) {
  return type == wasm::kI32 ? 0x7F : type == wasm::kI64 ? 0x7E : type == wasm::kF32 ? 0x7D : 0x7C;
}

inline void write_memory_type(binary::ByteBuffer& out, const wasm::MemoryType& type) {
  out.u8(static_cast<uint8_t>((type.limits.max ? 1 : 0) | (type.shared ? 2 : 0) | (type.is64 ? 4 : 0) |
                              (type.page_log2 != 16 ? 8 : 0)));
  out.leb(type.limits.min);
  if (type.limits.max) out.leb(*type.limits.max);
  if (type.page_log2 != 16) out.leb(type.page_log2);
}

// The type section of a module: function types of numbers, each once.
class Signatures {
 public:
  explicit Signatures(binary::ModuleEncoder& out) : out_(out) {}
  uint32_t index(const wit::CoreSignature& signature) {
    const auto [found, is_new] = known_.try_emplace(signature.to_string(), out_.count(binary::Section::kType));
    if (!is_new) return found->second;
    binary::ByteBuffer& entry = out_.entry(binary::Section::kType);
    entry.u8(0x60);  // a function type
    for (const auto* list : {&signature.params, &signature.results}) {
      entry.leb(list->size());
      for (const wasm::ValType type : *list) entry.u8(number_code(type));
    }
    return found->second;
  }

 private:
  binary::ModuleEncoder& out_;
  std::map<std::string, uint32_t> known_;
};

}  // namespace ermine::component
