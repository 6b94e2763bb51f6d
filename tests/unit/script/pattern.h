// The result that a script's assertion expects, for tests of what matches it.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "text/wast/script.h"

namespace ermine::script {

inline text::ScriptValue pattern(std::string_view text) {
  const std::string script = "(assert_return (invoke \"f\") " + std::string(text) + ")";
  const text::Source source{script, "s.wast"};
  text::ScriptReader reader(source);
  auto directive = reader.next();
  if (!directive || directive->results.size() != 1) {
    ADD_FAILURE() << text << ": " << reader.take_error().message();
    return {};
  }
  return directive->results[0];
}

}  // namespace ermine::script
