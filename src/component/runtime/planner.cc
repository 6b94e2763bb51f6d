// Makes a Plan: goes through the definitions of a component as instantiation would, and through those of a nested
// component whenever it is instantiated. A Frame is one such walk: the index spaces of one component instance, with
// what each index stands for. (Explainer.md, "Instance Definitions"; types were resolved by the validator.)
#include "base/format.h"
#include "component/model/limits.h"
#include "component/runtime/plan.h"
#include "runtime/export_index.h"

namespace ermine::component {

namespace {

struct Frame;

// A component as a definition: its contents, and the frame whose definitions its outer aliases mean.
struct ComponentClosure {
  const ValidBody* body = nullptr;
  const Frame* outer = nullptr;
};

// A core instance: of a module, or a list of items.
struct CoreInstanceValue {
  bool is_real = false;
  uint32_t index = 0;  // real: in Plan::core_instances
  std::map<std::string_view, CoreItem> items;
};

struct Frame {
  const ValidBody* body = nullptr;
  const Frame* outer = nullptr;
  uint32_t instance = 0;
  std::vector<CoreItem> core_items[5];  // by sort, CoreFunc to CoreTag
  std::vector<uint32_t> core_modules;   // in Plan::modules
  std::vector<CoreInstanceValue> core_instances;
  std::vector<uint32_t> types;          // in Plan::resources, or kNoIndex
  std::vector<uint32_t> funcs, instances;  // in Plan::funcs, Plan::exports
  std::vector<ComponentClosure> components;
};

Error unsupported(std::string message, uint64_t at) { return Error(ErrorKind::kUnsupported, std::move(message), at); }

}  // namespace

class Planner {
 public:
  Planner(const ValidComponent& component, const std::shared_ptr<engine::Engine>& engine)
      : component_(component), types_(component.types), engine_(engine) {}

  Result<Plan> run() {
    const ComponentType& type = types_.components[component_.body.type];
    PlanExports arguments;
    std::vector<std::string_view> path;
    for (const Extern& import : type.imports.items) {
      path.assign(1, import.name);
      ERMINE_ASSIGN(const PlanItem given, import_item(import.type, path, 0));
      arguments.emplace(import.name, given);
    }
    // The resource types among the imports are known to the frame by their own ids.
    ERMINE_ASSIGN(plan_.root, inline_component({&component_.body, nullptr}, arguments, kNoIndex, 0));
    return std::move(plan_);
  }

 private:
  // Components that are arguments: PlanItem::index counts in closures_.

  // ---- Imports of the outermost component

  Result<PlanItem> import_item(const Entity& type, std::vector<std::string_view>& path, unsigned depth) {
    PlanItem given{type.sort, kNoIndex};
    const auto add = [&](FuncId func) {
      plan_.imports.push_back({path, type.sort, func});
      return static_cast<uint32_t>(plan_.imports.size() - 1);
    };
    if (depth > kMaxNesting || plan_.imports.size() >= kMaxInlinedDefinitions)
      return unsupported("too many imports", component_.body.body->offset);
    switch (type.sort) {
      case Sort::Func: {
        given.index = static_cast<uint32_t>(plan_.funcs.size());
        PlanFunc func;
        func.name = path.back();
        func.is_import = true;
        func.import = add(type.id);
        func.type = type.id;
        plan_.funcs.push_back(std::move(func));
        return given;
      }
      case Sort::Type:
        if (type.kind == AnyKind::Resource) {
          // An import that equals an earlier one is the same resource type.
          uint32_t& known = imported_resources_[types_.resource_names[type.id]];
          if (known == 0) {
            PlanResource resource;
            resource.is_import = true;
            resource.import = add(0);
            plan_.resources.push_back(std::move(resource));
            known = static_cast<uint32_t>(plan_.resources.size());
          }
          given.index = known - 1;
        }
        return given;
      case Sort::Instance: {
        PlanExports exports;
        for (const Extern& item : types_.instances[type.id].exports.items) {
          path.push_back(item.name);
          ERMINE_ASSIGN(const PlanItem inner, import_item(item.type, path, depth + 1));
          path.pop_back();
          exports.emplace(item.name, inner);
        }
        given.index = static_cast<uint32_t>(plan_.exports.size());
        plan_.exports.push_back(std::move(exports));
        return given;
      }
      default:
        return unsupported(
            base::format("the outermost component imports `{}`, a {}: only functions, instances and types "
                         "can be imported from outside",
                         path.back(), sort_noun(type.sort)),
            component_.body.body->offset);
    }
  }

