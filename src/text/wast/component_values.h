// Values of components in scripts: their presentation. ScriptReader::component_value reads them.
#pragma once

#include <string>

#include "text/wast/script.h"

namespace ermine::text {

// A value in the notation of ScriptValue::to_string(): "u8:3", "record(a=u8:1 b=string:"x")".
std::string component_text(const ScriptValue& value);

}  // namespace ermine::text
