// ExternValue: an item of one store that can be imported or exported.
#pragma once

#include "runtime/context.h"
#include "runtime/memory.h"
#include "runtime/table.h"
#include "wasm/module.h"

namespace ermine::runtime {

struct ExternValue {
  wasm::ExternKind kind;
  union {
    FuncRef* func;
    Table* table;
    Memory* memory;
    Global* global;
    Tag* tag;
  };
  explicit ExternValue(FuncRef* v) : kind(wasm::ExternKind::kFunc), func(v) {}
  explicit ExternValue(Table* v) : kind(wasm::ExternKind::kTable), table(v) {}
  explicit ExternValue(Memory* v) : kind(wasm::ExternKind::kMemory), memory(v) {}
  explicit ExternValue(Global* v) : kind(wasm::ExternKind::kGlobal), global(v) {}
  explicit ExternValue(Tag* v) : kind(wasm::ExternKind::kTag), tag(v) {}
};

}  // namespace ermine::runtime