  // Everything that takes time is counted: small components can be instantiated many times.
  Result<void> count(uint64_t parts, uint64_t at) {
    definitions_ += parts;
    if (definitions_ <= kMaxInlinedDefinitions) return {};
    return unsupported(base::format("too many definitions in instances of components: at most {} are supported",
                                    kMaxInlinedDefinitions),
                       at);
  }

  // ---- Components

  Result<uint32_t> inline_component(ComponentClosure closure, const PlanExports& arguments, uint32_t parent,
                                    unsigned depth) {
    const ValidBody& body = *closure.body;
    if (depth > kMaxNesting || plan_.instances.size() >= kMaxInlinedInstances)
      return unsupported(base::format("too many instances of components: at most {}, and at most {} that contain each "
                                      "other, are supported",
                                      kMaxInlinedInstances, kMaxNesting),
                         body.body->offset);
    frames_.push_back(std::make_unique<Frame>());
    Frame& frame = *frames_.back();
    frame.body = &body;
    frame.outer = closure.outer;
    frame.instance = static_cast<uint32_t>(plan_.instances.size());
    plan_.instances.emplace_back().parent = parent;
    PlanExports exports;
    for (size_t i = 0; i < body.definitions.size(); ++i) {
      ERMINE_TRY(count(1, body.body->offset));
      ERMINE_TRY(definition(body.body->definitions[i], body.definitions[i], frame, arguments, exports, depth));
    }
    ERMINE_TRY(flush_adapters());
    plan_.steps.push_back({PlanStep::kReady, frame.instance, 0});
    plan_.exports.push_back(std::move(exports));
    return static_cast<uint32_t>(plan_.exports.size() - 1);
  }

  Result<void> definition(const Definition& d, const ResolvedDefinition& resolved, Frame& frame,
                          const PlanExports& arguments, PlanExports& exports, unsigned depth) {
    switch (d.kind) {
      case Definition::kCoreModule: return core_module(frame);
      case Definition::kCoreInstance: return core_instance(d.core_instance(), resolved, frame);
      case Definition::kCoreType: return {};
      case Definition::kComponent: frame.components.push_back({resolved.component, &frame}); return {};
      case Definition::kInstance: return instance(d.instance(), frame, depth);
      case Definition::kAlias: return alias(d.alias(), frame, d.offset);
      case Definition::kType: return type(d.type(), frame);
      case Definition::kCanon:
        if (d.canon().op != CanonOp::Lift) return made(d.canon(), *resolved.canon, frame, d.offset);
        lift(d.canon(), *resolved.canon, frame);
        return {};
      case Definition::kImport: {
        const PlanItem item = arguments.find(d.import().name.name)->second;
        return add(item, frame, d.offset);
      }
      case Definition::kExport: {
        const component::Export& e = d.export_();
        ERMINE_ASSIGN(const PlanItem item, this->item(e.sort, e.index, frame, d.offset));
        exports.emplace(e.name.name, item);
        return add(item, frame, d.offset);
      }
      case Definition::kExportDecl: return {};
      case Definition::kStart: return unsupported("start functions of components cannot be run yet", d.offset);
      case Definition::kValue: return unsupported("values as definitions of components cannot be used yet", d.offset);
    }
    return {};
  }

  Result<void> type(const TypeDef& def, Frame& frame) {
    if (def.kind != TypeKind::Resource) {
      frame.types.push_back(kNoIndex);
      return {};
    }
    PlanResource resource;
    resource.instance = frame.instance;
    if (def.has_destructor) resource.destructor = frame.core_items[0][def.number];
    plan_.resources.push_back(std::move(resource));
    const auto index = static_cast<uint32_t>(plan_.resources.size() - 1);
    if (plan_.resources.back().destructor) {
      if (plan_.resources.back().destructor->source == CoreItem::kMade) ERMINE_TRY(flush_adapters());
    }
    plan_.steps.push_back({PlanStep::kResource, index, 0});
    bind_type(frame, index);
    return {};
  }

