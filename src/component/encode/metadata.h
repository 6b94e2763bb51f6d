// The types of a component in a core module: custom sections whose names begin with "component-type". Each has an
// encoded WIT package with one world, and says how the module encodes strings. They are those of wasm-tools, and of the
// bindings that wit-bindgen and others generate.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "component/encode/sections.h"
#include "component/model/valid_component.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component {

struct ModuleMetadata {
  std::vector<uint8_t> module;  // without these sections
  std::vector<std::string> exports;  // keys in the world's exports
  Producers producers;  // of the sections
  unsigned sections = 0;

  // How the functions of an import or export encode strings; none: the module's sections do not have it.
  std::optional<StringEncoding> encoding(const wit::Resolve& resolve, const wit::WorldItem& item, bool is_export) const;
  std::unordered_map<std::string, StringEncoding> encodings;
};

// Adds what the sections of a valid module have to the world. Errors: kInvalid, kUnsupported; their context is the
// section. After an error the Resolve must not be used.
Result<ModuleMetadata> read_metadata(std::span<const uint8_t> module, wit::Resolve& resolve, wit::WorldId world);

// The contents of a section for a world. Errors are those of wit::encode().
Result<std::vector<uint8_t>> encode_metadata(const wit::Resolve& resolve, wit::WorldId world, StringEncoding encoding,
                                             const Producers& producers);

// Appends a custom section to a module.
void append_custom(std::vector<uint8_t>& module, std::string_view name, std::span<const uint8_t> contents);

}  // namespace ermine::component
