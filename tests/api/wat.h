// Modules for the API's tests, written as text.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "ermine/ermine.h"
#include "text/text.h"

namespace ermine::test {

inline std::vector<uint8_t> wat_bytes(std::string_view source) {
  auto bytes = text::parse(source, {.features = wasm::FeatureSet::all(), .emit_names = true});
  if (!bytes) {
    ADD_FAILURE() << bytes.error().to_string();
    return {};
  }
  return *std::move(bytes);
}

// Aborts the test program if the text is not a module: the test itself is wrong then.
inline Module wat(const Engine& engine, std::string_view source, std::string_view name = {}) {
  auto module = Module::compile(engine, wat_bytes(source), name);
  if (!module) {
    std::fprintf(stderr, "%s\n", module.error().to_string().c_str());
    std::abort();
  }
  return *std::move(module);
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
    std::abort();
  }
  return *std::move(result);
}
inline void must(Result<void> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
    std::abort();
  }
}

}  // namespace ermine::test
