#include "optimized_code.h"

#include <cstring>
#include <stdexcept>
#include <string>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "interp/tier.h"
#include "ir/translator.h"
#include "runtime/offsets.h"
#include "text/text.h"
#include "wasm/type_registry.h"

#if defined(__x86_64__)

namespace ermine::verify::optimized {
namespace {

namespace offsets = runtime::offsets;

// The register code of $f names memories 0, 1 and 3, tables 0 and 1, and globals 0 and 2.
constexpr std::string_view kModule = R"((module
  (memory 1) (memory 1) (memory 1) (memory i64 1)
  (table 10 funcref) (table 10 funcref) (table 10 funcref)
  (global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0)) (global $c (mut funcref) (ref.null func))
  (func $f (param i32 i32)
    (i32.store (local.get 0) (i32.load 1 (local.get 0)))
    (i32.store 3 (i64.extend_i32_u (local.get 0)) (local.get 1))
    (table.set 0 (local.get 0) (table.get 1 (local.get 1)))
    (global.set $a (local.get 0))
    (global.set $c (table.get 0 (i32.const 1))))
))";

// Offsets in the code below.
static_assert(offsets::kContextExec == 0x10 && offsets::kContextTables == 0x28 && offsets::kExecInterrupt == 0x28 &&
              offsets::kExecExitSp == 0x38 && offsets::kGlobalCells == 0x50 &&
              offsets::kExecNativeStackLimitTerm == 0x20);
static_assert(offsetof(runtime::InstanceContext, memories) == 0x30 &&
              offsetof(runtime::InstanceContext, instance) == 0x40);

}  // namespace

std::vector<uint8_t> bytes_of(std::string_view digits) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return bytes;
}

namespace {

struct Module {
  Module() {
    auto parsed = text::parse(kModule, {.features = wasm::FeatureSet::all(), .file_name = "cases"});
    if (!parsed) throw std::runtime_error(parsed.error().to_string());
    bytes = *std::move(parsed);
    auto decoded = binary::decode(bytes, nullptr, std::make_shared<wasm::TypeRegistry>(), wasm::FeatureSet::all());
    if (!decoded) throw std::runtime_error(decoded.error().to_string());
    module = *std::move(decoded);
    if (auto valid = binary::validate(*module, {}); !valid) throw std::runtime_error(valid.error().to_string());
    funcs = std::vector<runtime::FuncCode>(module->functions.size());
    ir::Translator translator(*module, interp::handlers(), funcs.data());
    auto translated = translator.translate(0, {.pairs = false});
    if (!translated) throw std::runtime_error(translated.error().to_string());
    function = *std::move(translated);
  }

  std::string check(const Code& code) const {
    const tiering::Surroundings in{.module = *module,
                                   .funcs = funcs.data(),
                                   .call_table = reinterpret_cast<const uint8_t*>(0x10000000),
                                   .register_table = reinterpret_cast<const uint8_t*>(0x11000000),
                                   .callee = {},
                                   .imported = {}};
    return verify(code, {.in = in,
                         .function = function,
                         .func_index = 0,
                         .host = interp::interpreter(),
                         .note_old_object = reinterpret_cast<const void*>(0x12340000),
                         .cell = {}});
  }

  std::vector<uint8_t> bytes;
  std::shared_ptr<const wasm::Module> module;
  std::vector<runtime::FuncCode> funcs;
  ir::FunctionCode function;
};

const Module& the_module() {
  static const Module module;
  return module;
}

}  // namespace

std::string check(const Code& code) { return the_module().check(code); }

constexpr size_t kCodeSize = 0x100;

std::string problem_of(std::string_view code, std::string_view entry) {
  std::vector<uint8_t> bytes = bytes_of(std::string(entry) + std::string(code));
  const auto end = static_cast<int32_t>(bytes.size());
  bytes.push_back(0xc3);
  bytes.resize(kCodeSize, 0xcc);
  for (const int32_t distance : {end - 0x100, end - 0x100, end - 0x100, 0x7fffffff}) {
    bytes.resize(bytes.size() + 4);
    std::memcpy(bytes.data() + bytes.size() - 4, &distance, 4);
  }
  return check({.bytes = bytes,
                .code_size = kCodeSize,
                .register_entry = 0,
                .entry = 0,
                .state = {.register_number = 4, .offset = -0x18},
                .positions = {},
                .inlined = {}});
}

}  // namespace ermine::verify::optimized
#endif
