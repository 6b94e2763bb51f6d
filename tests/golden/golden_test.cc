// Golden tests of the translator: each tests/golden/*.wat is translated and its register code compared
// with the *.ir file beside it. Set ERMINE_UPDATE_GOLDEN=1 to write the files anew; then read the change.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "interp/tier.h"
#include "ir/print.h"
#include "ir/translator.h"
#include "text/text.h"
#include "wasm/type_registry.h"

namespace ermine {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Addresses of functions in call instructions are no part of the golden text.
std::string without_addresses(std::string s) {
  for (size_t at = 0; (at = s.find(" | 0x", at)) != std::string::npos;) {
    size_t end = s.find('\n', at);
    if (end - at > 12) s.erase(at, end - at);
    else at = end;
  }
  return s;
}

std::string translate(const std::string& wat) {
  text::ParseOptions options;
  options.emit_names = true;
  auto bytes = text::parse(wat, options);
  if (!bytes) return bytes.error().to_string();
  auto registry = std::make_shared<wasm::TypeRegistry>();
  auto module = binary::decode(*bytes, nullptr, registry, wasm::FeatureSet::defaults());
  if (!module) return module.error().to_string();
  if (auto valid = binary::validate(**module, {}); !valid) return valid.error().to_string();
  std::vector<runtime::FuncCode> funcs((*module)->functions.size());
  ir::Translator translator(**module, interp::handlers(), funcs.data());
  std::string out;
  for (uint32_t i = (*module)->imported_functions; i < (*module)->functions.size(); ++i) {
    auto code = translator.translate(i, {});
    if (!code) return code.error().to_string();
    out += "func " + std::string((*module)->function_name(i)) + "\n" + ir::print(*code, interp::handlers());
  }
  return without_addresses(out);
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, RegisterCode) {
  fs::path expected = GetParam();
  expected.replace_extension(".ir");
  std::string got = translate(read_file(GetParam()));
  if (std::getenv("ERMINE_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << got;
  EXPECT_EQ(read_file(expected), got);
}

std::vector<fs::path> scripts() {
  std::vector<fs::path> found;
  for (const auto& e : fs::directory_iterator(ERMINE_GOLDEN_DIR))
    if (e.path().extension() == ".wat") found.push_back(e.path());
  std::sort(found.begin(), found.end());
  return found;
}

INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(scripts()),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace ermine
