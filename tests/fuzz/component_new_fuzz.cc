// Fuzz target: makes a component of a core module with the world that it implements in custom sections, and perhaps an
// adapter. The result is a component or an error. A component is then plugged into itself, looked into and taken apart,
// with the same rule. The first four bytes of the input are the size of the module; the adapter "old" follows it.
//
// Seeds: seeds/component_new, made from the texts beside them by make_seeds.sh.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "component/compose/contents.h"
#include "component/compose/plug.h"
#include "component/compose/unbundle.h"
#include "component/encode/make_component.h"
#include "component/text/print/dump.h"
#include "component/validation/validator.h"

namespace {

using namespace ermine;
using namespace ermine::component;

void check(bool condition) {
  if (!condition) std::abort();
}

template <class T>
bool accepted(const Result<T>& result) {
  if (result) return true;
  check(!result.error().message().empty());
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint32_t module_size = 0;
  if (size < sizeof module_size) return 0;
  std::memcpy(&module_size, data, sizeof module_size);
  std::span<const uint8_t> rest(data + sizeof module_size, size - sizeof module_size);
  module_size = std::min<uint32_t>(module_size, static_cast<uint32_t>(rest.size()));
  const std::span<const uint8_t> module = rest.first(module_size), adapter = rest.subspan(module_size);
  const AdapterModule adapters[] = {{"old", adapter}};
  MakeOptions options;
  options.adapters_grow_memory = size % 2 != 0;
  const auto made = make_component(module, std::span(adapters, adapter.empty() ? 0 : 1), options);
  if (!accepted(made)) return 0;

  ValidateOptions all;
  all.features = FeatureSet::all();
  all.core_features = wasm::FeatureSet::all();
  check(!!validate(*made, nullptr, all));
  const auto contents = contents_of(*made);
  check(!!contents && !contents->modules.empty());
  text::DumpOptions dumping;
  dumping.headers = dumping.details = true;
  check(!!component::dump(*made, dumping, [](std::string_view) { return true; }));
  const PlugInput input{"input", *made};
  (void)accepted(plug(input, std::span(&input, 1), {}));
  (void)accepted(unbundle(*made, 16));
  return 0;
}
