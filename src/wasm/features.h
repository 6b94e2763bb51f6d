// The feature switches: which proposals a module may use. The decoder, the validator, the text format and --features
// use them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ermine::wasm {

enum class Feature : uint8_t {
#define FEATURE(id, name, by_default, help) id,
#include "wasm/features.def"
  kCount
};

class FeatureSet {
 public:
  constexpr FeatureSet() = default;
  static constexpr FeatureSet defaults() {
    FeatureSet s;
#define FEATURE(id, name, by_default, help) \
  if (by_default && all().has(Feature::id)) s.add(Feature::id);
#include "wasm/features.def"
    return s;
  }
  // The features of this build. (Without ERMINE_SIMD there are no handlers of vector instructions, without
  // ERMINE_THREADS none of atomic ones.)
  static constexpr FeatureSet all() {
    FeatureSet s;
    s.bits_ = (uint64_t{1} << static_cast<unsigned>(Feature::kCount)) - 1;
#ifdef ERMINE_WITHOUT_SIMD
    s.remove(Feature::Simd);
    s.remove(Feature::RelaxedSimd);
#endif
#ifdef ERMINE_WITHOUT_THREADS
    s.remove(Feature::Threads);
#endif
    return s;
  }
  // From bits() of another set; features that this build does not have are dropped.
  static constexpr FeatureSet from_bits(uint64_t bits) {
    FeatureSet s;
    s.bits_ = (bits & all().bits_) | 1;
    return s;
  }
  constexpr bool has(Feature f) const { return (bits_ >> static_cast<unsigned>(f)) & 1; }
  constexpr void add(Feature f) { bits_ |= uint64_t{1} << static_cast<unsigned>(f); }
  constexpr void remove(Feature f) { bits_ &= ~(uint64_t{1} << static_cast<unsigned>(f)); }
  constexpr uint64_t bits() const { return bits_; }

 private:
  uint64_t bits_ = 1;  // Mvp
};

std::string_view feature_name(Feature f);                      // "multi-memory"
std::optional<Feature> feature_from_name(std::string_view s);  // the inverse

}  // namespace ermine::wasm
