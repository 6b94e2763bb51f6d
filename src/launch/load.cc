#include "launch/load.h"

#include "launch/text_format.h"

namespace ermine::launch {
namespace {

// A component is a binary of another layer; say so instead of reporting a wrong version number.
bool is_component(std::span<const uint8_t> bytes) {
  return bytes.size() >= 8 && is_binary(bytes) && bytes[6] == 1 && bytes[7] == 0;
}

Error component_error() {
  return Error(ErrorKind::kUnsupported,
               "this is a WebAssembly component, not a core module; components are not supported yet");
}

}  // namespace

Result<std::vector<uint8_t>> read_module_bytes(InputFile& file, uint64_t limit) {
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, file.read_module(limit));
  if (is_binary(bytes) || !looks_like_text(bytes, file.path())) return bytes;
  return assemble(bytes, file.path());
}

Result<Module> load_module(const Engine& engine, InputFile& file, uint64_t limit, Reading reading) {
  const std::string& path = file.path();
  const std::string name = module_name(file);
  auto with_path = [&path](Error error) { return Error(std::move(error).with_context(path)); };
  constexpr uint64_t kWorthMapping = 256 << 10;  // reading is faster below this
  uint8_t head[8];
  if (reading == Reading::kMap && file.size() >= kWorthMapping && file.size() <= limit && file.peek(head) &&
      is_binary(head) && !is_component(head)) {
    Result<Module> module = Module::from_descriptor(engine, file.fd(), name);
    if (!module) return with_path(std::move(module).error());
    return module;
  }
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, file.read_module(limit));
  if (is_component(bytes)) return with_path(component_error());
  if (is_binary(bytes) || !looks_like_text(bytes, path)) {
    Result<Module> module = Module::compile(engine, std::move(bytes), name);
    if (!module) return with_path(std::move(module).error());
    return module;
  }
  ERMINE_ASSIGN(std::vector<uint8_t> assembled, assemble(bytes, path));
  Result<Module> module = Module::compile(engine, assembled, name);
  if (!module) return in_text(bytes, path, assembled, module.error());
  return module;
}

Result<void> validate_module(const Engine& engine, InputFile& file, uint64_t limit) {
  const std::string& path = file.path();
  ERMINE_ASSIGN(const std::vector<uint8_t> bytes, file.read_module(limit));
  if (is_component(bytes)) return Error(component_error().with_context(path));
  const bool is_text = !is_binary(bytes) && looks_like_text(bytes, path);
  std::vector<uint8_t> assembled;
  if (is_text) { ERMINE_ASSIGN(assembled, assemble(bytes, path)); }
  const Result<void> valid = Module::validate(engine, is_text ? assembled : bytes);
  if (valid) return {};
  if (is_text) return in_text(bytes, path, assembled, valid.error());
  return Error(valid.error().clone().with_context(path));
}

std::string module_name(const InputFile& file) {
  const std::string& path = file.path();
  return path == "-" ? "stdin" : path.substr(path.rfind('/') + 1);
}

}  // namespace ermine::launch