  // The next entry of the frame's index space of types, which may be a resource type.
  void bind_type(Frame& frame, uint32_t resource) {
    const AnyType type = frame.body->spaces.types[frame.types.size()];
    if (type.kind == AnyKind::Resource && resource != kNoIndex)
      plan_.instances[frame.instance].resources.emplace(types_.resource_names[type.id], resource);
    frame.types.push_back(resource);
  }

  Result<void> bind_instance(Frame& frame, InstanceId type, uint32_t index, unsigned depth) {
    const uint64_t at = frame.body->body->offset;
    if (depth > kMaxTypeDepth) return unsupported("instances within instances are nested too deeply", at);
    ERMINE_TRY(count(types_.instances[type].exports.items.size(), at));
    for (const Extern& item : types_.instances[type].exports.items) {
      const auto found = plan_.exports[index].find(item.name);
      if (found == plan_.exports[index].end()) continue;
      if (item.type.sort == Sort::Instance)
        ERMINE_TRY(bind_instance(frame, item.type.id, found->second.index, depth + 1));
      if (item.type.sort == Sort::Type && item.type.kind == AnyKind::Resource)
        plan_.instances[frame.instance].resources.emplace(types_.resource_names[item.type.id], found->second.index);
    }
    return {};
  }

  // The next entry of the index space of the item's sort.
  Result<void> add(const PlanItem& item, Frame& frame, uint64_t at) {
    switch (item.sort) {
      case Sort::Func: frame.funcs.push_back(item.index); return {};
      case Sort::Type: bind_type(frame, item.index); return {};
      case Sort::Instance:
        ERMINE_TRY(bind_instance(frame, frame.body->spaces.instances[frame.instances.size()], item.index, 0));
        frame.instances.push_back(item.index);
        return {};
      case Sort::Component: frame.components.push_back(closures_[item.index]); return {};
      case Sort::CoreModule: frame.core_modules.push_back(item.index); return {};
      default: return unsupported(base::format("a {} cannot be imported or exported yet", sort_noun(item.sort)), at);
    }
  }

  Result<PlanItem> item(Sort sort, uint32_t index, const Frame& frame, uint64_t at) {
    switch (sort) {
      case Sort::Func: return PlanItem{sort, frame.funcs[index]};
      case Sort::Type: return PlanItem{sort, frame.types[index]};
      case Sort::Instance: return PlanItem{sort, frame.instances[index]};
      case Sort::CoreModule: return PlanItem{sort, frame.core_modules[index]};
      case Sort::Component:
        closures_.push_back(frame.components[index]);
        return PlanItem{sort, static_cast<uint32_t>(closures_.size() - 1)};
      default: return unsupported(base::format("a {} cannot be imported or exported yet", sort_noun(sort)), at);
    }
  }

  Result<void> instance(const component::Instance& instance, Frame& frame, unsigned depth) {
    PlanExports items;
    ERMINE_TRY(count(instance.items.size(), frame.body->body->offset));
    for (const Item& i : instance.items) {
      ERMINE_ASSIGN(const PlanItem item, this->item(i.sort, i.index, frame, i.name.offset));
      items.emplace(i.name.name, item);
    }
    PlanItem made{Sort::Instance, 0};
    if (instance.instantiates) {
      ERMINE_TRY(flush_adapters());
      ERMINE_ASSIGN(made.index, inline_component(frame.components[instance.target], items, frame.instance, depth + 1));
    } else {
      made.index = static_cast<uint32_t>(plan_.exports.size());
      plan_.exports.push_back(std::move(items));
    }
    return add(made, frame, 0);
  }

  Result<void> alias(const Alias& alias, Frame& frame, uint64_t at) {
    switch (alias.target) {
      case Alias::kExport: {
        const PlanExports& exports = plan_.exports[frame.instances[alias.instance]];
        const PlanItem item = exports.find(alias.name)->second;
        return add(item, frame, at);
      }
      case Alias::kCoreExport: {
        const CoreItem item = core_export(frame.core_instances[alias.instance], alias.name);
        core_space(frame, alias.sort).push_back(item);
        return {};
      }
      case Alias::kOuter: break;
    }
    const Frame* target = &frame;
    for (uint32_t i = 0; i < alias.count; ++i) target = target->outer;
    switch (alias.sort) {
      case Sort::CoreModule: frame.core_modules.push_back(target->core_modules[alias.index]); return {};
      case Sort::Component: frame.components.push_back(target->components[alias.index]); return {};
      case Sort::Type: bind_type(frame, target->types[alias.index]); return {};
      default: return {};  // a core type
    }
  }

