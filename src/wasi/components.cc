// WASI for components: all versions at once, because a component may import several.
#include "wasi/preview2/bind.h"
#include "wasi/preview3/bind.h"
#include "wasi/state.h"

namespace ermine {
namespace {

// `component`: the one that is linked; null: any.
Result<void> define_all(ComponentLinker& linker, wasi::preview2::ContextSource source, const Component* component) {
  const wasi::preview2::Wanted wanted(component);
  const auto shared = std::make_shared<const wasi::preview2::ContextSource>(std::move(source));
  ERMINE_TRY(wasi::preview2::define_all(linker, shared, wanted));
  return wasi::preview3::define_all(linker, shared, wanted);
}

}  // namespace

Result<void> Wasi::add_to_linker(ComponentLinker& linker) const {
  ERMINE_ASSIGN(auto context, impl_->components());
  return define_all(linker, {.fixed = std::move(context)}, nullptr);
}
Result<void> Wasi::add_to_linker(ComponentLinker& linker, const Component& component) const {
  ERMINE_ASSIGN(auto context, impl_->components());
  return define_all(linker, {.fixed = std::move(context)}, &component);
}
Result<void> Wasi::add_to_linker(ComponentLinker& linker, ComponentFind find, std::shared_ptr<void> context) {
  return define_all(linker, {.fixed = nullptr, .find = find, .find_context = std::move(context)}, nullptr);
}

}  // namespace ermine
