// Extern: an item that can be imported or exported. A handle, valid while its store lives.
#pragma once

#include <optional>
#include <variant>

#include "ermine/func.h"
#include "ermine/global.h"
#include "ermine/memory.h"
#include "ermine/table.h"
#include "ermine/tag.h"

namespace ermine {

class Extern {
 public:
  Extern(Func v) : value_(v) {}
  Extern(Table v) : value_(v) {}
  Extern(Memory v) : value_(v) {}
  Extern(Global v) : value_(v) {}
  Extern(Tag v) : value_(v) {}

  ExternKind kind() const { return static_cast<ExternKind>(value_.index()); }
  ExternType type() const;
  // Nothing if it is of another kind.
  std::optional<Func> func() const { return as<Func>(); }
  std::optional<Table> table() const { return as<Table>(); }
  std::optional<Memory> memory() const { return as<Memory>(); }
  std::optional<Global> global() const { return as<Global>(); }
  std::optional<Tag> tag() const { return as<Tag>(); }
  runtime::Store* store_impl() const {
    return std::visit([](const auto& v) { return v.store_impl(); }, value_);
  }
  bool operator==(const Extern&) const = default;

 private:
  template <class T>
  std::optional<T> as() const {
    if (const T* v = std::get_if<T>(&value_)) return *v;
    return std::nullopt;
  }
  std::variant<Func, Table, Memory, Global, Tag> value_;  // in the order of ExternKind
};

}  // namespace ermine
