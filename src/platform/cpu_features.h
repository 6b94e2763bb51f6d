// The processor's features that the engine's choices depend on.
#pragma once

namespace ermine::platform {

struct CpuFeatures {
  bool fma = false;        // fused multiplication and addition (x86-64)
  bool x86_64_v3 = false;  // the level of x86-64 that the stencils are compiled for
};

// Set before any other static object is initialised. Constant.
extern const CpuFeatures cpu_features;

}  // namespace ermine::platform
