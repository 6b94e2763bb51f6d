// The bytes of a file in memory, in chunks, so that no file is moved when it becomes larger and holes take nothing.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ermine::wasi::host {

// What is beyond a chunk's capacity, and all bytes beyond the file's size, are zeros.
class FileData {
 public:
  // Sizes must be less, so that the table of chunks stays small.
  static constexpr uint64_t kMostBytes = uint64_t{1} << 38;

  FileData() = default;
  FileData(const FileData&) = delete;
  FileData& operator=(const FileData&) = delete;
  ~FileData() { resize(0); }

  uint64_t size() const { return size_; }
  // The number of bytes; 0 at the end.
  size_t read(uint64_t at, const iovec* buffers, int count) const;
  // At most `most` bytes; makes the file larger if needed. Fewer: the host has no memory.
  size_t write(uint64_t at, const iovec* buffers, int count, size_t most);
  void resize(uint64_t size);

 private:
  static constexpr size_t kChunk = 64 << 10;
  struct Chunk {
    uint8_t* bytes = nullptr;
    size_t capacity = 0;
  };
  static bool reserve(Chunk& chunk, size_t size);
  size_t write_piece(uint64_t at, const uint8_t* from, size_t size);

  std::vector<Chunk> chunks_;
  uint64_t size_ = 0;
};

}  // namespace ermine::wasi::host
