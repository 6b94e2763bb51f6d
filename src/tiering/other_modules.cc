#include "tiering/other_modules.h"

#include <algorithm>

#include "tiering/machine_tiers.h"
#include "tiering/tiered_code.h"

namespace ermine::tiering {

namespace {

// By what owns it: the pointer of one that is gone says nothing.
bool is_of(const std::weak_ptr<runtime::ModuleCode>& owner, TieredCode& code) {
  const std::weak_ptr<runtime::ModuleCode> its = code.weak_from_this();
  return !owner.owner_before(its) && !its.owner_before(owner);
}

}  // namespace

ImportedFunc OtherModules::imported(TieredCode& importer, uint32_t func_index) {
  const TieredCode::Import import = importer.import_at(func_index);
  if (import.func == nullptr) return {};
  // The module itself, in another instance, is not kept: this thread must not be the one that frees it, because that
  // waits for compilers.
  TieredCode* code = &own_;
  if (!is_of(import.owner, own_)) {
    std::shared_ptr<runtime::ModuleCode> owner = import.owner.lock();
    if (owner == nullptr) return {};
    code = static_cast<TieredCode*>(owner.get());
    if (std::ranges::find(kept_, owner) == kept_.end()) kept_.push_back(std::move(owner));
  }
  const Surroundings& in = surroundings(*code);
  if (in.call_table == nullptr || in.register_table == nullptr) return {};
  return {import.func, in.callee(import.func->func_index), &in};
}

const Surroundings& OtherModules::surroundings(TieredCode& code) {
  if (const auto it = surroundings_.find(&code); it != surroundings_.end()) return it->second;
  return surroundings_
      .emplace(&code, Surroundings{.module = code.module(),
                                   .funcs = code.func_codes(),
                                   .call_table = code.call_table(),
                                   .register_table = code.register_table(),
                                   .callee = [this, &code](uint32_t callee) { return code.callee(callee, level_); },
                                   .imported = [this, &code](uint32_t callee) { return imported(code, callee); }})
      .first->second;
}

}  // namespace ermine::tiering
