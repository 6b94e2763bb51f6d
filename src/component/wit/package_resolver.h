// Resolves the names of one package, whose dependencies are in the Resolve already. Internals of resolver.h.
//
// An error is kept (the first one), and the functions return as soon as possible: ok() is false from then on.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "component/wit/resolve.h"
#include "component/wit/resolver.h"
#include "component/wit/sources.h"
#include "component/wit/syntax.h"

namespace ermine::component::wit {

// A package as its files have it.
struct PackageSyntax {
  syntax::PackageName name;
  std::string docs;
  std::vector<const syntax::Items*> lists;  // one per file
};

PackageName name_of(const syntax::PackageName& name);
// Every path in the items that names a package.
std::vector<const syntax::PackageName*> package_paths(const syntax::Items& items);

// What is known about all types and interfaces of the Resolve, and the rest of the budget for expansion.
struct ResolveFacts {
  std::vector<bool> has_borrow;      // by type: whether a value has a borrowed handle in it
  std::vector<unsigned> use_depth;   // by interface: see kMaxUseDepth
  std::unordered_map<std::string, PackageId> packages;
  std::vector<PackageName> known_packages;  // and those that are not resolved yet, for messages
  size_t expansion_left = 0;
  explicit ResolveFacts(const Resolve& resolve);
  void add_type(const Resolve& resolve, const TypeDef& type);
  // False if an interface's chain is too long.
  bool add_interface(const Resolve& resolve, InterfaceId id);
};

class PackageResolver {
 public:
  PackageResolver(Resolve& resolve, ResolveFacts& facts, const Sources& sources, const ResolveOptions& options)
      : resolve_(resolve), facts_(facts), sources_(sources), options_(options) {}
  Result<PackageId> run(const PackageSyntax& package);

 private:
  // An interface or world of this package.
  struct Local {
    const syntax::Interface* interface = nullptr;
    const syntax::World* world = nullptr;
    uint32_t scope = 0;
    InterfaceId interface_id;
    WorldId world_id;
    const syntax::Name& name() const { return interface != nullptr ? interface->name : world->name; }
    const syntax::Attributes& attributes() const {
      return interface != nullptr ? interface->attributes : world->attributes;
    }
    bool is_left_out = false;
  };
  // A name in a file: a Local, or what a top-level `use` of another package names.
  struct ScopeEntry {
    uint32_t local = 0;
    const syntax::Path* foreign = nullptr;
  };
  using Scope = std::unordered_map<std::string_view, ScopeEntry>;
  // What a path names: neither after an error.
  struct Target {
    InterfaceId interface;
    WorldId world;
  };
  // A name in an interface or world.
  struct NameEntry {
    TypeId type;  // none: a function, or left out
    bool is_left_out = false;
  };
  // What is being resolved at present.
  struct OwnerScope {
    Owner owner;
    std::unordered_map<std::string_view, NameEntry> names;
    std::unordered_map<std::string, std::string_view> folded;
    std::vector<std::pair<std::string_view, TypeId>> types;  // in the order of definition
  };

  bool ok() const { return !error_; }
  void fail(const syntax::Name& at, std::string_view message, std::string_view hint = {},
            ErrorKind kind = ErrorKind::kInvalid);
  bool charge(size_t bytes, const syntax::Name& at);
  // Whether an item with these gates is present; also checks them.
  bool is_included(const syntax::Attributes& attributes, const syntax::Name& at);
  bool is_enabled(const Stability& stability) const;
  void left_out(const syntax::Name& name, std::string_view what);
  // Refuses a second name that differs at most in case.
  void unique(std::unordered_map<std::string, std::string_view>& folded, const syntax::Name& name,
              std::string_view what);

  // -- the package (package_resolver.cc)
  void collect(const PackageSyntax& package);
  void collect_scopes(const PackageSyntax& package);
  std::vector<uint32_t> local_dependencies(const Local& local);
  std::vector<uint32_t> ordered_locals();
  const uint32_t* find_local(const syntax::Name& name, uint32_t scope, bool& is_foreign);
  Target target(const syntax::Path& path);
  Target foreign_target(const syntax::Path& path);
  Target local_target(uint32_t local, const syntax::Name& at);
  InterfaceId interface_target(const syntax::Path& path);
  WorldId world_target(const syntax::Path& path);
  PackageId find_package(const syntax::PackageName& name);
  void check_left_out(const Local& local);

  // -- interfaces and types (resolve_types.cc)
  void resolve_interface(InterfaceId id, const std::vector<syntax::InterfaceItem>& items, const syntax::Name& at);
  void resolve_names(const std::vector<const syntax::Use*>& uses,
                     const std::vector<const syntax::Definition*>& definitions);
  void resolve_use(const syntax::Use& use);
  std::vector<const syntax::Definition*> ordered(const std::vector<const syntax::Definition*>& definitions);
  void resolve_definition(const syntax::Definition& definition);
  void resolve_members(const syntax::Definition& definition, TypeDef& type);
  void check_resource(const syntax::Definition& definition);
  void define(const syntax::Name& name, NameEntry entry);
  TypeId add_type(TypeDef type);
  TypeId find_type(const syntax::Name& name);
  TypeId find_resource(const syntax::Name& name);
  TypeDef shape(const syntax::Type& type);
  Type value_type(const syntax::Type& type);
  Type intern(TypeDef type);
  Type own(TypeId resource);
  bool is_resource(TypeId id) const;
  Function resolve_function(const syntax::Function& function, const syntax::Name* resource);
  void constructor_result(const syntax::Function& function, Function& result);

  // -- worlds (resolve_worlds.cc)
  void resolve_world(const Local& local);
  void resolve_extern(WorldId id, const syntax::Extern& item);
  void add_world_item(World& world, bool is_export, WorldItem item, const syntax::Name& at);
  void check_world_names(const World& world, const syntax::Name& at);

  // -- include (resolve_include.cc)
  struct Cloner;
  void resolve_include(WorldId id, const syntax::Include& include);
  void include_items(WorldId id, bool exports, Cloner& cloner);
  TypeId clone(TypeId id, Cloner& cloner);
  Type clone(Type type, Cloner& cloner);
  Function clone(const Function& function, Cloner& cloner);
  InterfaceId clone(InterfaceId id, Cloner& cloner);
  static void rename(std::string& name, Cloner& cloner);

  // -- what worlds import implicitly (elaborate.cc)
  struct Elaboration;
  void elaborate(WorldId id, const syntax::Name& at);
  void elaborate_import(Elaboration& e, const WorldItem& item);
  bool elaborate_export(Elaboration& e, const WorldItem& item, bool is_export);

  Resolve& resolve_;
  ResolveFacts& facts_;
  const Sources& sources_;
  const ResolveOptions& options_;
  Error error_;
  PackageId package_;
  std::vector<Local> locals_;
  std::unordered_map<std::string_view, uint32_t> local_names_;
  std::vector<Scope> scopes_;
  uint32_t scope_ = 0;  // of the file that is being resolved
  OwnerScope current_;
  std::unordered_map<std::string, Type> anonymous_;
  std::unordered_set<std::string> types_left_out_;  // "interface index/name"
};

}  // namespace ermine::component::wit
