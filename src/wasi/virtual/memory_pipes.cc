// MemoryInputPipe and MemoryOutputPipe.
#include <algorithm>
#include <cstring>

#include "ermine/wasi_stream.h"

namespace ermine {

WasiStreamResult MemoryInputPipe::read(uint8_t* to, size_t size) {
  const std::lock_guard lock(mutex_);
  const size_t n = std::min(size, bytes_.size() - read_);
  std::memcpy(to, bytes_.data() + read_, n);
  read_ += n;
  return n;
}

size_t MemoryInputPipe::left() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size() - read_;
}

WasiStreamResult MemoryOutputPipe::write(const uint8_t* from, size_t size) {
  const std::lock_guard lock(mutex_);
  const size_t n = std::min(size, capacity_ - bytes_.size());
  if (n < size) overflowed_ = true;
  if (n == 0) return component::Unexpected(std::errc::no_space_on_device);
  bytes_.append(reinterpret_cast<const char*>(from), n);
  return n;
}

std::string MemoryOutputPipe::contents() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::string MemoryOutputPipe::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(bytes_, {});
}

bool MemoryOutputPipe::overflowed() const {
  const std::lock_guard lock(mutex_);
  return overflowed_;
}

}  // namespace ermine
