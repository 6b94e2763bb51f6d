// What a file is that is no module or no program, so that messages can say so and what to do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ermine/error.h"
#include "ermine/module.h"

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

// A module that a linker, static or dynamic, has to finish before it can run.
struct Unlinked {
  std::string_view id;  // for programs: "object", "shared-library"
  std::string_view name;  // "an object file of a compiler"
  std::string_view advice;  // what to do
};
std::optional<Unlinked> unlinked(const Module& module);

}  // namespace ermine::launch
