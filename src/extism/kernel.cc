#include "extism/kernel.h"

#include <algorithm>
#include <iterator>

namespace ermine::extism {
namespace {

constexpr uint64_t kMostPages = 65536;  // of a memory with 32-bit addresses, as Extism's

}  // namespace

Result<Kernel> Kernel::create(StoreRef store) {
  MemoryType type;
  type.min = 1;
  type.max = kMostPages;
  ERMINE_ASSIGN(const Memory memory, Memory::create(store, type));
  return Kernel(memory);
}

// A free block that is large enough, the smallest of them. What is left of it is a block of its own, if that is worth
// it.
std::optional<uint64_t> Kernel::reuse(uint64_t room, uint64_t size) {
  const auto found = free_.lower_bound({room, 0});
  if (found == free_.end()) return std::nullopt;
  const uint64_t offset = found->second;
  free_.erase(found);
  Block& block = blocks_.find(offset)->second;
  if (block.room - room >= kLeastSize) {
    blocks_.emplace(offset + room, Block{block.room - room, 0});
    free_.emplace(block.room - room, offset + room);
    block.room = room;
  }
  block.used = size;
  return offset;
}

// False: the memory cannot become so large.
Result<bool> Kernel::make_room(uint64_t end) {
  if (end <= bytes_.size()) return true;
  const uint64_t page = memory_.type().page_size();
  const uint64_t pages = (end - bytes_.size() + page - 1) / page;
  if (pages > kMostPages) return false;
  Result<uint64_t> grown = memory_.grow(pages);
  if (!grown && grown.error().limit() != Limit::kNone) return std::move(grown).error();
  bytes_ = memory_.span();
  return grown.has_value();
}

Result<uint64_t> Kernel::alloc(uint64_t size) {
  if (size == 0 || size > kMostPages << 16) return uint64_t{0};
  const uint64_t room = std::max(kLeastSize, (size + kAlignment - 1) / kAlignment * kAlignment);
  if (const std::optional<uint64_t> offset = reuse(room, size)) return *offset;
  // Behind the last block that is not free.
  const auto last = blocks_.empty() ? blocks_.end() : std::prev(blocks_.end());
  const bool extends = last != blocks_.end() && last->second.used == 0;
  const uint64_t offset = extends ? last->first : end_;
  ERMINE_ASSIGN(const bool fits, make_room(offset + room));
  if (!fits) return uint64_t{0};
  if (extends) {
    free_.erase({last->second.room, offset});
    blocks_.erase(last);
  }
  if (offset < dirty_end_) std::memset(bytes_.data() + offset, 0, std::min(offset + room, dirty_end_) - offset);
  blocks_.emplace_hint(blocks_.end(), offset, Block{room, size});
  end_ = offset + room;
  return offset;
}

Result<uint64_t> Kernel::alloc_bytes(std::string_view bytes) {
  ERMINE_ASSIGN(const uint64_t offset, alloc(bytes.size()));
  if (offset == 0 && !bytes.empty())
    return Error(ErrorKind::kLimit, "no room for " + std::to_string(bytes.size()) +
                                        " bytes in the plug-in's memory of " + std::to_string(size()) +
                                        " bytes: it has at most 4 GiB");
  if (offset != 0) std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
  return offset;
}

void Kernel::free(uint64_t offset) {
  auto block = blocks_.find(offset);
  if (block == blocks_.end() || block->second.used == 0) return;
  block->second.used = 0;
  if (offset == input_.offset) input_.size = 0;
  // Free neighbours become one block.
  if (const auto next = std::next(block); next != blocks_.end() && next->second.used == 0) {
    free_.erase({next->second.room, next->first});
    block->second.room += next->second.room;
    blocks_.erase(next);
  }
  if (block != blocks_.begin() && std::prev(block)->second.used == 0) {
    const auto before = std::prev(block);
    free_.erase({before->second.room, before->first});
    before->second.room += block->second.room;
    blocks_.erase(block);
    block = before;
  }
  free_.emplace(block->second.room, block->first);
}

std::optional<std::string_view> Kernel::block(uint64_t offset) const {
  if (offset == 0) return std::string_view();
  const auto found = blocks_.find(offset);
  if (found == blocks_.end() || found->second.used == 0) return std::nullopt;
  return view({offset, found->second.used});
}

uint64_t Kernel::length(uint64_t offset) const {
  const std::optional<std::string_view> bytes = block(offset);
  return bytes ? bytes->size() : 0;
}

void Kernel::reset() {
  dirty_end_ = std::max(dirty_end_, end_);
  blocks_.clear();
  free_.clear();
  end_ = kFirstOffset;
  input_ = output_ = {};
  error_ = 0;
}

}  // namespace ermine::extism
