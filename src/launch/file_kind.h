// What a file is that is no module, so that the error can say so and what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "ermine/error.h"

namespace ermine::launch {

// Begins with the magic bytes of WebAssembly binaries.
bool is_binary(std::span<const uint8_t> bytes);
// Named *.wat or *.wast, or beginning like text.
bool looks_like_text(std::span<const uint8_t> bytes, const std::string& path);
// The same, but if more bytes follow, the given ones may be only blanks.
bool may_be_text(std::span<const uint8_t> beginning, const std::string& path);

// What a command can work with.
enum class Accepted : uint8_t { kModules, kComponentsToo };

// Nothing for a core module and for text, and for a component if it is accepted; otherwise an error that names the file
// and the kind of its contents.
std::optional<Error> not_accepted(std::span<const uint8_t> bytes, const std::string& path, Accepted accepted);

}  // namespace ermine::launch
