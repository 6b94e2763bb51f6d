// HeaderWriter: writes the header of a world. Internal to component/bindgen.
//
// Every interface has a namespace: package and interface, or for one that the world exports, package, `exports` and
// interface. Types of a world itself, and the classes for what it imports and exports itself, are in the namespace of
// its package. An interface that is both imported and exported has two sets of types: its resources belong to different
// sides.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::bindgen {

// Where a type is used: which conventions its C++ type follows.
enum class Position {
  kStored,  // in other types and as results: owns its parts
  kHostParam,  // of a function that the host implements: may refer to the component's memory
  kArgument,  // of a function that the component implements: may refer to the caller's memory
};

class HeaderWriter {
 public:
  HeaderWriter(const wit::Resolve& resolve, wit::WorldId world);
  Result<std::string> run();

 private:
  // One side of one interface, or of the world itself.
  struct Section {
    std::string name;  // in components: "a:b/c@1.0.0"; of the world itself empty
    std::string cpp_space;  // "a::b::c"
    wit::InterfaceId interface;
    bool exported = false;
    std::vector<wit::TypeId> types;
    std::vector<const wit::Function*> functions;
    std::string docs;
  };

  void make_sections();
  std::string space_of(wit::InterfaceId interface, bool exported) const;
  std::string package_space(wit::PackageId package) const;

  // Types (types.cc)
  void write_type(const Section& section, wit::TypeId id);
  std::string type_name(wit::Type type, Position position, bool exported) const;
  std::string definition_name(const wit::TypeDef& def, Position position, bool exported) const;
  std::string handle_name(wit::TypeId resource, bool owned, Position position, bool exported) const;
  std::string qualified(wit::TypeId id, bool exported) const;
  bool is_exported(wit::TypeId id, bool exported) const;
  bool is_resource(wit::TypeId id) const;
  bool is_number(wit::Type type) const;
  bool is_bool(wit::Type type) const;
  std::string result_name(wit::Type type, bool exported) const;  // "void" for none

  // Functions
  void write_section(const Section& section);
  void write_host(const Section& section);
  void write_resource_class(const Section& section, wit::TypeId id);
  void write_links(const Section& section);
  void write_guest_members(const Section& section);
  std::string host_method(const wit::Function& function) const;
  std::string reply_type(const wit::Function& function) const;
  std::string flat_name(const wit::Function& function) const;
  std::string host_params(const wit::Function& function, size_t from) const;
  bool owns(wit::Type type) const;
  void write_imports_class();
  void write_exports_class();

  void docs(std::string_view text, std::string_view indent = {});
  std::string host_class(const Section& section) const;
  std::string free_name(const Section& section, std::string name) const;
  void line(std::string_view text = {});

  const wit::Resolve& resolve_;
  const wit::World& world_;
  std::vector<Section> sections_;
  std::set<wit::InterfaceId> exported_;
  std::map<wit::InterfaceId, std::string> labels_;  // the last part of their namespaces
  std::string world_space_, out_;
};

}  // namespace ermine::component::bindgen
