// EncodingDelta: how a module's bytes differ from those the parser emits for the same text.
//
// A binary module can be encoded in several ways; linkers in particular pad LEB128s to five bytes. The printer collects
// the differences and writes them as an annotation (@ermine.encoding "..."); the parser applies them after it has
// emitted the module in its own encoding. If the text was changed in between, the checks in the delta fail and the
// module stays as the parser emits it.
//
// Format: the sizes of the canonical and the original module, then steps: the number of bytes to copy from
// the canonical module (LEB128, as all numbers here), and an operation:
//   1..9      the next byte ends a LEB128 that has this many zero bytes of padding
//   17..25    the same with 16 less, of padding for a negative number
//   32        n, n bytes that must come next and are dropped, m, m bytes instead
//   33        n, 8 bytes: the hash that the next n bytes must have
// After the last step the rest is copied.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "binary/encoder.h"

namespace ermine::text {

class EncodingDelta {
 public:
  // One more stretch of the module, in order: its actual bytes, and those that the parser would emit.
  void add(std::span<const uint8_t> original, std::span<const uint8_t> canonical);
  // A stretch that is the same in both.
  void same(size_t size) { tail_ += size; }
  // Appends another delta's stretches.
  void append(const EncodingDelta& other);
  // Adds a check of the next `canonical`, which the stretches added afterwards cover.
  void check(std::span<const uint8_t> canonical);

  bool empty() const { return steps_.empty(); }
  // Bytes of the stretches so far, in canonical form.
  size_t canonical_size() const { return canonical_size_ + tail_; }
  std::vector<uint8_t> finish(size_t original_size) const;

  // The original module; nothing if the delta does not fit.
  static std::optional<std::vector<uint8_t>> apply(std::span<const uint8_t> delta, std::span<const uint8_t> canonical);

 private:
  void step(size_t copied);
  bool add_padding(std::span<const uint8_t> original, std::span<const uint8_t> canonical);

  // The first step's copy count is separate, because the part before it may still grow.
  size_t lead_ = 0;
  binary::ByteBuffer steps_;  // from the first step's operation on
  size_t tail_ = 0;  // bytes since the last step
  size_t canonical_size_ = 0;
};

}  // namespace ermine::text
