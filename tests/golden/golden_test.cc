// Golden tests of the translator and of the baseline compiler: each tests/golden/*.wat is translated, and its register
// code is compared with the *.ir file beside it; for tests/golden/registers/*.wat, the slots that live in registers and
// the last reads of vectors are compared (*.reg). A first line ";; options: checked fuel counting" sets some of
// TranslateOptions. Set ERMINE_UPDATE_GOLDEN=1 to write the files again; then check the changes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#ifdef ERMINE_BASELINE
#include "baseline/allocation.h"
#include "baseline/last_uses.h"
#include "ir/decoded.h"
#endif
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

// Addresses of functions in call instructions are not part of the golden text.
std::string without_addresses(std::string s) {
  for (size_t at = 0; (at = s.find(" | 0x", at)) != std::string::npos;) {
    size_t end = s.find('\n', at);
    if (end - at > 12) s.erase(at, end - at);
    else at = end;
  }
  return s;
}

ir::TranslateOptions options_of(const std::string& wat) {
  ir::TranslateOptions options;
  constexpr std::string_view kMark = ";; options:";
  if (!wat.starts_with(kMark)) return options;
  std::istringstream words(wat.substr(kMark.size(), wat.find('\n') - kMark.size()));
  for (std::string word; words >> word;) {
    if (word == "checked") options.guarded = false;
    else if (word == "fuel") options.consume_fuel = true;
    else if (word == "single") options.pairs = false;
    else if (word == "counting") options.count = true, options.tier_up_calls = 30, options.tier_up_rounds = 100;
    else ADD_FAILURE() << "no such option: " << word;
  }
  return options;
}

using Show = std::string (*)(const ir::FunctionCode&);

std::string show_code(const ir::FunctionCode& code) {
  std::string out = without_addresses(ir::print(code, interp::handlers()));
  for (const auto& region : code.regions) {
    if (region.first_catch == ir::FunctionCode::kNone) continue;
    out += "  in " + std::to_string(region.start) + ".." + std::to_string(region.end) + ":";
    for (uint32_t i = region.first_catch; i != ir::FunctionCode::kNone; i = code.catches[i].next) {
      const auto& c = code.catches[i];
      const bool any = c.tag == ir::FunctionCode::Catch::kAnyTag;
      out += any ? " catch any" : " catch tag " + std::to_string(c.tag) + " in %" + std::to_string(c.dst);
      if (c.push_ref) out += ", itself in %" + std::to_string(c.ref_slot);
      out += " -> " + std::to_string(c.target);
    }
    out += '\n';
  }
  return out;
}

// `show`: prints one function.
std::string translate(const std::string& wat, Show show) {
  text::ParseOptions parse_options;
  parse_options.emit_names = true;
  parse_options.features = wasm::FeatureSet::all();
  auto bytes = text::parse(wat, parse_options);
  if (!bytes) return ADD_FAILURE(), bytes.error().to_string();
  auto registry = std::make_shared<wasm::TypeRegistry>();
  auto module = binary::decode(*bytes, nullptr, registry, wasm::FeatureSet::all());
  if (!module) return ADD_FAILURE(), module.error().to_string();
  if (auto valid = binary::validate(**module, {}); !valid) return ADD_FAILURE(), valid.error().to_string();
  std::vector<runtime::FuncCode> funcs((*module)->functions.size());
  ir::Translator translator(**module, interp::handlers(), funcs.data());
  std::string out;
  for (uint32_t i = (*module)->imported_functions; i < (*module)->functions.size(); ++i) {
    auto code = translator.translate(i, options_of(wat));
    if (!code) return ADD_FAILURE(), code.error().to_string();
    out += "func " + std::string((*module)->function_name(i)) + "\n" + show(*code);
  }
  return out;
}

void expect_same(fs::path source, const char* extension, Show show) {
  const std::string got = translate(read_file(source), show);
  const fs::path expected = source.replace_extension(extension);
  if (std::getenv("ERMINE_UPDATE_GOLDEN") != nullptr) std::ofstream(expected, std::ios::binary) << got;
  EXPECT_EQ(read_file(expected), got);
}

