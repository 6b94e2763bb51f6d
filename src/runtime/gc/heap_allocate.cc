// Allocation: holes, blocks, large objects, and the attempts before it fails.
#include <algorithm>
#include <bit>
#include <cstring>

#include "runtime/gc/heap.h"
#include "runtime/table.h"

namespace ermine::runtime::gc {

namespace {
// Full collections in a row that free less than 1/64 of the heap before allocation fails.
constexpr unsigned kMostFutile = 8;
}  // namespace

Heap::Heap(View& view, const wasm::TypeRegistry& registry, RootSource& roots, const HeapOptions& options)
    : view_(view), registry_(registry), roots_(roots), options_(options), marker_(tables_, registry) {
  view_ = View{};
  view_.types = &registry.table();
}

Heap::~Heap() {
  view_ = View{};
  for (const Finalizable& f : finalizable_) f.finalizer(f.env);
}

bool Heap::open() {
  Space space;
  if (!space.open(options_.max_bytes) || !tables_.open(space.size())) return false;
  // One entry per eight words is far more than programs need; if it is exceeded, marking recovers.
  const uint64_t entries = options_.mark_stack != 0 ? options_.mark_stack : space.size() / 64;
  if (!marker_.open(space.base(), entries) || !log_.open(space.size() / 64)) return false;
  space_ = std::move(space);
  marker_.set_generational(options_.generational);
  block_info_.resize(space_.pages() / kPagesPerBlock + 1);
  view_.base = space_.base();
  set_budgets(true, 0);
  return true;
}

Ref Heap::allocate_slow(uint64_t header, uint64_t bytes, bool zeroed) {
  if (!space_.is_open() && !open()) return kNull;
  if (options_.stress) {
    collect(stress_count_++ % 4 == 3 || wants_full());
  } else if (young_bytes_ >= young_budget_) {
    collect(wants_full());
  }
  Ref object = try_allocate(bytes, zeroed);
  if (object == kNull) {
    // A minor collection is worthwhile if it can find enough.
    if (options_.generational && !wants_full() && young_bytes_ > space_.size() / 16 && young_bytes_ > bytes) {
      collect(false);
      object = try_allocate(bytes, zeroed);
    }
    if (object == kNull) {
      collect(true);
      const uint64_t free = space_.size() - std::min(stats_.live_bytes, space_.size());
      futile_ = free < space_.size() / 64 ? futile_ + 1 : 0;
      if (futile_ < kMostFutile) object = try_allocate(bytes, zeroed);
    }
    if (object == kNull) {
      if (futile_ >= kMostFutile) futile_ = kMostFutile - 1;  // a program that releases something may continue
      return kNull;
    }
  }
  store_header(view_.base, object, header);
  return object;
}

Ref Heap::try_allocate(uint64_t bytes, bool zeroed) {
  if (bytes > kMaxBlockObject) return try_allocate_large(bytes, zeroed);
  const auto take = [&](uint32_t& cursor) {
    const Ref at = cursor;
    cursor += static_cast<uint32_t>(bytes);
    return at;
  };
  Ref object = kNull;
  if (view_.cursor + bytes <= hole_limit_) {
    object = take(view_.cursor);
  } else if (bytes <= kLineSize) {
    // Any hole is sufficient.
    if (!next_hole(1)) return kNull;
    object = take(view_.cursor);
  } else {
    if (overflow_.cursor + bytes > overflow_.limit && !new_overflow_hole(bytes)) return kNull;
    object = take(overflow_.cursor);
  }
  if (options_.stress) view_.limit = view_.cursor;
  return object;
}

Ref Heap::try_allocate_large(uint64_t bytes, bool zeroed) {
  const uint32_t object = space_.take_large(bytes, zeroed);
  if (object == 0) return kNull;
  large_.push_back(object);
  young_bytes_ += bytes;
  return object;
}

void Heap::zero(Ref object, uint64_t from, uint64_t bytes) {
  const uint64_t header = load_header(view_.base, object);
  space_.zero(static_cast<uint32_t>(object + from), bytes);
  store_header(view_.base, object, header);
}

void Heap::set_hole(Hole hole) {
  view_.cursor = hole.cursor;
  hole_limit_ = hole.limit;
  view_.limit = options_.stress ? hole.cursor : hole.limit;
}

void Heap::retire(Hole& hole) {
  if (hole.cursor < hole.limit) {
    store_header(view_.base, hole.cursor,
                 wasm::make_object_header(wasm::kNoType, wasm::Shape::kFiller, hole.limit - hole.cursor));
  }
  hole = Hole{};
}

void Heap::touch(uint32_t block) {
  Block& info = block_info_[block / kBlockSize];
  if (info.fresh) return;
  info.fresh = true;
  fresh_.push_back(block);
}

// [begin, end): free lines of a touched block, zeroed.
void Heap::take_hole(Hole& hole, uint32_t begin, uint32_t end) {
  retire(hole);
  hole = Hole{begin, end};
  std::memset(tables_.lines_of(begin), kLineFresh, (end - begin) / kLineSize);
  tables_.line(begin) = kLineFreshHead;
  young_bytes_ += end - begin;
}

uint32_t Heap::new_block() {
  const uint32_t block = space_.take_block();
  if (block == 0) return 0;
  blocks_.push_back(block);
  block_info_[block / kBlockSize] = Block{kLinesPerBlock, false};
  touch(block);
  return block;
}

// The next hole of the block being filled becomes the current one.
bool Heap::scan_block(uint32_t min_lines) {
  const uint32_t end = (scan_at_ / kBlockSize + 1) * kBlockSize;
  while (scan_at_ < end) {
    const uint8_t* const line = tables_.lines_of(scan_at_);
    const uint32_t left = (end - scan_at_) / kLineSize;
    const auto* first = static_cast<const uint8_t*>(std::memchr(line, kLineFree, left));
    if (first == nullptr) break;
    const uint8_t* last = first;
    while (last < line + left && *last == kLineFree) ++last;
    const uint32_t begin = scan_at_ + static_cast<uint32_t>(first - line) * kLineSize;
    scan_at_ += static_cast<uint32_t>(last - line) * kLineSize;
    if (static_cast<uint32_t>(last - first) < min_lines) continue;
    const uint32_t hole_end = scan_at_;
    if (scan_at_ == end) scan_at_ = 0;
    std::memset(view_.base + begin, 0, hole_end - begin);
    Hole hole = current_hole();
    take_hole(hole, begin, hole_end);
    set_hole(hole);
    return true;
  }
  scan_at_ = 0;
  return false;
}

bool Heap::next_hole(uint32_t min_lines) {
  for (;;) {
    if (scan_at_ != 0 && scan_block(min_lines)) return true;
    if (!recyclable_.empty()) {
      scan_at_ = recyclable_.back();
      recyclable_.pop_back();
      touch(scan_at_);
      continue;
    }
    if (const uint32_t block = new_block(); block != 0) {
      Hole hole = current_hole();
      take_hole(hole, block, block + kBlockSize);
      set_hole(hole);
      return true;
    }
    // No free space: the blocks with few free lines that were skipped.
    for (const uint32_t block : blocks_) {
      const Block& info = block_info_[block / kBlockSize];
      if (!info.fresh && info.free_lines >= min_lines && info.free_lines < kRecyclableLines)
        recyclable_.push_back(block);
    }
    if (recyclable_.empty()) return false;
  }
}

// Space for a medium object outside the current hole, which stays in use for small objects.
bool Heap::new_overflow_hole(uint64_t bytes) {
  if (const uint32_t block = new_block(); block != 0) {
    take_hole(overflow_, block, block + kBlockSize);
    return true;
  }
  // No free block: the next hole that is large enough. The search continues where the last one for about as many lines
  // ended, so that between two collections it sees each block at most a few times.
  const auto lines = static_cast<uint32_t>((bytes + kLineSize - 1) / kLineSize);
  OverflowSearch& search = overflow_search_[std::bit_width(lines - 1)];
  for (; search.block < blocks_.size(); ++search.block, search.line = 0) {
    const uint32_t block = blocks_[search.block];
    if (block_info_[block / kBlockSize].free_lines < lines) continue;
    const uint8_t* const line = tables_.lines_of(block);
    for (uint32_t first = search.line; first + lines <= kLinesPerBlock;) {
      uint32_t last = first;
      while (last < kLinesPerBlock && line[last] == kLineFree) ++last;
      if (last - first < lines) {
        first = last + 1;
        continue;
      }
      search.line = last;
      touch(block);
      const uint32_t begin = block + first * kLineSize, end = block + last * kLineSize;
      std::memset(view_.base + begin, 0, end - begin);
      take_hole(overflow_, begin, end);
      return true;
    }
  }
  return false;
}

Ref Heap::new_extern(uint64_t payload, Finalizer finalizer, void* env) {
  const Ref object = allocate(wasm::make_object_header(wasm::kNoType, wasm::Shape::kExtern, 0), 16);
  if (object == kNull) {
    if (finalizer) finalizer(env);
    return kNull;
  }
  std::memcpy(at(object) + 8, &payload, sizeof payload);
  if (finalizer) finalizable_.push_back({object, finalizer, env});
  return object;
}

Ref Heap::new_exception(const Tag* tag) {
  const uint64_t header = wasm::make_object_header(wasm::kNoType, wasm::Shape::kExn, tag->def->func.param_slots);
  const Ref object = allocate(header, wasm::object_bytes(header));
  if (object != kNull) std::memcpy(at(object) + 8, &tag, sizeof tag);
  return object;
}

}  // namespace ermine::runtime::gc
