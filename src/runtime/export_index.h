// ExportIndex: a module's exports by name. Immutable; names live in the module.
#pragma once

#include <string_view>
#include <unordered_map>

#include "wasm/module.h"

namespace ermine::runtime {

class ExportIndex {
 public:
  explicit ExportIndex(const wasm::Module& module);
  // Null if there is no such export.
  const wasm::Export* find(std::string_view name) const;

 private:
  std::unordered_map<std::string_view, const wasm::Export*> by_name_;
};

}  // namespace ermine::runtime
