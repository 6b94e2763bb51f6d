#include "platform/cpu_features.h"

#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
#define _Bool bool  // the header is C
#include <sys/platform/x86.h>
#undef _Bool
#endif

namespace ermine::platform {
namespace {

CpuFeatures detect() {
  CpuFeatures f;
#if defined(__x86_64__) && __has_include(<sys/platform/x86.h>)
  // The C library knows the features already. In a virtual machine, each `cpuid` exits to the hypervisor, which takes
  // some 0.1 ms in all; the compiler's own builtins use it at each start.
  f.fma = CPU_FEATURE_ACTIVE(FMA);
  f.x86_64_v3 = f.fma && CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(BMI1) && CPU_FEATURE_ACTIVE(BMI2) &&
                CPU_FEATURE_ACTIVE(F16C) && CPU_FEATURE_ACTIVE(LZCNT) && CPU_FEATURE_ACTIVE(MOVBE);
#elif defined(__x86_64__)
  __builtin_cpu_init();
  f.fma = __builtin_cpu_supports("fma");
  f.x86_64_v3 = __builtin_cpu_supports("x86-64-v3");
#endif
  return f;
}

}  // namespace

[[gnu::init_priority(101)]] const CpuFeatures cpu_features = detect();

}  // namespace ermine::platform
