// See encoding_delta.h.
#include "text/encoding_delta.h"

#include <algorithm>

#include "base/leb128.h"

namespace ermine::text {

namespace {

constexpr uint8_t kZeros = 0, kOnes = 16, kReplace = 32, kCheck = 33;
constexpr unsigned kMaxPadding = 9;

uint64_t hash(std::span<const uint8_t> bytes) {
  uint64_t h = 0xCBF2'9CE4'8422'2325;
  for (uint8_t b : bytes) h = (h ^ b) * 0x0000'0100'0000'01B3;
  return h;
}

struct Padding {
  unsigned count = 0;
  bool ones = false;
};

// Whether original[j...] is the byte `last`, the end of a LEB128, with padding after it.
Padding padding_at(std::span<const uint8_t> original, size_t j, uint8_t last) {
  if (last >= 0x80 || original[j] != (last | 0x80)) return {};
  for (bool ones : {false, true}) {
    uint8_t fill = ones ? 0x7F : 0;
    for (unsigned n = 1; n <= kMaxPadding && j + n < original.size(); ++n) {
      if (original[j + n] == fill) return {n, ones};
      if (original[j + n] != (fill | 0x80)) break;
    }
  }
  return {};
}

class Cursor {
 public:
  explicit Cursor(std::span<const uint8_t> bytes) : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool ok() const { return ok_; }
  bool at_end() const { return p_ == end_; }
  size_t number() {
    uint64_t value = 0;
    base::ReadStatus status{};
    const uint8_t* next = base::read_leb(p_, end_, 64, false, value, status);
    if (!next) {
      ok_ = false;
      p_ = end_;
      return 0;
    }
    p_ = next;
    return value;
  }
  std::span<const uint8_t> bytes(size_t n) {
    if (n > static_cast<size_t>(end_ - p_)) {
      ok_ = false;
      p_ = end_;
      return {};
    }
    std::span<const uint8_t> out(p_, n);
    p_ += n;
    return out;
  }

 private:
  const uint8_t* p_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace

// Begins a step after `copied` more bytes.
void EncodingDelta::step(size_t copied) {
  tail_ += copied;
  canonical_size_ += tail_;
  if (steps_.empty()) lead_ = tail_;
  else steps_.leb(tail_);
  tail_ = 0;
}

// The difference as padding of LEB128s, if there is no other difference.
bool EncodingDelta::add_padding(std::span<const uint8_t> original, std::span<const uint8_t> canonical) {
  // Check first, so that nothing has been written if it is something else.
  for (bool dry : {true, false}) {
    size_t i = 0, j = 0, copied = 0;
    while (i < canonical.size() && j < original.size()) {
      if (canonical[i] == original[j]) {
        ++i, ++j, ++copied;
        continue;
      }
      Padding padding = padding_at(original, j, canonical[i]);
      if (padding.count == 0) return false;
      if (!dry) {
        step(copied);
        steps_.u8(static_cast<uint8_t>((padding.ones ? kOnes : kZeros) + padding.count));
        ++canonical_size_;
      }
      copied = 0;
      ++i;
      j += padding.count + 1;
    }
    if (i != canonical.size() || j != original.size()) return false;
    if (!dry) tail_ += copied;
  }
  return true;
}

void EncodingDelta::add(std::span<const uint8_t> original, std::span<const uint8_t> canonical) {
  if (std::ranges::equal(original, canonical)) return same(canonical.size());
  if (add_padding(original, canonical)) return;
  step(0);
  steps_.u8(kReplace);
  steps_.leb(canonical.size());
  steps_.bytes(canonical);
  steps_.leb(original.size());
  steps_.bytes(original);
  canonical_size_ += canonical.size();
}

void EncodingDelta::check(std::span<const uint8_t> canonical) {
  step(0);
  steps_.u8(kCheck);
  steps_.leb(canonical.size());
  steps_.fixed(hash(canonical));
}

void EncodingDelta::append(const EncodingDelta& other) {
  if (other.empty()) return same(other.tail_);
  step(other.lead_);
  steps_.bytes(other.steps_.view());
  canonical_size_ += other.canonical_size_ - other.lead_;
  tail_ = other.tail_;
}

std::vector<uint8_t> EncodingDelta::finish(size_t original_size) const {
  binary::ByteBuffer out;
  out.leb(canonical_size());
  out.leb(original_size);
  if (!empty()) {
    out.leb(lead_);
    out.bytes(steps_.view());
  }
  return out.take();
}

std::optional<std::vector<uint8_t>> EncodingDelta::apply(std::span<const uint8_t> delta,
                                                         std::span<const uint8_t> canonical) {
  Cursor steps(delta), in(canonical);
  if (steps.number() != canonical.size() || !steps.ok()) return std::nullopt;
  size_t original_size = steps.number();
  // Every byte of the original is a copied one, one in the delta, or padding.
  if (!steps.ok() || original_size > canonical.size() + delta.size() * (kMaxPadding + 1)) return std::nullopt;
  std::vector<uint8_t> out;
  out.reserve(original_size);
  auto copy = [&](std::span<const uint8_t> bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); };
  size_t left = canonical.size();
  auto take = [&](size_t n) {
    auto bytes = in.bytes(n);
    left -= bytes.size();
    return bytes;
  };
  while (!steps.at_end()) {
    copy(take(steps.number()));
    auto code = steps.bytes(1);
    if (!steps.ok() || !in.ok()) return std::nullopt;
    if (code[0] == kReplace) {
      auto expected = steps.bytes(steps.number());
      if (!std::ranges::equal(expected, take(expected.size()))) return std::nullopt;
      copy(steps.bytes(steps.number()));
    } else if (code[0] == kCheck) {
      size_t n = steps.number();
      auto want = steps.bytes(8);
      if (!steps.ok() || n > left) return std::nullopt;
      uint64_t found = hash(canonical.subspan(canonical.size() - left, n));
      if (std::memcmp(&found, want.data(), 8) != 0) return std::nullopt;
    } else {
      bool ones = code[0] > kOnes;
      unsigned count = code[0] - (ones ? kOnes : kZeros);
      auto last = take(1);
      if (!in.ok() || count == 0 || count > kMaxPadding || last[0] >= 0x80) return std::nullopt;
      uint8_t fill = ones ? 0x7F : 0;
      out.push_back(last[0] | 0x80);
      for (unsigned i = 1; i < count; ++i) out.push_back(fill | 0x80);
      out.push_back(fill);
    }
    if (!steps.ok() || !in.ok() || out.size() > original_size) return std::nullopt;
  }
  copy(take(left));
  if (out.size() != original_size) return std::nullopt;
  return out;
}

}  // namespace ermine::text
