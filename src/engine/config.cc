// The features of the public Config, with the names of the tables wasm/features.def and wasm/component_features.def.
#include "ermine/config.h"

#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>

#include "base/fixed_text.h"
#include "base/format.h"
#include "wasm/features.h"

namespace ermine {

using wasm::Feature;
using wasm::FeatureSet;

std::span<const TierName> Config::tiers() {
  static constexpr TierName kTiers[] = {
      {"auto", Tier::kAuto},
      {"interp", Tier::kInterp},
#ifdef ERMINE_BASELINE
      {"baseline", Tier::kBaseline},
#endif
#ifdef ERMINE_OPTIMIZING
      {"optimized", Tier::kOptimized},
#endif
  };
  return kTiers;
}

bool Config::verifies_by_default() {
#ifndef NDEBUG
  return true;
#else
  const char* wanted = std::getenv("ERMINE_VERIFY_CODE");
  return wanted != nullptr && std::string_view(wanted) == "1";
#endif
}

// ---- Features: those of modules first, then those of components

namespace {

constexpr unsigned kOfModules = static_cast<unsigned>(Feature::kCount);
struct ComponentFeature {
  base::FixedText<31> name;
  bool by_default;
};
constexpr ComponentFeature kOfComponents[] = {
#define FEATURE(id, name, by_default, help) {name, by_default},
#include "wasm/component_features.def"
};

#ifdef ERMINE_HAS_COMPONENT
constexpr bool kHasComponents = true;
#else
constexpr bool kHasComponents = false;
#endif

std::optional<unsigned> number_of(std::string_view name) {
  if (const auto feature = wasm::feature_from_name(name)) {
    if (*feature == Feature::Mvp) return std::nullopt;
    return static_cast<unsigned>(*feature);
  }
  for (unsigned i = 0; i < std::size(kOfComponents); ++i)
    if (kOfComponents[i].name == name) return kOfModules + i;
  return std::nullopt;
}

}  // namespace

uint64_t Config::default_feature_bits() { return FeatureSet::defaults().bits(); }
uint64_t Config::default_component_feature_bits() {
  uint64_t bits = 0;
  for (unsigned i = 0; i < std::size(kOfComponents); ++i) bits |= uint64_t{kOfComponents[i].by_default} << i;
  return bits;
}
void Config::enable_all_features() {
  feature_bits = FeatureSet::all().bits();
  component_feature_bits = (uint64_t{1} << std::size(kOfComponents)) - 1;
}

std::vector<std::string_view> Config::feature_names() {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i < kOfModules; ++i)
    if (static_cast<Feature>(i) != Feature::Mvp) names.push_back(wasm::feature_name(static_cast<Feature>(i)));
  for (const ComponentFeature& feature : kOfComponents) names.push_back(feature.name);
  return names;
}

Result<void> Config::set_feature(std::string_view name, bool on) {
  const std::optional<unsigned> number = number_of(name);
  if (!number) {
    std::string known;
    for (std::string_view n : feature_names()) known += (known.empty() ? "" : ", ") + std::string(n);
    return Error(ErrorKind::kUsage, base::format("unknown feature \"{}\"; there are: {:t}", name, known));
  }
  const bool of_modules = *number < kOfModules;
  if (on && !(of_modules ? FeatureSet::all().has(static_cast<Feature>(*number)) : kHasComponents))
    return Error(ErrorKind::kUnsupported, base::format("this build of Ermine does not have the feature {}", name));
  uint64_t& bits = of_modules ? feature_bits : component_feature_bits;
  const uint64_t bit = uint64_t{1} << (of_modules ? *number : *number - kOfModules);
  bits = on ? bits | bit : bits & ~bit;
  return {};
}

bool Config::has_feature(std::string_view name) const {
  const std::optional<unsigned> number = number_of(name);
  if (!number) return false;
  if (*number < kOfModules) return feature_bits >> *number & 1;
  return kHasComponents && (component_feature_bits >> (*number - kOfModules) & 1);
}

}  // namespace ermine
