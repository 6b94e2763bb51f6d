// The imports of a world, and the types of its imports and exports, written into a component.
//
// The same type of a Resolve can stand for two types of the component: an interface that is imported and exported has
// types of both. So there is one encoder for what refers to imports, and one for each exported interface.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "component/encode/component_builder.h"
#include "component/wit/resolve.h"
#include "component/wit/type_encoder.h"

namespace ermine::component {

class RootTypes;

class WorldTypes {
 public:
  WorldTypes(const wit::Resolve& resolve, wit::WorldId world, ComponentBuilder& out, Error& error);
  ~WorldTypes();

  // ---- What is needed of the imports; before write_imports().
  void need(const wit::WorldItem& item, const wit::Function& f);
  void need(wit::Type type);
  void need_all_imports();
  // What all exports need.
  void need_exports();

  // Writes the imports of which something is needed. Before anything else that refers to types.
  void write_imports();

  // The index of an imported function of the component; precondition: needed.
  uint32_t imported_function(const wit::WorldItem& item, const wit::Function& f);
  // The instance of an imported interface; none if nothing of it was needed.
  std::optional<uint32_t> imported_instance(const wit::WorldItem& item) const;
  // The encoder of what refers to types of imports.
  wit::TypeEncoder& imports();
  // A resource type that the component defines and an interface exports.
  void set_resource(wit::TypeId id, uint32_t index) { resources_[id.index] = index; }
  // The encoders for an exported interface: `early` before anything is exported, when its types have no names yet, and
  // for its functions.
  wit::TypeEncoder& exports(wit::InterfaceId interface, bool early = false);

  // Exports a world's function, or an interface with its functions, whose indices are in the interface's order.
  void export_function(const wit::WorldItem& item, uint32_t function);
  void export_interface(const wit::WorldItem& item, const std::vector<uint32_t>& functions);

 private:
  friend class RootTypes;
  bool ok() const { return !error_; }
  void check_size();
  void need_contents(wit::TypeId id, std::unordered_set<uint32_t>& live) const;
  void import_interface(const wit::WorldItem& item);
  uint32_t alias(bool is_export, wit::TypeId id);
  const std::unordered_set<uint32_t>& exports_used(wit::InterfaceId id);

  const wit::Resolve& resolve_;
  const wit::World& world_;
  ComponentBuilder& out_;
  Error& error_;
  const std::vector<bool> borrows_;  // empty: the validator of the result checks them
  std::unordered_set<uint32_t> live_types_;
  std::unordered_set<const wit::Function*> live_functions_;
  std::unordered_map<std::string, uint32_t> item_instances_, item_functions_;  // by key, of imports
  std::unordered_map<uint32_t, uint32_t> instances_[2];  // by interface, of imports and of exports
  std::unordered_map<uint64_t, uint32_t> aliases_;
  std::unordered_map<uint32_t, std::unordered_set<uint32_t>> exports_used_;
  std::unique_ptr<RootTypes> imports_;
  std::unordered_map<uint32_t, std::unique_ptr<RootTypes>> exports_[2];  // not early, early
  std::unordered_map<uint32_t, uint32_t> resources_;
};

}  // namespace ermine::component
