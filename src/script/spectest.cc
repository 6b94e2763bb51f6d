// The host module of the official suite. See spectest.h; its contents are set by the suite's reference
// interpreter and by the threads proposal (shared_memory).
#include "script/spectest.h"

#include <string>

namespace ermine::script {

namespace {

Result<void> define_print(Linker& linker, std::string_view name, std::vector<ValType> params,
                          std::function<void(std::string_view)> on_print) {
  HostCallback print = [on_print = std::move(on_print)](Caller&, std::span<const Val> args,
                                                        std::span<Val>) -> Result<void> {
    if (!on_print) return {};
    std::string line;
    for (const Val& arg : args) line += (line.empty() ? "" : " ") + arg.to_string();
    on_print(line);
    return {};
  };
  return linker.func("spectest", name, FuncType{std::move(params), {}}, std::move(print));
}

}  // namespace

Result<void> define_spectest(StoreRef store, Linker& linker, const std::function<void(std::string_view)>& on_print) {
  constexpr ValType i32 = ValType::i32(), i64 = ValType::i64(), f32 = ValType::f32(), f64 = ValType::f64();
  ERMINE_TRY(define_print(linker, "print", {}, on_print));
  ERMINE_TRY(define_print(linker, "print_i32", {i32}, on_print));
  ERMINE_TRY(define_print(linker, "print_i64", {i64}, on_print));
  ERMINE_TRY(define_print(linker, "print_f32", {f32}, on_print));
  ERMINE_TRY(define_print(linker, "print_f64", {f64}, on_print));
  ERMINE_TRY(define_print(linker, "print_i32_f32", {i32, f32}, on_print));
  ERMINE_TRY(define_print(linker, "print_f64_f64", {f64, f64}, on_print));

  struct {
    const char* name;
    Val value;
  } const globals[] = {{"global_i32", Val(int32_t{666})},
                       {"global_i64", Val(int64_t{666})},
                       {"global_f32", Val(666.6f)},
                       {"global_f64", Val(666.6)}};
  for (const auto& [name, value] : globals) {
    ERMINE_ASSIGN(Global global, Global::create(store, GlobalType{value.type(), false}, value));
    ERMINE_TRY(linker.define("spectest", name, Extern(global)));
  }
  for (bool is64 : {false, true}) {
    TableType type{ValType::funcref(), 10, 20, is64};
    ERMINE_ASSIGN(Table table, Table::create(store, type, Val::default_of(ValType::funcref())));
    ERMINE_TRY(linker.define("spectest", is64 ? "table64" : "table", Extern(table)));
  }
  ERMINE_ASSIGN(Memory memory, Memory::create(store, MemoryType{1, 2}));
  ERMINE_TRY(linker.define("spectest", "memory", Extern(memory)));
  MemoryType shared{1, 2};
  shared.shared = true;
  ERMINE_ASSIGN(Memory shared_memory, Memory::create(store, shared));
  return linker.define("spectest", "shared_memory", Extern(shared_memory));
}

}  // namespace ermine::script
