#include "launch/load.h"

#include "ermine/component.h"
#include "ermine/text.h"
#include "launch/file_kind.h"

namespace ermine::launch {
namespace {

std::string_view view(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<std::vector<uint8_t>> read_module_bytes(InputFile& file, uint64_t limit, Accepted accepted) {
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, file.read_module(limit, accepted));
  if (is_binary(bytes)) return bytes;
  return text_to_binary(view(bytes), file.path());
}

Result<std::variant<Module, Component>> load_program(const Engine& engine, InputFile& file, uint64_t limit,
                                                     Reading reading, Accepted accepted) {
  using Program = std::variant<Module, Component>;
  const std::string& path = file.path();
  auto with_path = [&path](auto program) -> Result<Program> {
    if (program) return Program(*std::move(program));
    return Error(std::move(program).error().with_context(path));
  };
  constexpr uint64_t kWorthMapping = 256 << 10;  // reading is faster below this
  uint8_t head[8];
  if (reading == Reading::kMap && file.size() >= kWorthMapping && file.size() <= limit && file.peek(head) &&
      is_binary(head) && !Component::is_component(head))
    return with_path(Module::from_descriptor(engine, file.fd(), module_name(file)));
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, file.read_module(limit, accepted));
  if (Component::is_component(bytes)) {
    if (is_binary(bytes)) return with_path(Component::compile(engine, std::move(bytes)));
    ERMINE_ASSIGN(Component component, Component::from_text(engine, view(bytes), path));
    return Program(std::move(component));
  }
  if (is_binary(bytes)) return with_path(Module::compile(engine, std::move(bytes), module_name(file)));
  ERMINE_ASSIGN(Module module, Module::from_text(engine, view(bytes), module_name(file), path));
  return Program(std::move(module));
}

Result<Module> load_module(const Engine& engine, InputFile& file, uint64_t limit, Reading reading) {
  ERMINE_ASSIGN(auto program, load_program(engine, file, limit, reading, Accepted::kModules));
  return std::get<Module>(std::move(program));
}

Result<void> validate_module(const Engine& engine, InputFile& file, uint64_t limit) {
  const std::string& path = file.path();
  ERMINE_ASSIGN(const std::vector<uint8_t> bytes, file.read_module(limit, Accepted::kComponentsToo));
  const bool is_component = Component::is_component(bytes);
  if (!is_binary(bytes))
    return is_component ? Component::validate_text(engine, view(bytes), path)
                        : Module::validate_text(engine, view(bytes), path);
  Result<void> valid = is_component ? Component::validate(engine, bytes) : Module::validate(engine, bytes);
  if (!valid) return Error(std::move(valid).error().with_context(path));
  return {};
}

std::string module_name(const InputFile& file) {
  const std::string& path = file.path();
  return path == "-" ? "stdin" : path.substr(path.rfind('/') + 1);
}

}  // namespace ermine::launch
