// Collection: ambiguous roots are looked up while the marks still show the old objects, then marking, then sweeping by
// lines.
#include <algorithm>
#include <chrono>
#include <cstring>

#include "runtime/gc/heap.h"

namespace ermine::runtime::gc {

namespace {

using wasm::Shape;

constexpr uint64_t kNursery = 16 << 20;
constexpr uint64_t kLeastFullTrigger = 32 << 20;

uint32_t block_of(uint32_t offset) { return offset & ~(kBlockSize - 1); }

}  // namespace

bool Heap::wants_full() const {
  return !options_.generational || log_full_ || mostly_survive_ || stats_.live_bytes > full_trigger_;
}

// How much may be allocated before the next collection, and its kind. The cost of a minor collection is proportional to
// the new objects that survive, that of a full one to all live objects. If most new objects survive, minor collections
// only add to the cost, so the next one is a full one, at the time of a full one; after that a minor one is tried
// again.
void Heap::set_budgets(bool full, uint64_t live_before) {
  const uint64_t live = stats_.live_bytes;
  if (full) {
    mostly_survive_ = false;
    full_trigger_ = std::max(live * 2, kLeastFullTrigger);
  } else {
    mostly_survive_ = live > live_before + young_bytes_ / 2;
  }
  const bool next_is_minor = options_.generational && !mostly_survive_;
  young_budget_ = std::max(kNursery, next_is_minor ? live / 8 : live);
  young_budget_ = std::min(young_budget_, space_.size() / 4);
  young_bytes_ = 0;
}

void Heap::collect(bool full) {
  if (!space_.is_open()) return;
  const auto start = std::chrono::steady_clock::now();
  full = full || !options_.generational || log_full_;
  stats_.allocated_bytes = stats().allocated_bytes;
  const uint64_t live_before = stats_.live_bytes;
  Hole hole = current_hole();
  retire(hole);
  set_hole(hole);
  retire(overflow_);
  std::fill(std::begin(overflow_search_), std::end(overflow_search_), OverflowSearch{});
  scan_at_ = 0;

  AmbiguousRoots ambiguous(view_, space_.size());
  roots_.ambiguous_roots(ambiguous);
  find_ambiguous(ambiguous, full);
  if (full) prepare_full();
  else prepare_minor();

  for (const Ref object : found_) marker_.mark(object);
  found_.clear();
  for (const Local* local = locals_; local != nullptr; local = local->outer_) marker_.ref(local->ref_);
  roots_.precise_roots(marker_);
  if (!full) trace_remembered();
  marker_.drain();
  while (marker_.take_overflow()) recover_from_overflow();
  marker_.finish();

  const std::vector<Finalizable> dead = take_dead();
  sweep_large();
  sweep_blocks(full);
  if (full) {
    ++stats_.full;
    space_.discard(young_budget_ + stats_.live_bytes / 4);
  } else {
    ++stats_.minor;
  }
  set_budgets(full, live_before);
  const auto pause = std::chrono::steady_clock::now() - start;
  const auto ns = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(pause).count());
  stats_.pause_ns += ns;
  stats_.max_pause_ns = std::max(stats_.max_pause_ns, ns);
  roots_.collected({full, ns, stats_.live_bytes});
  for (const Finalizable& f : dead) f.finalizer(f.env);
}

void Heap::remember(Ref object, const uint8_t* field, uint64_t bytes) {
  const uint64_t header = load_header(view_.base, object);
  if (space_.kind(object) == PageKind::kLargeHead && wasm::header_shape(header) == Shape::kArrayRef) {
    // It stays old: scanning all of a large array for each change would be slow. Its cards show where it changed.
    uint8_t& head = tables_.line(object);
    if (!(head & kCardLogged)) large_log_.push_back(object);
    head |= kCardLogged;
    const auto from = static_cast<uint32_t>(field - view_.base);
    uint8_t* card = tables_.lines_of(from);
    const uint8_t* last = tables_.lines_of(static_cast<uint32_t>(from + bytes - 1));
    for (; card <= last; ++card) *card |= kCardDirty;
    return;
  }
  if (!log_.push(object)) {
    log_full_ = true;
    return;
  }
  store_header(view_.base, object, header & ~uint64_t{wasm::kOldBit});
}

