// Components: WebAssembly modules with typed interfaces (the component model).
//
// This version decodes, validates and prints components; running them follows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "ermine/engine.h"
#include "ermine/result.h"

namespace ermine {

class Component {
 public:
  // Whether the bytes begin like a component, binary or text, rather than like a module.
  static bool is_component(std::span<const uint8_t> bytes);

  // Checks whether a component in the binary form is valid, with all modules and components in it. Features of core
  // WebAssembly are those of the engine; of the component model, those of WASI 0.2 and 0.3, or all if the engine has
  // all features. Errors: kMalformed, kInvalid, kUnsupported (a limit of the implementation, or the library was built
  // without components); offset() counts from the first byte. Thread-safe.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);
  // The same for the text format; errors show line and column where their place in the text is known. `file` is the
  // text's name in them.
  static Result<void> validate_text(const Engine& engine, std::string_view text, std::string_view file = {});

  Component() = delete;  // cannot be instantiated yet
};

}  // namespace ermine
