#include "platform/mapping.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>

namespace ermine::platform {

size_t page_size() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

Mapping::~Mapping() {
  if (base_) munmap(base_, size_);
}

std::optional<Mapping> Mapping::reserve(uint64_t size) {
  if (size > (uint64_t{1} << 47)) return std::nullopt;
  size = round_up(size == 0 ? 1 : size, page_size());
  void* p = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return std::nullopt;
  return Mapping(static_cast<uint8_t*>(p), size);
}

bool Mapping::commit(uint64_t offset, uint64_t size) {
  if (size == 0) return true;
  const uint64_t page = page_size();
  const uint64_t from = offset / page * page;
  const uint64_t to = round_up(offset + size, page);
  if (to > size_) return false;
  return mprotect(base_ + from, to - from, PROT_READ | PROT_WRITE) == 0;
}

bool Mapping::show(const Image& image, uint64_t image_offset, uint64_t offset, uint64_t size) {
  if (size == 0) return true;
  if (size > size_ || offset > size_ - size) return false;
  void* p = mmap(base_ + offset, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, image.fd_,
                 static_cast<off_t>(image_offset));
  return p != MAP_FAILED;
}

std::optional<Image> Image::make(uint64_t size) {
  const int fd = memfd_create("ermine-image", MFD_CLOEXEC);
  if (fd < 0) return std::nullopt;
  Image image(fd);
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) return std::nullopt;
  return image;
}

uint8_t* Image::open(uint64_t size) {
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  return p == MAP_FAILED ? nullptr : static_cast<uint8_t*>(p);
}

void Image::close(uint8_t* bytes, uint64_t size) { munmap(bytes, size); }

Image::~Image() {
  if (fd_ >= 0) ::close(fd_);
}

bool Mapping::decommit(uint64_t offset, uint64_t size) {
  if (size == 0) return true;
  // A fresh mapping over the old one frees the pages and the protection in one step.
  void* p = mmap(base_ + offset, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return p != MAP_FAILED;
}

namespace {

// What is smaller is copied: moving has its price, too.
constexpr uint64_t kLeastMoved = uint64_t{1} << 20;

void move_pages(uint8_t* to, uint8_t* from, uint64_t size) {
#ifdef MREMAP_DONTUNMAP
  // The old range stays mapped, so that nobody else is given it before we let go of it.
  if (size >= kLeastMoved && mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to)
    return;
  // One call moves pages of one kind only; where an image is shown there are several.
  if (size >= 2 * kLeastMoved) {
    const uint64_t half = size / 2 / page_size() * page_size();
    move_pages(to, from, half);
    return move_pages(to + half, from + half, size - half);
  }
#endif
  std::memcpy(to, from, size);
}

}  // namespace

void Mapping::take_over(Mapping& from, uint64_t size) { move_pages(base_, from.base_, round_up(size, page_size())); }

bool Mapping::discard(uint64_t offset, uint64_t size) {
  return size == 0 || madvise(base_ + offset, size, MADV_DONTNEED) == 0;
}

uint64_t address_space_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return ~uint64_t{0};
  return limit.rlim_cur;
}

}  // namespace ermine::platform
