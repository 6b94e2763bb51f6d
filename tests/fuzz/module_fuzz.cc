// Fuzz target: decodes and validates any bytes. The result is always a module or an error of a suitable kind; a valid
// module can be walked and has names. Bits of the input switch features off, so that those paths are reached as well.
//
// Seeds: seeds/module, modules in binary form with the text that they were made from.
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "binary/decoder.h"
#include "binary/instr_reader.h"
#include "binary/validator.h"
#include "wasm/type_registry.h"

namespace {

using namespace ermine;

void check(bool condition) {
  if (!condition) std::abort();
}

void check_error(const Error& error, size_t size) {
  check(error.kind() == ErrorKind::kMalformed || error.kind() == ErrorKind::kInvalid ||
        error.kind() == ErrorKind::kUnsupported);
  check(!error.message().empty());
  check(error.offset() <= size);
}

// The reader must be able to read valid code to the end.
void walk(const wasm::Module& module) {
  for (uint32_t i = module.imported_functions; i < module.functions.size(); ++i) {
    const wasm::Function& function = module.functions[i];
    uint64_t locals = 0;
    auto first = binary::read_locals(module, function, [&](uint32_t count, wasm::ValType) { locals += count; });
    check(first.has_value());
    binary::InstrReader in(module, *first, function.body_offset + function.body_size - *first);
    binary::Instr instr;
    while (in.next(instr)) {
      if (instr.op == wasm::Op::br_table)
        for (binary::LabelReader labels(instr); labels.left() > 0;) labels.next();
      if (instr.op == wasm::Op::try_table)
        for (binary::CatchReader catches(instr); catches.left() > 0;) catches.next();
    }
    check(!in.failed() && in.at_end());
    module.function_name(i);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto features = wasm::FeatureSet::all();
  if (size > 8 && data[size - 1] % 4 == 3)
    features.remove(
        static_cast<wasm::Feature>(1 + data[size - 1] / 4 % (static_cast<unsigned>(wasm::Feature::kCount) - 1)));
  auto module = binary::decode({data, size}, nullptr, std::make_shared<wasm::TypeRegistry>(), features);
  if (!module) {
    check_error(module.error(), size);
    return 0;
  }
  auto valid = binary::validate(**module, {.threads = 1});
  if (!valid) {
    check_error(valid.error(), size);
    return 0;
  }
  walk(**module);
  return 0;
}
