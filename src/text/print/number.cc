// Floating-point numbers as text. See number.h.
#include "text/number.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>
#include <limits>

namespace ermine::text {
namespace {

template <class Float, class Bits>
void print_float(std::string& out, Bits bits) {
  constexpr Bits kSign = std::bit_cast<Bits>(-Float{0});
  constexpr Bits kInfinity = std::bit_cast<Bits>(std::numeric_limits<Float>::infinity());
  constexpr Bits kCanonicalNan = kInfinity | Bits{1} << (std::numeric_limits<Float>::digits - 2);
  if (bits & kSign) out += '-';
  bits &= ~kSign;
  if (bits == kInfinity) {
    out += "inf";
  } else if (bits == kCanonicalNan) {
    out += "nan";
  } else if (bits > kInfinity) {
    fmt::format_to(std::back_inserter(out), "nan:0x{:x}", bits & ~kInfinity);
  } else {
    // The shortest digits that read back as the same value. (std::to_chars does the same, with 150 kB of tables.)
    fmt::format_to(std::back_inserter(out), "{}", std::bit_cast<Float>(bits));
  }
}

}  // namespace

void print_f32(std::string& out, uint32_t bits) { print_float<float>(out, bits); }
void print_f64(std::string& out, uint64_t bits) { print_float<double>(out, bits); }

}  // namespace ermine::text
