#include "platform/mapping.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

namespace ermine::platform {

namespace {

// Large mappings begin at a multiple of the size of large pages.
constexpr uint64_t kLargePage = uint64_t{2} << 20;

// A range of random addresses: between low mappings (programs at fixed addresses, the sanitizers' tables) and those
// that the system puts high (programs, libraries, heap, stacks).
struct Places {
  uint64_t lowest, end;  // empty: the system chooses
};
const Places& places() {
  static const Places result = [] {
    const long now = syscall(SYS_personality, 0xffffffff);
    if (now != -1 && (now & ADDR_NO_RANDOMIZE) != 0) return Places{0, 0};
    const uint64_t unit =
        std::bit_ceil(getauxval(AT_RANDOM)) / 128;  // it is on the stack that the program started with
    return Places{unit, 85 * unit};
  }();
  return result;
}

// A proposed address, or null: the system chooses.
void* random_place(uint64_t size) {
  const auto [lowest, end] = places();
  // A system with few addresses (an emulator) has a random choice of its own, or none.
  constexpr uint64_t kLarge = uint64_t{1} << 30;
  if (size > end - lowest || (end < uint64_t{1} << 46 && size < kLarge)) return nullptr;
  const uint64_t unit = size >= kLargePage ? kLargePage : page_size();
  return reinterpret_cast<void*>(lowest + random_below((end - lowest - size) / unit + 1) * unit);
}

void* map_inaccessible(void* place, uint64_t size) {
  return mmap(place, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

}  // namespace

uint64_t random_below(uint64_t end) {
  // A counter with a secret start and a secret step, mixed (SplitMix64). The values never leave the process.
  static uint64_t step;
  static std::atomic<uint64_t> counter = [] {
    uint64_t secret[2] = {reinterpret_cast<uintptr_t>(&secret), 0};
    (void)getrandom(secret, sizeof secret, GRND_NONBLOCK);
    step = secret[1] | 1;
    return secret[0];
  }();
  uint64_t z = counter.fetch_add(step, std::memory_order_relaxed) + 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  z ^= z >> 31;
  return static_cast<uint64_t>(static_cast<unsigned __int128>(z) * end >> 64);
}

bool seal(const void* begin, uint64_t size) {
  constexpr long kMseal = 462;  // the same on all architectures; younger than many C libraries
  static std::atomic<bool> there_is{true};
  if (!there_is.load(std::memory_order_relaxed)) return false;
  if (syscall(kMseal, begin, size, 0) == 0) return true;
  there_is.store(false, std::memory_order_relaxed);
  return false;
}

size_t page_size() {
  static const size_t size = static_cast<size_t>(getauxval(AT_PAGESZ));
  return size;
}

Mapping::~Mapping() {
  if (!base_) return;
  if (lender_) lender_->take_back(base_, size_, used_);
  else munmap(base_ - guards_.below, guards_.below + size_ + guards_.above);
}

std::optional<Mapping> Mapping::reserve(uint64_t size, Guards guards) {
  constexpr uint64_t kMost = uint64_t{1} << 47;
  if (size > kMost || guards.below > kMost || guards.above > kMost) return std::nullopt;
  size = round_up(size == 0 ? 1 : size, page_size());
  guards = {round_up(guards.below, page_size()), round_up(guards.above, page_size())};
  const uint64_t all = guards.below + size + guards.above;
  void* p = map_inaccessible(random_place(all), all);
  if (p == MAP_FAILED) return std::nullopt;
  Mapping mapping(static_cast<uint8_t*>(p) + guards.below, size, nullptr);
  mapping.guards_ = guards;
  return mapping;
}

bool Mapping::commit(uint64_t offset, uint64_t size) {
  if (size == 0) return true;
  const uint64_t page = page_size();
  const uint64_t from = offset / page * page;
  const uint64_t to = round_up(offset + size, page);
  if (to > size_) return false;
  used_ = std::max(used_, to);  // also if only a part of it becomes accessible
  return mprotect(base_ + from, to - from, PROT_READ | PROT_WRITE) == 0;
}

bool Mapping::map_image(const Image& image, uint64_t image_offset, uint64_t offset, uint64_t size) {
  if (size == 0) return true;
  if (size > size_ || offset > size_ - size) return false;
  used_ = std::max(used_, offset + size);
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

// Smaller ranges are copied: moving has a price, too.
constexpr uint64_t kLeastMoved = uint64_t{1} << 20;

void move_pages(uint8_t* to, uint8_t* from, uint64_t size) {
#ifdef MREMAP_DONTUNMAP
  // The old range stays mapped, so that its addresses are not given to another mapping before it is released.
  if (size >= kLeastMoved && mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to)
    return;
  // One call moves pages of one kind only; after mapping an image there are several kinds.
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
