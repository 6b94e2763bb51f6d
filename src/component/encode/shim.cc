// See shim.h.
#include "component/encode/shim.h"

#include "binary/encoder.h"
#include "component/encode/core_types.h"

namespace ermine::component {
namespace {

using binary::ByteBuffer;
using binary::ModuleEncoder;
using binary::Section;
using wasm::Op;
using wit::CoreSignature;

constexpr uint8_t kFunc = 0x00, kTable = 0x01, kMemory = 0x02;  // kinds of imports and exports
constexpr uint8_t kFuncRef = 0x70;

void table_type(ByteBuffer& out, size_t size) {
  out.u8(kFuncRef);
  out.u8(0x01);  // has a maximum
  out.leb(size);
  out.leb(size);
}

void export_item(ModuleEncoder& out, std::string_view name, uint8_t kind, size_t index) {
  ByteBuffer& entry = out.entry(Section::kExport);
  entry.name(name);
  entry.u8(kind);
  entry.leb(index);
}

void import_item(ModuleEncoder& out, std::string_view module, std::string_view name, uint8_t kind) {
  ByteBuffer& entry = out.entry(Section::kImport);
  entry.name(module);
  entry.name(name);
  entry.u8(kind);
}

}  // namespace

std::string shim_name(size_t number) { return std::to_string(number); }

std::vector<uint8_t> make_shim_module(std::span<const CoreSignature> functions,
                                      const std::optional<wasm::MemoryType>& memory) {
  ModuleEncoder out;
  Signatures signatures(out);
  for (size_t i = 0; i < functions.size(); ++i) {
    const uint32_t type = signatures.index(functions[i]);
    out.entry(Section::kFunction).leb(type);
    export_item(out, shim_name(i), kFunc, i);
    ByteBuffer body;
    body.leb(0);  // locals
    for (size_t p = 0; p < functions[i].params.size(); ++p) {
      body.opcode(Op::local_get);
      body.leb(p);
    }
    body.opcode(Op::i32_const);
    body.sleb(static_cast<int64_t>(i));
    body.opcode(Op::call_indirect);
    body.leb(type);
    body.leb(0);
    body.opcode(Op::end);
    ByteBuffer& entry = out.entry(Section::kCode);
    entry.leb(body.size());
    entry.bytes(body.view());
  }
  if (!functions.empty()) {
    table_type(out.entry(Section::kTable), functions.size());
    export_item(out, kShimTable, kTable, 0);
  }
  if (memory) {
    write_memory_type(out.entry(Section::kMemory), *memory);
    export_item(out, kShimMemory, kMemory, 0);
  }
  return out.finish();
}

std::vector<uint8_t> make_fixup_module(std::span<const CoreSignature> functions, std::string_view initialize) {
  ModuleEncoder out;
  Signatures signatures(out);
  for (size_t i = 0; i < functions.size(); ++i) {
    const uint32_t type = signatures.index(functions[i]);
    import_item(out, kFixupFunctions, shim_name(i), kFunc);
    out.body(Section::kImport).leb(type);
  }
  if (!initialize.empty()) {
    const uint32_t type = signatures.index({});
    import_item(out, kFixupMain, initialize, kFunc);
    out.body(Section::kImport).leb(type);
    out.body(Section::kStart).leb(functions.size());
  }
  if (!functions.empty()) {
    import_item(out, kFixupTable, kShimTable, kTable);
    table_type(out.body(Section::kImport), functions.size());
    ByteBuffer& entry = out.entry(Section::kElem);
    entry.leb(0);  // active, table 0
    entry.opcode(Op::i32_const);
    entry.sleb(0);
    entry.opcode(Op::end);
    entry.leb(functions.size());
    for (size_t i = 0; i < functions.size(); ++i) entry.leb(i);
  }
  return out.finish();
}

}  // namespace ermine::component