  // ---- Core definitions

  static std::vector<CoreItem>& core_space(Frame& frame, Sort sort) {
    return frame.core_items[static_cast<unsigned>(sort) - static_cast<unsigned>(Sort::CoreFunc)];
  }

  Result<void> core_module(Frame& frame) {
    const ModuleId id = frame.body->spaces.core_modules[frame.core_modules.size()];
    uint32_t& known = modules_[id];
    if (known == 0) {
      ERMINE_ASSIGN(auto compiled, engine::CompiledModule::from_valid(engine_, types_.modules[id].module, ""));
      plan_.modules.push_back(std::move(compiled));
      known = static_cast<uint32_t>(plan_.modules.size());
    }
    frame.core_modules.push_back(known - 1);
    return {};
  }

  CoreItem core_export(const CoreInstanceValue& instance, std::string_view name) const {
    if (!instance.is_real) return instance.items.find(name)->second;
    const engine::CompiledModule& module = *plan_.modules[plan_.core_instances[instance.index].module];
    const wasm::Export* e = module.shared()->exports->find(name);
    return {CoreItem::kExport, instance.index, static_cast<uint32_t>(e - module.module().exports.data())};
  }

  Result<void> core_instance(const component::Instance& instance, const ResolvedDefinition& resolved, Frame& frame) {
    (void)resolved;
    CoreInstanceValue value;
    ERMINE_TRY(count(instance.items.size(), frame.body->body->offset));
    if (!instance.instantiates) {
      for (const Item& i : instance.items) value.items.emplace(i.name.name, core_space(frame, i.sort)[i.index]);
      frame.core_instances.push_back(std::move(value));
      return {};
    }
    PlanCoreInstance made;
    made.module = frame.core_modules[instance.target];
    made.instance = frame.instance;
    const wasm::Module& module = plan_.modules[made.module]->module();
    ERMINE_TRY(count(module.imports.size(), frame.body->body->offset));
    std::map<std::string_view, uint32_t> arguments;
    for (const Item& i : instance.items) arguments.emplace(i.name.name, i.index);
    for (const wasm::Import& import : module.imports)
      made.imports.push_back(core_export(frame.core_instances[arguments.find(import.module)->second], import.name));
    ERMINE_TRY(flush_adapters());
    value.is_real = true;
    value.index = static_cast<uint32_t>(plan_.core_instances.size());
    plan_.core_instances.push_back(std::move(made));
    plan_.steps.push_back({PlanStep::kInstantiate, value.index, 0});
    frame.core_instances.push_back(std::move(value));
    return {};
  }

  // ---- Canonical definitions

  static PlanOptions options(const CanonOptions& given, const Frame& frame) {
    PlanOptions options;
    options.is_async = given.is_async;
    options.encoding = given.encoding;
    options.address = given.address;
    if (given.memory) options.memory = frame.core_items[2][*given.memory];
    if (given.realloc) options.realloc = frame.core_items[0][*given.realloc];
    if (given.post_return) options.post_return = frame.core_items[0][*given.post_return];
    if (given.callback) options.callback = frame.core_items[0][*given.callback];
    return options;
  }

  void lift(const Canon& canon, const ResolvedCanon& resolved, Frame& frame) {
    PlanFunc func;
    func.options = options(resolved.options, frame);
    func.callee = frame.core_items[0][canon.index];
    func.instance = frame.instance;
    func.type = resolved.func_type;
    frame.funcs.push_back(static_cast<uint32_t>(plan_.funcs.size()));
    plan_.funcs.push_back(std::move(func));
  }

  Result<uint32_t> resource(ResourceId id, const Frame& frame, uint64_t at) const {
    const auto& known = plan_.instances[frame.instance].resources;
    const auto found = known.find(id);
    if (found == known.end()) return unsupported("a resource type whose definition is not known", at);
    return found->second;
  }

