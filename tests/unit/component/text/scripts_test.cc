// The official scripts of the component model: all are read completely, and the text of every component in them is
// parsed, or refused where the script says that it is malformed, and what was parsed prints as text of the same bytes.
// Running them is the task of other tests.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "component/binary/decoder.h"
#include "component/text/print/print.h"
#include "component/text/text.h"
#include "text/text.h"
#include "text/wast/script.h"

namespace ermine::component {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<std::vector<uint8_t>> bytes_of(const text::ScriptModule& module, const text::Source& source) {
  const TextOptions options{
      .core_features = wasm::FeatureSet::all(), .emit_names = true, .file_name = source.file_name};
  const text::ParseOptions core{.features = options.core_features, .emit_names = true};
  const text::Source quoted{module.contents, "quoted component"};
  const char* const begin = module.contents.data();
  switch (module.form) {
    case text::ModuleForm::kText:
      return module.is_component ? parse_definitions(source, module.begin, module.end, module.id, options)
                                 : text::parse_fields(source, module.begin, module.end, module.id, core);
    case text::ModuleForm::kQuote:
      return module.is_component ? parse_definitions(quoted, begin, begin + module.contents.size(), module.id, options)
                                 : text::parse(module.contents, core);
    case text::ModuleForm::kBinary: break;
  }
  return std::vector<uint8_t>(module.contents.begin(), module.contents.end());
}

TEST(OfficialScripts, AreReadCompletely) {
  const fs::path folder = ERMINE_COMPONENT_TESTS;
  if (!fs::is_directory(folder))
    GTEST_SKIP() << "the component model's official scripts are not at " << folder << " (set ERMINE_COMPONENT_TESTS)";
  size_t scripts = 0, directives = 0, components = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".wast") continue;
    ++scripts;
    const std::string script = contents(entry.path()), name = entry.path().filename();
    const text::Source source{script, name};
    text::ScriptReader reader(source);
    while (const std::optional<text::Directive> directive = reader.next()) {
      ++directives;
      if (!directive->module) continue;
      const text::ScriptModule& module = *directive->module;
      const Result<std::vector<uint8_t>> bytes = bytes_of(module, source);
      if (directive->kind == text::DirectiveKind::kAssertMalformed && module.form == text::ModuleForm::kQuote) {
        EXPECT_FALSE(bytes.has_value()) << name << ":" << directive->line << ": accepted, expected "
                                        << directive->message;
        continue;
      }
      EXPECT_TRUE(bytes.has_value()) << name << ":" << directive->line << ": " << bytes.error().message();
      if (!bytes || !module.is_component || module.form == text::ModuleForm::kBinary) continue;
      ++components;
      const auto decoded = decode(*bytes, nullptr, wasm::FeatureSet::all());
      EXPECT_TRUE(decoded.has_value()) << name << ":" << directive->line << ": " << decoded.error().message();
      const Result<std::string> printed = print_text(*bytes);
      ASSERT_TRUE(printed.has_value()) << name << ":" << directive->line << ": " << printed.error().message();
      const auto again = parse_text(*printed, {.core_features = wasm::FeatureSet::all(), .emit_names = true});
      ASSERT_TRUE(again.has_value()) << name << ":" << directive->line << ": " << again.error().message();
      EXPECT_EQ(*again, *bytes) << name << ":" << directive->line;
      EXPECT_EQ(printed->find("@ermine.encoding"), std::string::npos) << name << ":" << directive->line;
    }
    if (const Error error = reader.take_error()) ADD_FAILURE() << error.message();
  }
  EXPECT_GT(scripts, 0u);
  RecordProperty("scripts", static_cast<int>(scripts));
  RecordProperty("directives", static_cast<int>(directives));
  RecordProperty("components", static_cast<int>(components));
}

}  // namespace
}  // namespace ermine::component
