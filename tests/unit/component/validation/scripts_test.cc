// The official scripts of the component model: every component in them is valid, or refused with the message that the
// script expects. Running them is the task of other tests.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "text/text.h"
#include "text/wast/script.h"
#include "validation_test.h"

namespace ermine::component {
namespace {

namespace fs = std::filesystem;
using text::DirectiveKind;

// Expected messages that say the same in other words.
constexpr std::pair<std::string_view, std::string_view> kOtherWords[] = {
    {"invalid leading byte", "malformed definition type"},
    {"conflicts with option `latin1-utf16`", "conflicts with option `latin1+utf16`"},
    {"parameter types `[I32]`", "parameter types `[i32]`"},
    {"result types `[I32]`", "result types `[i32]`"},
    {"section out of order", "out of order"},
};

bool same_meaning(std::string_view message, std::string_view expected) {
  if (message.find(expected) != std::string_view::npos) return true;
  for (const auto& [theirs, ours] : kOtherWords)
    if (expected.find(theirs) != std::string_view::npos && message.find(ours) != std::string_view::npos) return true;
  return false;
}

std::optional<std::vector<uint8_t>> bytes_of(const text::ScriptModule& module, const text::Source& source) {
  const TextOptions options{.core_features = wasm::FeatureSet::all(), .file_name = source.file_name};
  Result<std::vector<uint8_t>> bytes = [&]() -> Result<std::vector<uint8_t>> {
    switch (module.form) {
      case text::ModuleForm::kText: return parse_definitions(source, module.begin, module.end, module.id, options);
      case text::ModuleForm::kQuote: {
        const text::Source quoted{module.contents, "quoted component"};
        const char* const begin = module.contents.data();
        return parse_definitions(quoted, begin, begin + module.contents.size(), module.id, options);
      }
      case text::ModuleForm::kBinary: break;
    }
    return std::vector<uint8_t>(module.contents.begin(), module.contents.end());
  }();
  if (!bytes) return std::nullopt;
  return *std::move(bytes);
}

TEST(OfficialScripts, ComponentsAreValidOrNot) {
  const fs::path folder = ERMINE_COMPONENT_TESTS;
  if (!fs::is_directory(folder))
    GTEST_SKIP() << "the component model's official scripts are not at " << folder << " (set ERMINE_COMPONENT_TESTS)";
  ValidateOptions options;
  for (Feature feature :
       {Feature::MoreAsyncBuiltins, Feature::Threading, Feature::AsyncStackful, Feature::FixedLengthLists})
    options.features.add(feature);
  options.threads = 1;
  int valid = 0, refused = 0, malformed_text = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".wast") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string script{std::istreambuf_iterator<char>(in), {}}, name = entry.path().filename();
    const text::Source source{script, name};
    text::ScriptReader reader(source);
    while (const std::optional<text::Directive> directive = reader.next()) {
      if (!directive->module || !directive->module->is_component) continue;
      const std::string where = name + ":" + std::to_string(directive->line);
      const auto bytes = bytes_of(*directive->module, source);
      const bool must_fail =
          directive->kind == DirectiveKind::kAssertInvalid || directive->kind == DirectiveKind::kAssertMalformed;
      if (!bytes) {  // the parser's tests check its messages
        EXPECT_TRUE(must_fail) << where;
        ++malformed_text;
        continue;
      }
      const auto result = validate(*bytes, nullptr, options);
      if (must_fail) {
        ++refused;
        ASSERT_FALSE(result) << where << ": accepted, expected: " << directive->message;
        EXPECT_TRUE(same_meaning(result.error().message(), directive->message))
            << where << ": " << result.error().message() << "\nexpected: " << directive->message;
      } else {
        ++valid;
        EXPECT_TRUE(result.has_value()) << where << ": " << result.error().to_string();
      }
    }
    if (const Error error = reader.take_error()) ADD_FAILURE() << error.message();
  }
  EXPECT_GT(valid, 100);
  EXPECT_GT(refused, 100);
  RecordProperty("valid", valid);
  RecordProperty("refused", refused);
  RecordProperty("malformed_text", malformed_text);
}

}  // namespace
}  // namespace ermine::component
