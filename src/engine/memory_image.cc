#include "engine/memory_image.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "binary/instr_reader.h"
#include "runtime/memory.h"

namespace ermine::engine {

namespace {

// Copying is faster than mapping below this size.
constexpr uint64_t kWorthwhile = 64 << 10;
// The maximal size of the images of one module; the system keeps them in memory.
constexpr uint64_t kMostBytes = 256 << 20;

// The value of an offset that consists of one constant.
std::optional<uint64_t> constant(const wasm::Module& m, const wasm::ConstExpr& expr) {
  binary::InstrReader reader(m, expr.offset, expr.size);
  binary::Instr first, second;
  if (!reader.next(first) || !reader.next(second) || second.op != wasm::Op::end) return std::nullopt;
  if (first.op == wasm::Op::i32_const) return static_cast<uint32_t>(first.bits);
  if (first.op == wasm::Op::i64_const) return first.bits;
  return std::nullopt;
}

struct Range {
  uint64_t from = ~uint64_t{0}, to = 0;
};

}  // namespace

std::unique_ptr<const MemoryImage> MemoryImage::create(const wasm::Module& m) {
  const uint64_t page = platform::page_size();
  std::map<uint32_t, Range> ranges;
  std::vector<uint64_t> offsets(m.data.size());
  uint64_t total = 0;
  for (size_t i = 0; i < m.data.size(); ++i) {
    const wasm::DataSegment& d = m.data[i];
    if (d.mode != wasm::SegmentMode::kActive) continue;
    const wasm::MemoryType& t = m.memories[d.memory];
    const auto at = constant(m, d.offset);
    if (!at || d.memory < m.imported_memories || t.page_log2 != 16 || t.shared) return nullptr;
    const uint64_t size = t.limits.min << 16;
    if (d.bytes.size() > size || *at > size - d.bytes.size()) return nullptr;  // traps
    offsets[i] = *at;
    if (d.bytes.empty()) continue;
    total += d.bytes.size();
    Range& r = ranges[d.memory];
    r.from = std::min(r.from, *at / page * page);
    r.to = std::max(r.to, platform::round_up(*at + d.bytes.size(), page));
  }
  if (total < kWorthwhile || total > kMostBytes) return nullptr;
  std::unique_ptr<MemoryImage> self(new MemoryImage);
  for (const auto& [memory, r] : ranges) {
    // Sparse: pages between segments take no memory.
    auto image = platform::Image::create(r.to - r.from, [&](uint8_t* bytes) {
      for (size_t i = 0; i < m.data.size(); ++i) {
        const wasm::DataSegment& d = m.data[i];
        if (d.mode == wasm::SegmentMode::kActive && d.memory == memory && !d.bytes.empty())
          std::memcpy(bytes + (offsets[i] - r.from), d.bytes.data(), d.bytes.size());
      }
    });
    if (!image) return nullptr;
    self->parts_.push_back({memory, r.from, r.to - r.from, *std::move(image)});
  }
  return self;
}

bool MemoryImage::map_image(runtime::Instance& instance) const {
  for (const Part& p : parts_)
    if (!instance.memory(p.memory)->map_image(p.image, p.offset, p.size)) return false;
  return true;
}

}  // namespace ermine::engine
