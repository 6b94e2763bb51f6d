// Fuzz target: compiles any bytes as a component, instantiates it with functions and resources of the host for whatever
// it imports, and calls its exports with values made from their types. Asynchronous functions of the host answer at
// once, later, or never; streams that are given have ended. Nothing that a component does ends the process.
//
// Seeds: seeds/component, and seeds/component_run, components that call each other.
#include <cstdint>

#include "component/runtime/host_async.h"

namespace {

using namespace ermine;
using namespace ermine::component;

// A value of the type; nothing for handles, and for what has no values here.
std::optional<Value> some_value(const Types& types, TypeUse use) {
  if (use.is_none()) return std::nullopt;
  const DefinedType* type = use.is_index() ? &types.defined[use.index()] : nullptr;
  if (!type || type->kind == TypeKind::Primitive) {
    const Primitive primitive = type ? type->primitive : use.primitive();
    switch (primitive) {
      case Primitive::Bool: return Value::boolean(true);
      case Primitive::F32: return Value::f32(1.5F);
      case Primitive::F64: return Value::f64(-1.5);
      case Primitive::Char: return Value::character(U'\u20AC');
      case Primitive::String: return Value::string("a\u20AC");
      case Primitive::ErrorContext: return std::nullopt;
      default: return Value::integer(static_cast<ValueKind>(primitive), 7);
    }
  }
  std::vector<Value> parts;
  for (const Field& field : type->fields) {
    if (type->kind == TypeKind::Enum || type->kind == TypeKind::Flags || type->kind == TypeKind::Variant) break;
    std::optional<Value> part = some_value(types, field.type);
    if (!part) return std::nullopt;
    parts.push_back(std::move(*part));
  }
  switch (type->kind) {
    case TypeKind::Tuple: return Value::tuple(std::move(parts));
    case TypeKind::Record: {
      std::vector<NamedValue> fields;
      for (size_t i = 0; i < parts.size(); ++i)
        fields.push_back({std::string(type->fields[i].label), std::move(parts[i])});
      return Value::record(std::move(fields));
    }
    case TypeKind::Enum: return Value::enumeration(std::string(type->fields[0].label));
    case TypeKind::Flags: return Value::flags({std::string(type->fields[0].label)});
    case TypeKind::Variant: {
      const Field& last = type->fields[type->fields.size() - 1];
      if (last.type.is_none()) return Value::variant(std::string(last.label));
      std::optional<Value> payload = some_value(types, last.type);
      if (!payload) return std::nullopt;
      return Value::variant(std::string(last.label), std::move(*payload));
    }
    case TypeKind::Option: return Value::none();
    case TypeKind::Result: {
      if (type->first.is_none()) return Value::result(true);
      std::optional<Value> payload = some_value(types, type->first);
      if (!payload) return std::nullopt;
      return Value::result(true, std::move(*payload));
    }
    case TypeKind::List:
    case TypeKind::FixedList: {
      const uint32_t count = type->kind == TypeKind::FixedList ? type->number : 2;
      if (count > 100) return std::nullopt;
      std::vector<Value> elements;
      for (uint32_t i = 0; i < count; ++i) {
        std::optional<Value> element = some_value(types, type->first);
        if (!element) return std::nullopt;
        elements.push_back(std::move(*element));
      }
      return Value::list(std::move(elements));
    }
    default: return std::nullopt;
  }
}

// The last answer that is still to come.
std::unique_ptr<HostReply> kept_reply;

void define(LinkItem& item, const PlanImport& import, const Types& types) {
  if (import.sort != Sort::Func) {
    item.resource = std::make_shared<const ResourceType>();
    return;
  }
  const TypeUse result = types.funcs[import.type].result;
  if (types.funcs[import.type].is_async && import.path.back().size() % 3 != 0) {
    const bool later = import.path.back().size() % 3 == 1;
    item.async_func = std::make_shared<const AsyncHostFunc>(
        [&types, result, later](runtime::Store&, std::vector<Value>, const HostReply& reply) -> Result<void> {
          if (later) kept_reply = std::make_unique<HostReply>(reply);
          else reply.complete(some_value(types, result));
          return {};
        });
    return;
  }
  item.func = std::make_shared<const HostComponentFunc>(
      [&types, result](runtime::Store&, std::span<const Value>) -> Result<std::optional<Value>> {
        return some_value(types, result);
      });
}

void run(const std::shared_ptr<engine::Engine>& engine, const std::shared_ptr<const CompiledComponent>& component) {
  const Types& types = component->types();
  ComponentLinker linker;
  std::map<std::string, LinkItem, std::less<>> items;
  for (const PlanImport& import : component->plan().imports) {
    LinkItem* item = &items[std::string(import.path[0])];
    for (size_t i = 1; i < import.path.size(); ++i) item = &item->items[std::string(import.path[i])];
    define(*item, import, types);
  }
  for (auto& [name, item] : items) linker.define(name, item);
  runtime::Store store(engine->store_options());
  store.limits.memory_bytes = 64 << 20;
  store.exec()->fuel = 100'000;
  const auto instance = ComponentInstance::instantiate(store, component, linker);
  if (!instance) return kept_reply.reset();
  Scheduler& scheduler = (*instance)->scheduler();
  for (const auto& [name, item] : component->plan().exports[component->plan().root]) {
    if (item.sort != Sort::Func) continue;
    const PlanFunc& func = component->plan().funcs[item.index];
    std::vector<Value> arguments;
    for (const Field& param : types.funcs[func.type].params)
      if (types.kind(param.type) == TypeKind::Stream) arguments.push_back(HostEnd::create(scheduler, false).reader);
      else if (std::optional<Value> value = some_value(types, param.type)) arguments.push_back(std::move(*value));
    if (!types.funcs[func.type].is_async || func.is_import) {
      (void)(*instance)->call(func, arguments);
      continue;
    }
    // Not call(), which would wait for an answer that never comes.
    const auto task = HostTask::start(**instance, func, std::move(arguments));
    for (int i = 0; i < 100; ++i) {
      const Result<bool> progress = scheduler.run_some();
      if (!progress || !*progress) break;
    }
    if (kept_reply) kept_reply->complete(some_value(types, types.funcs[func.type].result));
    kept_reply.reset();
    for (int i = 0; i < 100; ++i) {
      const Result<bool> progress = scheduler.run_some();
      if (!progress || !*progress) break;
    }
    if (task && !(*task)->done()) (void)(*task)->cancel();
  }
  kept_reply.reset();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::shared_ptr<engine::Engine> engine = [] {
    Config config;
    config.consume_fuel = true;
    config.tier = Tier::kInterp;
    config.parallelism = 1;
    return engine::Engine::create(config);
  }();
  const auto compiled = CompiledComponent::compile(engine, {data, size}, nullptr, FeatureSet::all());
  if (compiled) run(engine, *compiled);
  return 0;
}
