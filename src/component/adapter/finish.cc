// Writes the module of adapters.
#include <string>

#include "component/adapter/builder.h"

namespace ermine::component::adapter {

namespace {

using binary::ByteBuffer;
using binary::Section;

// The function types of a module, each once.
class TypeSection {
 public:
  explicit TypeSection(binary::ModuleEncoder& encoder) : encoder_(encoder) {}
  uint32_t index(const std::vector<ValType>& params, const std::vector<ValType>& results) {
    ByteBuffer bytes;
    bytes.u8(0x60);
    for (const auto* list : {&params, &results}) {
      bytes.leb(list->size());
      for (const ValType type : *list) bytes.u8(core_type_code(type));
    }
    std::vector<uint8_t> key(bytes.view().begin(), bytes.view().end());
    const auto [entry, is_new] = known_.try_emplace(std::move(key), static_cast<uint32_t>(known_.size()));
    if (is_new) encoder_.entry(Section::kType).bytes(bytes.view());
    return entry->second;
  }

 private:
  binary::ModuleEncoder& encoder_;
  std::map<std::vector<uint8_t>, uint32_t> known_;
};

// Names for readers of the module; imports are matched by position.
std::string_view import_module(AdapterImport::Kind kind) {
  switch (kind) {
    case AdapterImport::Kind::kMemory: return "memory";
    case AdapterImport::Kind::kFunc: return "function";
    case AdapterImport::Kind::kFlags: return "flags";
    default: return "ermine";
  }
}

}  // namespace

AdapterModule::Finished Builder::finish(std::span<const Callee> adapters) {
  binary::ModuleEncoder encoder;
  TypeSection types(encoder);
  ByteBuffer names;
  uint32_t function = 0;
  const auto name = [&](std::string_view text) {
    names.leb(function++);
    names.name(text);
  };
  for (const AdapterImport& import : imports_) {
    ByteBuffer& out = encoder.entry(Section::kImport);
    const bool is_intrinsic = import.kind == AdapterImport::Kind::kIntrinsic;
    const std::string number = std::to_string(import.number);
    out.name(import_module(import.kind));
    out.name(is_intrinsic ? intrinsic_name(import.intrinsic) : std::string_view(number));
    out.u8(static_cast<uint8_t>(import.kind == AdapterImport::Kind::kMemory  ? wasm::ExternKind::kMemory
                                : import.kind == AdapterImport::Kind::kFlags ? wasm::ExternKind::kGlobal
                                                                             : wasm::ExternKind::kFunc));
    switch (import.kind) {
      case AdapterImport::Kind::kMemory: {
        const bool odd_pages = import.from.page_log2 != 16;
        out.u8((import.from.is64 ? 4 : 0) | (odd_pages ? 8 : 0));
        out.leb(0);  // pages at least
        if (odd_pages) out.leb(import.from.page_log2);
        break;
      }
      case AdapterImport::Kind::kFlags:
        out.u8(core_type_code(wasm::kI32));
        out.u8(1);  // mutable
        break;
      default:
        out.leb(types.index(import.type.params, import.type.results));
        name(is_intrinsic ? intrinsic_name(import.intrinsic) : "core function");
        break;
    }
  }
  for (const FunctionCode& code : functions_) {
    encoder.entry(Section::kFunction).leb(types.index(code.params, code.results));
    code.write(encoder.entry(Section::kCode), imported_functions_);
    name(code.name);
  }
  for (size_t i = 0; i < adapters.size(); ++i) {
    ByteBuffer& out = encoder.entry(Section::kExport);
    out.name(std::to_string(i));
    out.u8(static_cast<uint8_t>(wasm::ExternKind::kFunc));
    out.leb(adapters[i].imported ? adapters[i].number : imported_functions_ + adapters[i].number);
  }
  ByteBuffer functions;
  functions.leb(function);
  functions.bytes(names.view());
  ByteBuffer contents;
  contents.u8(1);  // the subsection of function names
  contents.leb(functions.size());
  contents.bytes(functions.view());
  encoder.custom("name", contents.view());
  return {encoder.finish(), std::move(imports_), static_cast<uint32_t>(adapters.size())};
}

}  // namespace ermine::component::adapter