// --- Ambiguous roots

// Looks up words[next…] that are in the hole that begins at `hole`.
void Heap::find_in_hole(uint32_t hole, const std::vector<Ref>& words, size_t& next, bool interior) {
  const uint32_t block_end = block_of(hole) + kBlockSize;
  uint32_t end = hole + kLineSize;
  while (end < block_end && tables_.line(end) == kLineFresh) end += kLineSize;
  for (uint32_t at = hole; at < end && next < words.size() && words[next] < end;) {
    const uint64_t header = load_header(view_.base, at);
    const auto after = static_cast<uint32_t>(at + wasm::object_bytes(header));
    bool found = false;
    for (; next < words.size() && words[next] < after; ++next) found |= interior || words[next] == at;
    if (found && wasm::header_shape(header) != Shape::kFiller) found_.push_back(at);
    at = after;
  }
  while (next < words.size() && words[next] < end) ++next;  // objects fill the hole, so there are none
}

// The old object that `word` points into, or kNull.
Ref Heap::find_interior(uint32_t word) {
  const uint32_t block = block_of(word);
  const uint32_t low = std::max(block, word > kMaxBlockObject ? word - kMaxBlockObject : 0);
  const Ref object = tables_.mark_at_or_before(word, low);
  return object != kNull && word < object + wasm::object_bytes(load_header(view_.base, object)) ? object : kNull;
}

// Whether `word` is in a hole, so that only walking the hole can decide. Otherwise records the object that it refers
// to, if there is one; a minor collection ignores old ones.
bool Heap::judge_ambiguous(Ref word, bool interior, bool full) {
  switch (space_.kind(word)) {
    case PageKind::kBlock: {
      const uint8_t line = tables_.line(word);
      if (line == kLineFreshHead || line == kLineFresh) return true;
      if (line == kLineFree || !full) return false;
      const Ref object = interior ? find_interior(word) : tables_.marked(word) ? word : kNull;
      if (object != kNull) found_.push_back(object);
      return false;
    }
    case PageKind::kLargeHead:
      if (interior || word % kPageSize == 0) found_.push_back(word & ~(kPageSize - 1));
      return false;
    case PageKind::kLargeRest: {
      uint32_t page = word & ~(kPageSize - 1);
      while (interior && space_.kind(page) == PageKind::kLargeRest) page -= kPageSize;
      if (interior) found_.push_back(page);
      return false;
    }
    case PageKind::kFree: return false;
  }
  return false;
}

void Heap::find_ambiguous(AmbiguousRoots& roots, bool full) {
  for (const bool interior : {false, true}) {
    std::vector<Ref>& words = interior ? roots.interior() : roots.exact();
    std::erase_if(words, [&](Ref word) { return !judge_ambiguous(word, interior, full); });
    std::sort(words.begin(), words.end());
    for (size_t i = 0; i < words.size();) {
      uint32_t hole = words[i] & ~(kLineSize - 1);
      while (tables_.line(hole) != kLineFreshHead) hole -= kLineSize;
      find_in_hole(hole, words, i, interior);
    }
  }
}

// --- Marking

void Heap::prepare_full() {
  for (const uint32_t block : blocks_) {
    tables_.unmark_block(block);
    std::memset(tables_.lines_of(block), kLineFree, kLinesPerBlock);
  }
  for (const Ref object : large_) tables_.unmark(object);
  for (const Ref array : large_log_) {
    const uint64_t bytes = wasm::object_bytes(load_header(view_.base, array));
    std::memset(tables_.lines_of(array), 0, (bytes + kLineSize - 1) / kLineSize);
  }
  large_log_.clear();
  log_.clear();
  log_full_ = false;
}

void Heap::prepare_minor() {
  for (const uint32_t block : fresh_) {
    uint8_t* line = tables_.lines_of(block);
    for (uint32_t i = 0; i < kLinesPerBlock; ++i) line[i] = line[i] == kLineLive ? kLineLive : kLineFree;
  }
}

