#include "cli/component_tools.h"

#include "cli/component_text.h"
#include "ermine/ermine.h"
#include "text/print/print.h"
#include "text/text.h"

namespace ermine::cli {

int fail_tool(const Error& error) {
  print_error(error);
  return error.kind() == ErrorKind::kUsage ? kUsage : kFailed;
}

component::Producers::Value this_tool() { return {"ermine", ERMINE_VERSION}; }

void ToolFiles::add_output(Options& options) {
  options.value("-o,--output", output, "Write here instead of to standard output", "FILE");
  options.flag("-t,--wat", as_text, "Write the text format");
}

int ToolFiles::open(OutputFile* out, const Words& inputs, std::vector<std::vector<uint8_t>>& bytes,
                    const std::string& wit, component::wit::PackageFiles* package) const {
  const Precautions& precautions = settings.precautions;
  if (out != nullptr && !as_text)
    if (Result<void> r = out->expect_binary(); !r) return fail_tool(r.error());
  if (int code = precautions.set_bounds(); code != kOk) return code;
  if (out != nullptr)
    if (Result<void> r = out->open(); !r) return fail_tool(r.error());
  std::vector<InputFile> files;
  for (const std::string& path : inputs) {
    Result<InputFile> file = InputFile::open(path);
    if (!file) return fail_tool(file.error());
    files.push_back(*std::move(file));
  }
  if (!wit.empty()) {
    Result<component::wit::PackageFiles> read = component::wit::read_path(wit, precautions.max_module_size);
    if (!read) return fail_tool(read.error());
    *package = *std::move(read);
  }
  if (int code = precautions.confine_to_reading(); code != kOk) return code;
  for (InputFile& file : files) {
    Result<std::vector<uint8_t>> read = read_module_bytes(file, precautions.max_module_size, Accepted::kComponentsToo);
    if (!read) return fail_tool(read.error());
    bytes.push_back(*std::move(read));
  }
  if (package != nullptr)
    if (Result<void> done = assemble(*package); !done) return fail_tool(done.error());
  return kOk;
}

int ToolFiles::write(OutputFile& out, std::span<const uint8_t> bytes) const {
  if (!as_text) {
    out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } else if (Component::is_component(bytes)) {
    Result<std::string> text = print_component(bytes, {});
    if (!text) return fail_tool(text.error());
    out.write(*text);
  } else {
    Result<void> printed = text::print(bytes, {}, [&out](std::string_view piece) { return out.write(piece); });
    if (!printed) return fail_tool(printed.error());
  }
  if (Result<void> r = out.finish(); !r) return fail_tool(r.error());
  return kOk;
}

Result<void> assemble(component::wit::PackageFiles& files) {
  if (files.main.size() != 1) return {};
  std::string& text = files.main[0].text;
  const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  if (!text::looks_like_text(text) || !Component::is_component(bytes)) return {};
  ERMINE_ASSIGN(const std::vector<uint8_t> binary, parse_component(text, true, files.main[0].name));
  text.assign(binary.begin(), binary.end());
  return {};
}

}  // namespace ermine::cli
