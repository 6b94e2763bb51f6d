// Values between scripts and the engine: arguments made from constants, results compared with patterns.
#pragma once

#include <string>

#include "ermine/ermine.h"
#include "text/wast/script.h"

namespace ermine::script {

// `type` is the parameter's type: a null takes it, so that (ref.null $t) needs no name resolution.
Result<Val> to_value(StoreRef store, const text::ScriptValue& value, ValType type);

bool matches(const Val& value, const text::ScriptValue& pattern);

}  // namespace ermine::script
