// C++ names of things in WIT.
#pragma once

#include <string>
#include <string_view>

namespace ermine::component::bindgen {

std::string snake_case(std::string_view label);  // "full-name" -> "full_name"; "class" -> "class_"
std::string camel_case(std::string_view label);  // "full-name" -> "FullName"
std::string constant(std::string_view label);    // "full-name" -> "kFullName"
std::string quoted(std::string_view text);       // as a string literal

}  // namespace ermine::component::bindgen
