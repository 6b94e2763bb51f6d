// Fuzz target: compiles any bytes and runs the exports, within limits. No module may crash the host or exceed its fuel;
// calls end with results or an error. Each module runs twice, with guarded and with checked memories, and both runs
// must have the same result.
//
// Seeds: seeds/module, the modules in binary form.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ermine/ermine.h"

namespace {

using namespace ermine;

Engine make_engine(bool guarded) {
  Config config;
  config.consume_fuel = true;
  config.max_wasm_stack = 256 << 10;
  config.max_gc_heap = 4 << 20;
  config.parallelism = 1;
  config.report_bug = [](void*, std::string_view message) {
    std::fprintf(stderr, "bug of the engine: %.*s\n", static_cast<int>(message.size()), message.data());
    std::abort();
  };
  if (!guarded) config.memory_reservation = 0;
  return Engine(config);
}

// The result of a run, independent of addresses.
std::string run(const Engine& engine, std::span<const uint8_t> bytes) {
  auto module = Module::compile(engine, bytes);
  if (!module) return "";
  StoreLimits limits;
  limits.memory_bytes = 1 << 20;
  limits.table_elements = 10'000;
  Store store(engine, limits);
  if (!store.set_fuel(20'000)) std::abort();
  Linker linker(engine);
  if (!linker.define_unknown_imports_as_defaults(store, *module)) return "imports";
  auto instance = linker.instantiate(store, *module);
  if (!instance) return "instantiate: " + std::string(trap_message(instance.error().trap_code()));
  std::string out;
  for (const auto& [name, item] : instance->exports()) {
    std::optional<Func> func = item.func();
    if (!func) continue;
    std::vector<Val> args;
    bool callable = true;
    for (ValType type : func->type().params) {
      if (type.is_ref() && !type.nullable()) callable = false;
      else args.push_back(Val::default_of(type));
    }
    if (!callable) continue;
    auto results = func->call(std::span<const Val>(args));
    if (!results) out += "|" + std::string(trap_message(results.error().trap_code()));
    else
      for (const Val& v : *results)
        if (v.type() == ValType::i32()) out += "|" + std::to_string(v.i32());
    if (!store.set_fuel(20'000)) std::abort();
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Engine guarded = make_engine(true), checked = make_engine(false);
  std::span<const uint8_t> bytes(data, size);
  if (run(guarded, bytes) != run(checked, bytes)) std::abort();
  return 0;
}
