// Binds the table of functions (functions.def) to a ComponentLinker.
#pragma once

#include "wasi/preview2/bind.h"

namespace ermine::wasi::preview3 {

Result<void> define_all(ComponentLinker& linker, preview2::ContextSource source);
// wasi:http
Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source);

}  // namespace ermine::wasi::preview3
