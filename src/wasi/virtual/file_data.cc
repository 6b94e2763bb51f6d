#include "wasi/virtual/file_data.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace ermine::wasi::host {

size_t FileData::read(uint64_t at, const iovec* buffers, int count) const {
  size_t done = 0;
  for (int i = 0; i < count; ++i) {
    auto* to = static_cast<uint8_t*>(buffers[i].iov_base);
    for (size_t left = buffers[i].iov_len; left > 0 && at < size_;) {
      const size_t offset = at % kChunk;
      const size_t n = std::min<uint64_t>({left, kChunk - offset, size_ - at});
      const Chunk& chunk = chunks_[at / kChunk];
      const size_t stored = std::min(n, chunk.capacity - std::min(chunk.capacity, offset));
      if (stored > 0) std::memcpy(to, chunk.bytes + offset, stored);
      std::memset(to + stored, 0, n - stored);
      to += n;
      at += n;
      left -= n;
      done += n;
    }
  }
  return done;
}

bool FileData::reserve(Chunk& chunk, size_t size) {
  if (size <= chunk.capacity) return true;
  constexpr size_t kLeast = 64;
  const size_t capacity = std::bit_ceil(std::max(size, kLeast));
  auto* bytes = static_cast<uint8_t*>(std::realloc(chunk.bytes, capacity));
  if (bytes == nullptr) return false;
  std::memset(bytes + chunk.capacity, 0, capacity - chunk.capacity);
  chunk = {bytes, capacity};
  return true;
}

// Within one chunk. The size follows the bytes, so that a write that fails leaves no zeros.
size_t FileData::write_piece(uint64_t at, const uint8_t* from, size_t size) {
  const size_t offset = at % kChunk;
  const size_t n = std::min(size, kChunk - offset);
  if (chunks_.size() <= at / kChunk) chunks_.resize(at / kChunk + 1);
  Chunk& chunk = chunks_[at / kChunk];
  if (!reserve(chunk, offset + n)) {
    chunks_.resize((size_ + kChunk - 1) / kChunk);
    return 0;
  }
  std::memcpy(chunk.bytes + offset, from, n);
  size_ = std::max(size_, at + n);
  return n;
}

size_t FileData::write(uint64_t at, const iovec* buffers, int count, size_t most) {
  size_t done = 0;
  for (int i = 0; i < count; ++i) {
    const auto* from = static_cast<const uint8_t*>(buffers[i].iov_base);
    for (size_t left = std::min(buffers[i].iov_len, most - done); left > 0;) {
      const size_t n = write_piece(at, from, left);
      if (n == 0) return done;
      from += n;
      at += n;
      left -= n;
      done += n;
    }
  }
  return done;
}

void FileData::resize(uint64_t size) {
  const size_t chunks = (size + kChunk - 1) / kChunk;
  for (size_t i = chunks; i < chunks_.size(); ++i) std::free(chunks_[i].bytes);
  chunks_.resize(chunks);
  if (size < size_ && size % kChunk != 0) {
    const Chunk& last = chunks_.back();
    if (const size_t used = size % kChunk; used < last.capacity)
      std::memset(last.bytes + used, 0, last.capacity - used);
  }
  if (size == 0) chunks_.shrink_to_fit();
  size_ = size;
}

}  // namespace ermine::wasi::host
