// What the imports and exports of a core module stand for, by their names.
//
// There are two schemes. The older one is wit-component's, which today's compilers use: module "a:b/c" or "$root",
// function "f", "[resource-drop]r", "[async-lower]f", "[task-return]f"; exports "a:b/c#f", "cabi_post_a:b/c#f". The
// newer one is the specification's (CanonicalABI.md, "Canonical Module Names"; not for asynchronous functions yet):
// module "cm32p2|a:b/c@1", exports "cm32p2|a:b/c@1|f".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "component/encode/duplicate_imports.h"
#include "component/model/names.h"
#include "component/model/valid_component.h"
#include "component/wit/abi.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"
#include "wasm/module.h"

namespace ermine::component {

struct CoreImport {
  enum Kind : uint8_t {
    kBuiltin,     // a function that `op` defines; Lower: an imported function of the world
    kAdapter,     // a function of an adapter, whose name is `module`
    kMemory,      // the memory of the main module, or one that it shares with the adapters
    kMainExport,  // of the main module, imported by an adapter
  } kind = kBuiltin;
  std::string_view module;
  std::string_view name;  // in the module
  std::string original;   // what it stands for; mostly the same
  wasm::ExternKind extern_kind = wasm::ExternKind::kFunc;
  uint32_t index = 0;  // in the module's index space
  wit::CoreSignature signature;  // of a function

  // kBuiltin. `item` is the import or export that it belongs to: that of `function`, or of the interface with `type`.
  CanonOp op = CanonOp::Lower;
  bool is_async = false, is_cancellable = false;
  bool is_exported = false;  // `item` is an export
  const wit::WorldItem* item = nullptr;
  const wit::Function* function = nullptr;
  wit::TypeId type;  // a resource, stream or future; none: a stream or future without values
  StringEncoding encoding = StringEncoding::kUtf8;  // error-context
  uint32_t slot = 0;  // context
};

// An exported function of the world, and where the module has it.
struct CoreLift {
  std::string_view name, post_return, callback;
  wit::AbiSide side = wit::AbiSide::kLift;
};

struct ModuleExports {
  // By the item and the function: two items can have the same interface.
  std::map<std::pair<const wit::WorldItem*, const wit::Function*>, CoreLift> functions;
  std::unordered_map<uint32_t, std::string_view> destructors;  // by the TypeId of the resource
  // Empty: the module has none.
  std::string_view memory, realloc, import_realloc, export_realloc, adapter_realloc, initialize, table;
  std::vector<std::string_view> known;  // all names that stand for something

  std::string_view realloc_of_imports() const { return import_realloc.empty() ? realloc : import_realloc; }
  std::string_view realloc_of_exports() const { return export_realloc.empty() ? realloc : export_realloc; }
};

struct CoreItems {
  std::vector<CoreImport> imports;
  ModuleExports exports;
};

// Whether names of the older scheme are understood.
enum class NameSchemes : uint8_t { kBoth, kStandardOnly };

// The world's items by the names that core modules have for them. The Resolve must not change afterwards.
class CoreNames {
 public:
  CoreNames(const wit::Resolve& resolve, wit::WorldId world, NameSchemes schemes);

  // The items of a module. `adapters`: the names of modules whose functions can be imported. `exports`: the keys of the
  // world's exports that the module must have. `renamed`: imports with other names than they stand for. kInvalid with
  // what is missing or wrong.
  Result<CoreItems> read(const wasm::Module& module, const std::vector<std::string>& adapters,
                         const std::vector<std::string>& exports, const RenamedImports& renamed = {}) const;

 private:
  friend class CoreReader;
  using Items = std::unordered_map<std::string, const wit::WorldItem*>;
  const wit::WorldItem* find(std::string_view module, bool is_export, bool is_standard) const;

  const wit::Resolve& resolve_;
  const wit::World& world_;
  NameSchemes schemes_;
  wit::Abi abi_;
  // Interfaces by name, and by name with the compatible part of the version.
  Items by_name_[2], by_track_[2];  // imports, exports
};

}  // namespace ermine::component
