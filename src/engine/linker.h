// Linker: definitions by module and item name, and the resolution of imports. A linker may be changed by one thread;
// many may resolve imports.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/compiled_module.h"
#include "runtime/extern_value.h"
#include "runtime/store.h"

namespace ermine::engine {

class Linker {
 public:
  explicit Linker(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  // The definition of a name: an item of one store, or one that can be added to any store.
  struct StoreItem {
    runtime::Store* store;
    runtime::ExternValue value;
  };
  using Item = std::variant<StoreItem, std::shared_ptr<const runtime::HostFunction>, std::shared_ptr<runtime::Memory>>;

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  void allow_shadowing(bool allow) { shadowing_ = allow; }
  Result<void> define(std::string_view module, std::string_view name, Item item);
  Result<void> alias(std::string_view module, std::string_view name, std::string_view as_module,
                     std::string_view as_name);
  Result<void> alias_module(std::string_view module, std::string_view as_module);
  const Item* find(std::string_view module, std::string_view name) const;

  // Adds an item to a store. kUsage if it belongs to another.
  static Result<runtime::ExternValue> bring(runtime::Store& store, const Item& item);
  // The module's imports in its order. kLink, kUsage.
  Result<std::vector<runtime::ExternValue>> resolve(runtime::Store& store, const wasm::Module& module) const;

 private:
  using Items = std::map<std::string, Item, std::less<>>;
  std::shared_ptr<Engine> engine_;
  std::map<std::string, Items, std::less<>> modules_;
  bool shadowing_ = false;
};

}  // namespace ermine::engine
