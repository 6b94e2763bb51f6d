// The syntax trees of WIT files: what the text says, with names unresolved and positions for messages. They point into
// the texts of a Sources object. Nesting is bounded by the parser (kMaxTypeNesting), so that the trees may be walked
// and destroyed recursively.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "component/model/version.h"
#include "component/wit/keywords.h"
#include "component/wit/stability.h"

namespace ermine::component::wit::syntax {

struct Name {
  std::string_view text;  // without %
  const char* at = nullptr;
};

struct PackageName {
  Name space, name;
  std::optional<Version> version;
  // The whole name, for messages.
  std::string to_string() const {
    std::string out = std::string(space.text) + ":" + std::string(name.text);
    return version ? out + "@" + version->to_string() : out;
  }
};

// An interface or world: `name` of this package, or of another.
struct Path {
  std::optional<PackageName> package;
  Name name;
};

struct Attributes {
  Stability stability;
  std::optional<std::string> external_id;
  const char* at = nullptr;              // of the first one
  const char* external_id_at = nullptr;
};

enum class TypeForm : uint8_t {
  kPrimitive,
  kName,
  kOwn,
  kBorrow,
  kList,
  kFixedList,
  kMap,
  kTuple,
  kOption,
  kResult,
  kFuture,
  kStream,
};

struct Type {
  TypeForm form = TypeForm::kPrimitive;
  Primitive primitive = kNoPrimitive;
  bool has_ok = false;  // kResult: parts[0] is the type of ok
  uint32_t length = 0;  // kFixedList
  Name name;            // kName, kOwn, kBorrow: the type or resource; otherwise the position of the keyword
  std::vector<Type> parts;
};

// A field of a record, a case of a variant or enum, or a flag.
struct Member {
  std::string_view comments;
  Name name;
  std::optional<Type> type;
};

struct Param {
  Name name;
  Type type;
};

enum class FunctionForm : uint8_t { kFreestanding, kMethod, kStatic, kConstructor };

struct Function {
  std::string_view comments;
  Attributes attributes;
  Name name;
  FunctionForm form = FunctionForm::kFreestanding;
  bool is_async = false;
  std::vector<Param> params;
  std::optional<Type> result;
};

enum class DefinitionForm : uint8_t { kAlias, kRecord, kFlags, kVariant, kEnum, kResource };

struct Definition {
  std::string_view comments;
  Attributes attributes;
  Name name;
  DefinitionForm form = DefinitionForm::kAlias;
  Type alias;
  std::vector<Member> members;
  std::vector<Function> functions;
};

struct UsedName {
  Name name;
  std::optional<Name> as;
  const Name& local() const { return as ? *as : name; }
};

struct Use {
  Attributes attributes;
  Path from;
  std::vector<UsedName> names;
};

using InterfaceItem = std::variant<Use, Definition, Function>;

struct Interface {
  std::string_view comments;
  Attributes attributes;
  Name name;
  std::vector<InterfaceItem> items;
};

struct Include {
  Attributes attributes;
  Path from;
  std::vector<UsedName> names;  // each with `as`
};

enum class ExternForm : uint8_t {
  kFunction,   // name: func(…)
  kInline,     // name: interface { … }
  kInterface,  // path
  kNamed,      // name: path
};

struct Extern {
  bool is_export = false;
  ExternForm form = ExternForm::kFunction;
  std::string_view comments;
  Attributes attributes;
  Name name;  // but for kInterface
  Function function;
  std::vector<InterfaceItem> items;
  Path path;
};

using WorldItem = std::variant<Use, Definition, Include, Extern>;

struct World {
  std::string_view comments;
  Attributes attributes;
  Name name;
  std::vector<WorldItem> items;
};

struct TopLevelUse {
  Path path;
  std::optional<Name> as;
  const Name& local() const { return as ? *as : path.name; }
};

using Item = std::variant<Interface, World, TopLevelUse>;
// The items of a file, or of a nested package: top-level `use` gives names within one of these.
using Items = std::vector<Item>;

// `package a:b { … }`
struct NestedPackage {
  std::string_view comments;
  PackageName name;
  Items items;
};

struct File {
  std::string_view comments;  // of the package declaration
  std::optional<PackageName> package;
  Items items;
  std::vector<NestedPackage> nested;
};

}  // namespace ermine::component::wit::syntax
