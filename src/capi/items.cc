// Globals, tables and memories of the C API.
#include "capi/objects.h"

using ermine::Global;
using ermine::Memory;
using ermine::Result;
using ermine::Table;
using ermine::Val;
using ermine::capi::from_ref;
using ermine::capi::from_val;
using ermine::capi::succeeded;
using ermine::capi::to_val;

extern "C" {

// ---- Globals

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type, const wasm_val_t* value) {
  const Result<Val> init = to_val(store->state, *value, type->type.type);
  if (!succeeded(init)) return nullptr;
  const Result<Global> made = Global::create(*store->state->store, type->type, *init);
  return succeeded(made) ? new wasm_global_t(store->state, *made) : nullptr;
}
wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  return new wasm_globaltype_t(global->get<Global>().type());
}
void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  *out = from_val(global->store, global->get<Global>().get());
}
void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  const Global& g = global->get<Global>();
  if (const Result<Val> v = to_val(global->store, *value, g.type().type); succeeded(v)) (void)succeeded(g.set(*v));
}

// ---- Tables

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  const Result<Val> value = to_val(store->state, init, type->type.element);
  if (!succeeded(value)) return nullptr;
  const Result<Table> made = Table::create(*store->state->store, type->type, *value);
  return succeeded(made) ? new wasm_table_t(store->state, *made) : nullptr;
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) {
  return new wasm_tabletype_t(table->get<Table>().type());
}
wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  const Result<Val> value = table->get<Table>().get(index);
  return succeeded(value) ? from_ref(table->store, *value) : nullptr;
}
bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  const Table& t = table->get<Table>();
  const Result<Val> value = to_val(table->store, ref, t.type().element);
  return succeeded(value) && succeeded(t.set(index, *value));
}
wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  return static_cast<wasm_table_size_t>(table->get<Table>().size());
}
bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  const Table& t = table->get<Table>();
  const Result<Val> value = to_val(table->store, init, t.type().element);
  return succeeded(value) && succeeded(t.grow(delta, *value));
}

// ---- Memories

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  const Result<Memory> made = Memory::create(*store->state->store, type->type);
  return succeeded(made) ? new wasm_memory_t(store->state, *made) : nullptr;
}
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  return new wasm_memorytype_t(memory->get<Memory>().type());
}
byte_t* wasm_memory_data(wasm_memory_t* memory) { return reinterpret_cast<byte_t*>(memory->get<Memory>().data()); }
size_t wasm_memory_data_size(const wasm_memory_t* memory) { return memory->get<Memory>().byte_size(); }
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return static_cast<wasm_memory_pages_t>(memory->get<Memory>().size());
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return succeeded(memory->get<Memory>().grow(delta));
}

}  // extern "C"
