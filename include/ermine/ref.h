// References to objects on a store's garbage-collected heap: externref, anyref and its subtypes, exnref. A non-null Ref
// keeps its object alive: copies share a counted root, which the last one releases. Refs belong to a store and to its
// thread; one that outlives its store may only be destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ermine/result.h"
#include "ermine/store.h"
#include "ermine/types.h"

namespace ermine {

namespace detail {
struct Root;  // a counted entry of a store's root table
void retain_root(Root* root);
void release_root(Root* root);
Root* make_root(runtime::Store* store, uint64_t slot);  // null for slot 0
uint64_t root_slot(const Root* root);  // 0 for null
}  // namespace detail

class Val;
class Tag;

// Any reference, null included. Equality is identity (ref.eq).
class Ref {
 public:
  Ref() = default;  // null
  Ref(const Ref& o) : root_(o.root_) {
    if (root_) detail::retain_root(root_);
  }
  Ref(Ref&& o) noexcept : root_(std::exchange(o.root_, nullptr)) {}
  Ref& operator=(Ref o) noexcept {
    std::swap(root_, o.root_);
    return *this;
  }
  ~Ref() {
    if (root_) detail::release_root(root_);
  }
  bool is_null() const { return root_ == nullptr; }
  explicit operator bool() const { return root_ != nullptr; }
  bool operator==(const Ref& o) const { return detail::root_slot(root_) == detail::root_slot(o.root_); }

  // For the library's own code: takes over one count of the root.
  static Ref adopt(detail::Root* root) {
    Ref r;
    r.root_ = root;
    return r;
  }
  detail::Root* root() const { return root_; }

 protected:
  detail::Root* root_ = nullptr;
};

// A value of the host that WebAssembly can hold but not look into.
class ExternRef : public Ref {
 public:
  ExternRef() = default;
  explicit ExternRef(Ref r) : Ref(std::move(r)) {}
  // Wraps a pointer or integer. Each call makes a new identity. Fails with kLimit when the heap is full.
  static Result<ExternRef> create(StoreRef store, uint64_t payload);
  static Result<ExternRef> create(StoreRef store, void* payload) {
    return create(store, static_cast<uint64_t>(reinterpret_cast<uintptr_t>(payload)));
  }
  // Wraps a shared object: it is released when the last reference to it is collected.
  static Result<ExternRef> create(StoreRef store, std::shared_ptr<void> object);
  // The argument of create(). 0 or null for null references and for WebAssembly objects that were converted by
  // extern.convert_any.
  uint64_t payload() const;
  void* pointer() const { return reinterpret_cast<void*>(static_cast<uintptr_t>(payload())); }
};

// What an AnyRef refers to.
enum class AnyKind : uint8_t { kNull, kI31, kStruct, kArray, kExtern };

// A reference of the any hierarchy: i31, struct, array, or a host value converted by any.convert_extern.
class AnyRef : public Ref {
 public:
  AnyRef() = default;
  explicit AnyRef(Ref r) : Ref(std::move(r)) {}
  static AnyRef from_i31(StoreRef store, uint32_t value);  // keeps the low 31 bits
  static AnyRef from_extern(const ExternRef& ref);  // any.convert_extern
  ExternRef to_extern() const;  // extern.convert_any
  AnyKind kind() const;
  // The exact type of a struct or array: a non-null reference to a concrete type.
  ValType type() const;
  // Precondition of the next two: kind() == AnyKind::kI31.
  int32_t i31_signed() const;
  uint32_t i31_unsigned() const;
};

// Precondition of making one from an AnyRef: its kind() fits, or it is null.
class StructRef : public AnyRef {
 public:
  StructRef() = default;
  explicit StructRef(AnyRef r) : AnyRef(std::move(r)) {}
  // `type` is a reference to a concrete struct type; the fields are given in order, packed ones as i32.
  static Result<StructRef> create(StoreRef store, ValType type, std::span<const Val> fields);
  uint32_t field_count() const;
  // Packed fields are read zero-extended. kUsage if the index or type is wrong or the field immutable.
  Result<Val> field(uint32_t index) const;
  Result<void> set_field(uint32_t index, const Val& value) const;
};

// A reference to an array.
class ArrayRef : public AnyRef {
 public:
  ArrayRef() = default;
  explicit ArrayRef(AnyRef r) : AnyRef(std::move(r)) {}
  static Result<ArrayRef> create(StoreRef store, ValType type, uint32_t length, const Val& fill);
  uint32_t length() const;
  Result<Val> get(uint32_t index) const;
  Result<void> set(uint32_t index, const Val& value) const;
};

// An exception: its tag and payload. One that leaves WebAssembly uncaught reaches the host as an Error of kind
// kException, and take_exception() returns the object.
class ExnRef : public Ref {
 public:
  ExnRef() = default;
  explicit ExnRef(Ref r) : Ref(std::move(r)) {}
  // kUsage if the payload does not fit the tag's parameters.
  static Result<ExnRef> create(StoreRef store, const Tag& tag, std::span<const Val> payload);
  Tag tag() const;  // precondition: not null
  std::vector<Val> payload() const;  // precondition: not null
};

// Removes and returns the exception of the store's last error of kind kException; null if there is none.
ExnRef take_exception(StoreRef store);
// For a host function that throws: stores the exception in the store and returns the error to return. Precondition: not
// null.
Error throw_exception(StoreRef store, const ExnRef& exception);

}  // namespace ermine
