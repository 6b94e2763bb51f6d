// Binds the table of functions (functions.def) to a ComponentLinker.
#pragma once

#include "wasi/preview2/bind.h"

namespace ermine::wasi::preview3 {

Result<void> define_all(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                        const preview2::Wanted& wanted);
// wasi:http
Result<void> define_http(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                         const preview2::Wanted& wanted);
// wasi:tls
Result<void> define_tls(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                        const preview2::Wanted& wanted);

}  // namespace ermine::wasi::preview3
