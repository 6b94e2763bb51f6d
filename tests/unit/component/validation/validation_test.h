// Validates components that tests write as text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "component/text/text.h"
#include "component/validation/validator.h"

namespace ermine::component {

inline Result<std::shared_ptr<const ValidComponent>> validate_text(std::string_view definitions,
                                                                   FeatureSet features = FeatureSet::all()) {
  std::string text = "(component ";
  text += definitions;
  text += ")";
  auto bytes = parse_text(text);
  if (!bytes) return std::move(bytes).error();
  auto owner = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
  ValidateOptions options;
  options.features = features;
  options.threads = 1;
  return validate({owner->data(), owner->size()}, owner, options);
}

// The message, or "" if the component is valid.
inline std::string error_of(std::string_view definitions, FeatureSet features = FeatureSet::all()) {
  const auto valid = validate_text(definitions, features);
  return valid ? "" : valid.error().message();
}

}  // namespace ermine::component

#define EXPECT_VALID(...) EXPECT_EQ(::ermine::component::error_of(__VA_ARGS__), "")
#define EXPECT_INVALID(text, message)                                                    \
  do {                                                                                   \
    const std::string error_ = ::ermine::component::error_of(text);                      \
    EXPECT_NE(error_.find(message), std::string::npos) << "the message was: " << error_; \
  } while (false)
