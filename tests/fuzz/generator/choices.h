// Choices: the source of a generated module's form: bytes of a fuzzer, or of a seed. When they are used up every choice
// is the first one, which is the simplest in all generators, so that they come to an end.
#pragma once

#include <cstdint>
#include <iterator>
#include <span>

namespace ermine::fuzz {

class Choices {
 public:
  explicit Choices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool used_up() const { return at_ >= bytes_.size(); }
  uint8_t byte() { return used_up() ? uint8_t{0} : bytes_[at_++]; }
  // 0 <= result < n. Precondition: n > 0.
  uint32_t below(uint32_t n) {
    if (n <= 1) return 0;
    uint32_t v = byte();
    if (n > 256) v = v << 8 | byte();
    return v % n;
  }
  // True once in `n` times; false when the bytes are used up.
  bool one_in(uint32_t n) { return below(n) == n - 1 && n > 1; }
  uint64_t u64() {
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; ++i) v = v << 8 | byte();
    return v;
  }
  template <class C>
  const auto& of(const C& list) {
    return list[below(static_cast<uint32_t>(std::size(list)))];
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

}  // namespace ermine::fuzz
