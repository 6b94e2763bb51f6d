// Writes the types of a Resolve into one index space of a component's binary format. Each type is defined when it is
// first needed. Where a definition goes, and what a name of a type becomes (an export, an import, nothing), is decided
// by the class that derives from this one: wit/encode.cc for types of packages, encode/ for components.
//
// Recursion is bounded: types without name nest at most kMaxTypeNesting deep, and those with names are written in the
// order of the Resolve by all callers, or are behind at most kMaxUseDepth aliases.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "binary/encoder.h"
#include "component/model/names.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wit {

// A type where it is used: a primitive one, or an index.
struct TypeRef {
  Primitive primitive = kNoPrimitive;
  uint32_t index = 0;
};

void write_ref(binary::ByteBuffer& out, const TypeRef& type);

// The name of an import or export, with its attributes.
struct EncodedName {
  std::string_view name;
  std::optional<std::string> implements, external_id;
};
void write_name(binary::ByteBuffer& out, const EncodedName& name);
// That of an import or export of a world; `own_name` is resolve.name_of(item), and must live as long as the result.
EncodedName encoded_name(const Resolve& resolve, const WorldItem& item, std::string_view own_name);

// By type: whether a value has a borrowed handle in it.
std::vector<bool> types_with_borrows(const Resolve& resolve);

class TypeEncoder {
 public:
  // `borrows`: types_with_borrows(resolve). The first error is kept in `error`.
  TypeEncoder(const Resolve& resolve, const std::vector<bool>& borrows, Error& error)
      : resolve_(resolve), borrows_(borrows), error_(error) {}
  virtual ~TypeEncoder() = default;
  TypeEncoder(const TypeEncoder&) = delete;
  TypeEncoder& operator=(const TypeEncoder&) = delete;

  TypeRef type(Type type);
  // The same as an index, for which a primitive type is defined.
  uint32_t type_index(Type type);
  // The index of a function's type.
  uint32_t function(const Function& f);
  // An index for a type that is defined elsewhere.
  void set_index(TypeId id, uint32_t index) { indices_.types[id.index] = index; }

 protected:
  // What has an index at present.
  struct Indices {
    std::unordered_map<uint32_t, uint32_t> types;
    std::unordered_map<std::string, uint32_t> functions;
  };

  bool ok() const { return !error_; }
  void refuse(std::string message) {
    if (ok()) error_ = Error(ErrorKind::kUnsupported, std::move(message));
  }
  // Begins a definition: the index that it gets, and where it is written.
  virtual binary::ByteBuffer& define(uint32_t& index) = 0;
  // A type with a name is about to be defined: its index, if it comes from elsewhere.
  virtual std::optional<uint32_t> foreign(TypeId id) = 0;
  // A name for the type at an index: the index of the name.
  virtual uint32_t named(const TypeDef& type, TypeId id, uint32_t index) = 0;
  virtual uint32_t resource(const TypeDef& type, TypeId id) = 0;

  const Resolve& resolve_;
  const std::vector<bool>& borrows_;
  Error& error_;
  Indices indices_;

 private:
  std::optional<TypeRef> optional(Type t) { return t ? std::optional(type(t)) : std::nullopt; }
  TypeRef definition(const TypeDef& d);
  TypeRef members(const TypeDef& d);
  uint32_t define_primitive(Primitive primitive);
};

}  // namespace ermine::component::wit
