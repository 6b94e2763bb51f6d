// Converts between the public types and the engine's. A public ValType has the same bits as a wasm::ValType.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/linker.h"
#include "ermine/ermine.h"
#include "runtime/extern_value.h"
#include "runtime/store.h"
#include "wasm/types.h"

namespace ermine::api {

static_assert(ValType::i32().bits() == wasm::kI32.bits() && ValType::v128().bits() == wasm::kV128.bits());
static_assert(ValType::funcref().bits() == wasm::kFuncRef.bits() &&
              ValType::externref().bits() == wasm::kExternRef.bits());
static_assert(ValType::anyref().bits() == wasm::kAnyRef.bits() && ValType::exnref().bits() == wasm::kExnRef.bits());
static_assert(ValType::ref(HeapKind::kNoExn, false).bits() == wasm::ValType::ref(wasm::HeapType::kNoExn, false).bits());
static_assert(sizeof(ValType) == sizeof(wasm::ValType));
static_assert(static_cast<int>(ExternKind::kTag) == static_cast<int>(wasm::ExternKind::kTag));

inline ValType to_public(wasm::ValType t) { return ValType::from_bits(t.bits()); }
inline wasm::ValType to_wasm(ValType t) { return std::bit_cast<wasm::ValType>(t.bits()); }
inline std::span<const wasm::ValType> to_wasm(std::span<const ValType> t) {
  return {reinterpret_cast<const wasm::ValType*>(t.data()), t.size()};
}

FuncType to_public(const wasm::FuncType& t);
TableType to_public(const wasm::TableType& t, uint64_t min);
MemoryType to_public(const wasm::MemoryType& t, uint64_t min);
GlobalType to_public(const wasm::GlobalType& t);
ExternType import_type(const wasm::Module& module, wasm::ExternKind kind, uint32_t index);
// kUsage if the type is not valid.
Result<wasm::MemoryType> to_wasm(const MemoryType& t);
Result<wasm::TableType> to_wasm(const TableType& t);

Extern to_public(runtime::Store* store, const runtime::ExternValue& value);
runtime::ExternValue to_internal(const Extern& value);

// kUsage unless the value is of the type (or a subtype) and of the store. The message begins with `what`
// and, if it is not 0, the number.
Result<void> check_value(runtime::Store* store, const Val& value, wasm::ValType type, std::string_view what,
                         size_t number = 0);

// The reference-counted form of a host function. kUnsupported if the engine has no room for its type.
Result<std::shared_ptr<const runtime::HostFunction>> to_internal(engine::Engine& engine, detail::HostFunction function);
detail::HostFunction from_callback(const FuncType& type, HostCallback callback);

}  // namespace ermine::api
