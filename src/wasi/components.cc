// WASI for components: all versions at once, because a component may import several.
#include "wasi/preview2/bind.h"
#include "wasi/preview3/bind.h"
#include "wasi/state.h"

namespace ermine {
namespace {

Result<void> define_all(ComponentLinker& linker, const wasi::preview2::ContextSource& source) {
  ERMINE_TRY(wasi::preview2::define_all(linker, source));
  return wasi::preview3::define_all(linker, source);
}

}  // namespace

Result<void> Wasi::add_to_linker(ComponentLinker& linker) const {
  ERMINE_ASSIGN(auto context, impl_->components());
  return define_all(linker, {.fixed = std::move(context)});
}
Result<void> Wasi::add_to_linker(ComponentLinker& linker, ComponentFind find, std::shared_ptr<void> context) {
  return define_all(linker, {.fixed = nullptr, .find = find, .find_context = std::move(context)});
}

}  // namespace ermine
