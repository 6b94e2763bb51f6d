// wasi:keyvalue, as far as it is in the library: the plug-in libermine-keyvalue.so is opened here, and its interfaces
// are defined. Without it, the interfaces are those of a program that is granted nothing.
#pragma once

#include <memory>

#include "ermine/keyvalue.h"
#include "ermine/result.h"

namespace ermine {
class ComponentLinker;
}

namespace ermine::wasi::preview2 {
struct ContextSource;
class Wanted;
}  // namespace ermine::wasi::preview2

namespace ermine::wasi::keyvalue {

// Opens the plug-in and all stores: host::Program::key_value_stores. kUnsupported without the plug-in, with what to
// install; kUsage, kIo with the store that cannot be opened.
Result<std::shared_ptr<void>> open_stores(const KeyValueGrants& grants);

Result<void> define_interfaces(ComponentLinker& linker, const std::shared_ptr<const preview2::ContextSource>& source,
                               const preview2::Wanted& wanted);

}  // namespace ermine::wasi::keyvalue
