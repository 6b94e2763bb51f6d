// Reads a module: binary or, where the build has the text format, text; from a file or from standard input.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ermine/component.h"
#include "ermine/module.h"
#include "launch/input_file.h"

namespace ermine::launch {

enum class Reading : uint8_t {
  kMap,   // the file may be mapped: no program that runs can change it
  kCopy,  // a program that can write files could truncate its own module
};

// Errors name the file. `limit`: the maximal number of bytes to read, of text and of a binary.
Result<Module> load_module(const Engine& engine, InputFile& file, uint64_t limit, Reading reading = Reading::kMap);
// The same for what may be a component, if components are accepted.
Result<std::variant<Module, Component>> load_program(const Engine& engine, InputFile& file, uint64_t limit,
                                                     Reading reading = Reading::kMap,
                                                     Accepted accepted = Accepted::kComponentsToo);
// Whether a module or component is valid. Errors are those of load_module().
Result<void> validate_module(const Engine& engine, InputFile& file, uint64_t limit);
// The bytes of a module: unchanged, or assembled from the text.
Result<std::vector<uint8_t>> read_module_bytes(InputFile& file, uint64_t limit, Accepted accepted = Accepted::kModules);
// The name in messages and backtraces: the file's name without the path.
std::string module_name(const InputFile& file);

}  // namespace ermine::launch
