// Table, Global and Tag: the other things that instances define and share. All belong to a store.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "ermine/result.h"
#include "runtime/context.h"
#include "wasm/module.h"

namespace ermine::runtime {

// Elements are slots: FuncRef* or gc::Ref, as TableType::element says. view() is for running code.
class Table {
 public:
  // kLimit if there is no memory. All elements are `init`.
  static Result<std::unique_ptr<Table>> create(const wasm::TableType& type, Slot init);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const wasm::TableType& type() const { return type_; }  // limits.min is the size at creation
  TableView* view() { return &view_; }
  uint64_t size() const { return view_.size; }
  Slot* elements() const { return view_.elements; }
  // The maximal size: its maximum, or kMaxTableElems.
  uint64_t max_elements() const;
  // Returns the previous size, or nothing if it cannot grow. Does not know a store's limits: see Store::grow_table.
  std::optional<uint64_t> grow(uint64_t delta, Slot init);

 private:
  explicit Table(const wasm::TableType& type) : type_(type) {}
  TableView view_{};
  uint64_t capacity_ = 0;  // without the null after the last element
  wasm::TableType type_;
};

// A handle for a slot of 16 bytes: an instance's, or (for the host's globals) its own.
struct Global {
  wasm::GlobalType type;
  Slot* cell;
};

// Identity of an exception kind.
struct Tag {
  wasm::TypeId type;
  const wasm::TypeDef* def;
};

}  // namespace ermine::runtime
