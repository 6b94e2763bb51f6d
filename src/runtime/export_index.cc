#include "runtime/export_index.h"

namespace ermine::runtime {

ExportIndex::ExportIndex(const wasm::Module& module) {
  by_name_.reserve(module.exports.size());
  for (const wasm::Export& e : module.exports) by_name_.emplace(e.name, &e);
}

const wasm::Export* ExportIndex::find(std::string_view name) const {
  auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

}  // namespace ermine::runtime
