// See plug.h.
#include "component/compose/plug.h"

#include <algorithm>
#include <unordered_map>

#include "base/format.h"
#include "component/encode/component_builder.h"
#include "component/encode/world_types.h"
#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/unify.h"

namespace ermine::component {
namespace {

using wit::WorldItem;
using wit::WorldItemKind;

// A component that becomes a part of the result.
struct Plugged {
  const PlugInput* input = nullptr;
  std::shared_ptr<const ValidComponent> component;
  uint32_t instance = 0;
  bool is_used = false;
  const ComponentType& type() const { return component->types.components[component->body.type]; }
};

// An export of a plug that satisfies an import.
struct Source {
  Plugged* plug = nullptr;
  std::string_view name;
};

class Plugger {
 public:
  explicit Plugger(const PlugOptions& options) : options_(options) {}

  Result<std::vector<uint8_t>> run(const PlugInput& socket, std::span<const PlugInput> plugs) {
    ERMINE_TRY(load(socket, socket_));
    plugs_.resize(plugs.size());
    for (size_t i = 0; i < plugs.size(); ++i) ERMINE_TRY(load(plugs[i], plugs_[i]));
    ERMINE_TRY(match());
    ERMINE_TRY(merge());
    write();
    if (error_) return std::move(error_);
    std::vector<uint8_t> bytes = out_.finish();
    if (auto valid = validate(bytes, nullptr, everything()); !valid)
      return std::move(valid).error().with_context("the components do not fit together");
    return bytes;
  }

 private:
  static ValidateOptions everything() {
    ValidateOptions options;
    options.features = FeatureSet::all();
    options.core_features = wasm::FeatureSet::all();
    return options;
  }

  Result<void> load(const PlugInput& input, Plugged& out) const {
    out.input = &input;
    if (!is_component(input.bytes))
      return Error(ErrorKind::kInvalid,
                   base::format("{}: this is a core module; components are wired together", input.name));
    auto component = validate(input.bytes, nullptr, everything());
    if (!component) return std::move(component).error().with_context(input.name);
    out.component = *std::move(component);
    return {};
  }

  // Which plug satisfies which import of the socket.
  Result<void> match() {
    std::unordered_map<std::string, Source> exact, compatible;
    for (Plugged& plug : plugs_)
      for (const Extern& item : plug.type().exports.items) {
        if (item.type.sort != Sort::Instance && item.type.sort != Sort::Func) continue;
        if (has_only_values(plug, item)) continue;
        exact.emplace(std::string(item.name), Source{&plug, item.name});
        compatible.emplace(wit::compatible_name(item.name), Source{&plug, item.name});
      }
    for (const Extern& item : socket_.type().imports.items) {
      if (item.type.sort != Sort::Instance && item.type.sort != Sort::Func) continue;
      const auto same = exact.find(std::string(item.name));
      const auto similar = compatible.find(wit::compatible_name(item.name));
      if (same == exact.end() && similar == compatible.end()) continue;
      const Source& source = same != exact.end() ? same->second : similar->second;
      sources_.emplace(item.name, source);
      source.plug->is_used = true;
    }
    for (const Plugged& plug : plugs_)
      if (!plug.is_used) return Error(ErrorKind::kInvalid, unused(plug));
    return {};
  }

  // An interface of types without resources. They are the same types wherever they come from, so the import of them
  // remains: what the socket exports may use them, and must then name where they come from.
  static bool has_only_values(const Plugged& plug, const Extern& item) {
    if (item.type.sort != Sort::Instance) return false;
    const InstanceType& type = plug.component->types.instances[item.type.id];
    return std::ranges::all_of(type.exports.items, [](const Extern& part) {
      return part.type.sort == Sort::Type && part.type.kind == AnyKind::Defined;
    });
  }

  std::string unused(const Plugged& plug) const {
    std::string imports;
    constexpr size_t kMost = 8;
    size_t count = 0;
    for (const Extern& item : socket_.type().imports.items)
      if (count++ < kMost) imports += base::format("{:t}{}", imports.empty() ? "" : ", ", item.name);
    if (count > kMost) imports += base::format(", and {} more", count - kMost);
    return base::format("{}: it exports nothing that {} imports and no other plug exports; the imports are: {:t}",
                        plug.input->name, socket_.input->name, imports.empty() ? "none" : imports);
  }

