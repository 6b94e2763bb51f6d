// See contents.h.
#include "component/compose/contents.h"

#include <algorithm>

#include "base/format.h"
#include "component/validation/validator.h"
#include "component/wit/decode.h"
#include "component/wit/print.h"

namespace ermine::component {
namespace {

// Nesting is bounded by the decoder.
void collect(const ComponentBody& body, const std::string& within, std::vector<ContainedModule>& modules,
             uint32_t& components) {
  uint32_t number = 0;
  for (const Definition& d : body.definitions) {
    if (d.kind == Definition::kCoreModule) modules.push_back({within, d.core_module().bytes, d.core_module().offset});
    if (d.kind != Definition::kComponent) continue;
    ++components;
    collect(d.component(), base::format("{:t}{:t}component {}", within, within.empty() ? "" : ", ", number++), modules,
            components);
  }
}

void add_producers(std::span<const uint8_t> binary, Producers& out) {
  for (const RawSection& section : raw_sections(binary))
    if (section.id == 0 && section.name == "producers") out.add_section(section.contents);
}
void add_producers(const ComponentBody& body, Producers& out) {
  add_producers(body.bytes, out);
  for (const Definition& d : body.definitions) {
    if (d.kind == Definition::kCoreModule) add_producers(d.core_module().bytes, out);
    if (d.kind == Definition::kComponent) add_producers(d.component(), out);
  }
}

// All packages that are needed to read the world.
std::string print_world(const wit::Resolve& resolve, wit::WorldId world) {
  const wit::PackageId main = resolve[world].package;
  std::vector<wit::PackageId> others;
  for (uint32_t i = 0; i < resolve.packages.size(); ++i)
    if (i != main.index) others.push_back({i});
  return wit::print(resolve, main, others);
}

}  // namespace

Result<std::vector<ContainedModule>> core_modules(std::span<const uint8_t> component) {
  ERMINE_ASSIGN(const auto decoded, decode(component, nullptr, wasm::FeatureSet::all()));
  std::vector<ContainedModule> out;
  uint32_t components = 0;
  collect(decoded->body, {}, out, components);
  return out;
}

Result<ComponentContents> contents_of(std::span<const uint8_t> component) {
  ValidateOptions options;
  options.features = FeatureSet::all();
  options.core_features = wasm::FeatureSet::all();
  ERMINE_ASSIGN(const auto valid, validate(component, nullptr, options));
  ComponentContents out;
  const ComponentBody& body = *valid->body.body;
  collect(body, {}, out.modules, out.components);
  add_producers(body, out.producers);
  const ComponentType& type = valid->types.components[valid->body.type];
  for (const Extern& item : type.imports.items) out.imports.emplace_back(item.name);
  for (const Extern& item : type.exports.items) out.exports.emplace_back(item.name);
  wit::Resolve resolve;
  if (wit::is_package(*valid)) {
    if (auto package = wit::decode(resolve, *valid)) out.wit = wit::print(resolve, *package);
    else out.no_wit = package.error().message();
  } else if (auto world = wit::decode_component(resolve, *valid)) {
    out.wit = print_world(resolve, *world);
  } else {
    out.no_wit = world.error().message();
  }
  return out;
}

}  // namespace ermine::component
