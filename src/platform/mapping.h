// Mapping: a range of address space from the system, owned. Sizes and offsets are multiples of page_size()
// where not said otherwise; reserved bytes cost nothing until they are committed and touched.
//
// A range lies at a random address, unless the process runs with addresses that are the same each time (as under a
// debugger, or `setarch -R`). It has inaccessible space at both ends, so it is never adjacent to another mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace ermine::platform {

size_t page_size();  // of the machine
inline uint64_t round_up(uint64_t n, uint64_t unit) { return (n + unit - 1) / unit * unit; }

// Bytes that mappings can show copy-on-write: each sees only its own changes. Immutable; thread-safe.
class Image {
 public:
  Image(Image&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  ~Image();
  // `size` zeros except for the bytes that `fill(bytes)` writes. Nothing if the system does not support it.
  template <class F>
  static std::optional<Image> create(uint64_t size, F&& fill) {
    auto image = make(size);
    uint8_t* bytes = image ? image->open(size) : nullptr;
    if (!bytes) return std::nullopt;
    fill(bytes);
    close(bytes, size);
    return image;
  }

 private:
  friend class Mapping;
  explicit Image(int fd) : fd_(fd) {}
  static std::optional<Image> make(uint64_t size);
  uint8_t* open(uint64_t size);
  static void close(uint8_t* bytes, uint64_t size);
  int fd_;
};

// Inaccessible bytes in front of a mapping and behind it, rounded up to pages.
struct Guards {
  uint64_t below = 64 << 10, above = 64 << 10;
};

// Seals the mapping of [begin, begin + size) until the process ends: it cannot be unmapped, replaced, or made
// accessible in another way. False if the system does not support it (Linux does since 6.10).
bool seal(const void* begin, uint64_t size);

class Mapping {
 public:
  // Lends mappings, in place of the system, and takes them back. Thread-safe.
  class Lender {
   public:
    // `used`: all that was ever accessible is in the first `used` bytes.
    virtual void take_back(uint8_t* base, uint64_t size, uint64_t used) = 0;

   protected:
    ~Lender() = default;
  };

  Mapping() = default;
  // Lent by `lender`, which outlives it: [base, base + size), which is inaccessible.
  Mapping(uint8_t* base, uint64_t size, Lender* lender) : base_(base), size_(size), lender_(lender) {}
  Mapping(Mapping&& o) noexcept { *this = std::move(o); }
  Mapping& operator=(Mapping&& o) noexcept {
    std::swap(base_, o.base_);
    std::swap(size_, o.size_);
    std::swap(used_, o.used_);
    std::swap(guards_, o.guards_);
    std::swap(lender_, o.lender_);
    return *this;
  }
  ~Mapping();

  // Inaccessible address space of at least `size` bytes (rounded up), and guards. Nothing if the system refuses.
  static std::optional<Mapping> reserve(uint64_t size, Guards guards = {});

  // Releases ownership of the range, which stays mapped; returns base().
  uint8_t* release() { return std::exchange(base_, nullptr); }

  uint8_t* base() const { return base_; }
  uint64_t size() const { return size_; }
  explicit operator bool() const { return base_ != nullptr; }

  // Makes [offset, offset + size) readable and writable (rounded out to pages); new bytes are zero. False if
  // there is no memory.
  bool commit(uint64_t offset, uint64_t size);
  // Maps `size` bytes of the image, from its `image_offset`, at `offset`, readable and writable, in place of the
  // previous contents. All are multiples of page_size(). False, with nothing changed, if the system refuses.
  bool map_image(const Image& image, uint64_t image_offset, uint64_t offset, uint64_t size);
  // Replaces the first `size` bytes, which are committed in both mappings, by those of `from`, whose own are then
  // undefined. Moves pages if the system can, instead of copying what may be gigabytes.
  void take_over(Mapping& from, uint64_t size);
  // Makes the range inaccessible again and gives its memory back.
  bool decommit(uint64_t offset, uint64_t size);
  // Gives the memory of committed pages back, but leaves them accessible: they read as zero.
  bool discard(uint64_t offset, uint64_t size);

 private:
  uint8_t* base_ = nullptr;
  uint64_t size_ = 0;
  uint64_t used_ = 0;  // the end of what was ever accessible
  Guards guards_{0, 0};
  Lender* lender_ = nullptr;  // null: the system
};

// A number below `end` that cannot be predicted from outside the process. Thread-safe.
uint64_t random_below(uint64_t end);

// Address space that this process may still map, according to resource limits; ~0 if there is no limit.
uint64_t address_space_limit();

}  // namespace ermine::platform