  // Whether one of the instances is the other or contains it.
  bool related(uint32_t a, uint32_t b) const {
    const auto contains = [&](uint32_t outer, uint32_t inner) {
      for (; inner != kNoIndex; inner = plan_.instances[inner].parent)
        if (inner == outer) return true;
      return false;
    };
    return contains(a, b) || contains(b, a);
  }

  Result<void> made(const Canon& canon, const ResolvedCanon& resolved, Frame& frame, uint64_t at) {
    MadeFunc func;
    func.core_type = resolved.core_type;
    func.instance = frame.instance;
    switch (canon.op) {
      case CanonOp::Lower: {
        func.target = frame.funcs[canon.index];
        func.type = resolved.func_type;
        func.options = options(resolved.options, frame);
        func.is_async = func.options.is_async;
        // An adapter needs its functions when it is made.
        if (func.options.realloc && func.options.realloc->source == CoreItem::kMade) ERMINE_TRY(flush_adapters());
        const PlanFunc& target = plan_.funcs[func.target];
        const bool is_async = types_.funcs[func.type].is_async;
        func.kind = target.is_import                           ? MadeFunc::kLowerImport
                    : related(target.instance, frame.instance) ? MadeFunc::kForbidden
                    : is_async                                 ? MadeFunc::kAsyncCall
                                                               : MadeFunc::kAdapter;
        plan_.instances[frame.instance].sees_tasks |= is_async;
        break;
      }
      case CanonOp::ResourceNew:
      case CanonOp::ResourceRep:
      case CanonOp::ResourceDrop: {
        func.kind = canon.op == CanonOp::ResourceNew   ? MadeFunc::kResourceNew
                    : canon.op == CanonOp::ResourceRep ? MadeFunc::kResourceRep
                                                       : MadeFunc::kResourceDrop;
        ERMINE_ASSIGN(func.target, resource(resolved.resource, frame, at));
        break;
      }
      case CanonOp::ThreadSpawnRef:
      case CanonOp::ThreadSpawnIndirect:
      case CanonOp::ThreadAvailableParallelism:
        return unsupported(base::format("`{}` cannot be run yet", canon_info(canon.op).name), at);
      default:
        func.kind = MadeFunc::kBuiltIn;
        func.op = canon.op;
        func.options = options(resolved.options, frame);
        func.is_async = canon.is_async || func.options.is_async;
        func.is_cancellable = canon.is_cancellable;
        func.value_type = resolved.type;
        if (canon.op == CanonOp::ThreadNewIndirect) {
          func.table = frame.core_items[1][canon.index];
          func.closure = engine_->registry()->get(resolved.core_type).func.params[1];
        } else {
          func.target = canon.index;
        }
        plan_.instances[frame.instance].sees_tasks = true;
        break;
    }
    frame.core_items[0].push_back({CoreItem::kMade, static_cast<uint32_t>(plan_.made.size()), 0});
    plan_.made.push_back(std::move(func));
    return {};
  }

  // The adapters that were defined since the last call are made now: what they need exists.
  Result<void> flush_adapters() {
    const auto end = static_cast<uint32_t>(plan_.made.size());
    bool any = false;
    for (uint32_t i = flushed_; i < end; ++i)
      any |= plan_.made[i].kind == MadeFunc::kAdapter || plan_.made[i].kind == MadeFunc::kAsyncCall;
    if (any) plan_.steps.push_back({PlanStep::kAdapters, flushed_, end});
    flushed_ = end;
    return {};
  }

  const ValidComponent& component_;
  const Types& types_;
  const std::shared_ptr<engine::Engine>& engine_;
  Plan plan_;
  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<ComponentClosure> closures_;
  std::map<ModuleId, uint32_t> modules_;               // in Plan::modules, plus one
  std::map<ResourceId, uint32_t> imported_resources_;  // in Plan::resources, plus one
  uint64_t definitions_ = 0;
  uint32_t flushed_ = 0;
};

Result<Plan> make_plan(const ValidComponent& component, const std::shared_ptr<engine::Engine>& engine) {
  return Planner(component, engine).run();
}

}  // namespace ermine::component