std::vector<fs::path> sources(const char* folder) {
  std::vector<fs::path> found;
  for (const auto& e : fs::directory_iterator(fs::path(ERMINE_GOLDEN_DIR) / folder))
    if (e.path().extension() == ".wat") found.push_back(e.path());
  std::sort(found.begin(), found.end());
  return found;
}
std::string name_of(const testing::TestParamInfo<fs::path>& info) { return info.param.stem().string(); }

class Golden : public testing::TestWithParam<fs::path> {};
TEST_P(Golden, RegisterCode) { expect_same(GetParam(), ".ir", show_code); }
INSTANTIATE_TEST_SUITE_P(Files, Golden, testing::ValuesIn(sources(".")), name_of);

#ifdef ERMINE_BASELINE

// Instructions that are entered from elsewhere have a number.
std::vector<uint32_t> labels_of(const ir::DecodedFunction& list, const ir::FunctionCode& code) {
  std::vector<uint32_t> label(code.code.size() + 1);
  auto mark = [&](int64_t index) { label[static_cast<size_t>(index)] = 1; };
  for (const uint32_t i : list.control_instrs) {
    const ir::IrInstr& instr = list.instrs[i];
    if (ir::is_branch(instr)) mark(ir::branch_target(instr));
    else if (ir::ir_info(instr.code).ir() == ir::IrOp::loop) mark(instr.at);
    else
      for (uint32_t n = 0; n <= ir::field<uint32_t>(instr.pc, 4); ++n)
        mark(int64_t{instr.at} + ir::field<int32_t>(instr.pc, 8 + 4 * n));
  }
  for (const auto& c : code.catches) mark(c.target);
  uint32_t last = 0;
  for (uint32_t& l : label)
    if (l != 0) l = ++last;
  return label;
}

// "loop 4-20: %0 int written narrow, %3 f64", the lines of the code, and "last: %8" for the last reads of vectors.
std::string show_registers(const ir::FunctionCode& code) {
  using ir::RegClass;
  static const ir::HandlerIndex handlers(interp::handlers());
  ir::DecodedFunction list;
  ir::decode_ir(code.code, handlers, list);
  const std::vector<uint32_t> label = labels_of(list, code);
  baseline::LastUses uses;
  if (list.has_vectors) uses.find(list, code, label, label.size());
  baseline::Allocator allocator;
  std::vector<baseline::Region> regions;
  allocator.run(list, uses, code, regions);
  std::map<uint32_t, std::string> last;
  for (const ir::IrInstr& instr : list.instrs)
    for (const ir::SlotAccess& access : list.accesses_of(instr))
      if (access.last()) last[instr.at] += " %" + std::to_string(access.slot);
  std::string out;
  for (const baseline::Region& region : regions) {
    out += "  registers from " + std::to_string(region.start) +
           (region.end == ~uint32_t{0} ? "" : " to " + std::to_string(region.end)) + ":";
    for (const baseline::Region::Pin& pin : region.pins) {
      if (pin.cls == RegClass::kNone) continue;
      constexpr const char* kNames[] = {"any", "int", "f32", "f64", "v128", "half"};
      out += " %" + std::to_string(pin.slot) + ":" + kNames[static_cast<size_t>(pin.cls)];
      out += std::string(pin.written ? "+written" : "") + (pin.narrow ? "+narrow" : "");
    }
    out += '\n';
  }
  for (const ir::CodePrinter::Line& line : ir::CodePrinter(interp::handlers()).lines(code)) {
    out += "  " + std::to_string(line.index) + "  " + without_addresses(line.text + "\n");
    out.pop_back();
    if (const auto found = last.find(line.index); found != last.end()) out += "   last:" + found->second;
    out += '\n';
  }
  return out;
}

class GoldenRegisters : public testing::TestWithParam<fs::path> {};
TEST_P(GoldenRegisters, Allocation) { expect_same(GetParam(), ".reg", show_registers); }
INSTANTIATE_TEST_SUITE_P(Files, GoldenRegisters, testing::ValuesIn(sources("registers")), name_of);

#endif

}  // namespace
}  // namespace ermine