  // The imports of all components as those of one world.
  Result<void> merge() {
    resolve_.packages.push_back({{"root", "root", {}}, {}, {}, {}});
    wit::World& world = resolve_.worlds.emplace_back();
    world.name = "root";
    world.package = {0};
    world_ = {0};
    const auto add = [&](const Plugged& one) -> Result<void> {
      Result<void> done = wit::merge_imports(resolve_, world_, *one.component);
      if (!done) return std::move(done).error().with_context(one.input->name);
      return {};
    };
    for (const Plugged& plug : plugs_) ERMINE_TRY(add(plug));
    ERMINE_TRY(add(socket_));
    return wit::unify_imports(resolve_, world_);
  }

  // The import of the result for one of a component.
  const WorldItem* import_of(const Extern& item) const {
    if (const auto found = imports_.find(std::string(item.name)); found != imports_.end()) return found->second;
    const auto found = imports_.find(wit::compatible_name(item.name));
    return found == imports_.end() ? nullptr : found->second;
  }

  void need(const Extern& item, WorldTypes& types) const {
    const WorldItem* import = import_of(item);
    if (import == nullptr) return;
    if (import->kind == WorldItemKind::kFunction) types.need(*import, import->function);
    if (import->kind == WorldItemKind::kType) types.need(import->type);
    if (import->kind != WorldItemKind::kInterface) return;
    for (const auto& [name, id] : resolve_[import->interface].types) types.need(id);
    for (const auto& [name, f] : resolve_[import->interface].functions) types.need(*import, f);
  }

  void instantiate(Plugged& one, WorldTypes& types, bool is_socket) {
    std::vector<BuiltItem> arguments;
    for (const Extern& item : one.type().imports.items) {
      if (const auto source = sources_.find(item.name); is_socket && source != sources_.end()) {
        const Sort sort = item.type.sort;
        arguments.push_back(
            {item.name, sort, out_.alias_export(source->second.plug->instance, source->second.name, sort)});
        continue;
      }
      const WorldItem* import = import_of(item);
      if (import == nullptr) continue;  // an instance without contents, which nothing needs
      switch (import->kind) {
        case WorldItemKind::kFunction:
          arguments.push_back({item.name, Sort::Func, types.imported_function(*import, import->function)});
          break;
        case WorldItemKind::kType:
          arguments.push_back({item.name, Sort::Type, types.imports().type_index(import->type)});
          break;
        case WorldItemKind::kInterface:
          if (const auto instance = types.imported_instance(*import))
            arguments.push_back({item.name, Sort::Instance, *instance});
          else arguments.push_back({item.name, Sort::Instance, out_.instance(std::span<const BuiltItem>{})});
          break;
      }
    }
    one.instance = out_.instance(out_.component(one.input->bytes), arguments);
  }

  void write() {
    for (const auto& [key, item] : resolve_[world_].imports) {
      const std::string name = resolve_.name_of(item);
      imports_.emplace(name, &item);
      imports_.emplace(wit::compatible_name(name), &item);
    }
    WorldTypes types(resolve_, world_, out_, error_);
    for (const Plugged& plug : plugs_)
      for (const Extern& item : plug.type().imports.items) need(item, types);
    for (const Extern& item : socket_.type().imports.items)
      if (!sources_.contains(item.name)) need(item, types);
    types.write_imports();
    if (error_) return;
    for (Plugged& plug : plugs_) instantiate(plug, types, false);
    instantiate(socket_, types, true);
    for (const Extern& item : socket_.type().exports.items) {
      const Sort sort = item.type.sort;
      if (sort == Sort::Value) {
        error_ = Error(ErrorKind::kUnsupported, base::format("{}: its export '{}' is a value, which is not supported",
                                                             socket_.input->name, item.name));
        return;
      }
      wit::EncodedName name{item.name, {}, {}};
      if (item.attributes != nullptr) {
        if (item.attributes->implements) name.implements = std::string(*item.attributes->implements);
        if (item.attributes->external_id) name.external_id = std::string(*item.attributes->external_id);
      }
      out_.export_(name, sort, out_.alias_export(socket_.instance, item.name, sort));
    }
    if (!options_.tool.name.empty()) {
      Producers producers;
      producers.add("processed-by", options_.tool.name, options_.tool.version);
      out_.custom("producers", producers.encode());
    }
  }

  const PlugOptions& options_;
  Plugged socket_;
  std::vector<Plugged> plugs_;
  std::unordered_map<std::string_view, Source> sources_;  // by import of the socket
  wit::Resolve resolve_;
  wit::WorldId world_;
  std::unordered_map<std::string, const WorldItem*> imports_;  // by name, and by name of the compatible versions
  ComponentBuilder out_;
  Error error_;
};

}  // namespace

Result<std::vector<uint8_t>> plug(const PlugInput& socket, std::span<const PlugInput> plugs,
                                  const PlugOptions& options) {
  return Plugger(options).run(socket, plugs);
}

}  // namespace ermine::component
