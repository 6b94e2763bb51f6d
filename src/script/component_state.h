// ComponentState: the components of a script while it runs: its instances, definitions and registered instances.
// Internal to src/script; see runner.h.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "component/runtime/component_instance.h"
#include "ermine/ermine.h"
#include "text/source.h"
#include "text/wast/script.h"

namespace ermine::script {

class ComponentState {
 public:
  ComponentState(const Engine& engine, StoreRef store, const text::Source& source);

  using Compiled = std::shared_ptr<const component::CompiledComponent>;
  using Instance = std::shared_ptr<component::ComponentInstance>;

  // The component as bytes; kMalformed if its text is wrong.
  Result<std::vector<uint8_t>> bytes_of(const text::ScriptModule& module) const;
  Result<Compiled> compile(const text::ScriptModule& module) const;
  // Decodes and validates only: for assertions about components that cannot be run.
  Result<void> validate(const text::ScriptModule& module) const;
  Result<void> define(const text::Directive& directive);
  Result<void> instantiate_definition(const text::Directive& directive);
  Result<Instance> instantiate(const Compiled& compiled);
  Result<void> register_instance(const text::Directive& directive);

  bool has(const std::string& id) const { return instances_.contains(id); }
  // Calls an exported function. The result is there if the function has one.
  Result<std::optional<component::Value>> act(const text::ScriptAction& action);

 private:
  Engine engine_;
  StoreRef store_;
  const text::Source& source_;
  component::ComponentLinker linker_;
  std::map<std::string, Instance> instances_;
  std::map<std::string, Compiled> definitions_;
  Instance current_;
  Compiled last_definition_;
  Error definition_error_;  // why the last definition cannot be run
};

// A value from a script's constant.
Result<component::Value> to_component_value(const text::ScriptValue& value);
bool matches(const component::Value& value, const text::ScriptValue& pattern);
// In the notation of ScriptValue::to_string().
std::string component_value_text(const component::Value& value);

}  // namespace ermine::script
