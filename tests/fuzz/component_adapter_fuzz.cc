// Fuzz target: adapters for the function types of any valid component. A module of adapters is always valid, and what
// is refused is refused with a suitable error. The last byte of the input chooses encodings and address types.
//
// Seeds: seeds/component, as for component_fuzz.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "component/adapter/adapter.h"
#include "component/validation/validator.h"
#include "wasm/type_registry.h"

namespace {

using namespace ermine;
using namespace ermine::component;

void check(bool condition) {
  if (!condition) std::abort();
}

AdapterSide side(const ValidComponent& component, FuncId func, uint32_t instance, unsigned bits) {
  AdapterSide made;
  made.types = &component.types;
  made.type = func;
  made.instance = instance;
  made.encoding = static_cast<StringEncoding>(bits % 3);
  made.memory = AdapterMemory{instance, bits / 3 % 2 == 1, 16};
  made.realloc = instance;
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ValidateOptions options;
  options.features = FeatureSet::all();
  options.threads = 1;
  const auto component = validate(std::span(data, size), nullptr, options);
  if (!component) return 0;
  const unsigned bits = data[size - 1];
  AdapterModule adapters;
  const auto funcs = static_cast<FuncId>(std::min<size_t>((*component)->types.funcs.size(), 50));
  uint32_t added = 0;
  for (FuncId func = 0; func < funcs; ++func) {
    AdapterRequest request;
    request.lower = side(**component, func, 0, bits % 6);
    request.lift = side(**component, func, 1, bits / 6 % 6);
    if (bits / 36 % 2) request.lift.post_return = 1000 + func;
    request.callee = 10 + func;
    request.entered = {1};
    // A function whose type is async has two adapters.
    const bool is_async = (*component)->types.funcs[func].is_async;
    request.lower.is_async = is_async && bits / 72 % 2 == 1;
    request.lift.is_async = is_async && bits / 144 % 2 == 1;
    request.lift.sees_tasks = bits % 2 == 1;
    const auto result = is_async ? adapters.add_async(request) : adapters.add(request);
    if (result) check(*result == std::exchange(added, added + (is_async ? 2 : 1)));
    else check(result.error().kind() == ErrorKind::kUnsupported || result.error().kind() == ErrorKind::kLimit);
  }
  const AdapterModule::Finished module = adapters.finish();
  check(module.adapters == added);
  const auto decoded = binary::decode(module.bytes, nullptr, std::make_shared<wasm::TypeRegistry>());
  check(decoded.has_value());
  check(binary::validate(**decoded, {.threads = 1}).has_value());
  return 0;
}