void Heap::trace_remembered() {
  for (size_t i = 0; i < log_.size(); ++i) {
    const Ref object = log_[i];
    store_header(view_.base, object, load_header(view_.base, object) | wasm::kOldBit);
    marker_.trace_fields(object);
  }
  log_.clear();
  for (const Ref array : large_log_) trace_dirty_cards(array);
  large_log_.clear();
}

void Heap::trace_dirty_cards(Ref array) {
  const uint32_t length = array_length(view_.base, array);
  const uint64_t bytes = wasm::array_bytes(Shape::kArrayRef, length);
  uint8_t* const cards = tables_.lines_of(array);
  const uint64_t count = (bytes + kLineSize - 1) / kLineSize;
  constexpr uint32_t kPerCard = kLineSize / sizeof(Ref);
  constexpr uint32_t kBefore = wasm::kObjectHeaderSize / sizeof(Ref);
  for (uint64_t card = 0; card < count; ++card) {
    // Most cards are clean: test eight at a time.
    uint64_t eight;
    if (card % 8 == 0 && card + 8 <= count && (std::memcpy(&eight, cards + card, 8), eight == 0)) {
      card += 7;
      continue;
    }
    if (cards[card] & kCardDirty) {
      const auto first = static_cast<uint32_t>(card * kPerCard);
      marker_.trace_elements(array, first < kBefore ? 0 : first - kBefore,
                             std::min(length, first + kPerCard - kBefore));
    }
    cards[card] = 0;
  }
}

// Some marked objects could not be stored for tracing: traces all marked objects once more.
void Heap::recover_from_overflow() {
  for (const uint32_t block : blocks_) {
    for (uint32_t at = block; at < block + kBlockSize; at += 512) {
      for (uint64_t word = tables_.mark_word(at); word != 0; word &= word - 1) {
        const Ref object = at + 8 * static_cast<uint32_t>(std::countr_zero(word));
        marker_.retrace(object);
        marker_.drain();
      }
    }
  }
  for (const Ref object : large_) {
    if (!tables_.marked(object)) continue;
    marker_.retrace(object);
    marker_.drain();
  }
}

// --- Sweeping

std::vector<Heap::Finalizable> Heap::take_dead() {
  std::vector<Finalizable> dead;
  std::erase_if(finalizable_, [&](const Finalizable& f) {
    if (tables_.marked(f.object)) return false;
    dead.push_back(f);
    return true;
  });
  return dead;
}

void Heap::sweep_large() {
  uint64_t live = 0;
  std::erase_if(large_, [&](Ref object) {
    const uint64_t bytes = wasm::object_bytes(load_header(view_.base, object));
    if (tables_.marked(object)) {
      live += (bytes + kPageSize - 1) / kPageSize * kPageSize;
      return false;
    }
    space_.give_back(object, bytes);
    return true;
  });
  stats_.live_bytes = live;
}

void Heap::sweep_blocks(bool full) {
  recyclable_.clear();
  uint64_t live_lines = 0;
  std::erase_if(blocks_, [&](uint32_t block) {
    Block& info = block_info_[block / kBlockSize];
    if (full || info.fresh) {
      info.fresh = false;
      const uint8_t* line = tables_.lines_of(block);
      uint32_t live = 0;
      for (uint32_t i = 0; i < kLinesPerBlock; ++i) live += line[i];  // free is 0, live 1
      if (live == 0) {
        space_.give_back(block, kBlockSize);
        return true;
      }
      info.free_lines = static_cast<uint16_t>(kLinesPerBlock - live);
    }
    if (info.free_lines >= kRecyclableLines) recyclable_.push_back(block);
    live_lines += kLinesPerBlock - info.free_lines;
    return false;
  });
  fresh_.clear();
  // The lowest come first: they are taken from the end.
  std::reverse(recyclable_.begin(), recyclable_.end());
  stats_.live_bytes += live_lines * kLineSize;
}

}  // namespace ermine::runtime::gc
