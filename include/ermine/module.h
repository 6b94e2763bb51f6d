// Module: a compiled WebAssembly module, immutable and independent of any store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/engine.h"
#include "ermine/types.h"

namespace ermine {

namespace engine {
class CompiledModule;
}

// A custom section. The views point into the module and live as long as it.
struct CustomSection {
  std::string_view name;           // that it has in the module
  std::span<const uint8_t> bytes;  // without the name
};

// Figures of a module, for messages and tools.
struct ModuleSummary {
  uint64_t size = 0;       // bytes of the binary
  uint64_t code_size = 0;  // bytes of the code section
  uint32_t types = 0;      // of functions, structures and arrays
  // Numbers of items that the module defines; imports are counted separately.
  uint32_t functions = 0;
  uint32_t tables = 0;    // the same
  uint32_t memories = 0;  // the same
  uint32_t globals = 0;   // the same
  uint32_t tags = 0;      // the same
  uint32_t imports = 0;   // of all kinds
  uint32_t exports = 0;   // of all kinds
  uint32_t data_segments = 0;    // active and passive
  uint32_t elem_segments = 0;    // active, passive and declared
  uint32_t custom_sections = 0;  // of all names
  uint64_t data_bytes = 0;  // of all data segments
  bool has_start = false;  // whether instantiating runs a function
  std::vector<MemoryType> memory_types;  // imported ones first
  std::vector<TableType> table_types;    // the same
  // Proposals beyond the first version of WebAssembly that the module needs.
  std::vector<std::string_view> features;
};

// A reference-counted handle, cheap to copy. Thread-safe: one Module may be instantiated in many stores at once.
class Module {
 public:
  // Decodes and validates a binary; functions are translated on their first call. The bytes are copied. `name` is for
  // messages and backtraces; if it is empty, the module's own name is used. Errors: kMalformed, kInvalid (both with the
  // byte offset), kUnsupported.
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> bytes, std::string_view name = {});
  // Takes ownership of the bytes instead of copying them.
  static Result<Module> compile(const Engine& engine, std::vector<uint8_t>&& bytes, std::string_view name = {});
  // Maps the file, a binary, into memory. It must not be truncated while the Module lives. Also kIo.
  static Result<Module> from_file(const Engine& engine, const std::string& path, std::string_view name = {});
  // The same with a file that is already open (a regular one is read from its beginning), for a process that can no
  // longer open files. The descriptor may be closed afterwards. `name` is also used in errors.
  static Result<Module> from_descriptor(const Engine& engine, int fd, std::string_view name = {});
  // The same with a module in the text format. Errors show line, column and the line of the text, which is called
  // `file` in them (`name`, if that is empty); kUnsupported also if the library was built without the text format.
  // ermine/text.h has the translation to a binary alone.
  static Result<Module> from_text(const Engine& engine, std::string_view text, std::string_view name = {},
                                  std::string_view file = {});
  // Only checks whether compile() or from_text() would accept it.
  static Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);
  static Result<void> validate_text(const Engine& engine, std::string_view text, std::string_view file = {});

  // Makes the code of all functions now, on this thread, instead of each at its first calls: machine code if the
  // engine's tier makes it (Config::tier). For hosts that prefer to wait before the first request and not during it.
  // Instances whose first memory has other properties than the module declares get code of their own. Errors:
  // kUnsupported, as for the first call of such a function; the code made so far is kept.
  Result<void> compile_functions() const;

  Engine engine() const;
  // The binary, valid as long as the Module.
  std::span<const uint8_t> bytes() const;
  // As given to compile(), otherwise from the name section, otherwise empty.
  std::string_view name() const;
  // In the module's order. Built on each call.
  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  // Nothing if the module does not export the name.
  std::optional<ExternType> get_export(std::string_view name) const;
  // In the order of the file; several may have the same name.
  std::vector<CustomSection> custom_sections() const;
  std::optional<std::span<const uint8_t>> custom_section(std::string_view name) const;  // the first of that name
  // Name of a function from the name section or its export; empty if it has none.
  std::string_view function_name(uint32_t func_index) const;
  // Reads all code once to find the features; not for hot paths.
  ModuleSummary summary() const;

  bool operator==(const Module&) const = default;

  // For the library's own code.
  explicit Module(std::shared_ptr<const engine::CompiledModule> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<const engine::CompiledModule>& impl() const { return impl_; }

 private:
  std::shared_ptr<const engine::CompiledModule> impl_;
};

}  // namespace ermine
