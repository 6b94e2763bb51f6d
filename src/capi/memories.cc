// Memories and tables with 64-bit addresses, and shared memories (ermine.h).
#include "capi/objects.h"
#include "ermine/memory_address.h"

using ermine::Memory;
using ermine::Result;
using ermine::SharedMemory;
using ermine::Table;
using ermine::Val;
using ermine::capi::succeeded;

struct ermine_sharedmemory_t {
  SharedMemory memory;
};

namespace {

std::optional<uint64_t> max_of(bool present, uint64_t max) { return present ? std::optional(max) : std::nullopt; }
bool grown(const Result<uint64_t>& before, uint64_t* out) {
  if (!succeeded(before)) return false;
  if (out != nullptr) *out = *before;
  return true;
}

}  // namespace

extern "C" {

wasm_memorytype_t* ermine_memorytype_new(uint64_t min, bool max_present, uint64_t max, bool is_64, bool shared,
                                         uint8_t page_size_log2) {
  return new wasm_memorytype_t(
      {.min = min, .max = max_of(max_present, max), .is64 = is_64, .shared = shared, .page_log2 = page_size_log2});
}
uint64_t ermine_memorytype_minimum(const wasm_memorytype_t* type) { return type->type.min; }
bool ermine_memorytype_maximum(const wasm_memorytype_t* type, uint64_t* max) {
  if (type->type.max) *max = *type->type.max;
  return type->type.max.has_value();
}
bool ermine_memorytype_is64(const wasm_memorytype_t* type) { return type->type.is64; }
bool ermine_memorytype_isshared(const wasm_memorytype_t* type) { return type->type.shared; }
uint8_t ermine_memorytype_page_size_log2(const wasm_memorytype_t* type) { return type->type.page_log2; }

uint64_t ermine_memory_size(const wasm_memory_t* memory) { return memory->get<Memory>().size(); }
bool ermine_memory_may_move(const wasm_memory_t* memory) { return may_move(memory->get<Memory>()); }
bool ermine_memory_grow(wasm_memory_t* memory, uint64_t delta, uint64_t* before) {
  return grown(memory->get<Memory>().grow(delta), before);
}

ermine_sharedmemory_t* ermine_sharedmemory_new(wasm_engine_t* engine, const wasm_memorytype_t* type) {
  Result<SharedMemory> made = SharedMemory::create(engine->engine, type->type);
  return succeeded(made) ? new ermine_sharedmemory_t{*std::move(made)} : nullptr;
}
ermine_sharedmemory_t* ermine_sharedmemory_copy(const ermine_sharedmemory_t* memory) {
  return new ermine_sharedmemory_t(*memory);
}
void ermine_sharedmemory_delete(ermine_sharedmemory_t* memory) { delete memory; }
uint8_t* ermine_sharedmemory_data(const ermine_sharedmemory_t* memory) { return memory->memory.data(); }
size_t ermine_sharedmemory_data_size(const ermine_sharedmemory_t* memory) { return memory->memory.byte_size(); }
bool ermine_sharedmemory_grow(const ermine_sharedmemory_t* memory, uint64_t delta, uint64_t* before) {
  return grown(memory->memory.grow(delta), before);
}
wasm_memory_t* ermine_sharedmemory_as_memory(wasm_store_t* store, const ermine_sharedmemory_t* memory) {
  return new wasm_memory_t(store->state, Memory::from_shared(*store->state->store, memory->memory));
}
ermine_sharedmemory_t* ermine_memory_as_shared(const wasm_memory_t* memory) {
  std::optional<SharedMemory> shared = memory->get<Memory>().shared();
  return shared ? new ermine_sharedmemory_t{*std::move(shared)} : nullptr;
}

wasm_tabletype_t* ermine_tabletype_new(wasm_valtype_t* element, uint64_t min, bool max_present, uint64_t max,
                                       bool is_64) {
  auto* made = new wasm_tabletype_t({element->type, min, max_of(max_present, max), is_64});
  delete element;
  return made;
}
bool ermine_tabletype_is64(const wasm_tabletype_t* type) { return type->type.is64; }
uint64_t ermine_table_size(const wasm_table_t* table) { return table->get<Table>().size(); }
bool ermine_table_grow(wasm_table_t* table, uint64_t delta, wasm_ref_t* init, uint64_t* before) {
  const Table& t = table->get<Table>();
  const Result<Val> value = ermine::capi::to_val(table->store, init, t.type().element);
  return succeeded(value) && grown(t.grow(delta, *value), before);
}

}  // extern "C"
