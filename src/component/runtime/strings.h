// Strings between a component's memory, in its encoding, and UTF-8 of the host. (CanonicalABI.md,
// `load_string_from_range` and `store_string`.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "component/model/valid_component.h"
#include "ermine/result.h"

namespace ermine::component {

// The bytes of a string in memory, checked: within the memory, aligned, and below the limit on strings.
struct StringPlace {
  const uint8_t* begin = nullptr;
  uint64_t bytes = 0;
  uint64_t units = 0;
  bool wide = false;  // units of two bytes, otherwise one
};
Result<StringPlace> string_place(const uint8_t* memory, uint64_t memory_size, StringEncoding encoding,
                                 AddressType address, uint64_t at, uint64_t tagged_units);
// The text. An error if it is not valid in its encoding.
Result<void> lift_string(const StringPlace& place, StringEncoding encoding, std::string& out);
// The error of bytes that are not UTF-8, with the place.
Error utf8_error(std::string_view text);

// How a text, which is UTF-8, is written in an encoding.
struct StringForm {
  uint64_t bytes = 0;
  uint64_t units = 0;
  uint32_t alignment = 1;
  bool wide = false;
  uint64_t tagged_units(StringEncoding encoding, AddressType address) const;
};
// An error if it is too long.
Result<StringForm> string_form(std::string_view text, StringEncoding encoding);
// Writes form.bytes bytes.
void lower_string(std::string_view text, const StringForm& form, StringEncoding encoding, uint8_t* out);

}  // namespace ermine::component
