#include "wasm/features.h"

#include "base/fixed_text.h"

namespace ermine::wasm {

namespace {
constexpr base::FixedText<31> kNames[] = {
#define FEATURE(id, name, by_default, help) name,
#include "wasm/features.def"
};
}  // namespace

std::string_view feature_name(Feature f) { return kNames[static_cast<unsigned>(f)]; }

std::optional<Feature> feature_from_name(std::string_view s) {
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::kCount); ++i)
    if (kNames[i] == s) return static_cast<Feature>(i);
  return std::nullopt;
}

}  // namespace ermine::wasm
