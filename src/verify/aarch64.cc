// AArch64 machine code for the analysis.
#include "verify/analysis.h"
#include "verify/capstone.h"

namespace ermine::verify {
#ifdef ERMINE_CAPSTONE
namespace {
void decode(Decoder&, std::span<const uint8_t>, const uint8_t*, Facts& facts, std::vector<Constant>*) {
  facts.refusal = "not yet";
}
}  // namespace
const Machine kAArch64 = {.frame = 21,
                          .context = 22,
                          .memory = 23,
                          .accumulator = 24,
                          .pc = 20,
                          .stack = 31,
                          .link = 30,
                          .kept = 1u << 29,
                          .kept_by_host = 0x3ff80000u | 1u << 31,
                          .host_arguments = {0, 1, 2},
                          .decode = decode,
                          .capstone_arch = CS_ARCH_ARM64,
                          .capstone_mode = CS_MODE_LITTLE_ENDIAN};
#endif
}  // namespace ermine::verify
