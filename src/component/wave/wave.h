// WAVE, the text encoding of component values (wasm-tools, crates/wasm-wave/README.md): reads values of a given type,
// and prints values.
//
// Beyond the README: map<K, V> is a list of pairs, [(key, value), ...], and a fixed-length list is a list. Handles
// (resources, streams, futures, error contexts) have no text; reading and printing them is refused. A record's fields
// are in the order of the type, whatever the order in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "component/value/value.h"
#include "component/value/value_type.h"
#include "ermine/result.h"

namespace ermine::component::wave {

// Errors are kMalformed (the text is not WAVE) or kInvalid (it is a value of another type), with line, column and the
// line itself; kUnsupported for handles and beyond kMaxValues.
Result<Value> parse(std::string_view text, const ValueType& type);

// A call: NAME(VALUE, ...), for instance run(1, "a") or a:b/c.run@1.0.0(1). The first names of a text that is a call.
struct CallName {
  std::string interface;  // "a:b/c@1.0.0", "c" or empty
  std::string function;   // "run"
  // "a:b/c.run@1.0.0", as in the text.
  std::string text;
};
Result<CallName> parse_call_name(std::string_view text);
// The arguments of the call, for the function that it names. Arguments for parameters at the end may be left out if
// they are options: they are none.
Result<std::vector<Value>> parse_call(std::string_view text, const FunctionType& type);

// kUnsupported for handles.
Result<std::string> print(const Value& value);
// "name(value, ...)".
Result<std::string> print_call(std::string_view name, const std::vector<Value>& arguments);

}  // namespace ermine::component::wave
