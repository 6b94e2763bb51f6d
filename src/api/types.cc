// Types: conversion, and their text for messages.

#include "api/convert.h"
#include "base/format.h"
#include "wasm/type_name.h"

namespace ermine {

std::string ValType::to_string() const { return wasm::type_name(api::to_wasm(*this)); }

namespace {
std::string list(std::string_view word, const std::vector<ValType>& types) {
  if (types.empty()) return {};
  std::string s = base::format("({}", word);
  for (ValType t : types) s += " " + t.to_string();
  return s + ")";
}
std::string limits(uint64_t min, std::optional<uint64_t> max) {
  return max ? base::format("{} {}", min, *max) : base::format("{}", min);
}
}  // namespace

std::string FuncType::to_string() const {
  std::string p = list("param", params), r = list("result", results);
  return p.empty() || r.empty() ? p + r : p + " " + r;
}
std::string GlobalType::to_string() const {
  return is_mutable ? base::format("(mut {})", type.to_string()) : type.to_string();
}
std::string TableType::to_string() const {
  return base::format("{}{} {}", is64 ? "i64 " : "", limits(min, max), element.to_string());
}
std::string MemoryType::to_string() const {
  return base::format("{}{}{}{}", is64 ? "i64 " : "", limits(min, max), shared ? " shared" : "",
                      page_log2 == 16 ? "" : base::format(" (pagesize {})", page_size()));
}
std::string TagType::to_string() const { return func.to_string(); }

std::string_view to_string(ExternKind kind) {
  constexpr std::string_view kNames[] = {"func", "table", "memory", "global", "tag"};
  return kNames[static_cast<size_t>(kind)];
}

std::string ExternType::to_string() const {
  std::string inner;
  switch (kind) {
    case ExternKind::kFunc: inner = func.to_string(); break;
    case ExternKind::kTable: inner = table.to_string(); break;
    case ExternKind::kMemory: inner = memory.to_string(); break;
    case ExternKind::kGlobal: inner = global.to_string(); break;
    case ExternKind::kTag: inner = tag.to_string(); break;
  }
  return base::format("({}{}{:t})", ermine::to_string(kind), inner.empty() ? "" : " ", inner);
}

namespace api {

FuncType to_public(const wasm::FuncType& t) {
  FuncType f;
  f.params.reserve(t.params.size());
  f.results.reserve(t.results.size());
  for (wasm::ValType v : t.params) f.params.push_back(to_public(v));
  for (wasm::ValType v : t.results) f.results.push_back(to_public(v));
  return f;
}

TableType to_public(const wasm::TableType& t, uint64_t min) {
  return {to_public(t.element), min, t.limits.max, t.is64};
}
MemoryType to_public(const wasm::MemoryType& t, uint64_t min) {
  return {min, t.limits.max, t.is64, t.shared, t.page_log2};
}
GlobalType to_public(const wasm::GlobalType& t) { return {to_public(t.type), t.is_mutable}; }

ExternType import_type(const wasm::Module& m, wasm::ExternKind kind, uint32_t index) {
  ExternType t;
  t.kind = static_cast<ExternKind>(kind);
  switch (kind) {
    case wasm::ExternKind::kFunc: t.func = to_public(m.func_type(index)); break;
    case wasm::ExternKind::kTable: t.table = to_public(m.tables[index].type, m.tables[index].type.limits.min); break;
    case wasm::ExternKind::kMemory: t.memory = to_public(m.memories[index], m.memories[index].limits.min); break;
    case wasm::ExternKind::kGlobal: t.global = to_public(m.globals[index].type); break;
    case wasm::ExternKind::kTag: t.tag.func = to_public(m.type_def(m.tags[index].type_index).func); break;
  }
  return t;
}

Result<wasm::MemoryType> to_wasm(const MemoryType& t) {
  if (t.page_log2 != 16 && t.page_log2 != 0) return Error(ErrorKind::kUsage, "a memory's pages have 64 KiB or 1 byte");
  // Specification 3.0, section 3.2.15: the address type bounds the size.
  const uint64_t most = t.is64 ? (t.page_log2 == 16 ? uint64_t{1} << 48 : ~uint64_t{0})
                               : (t.page_log2 == 16 ? uint64_t{1} << 16 : ~uint32_t{0});
  if (t.min > most || t.max.value_or(0) > most)
    return Error(ErrorKind::kUsage, base::format("a memory's size must be at most {} pages", most));
  if (t.max && *t.max < t.min)
    return Error(ErrorKind::kUsage, "a memory's size minimum must not be greater than maximum");
  if (t.shared && !t.max) return Error(ErrorKind::kUsage, "shared memory must have maximum");
  wasm::MemoryType m;
  m.limits = {t.min, t.max};
  m.is64 = t.is64;
  m.shared = t.shared;
  m.page_log2 = t.page_log2;
  return m;
}

Result<wasm::TableType> to_wasm(const TableType& t) {
  if (!t.element.is_ref()) return Error(ErrorKind::kUsage, "a table's elements are references");
  if (t.max && *t.max < t.min)
    return Error(ErrorKind::kUsage, "a table's size minimum must not be greater than maximum");
  if (!t.is64 && (t.min > ~uint32_t{0} || t.max.value_or(0) > ~uint32_t{0}))
    return Error(ErrorKind::kUsage, "a table's size must be at most 2^32 - 1");
  return wasm::TableType{to_wasm(t.element), {t.min, t.max}, t.is64};
}

Extern to_public(runtime::Store* s, const runtime::ExternValue& v) {
  switch (v.kind) {
    case wasm::ExternKind::kTable: return Table(s, v.table);
    case wasm::ExternKind::kMemory: return Memory(s, v.memory);
    case wasm::ExternKind::kGlobal: return Global(s, v.global);
    case wasm::ExternKind::kTag: return Tag(s, v.tag);
    case wasm::ExternKind::kFunc: break;
  }
  return Func(s, v.func);
}

runtime::ExternValue to_internal(const Extern& v) {
  switch (v.kind()) {
    case ExternKind::kTable: return runtime::ExternValue(v.table()->impl());
    case ExternKind::kMemory: return runtime::ExternValue(v.memory()->impl());
    case ExternKind::kGlobal: return runtime::ExternValue(v.global()->impl());
    case ExternKind::kTag: return runtime::ExternValue(v.tag()->impl());
    case ExternKind::kFunc: break;
  }
  return runtime::ExternValue(v.func()->impl());
}

}  // namespace api

ExternType Extern::type() const {
  ExternType t;
  t.kind = kind();
  switch (t.kind) {
    case ExternKind::kFunc: t.func = func()->type(); break;
    case ExternKind::kTable: t.table = table()->type(); break;
    case ExternKind::kMemory: t.memory = memory()->type(); break;
    case ExternKind::kGlobal: t.global = global()->type(); break;
    case ExternKind::kTag: t.tag = tag()->type(); break;
  }
  return t;
}

}  // namespace ermine
