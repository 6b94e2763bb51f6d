// Plan: how a component is instantiated, as a list of steps. Components within it are inlined where they are
// instantiated, so that instantiation is one walk over the steps, and so that every import, alias and export is
// resolved beforehand: what is left are core instances, functions that the canonical definitions make, resource types,
// and the imports of the outermost component. Immutable; shared between threads.
//
// Everything is a number: an index in one of the lists of the Plan.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "component/model/valid_component.h"
#include "engine/compiled_module.h"

namespace ermine::component {

inline constexpr uint32_t kNoIndex = ~uint32_t{0};

// A function, table, memory, global or tag of a core instance, or a function that a canonical definition makes.
struct CoreItem {
  enum Source : uint8_t { kExport, kMade } source = kExport;
  uint32_t from = 0;  // kExport: the core instance; kMade: in Plan::made
  uint32_t item = 0;  // kExport: the position in the exports of the instance's module
};

// Canonical options, resolved.
struct PlanOptions {
  StringEncoding encoding = StringEncoding::kUtf8;
  AddressType address = AddressType::k32;
  bool is_async = false;
  std::optional<CoreItem> memory, realloc, post_return, callback;
};

// A function of the component model: lifted, or imported by the outermost component.
struct PlanFunc {
  std::string name;  // for messages
  bool is_import = false;
  uint32_t import = 0;  // in Plan::imports
  // Lifted:
  CoreItem callee;
  PlanOptions options;
  uint32_t instance = 0;  // in Plan::instances
  FuncId type = 0;        // of an import as well
};

// A core function that a canonical definition makes.
struct MadeFunc {
  enum Kind : uint8_t {
    kAdapter,      // lowers a lifted function: made as WebAssembly
    kAsyncCall,    // lowers one whose type is async: starts a task, with adapters for the parameters and the result
    kForbidden,    // lowers a function of the same component instance, of one that contains it or is contained in it
    kLowerImport,  // lowers an import
    kResourceNew,
    kResourceRep,
    kResourceDrop,
    kBuiltIn,  // `op`
  } kind = kAdapter;
  wasm::TypeId core_type = wasm::kNoType;
  uint32_t instance = 0;  // that it belongs to, in Plan::instances
  uint32_t target = 0;    // in Plan::funcs or Plan::resources; of context.get and context.set: the slot
  FuncId type = 0;        // of functions: as the caller has it
  PlanOptions options;    // of functions: the caller's; of built-ins
  // kBuiltIn:
  CanonOp op = CanonOp::Lift;
  bool is_async = false, is_cancellable = false;
  TypeUse value_type;  // of the stream or future; task.return: the result
  std::optional<CoreItem> table;  // thread.new-indirect,
  wasm::ValType closure;          // and what its functions take
};

struct PlanResource {
  bool is_import = false;
  uint32_t import = 0;    // in Plan::imports
  uint32_t instance = 0;  // that implements it
  std::optional<CoreItem> destructor;
};

// An instance of a component. Instance 0 is the outermost one.
struct PlanInstance {
  uint32_t parent = kNoIndex;
  // Whether its core code can see in which task it runs, or wait: it has a built-in for that, or calls an asynchronous
  // function. Calls of other instances need no task.
  bool sees_tasks = false;
  // What the resource types of its component are in this instance: in Plan::resources.
  std::map<ResourceId, uint32_t> resources;
};

// What an export of the component model stands for. A type that is no resource has no index.
struct PlanItem {
  Sort sort = Sort::Func;
  uint32_t index =
      kNoIndex;  // Func: Plan::funcs; Instance: Plan::exports; Type: Plan::resources; CoreModule: Plan::modules
};
using PlanExports = std::map<std::string_view, PlanItem>;

// A function or resource type that the outermost component imports, perhaps within imported instances.
struct PlanImport {
  std::vector<std::string_view> path;
  Sort sort = Sort::Func;
  FuncId type = 0;  // Func
};

struct PlanStep {
  enum Kind : uint8_t {
    kInstantiate,  // the core instance `index`
    kAdapters,  // the adapters for Plan::made from `index` up to `end`
    kResource,  // the resource type `index`
    kReady,  // the component instance `index` can be entered from now on
  } kind = kInstantiate;
  uint32_t index = 0, end = 0;
};

struct PlanCoreInstance {
  uint32_t module = 0;  // in Plan::modules
  uint32_t instance = 0;  // that it is a part of, in Plan::instances
  std::vector<CoreItem> imports;  // in the module's order
};

struct Plan {
  std::vector<std::shared_ptr<const engine::CompiledModule>> modules;
  std::vector<PlanImport> imports;
  std::vector<PlanInstance> instances;
  std::vector<PlanCoreInstance> core_instances;
  std::vector<PlanFunc> funcs;
  std::vector<MadeFunc> made;
  std::vector<PlanResource> resources;
  std::vector<PlanExports> exports;
  uint32_t root = 0;  // in exports: what the outermost component exports
  std::vector<PlanStep> steps;
};

// kUnsupported for what cannot be run yet, with the name of the construct and its offset.
Result<Plan> make_plan(const ValidComponent& component, const std::shared_ptr<engine::Engine>& engine);

}  // namespace ermine::component
