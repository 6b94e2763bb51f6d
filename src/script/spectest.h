// The host module `spectest`, which the scripts of the official suite import from.
#pragma once

#include <functional>
#include <string_view>

#include "ermine/ermine.h"

namespace ermine::script {

Result<void> define_spectest(StoreRef store, Linker& linker, const std::function<void(std::string_view)>& on_print);

}  // namespace ermine::script
