// What the processor can do, as far as the engine chooses by it.
#pragma once

namespace ermine::platform {

struct CpuFeatures {
  bool fma = false;        // fused multiplication and addition (x86-64)
  bool x86_64_v3 = false;  // the level of x86-64 that the stencils are compiled for
};

// Known before any other static object is made. Constant.
extern const CpuFeatures cpu_features;

}  // namespace ermine::platform
