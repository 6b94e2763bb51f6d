// The features of the public Config, with the names of the table in wasm/features.def.
#include "ermine/config.h"

#include <cstdlib>
#include <string>

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

uint64_t Config::default_feature_bits() { return FeatureSet::defaults().bits(); }
void Config::enable_all_features() { feature_bits = FeatureSet::all().bits(); }

std::vector<std::string_view> Config::feature_names() {
  std::vector<std::string_view> names;
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::kCount); ++i)
    if (static_cast<Feature>(i) != Feature::Mvp) names.push_back(wasm::feature_name(static_cast<Feature>(i)));
  return names;
}

Result<void> Config::set_feature(std::string_view name, bool on) {
  auto feature = wasm::feature_from_name(name);
  if (!feature || *feature == Feature::Mvp) {
    std::string known;
    for (std::string_view n : feature_names()) known += (known.empty() ? "" : ", ") + std::string(n);
    return Error(ErrorKind::kUsage, base::format("unknown feature \"{}\"; there are: {:t}", name, known));
  }
  if (on && !FeatureSet::all().has(*feature))
    return Error(ErrorKind::kUnsupported, base::format("this build of Ermine does not have the feature {}", name));
  const uint64_t bit = uint64_t{1} << static_cast<unsigned>(*feature);
  feature_bits = on ? feature_bits | bit : feature_bits & ~bit;
  return {};
}

bool Config::has_feature(std::string_view name) const {
  auto feature = wasm::feature_from_name(name);
  return feature && (feature_bits >> static_cast<unsigned>(*feature) & 1);
}

}  // namespace ermine
