// Descriptors of a guest, and the table that numbers them.
//
// A Descriptor joins a host descriptor with the guest's rights. The table gives the lowest free number, as POSIX
// programs expect. It is for one thread at a time, like the Wasi that it belongs to. Pointers into the table are valid
// until the call pauses (Call::pause()).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wasi/host/descriptor.h"
#include "wasi/host/directory.h"
#include "wasi/preview1/errno.h"
#include "wasi/preview1/types.h"

namespace ermine::wasi::preview1 {

struct Descriptor : host::Descriptor {
  bool read_only = false;  // beneath a directory granted with ":ro"
  bool preopen = false;
  // The program gave up the right to change the sizes of files beneath it (kPathFilestatSetSize). Never having had that
  // right is something else: see path_open.
  bool keeps_sizes = false;
  // Unless it was inspected: the requested ones.
  Rights base = 0, inheriting = 0;
  std::string guest_path;  // of a preopened directory
  std::unique_ptr<host::DirStream> dir;

  Descriptor();
  explicit Descriptor(const host::Descriptor& d) : host::Descriptor(d) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  // Resets it to its initial state. Precondition: it has neither a host descriptor, nor a path, nor a stream.
  void forget() {
    static_cast<host::Descriptor&>(*this) = {};
    read_only = preopen = keeps_sizes = false;
    base = inheriting = 0;
  }
  // Sets its rights, as far as its kind can use them: a descriptor never reports a right that it cannot use.
  void grant(Rights requested_base, Rights requested_inheriting);
  void inspect_now();
  // Checks that the descriptor has the rights for the operation: kSuccess, or the error to return.
  Errno check(Rights needed) const {
    if ((base & needed) == needed) [[likely]]
      return Errno::kSuccess;
    return missing(needed);
  }
  // For path_* functions: a directory, with these rights, not read-only if `writes`.
  Errno check_directory(Rights needed, bool writes) const;

 private:
  Errno missing(Rights needed) const;
};

class FdTable {
 public:
  FdTable() = default;
  ~FdTable();
  FdTable(const FdTable&) = delete;
  FdTable& operator=(const FdTable&) = delete;

  // The maximal number of open descriptors; reaching it is Errno::kMfile.
  void set_limit(uint32_t limit) { limit_ = limit; }
  uint32_t limit() const { return limit_; }

  // Null if `fd` is not open.
  Descriptor* get(uint32_t fd) {
    Descriptor* d = fd < slots_.size() ? slots_[fd] : nullptr;
    if (d != nullptr && !d->inspected) [[unlikely]]
      d->inspect_now();
    return d;
  }
  // For fast paths: a descriptor with these rights that never waits. Null: there is none, or the general path must
  // handle it.
  const Descriptor* find_nonblocking(uint32_t fd, Rights needed) const {
    if (fd >= slots_.size()) [[unlikely]]
      return nullptr;
    const Descriptor* d = slots_[fd];
    const bool simple =
        d != nullptr && d->inspected && d->waiting == host::Waiting::kNever && (d->base & needed) == needed;
    return simple ? d : nullptr;
  }
  // The same for a directory, with the rights on its paths.
  const Descriptor* find_directory(uint32_t fd, Rights needed) const {
    if (fd >= slots_.size()) [[unlikely]]
      return nullptr;
    const Descriptor* d = slots_[fd];
    return d != nullptr && d->inspected && d->type == FileType::kDirectory && (d->base & needed) == needed ? d
                                                                                                           : nullptr;
  }
  // The lowest free number for which the table needs no more memory, or kNoNumber; install() uses it.
  static constexpr uint32_t kNoNumber = ~uint32_t{0};
  uint32_t free_number() const {
    uint32_t fd = lowest_free_;
    while (fd < slots_.size() && slots_[fd] != nullptr) ++fd;
    return open_ >= limit_ || fd >= slots_.size() ? kNoNumber : fd;
  }
  void install(uint32_t fd, std::unique_ptr<Descriptor> d) {
    slots_[fd] = d.release();
    ++open_;
    lowest_free_ = fd;
  }
  // A descriptor for install(), made from the last one released if there is one.
  std::unique_ptr<Descriptor> new_descriptor() {
    if (spare_ == nullptr) return std::make_unique<Descriptor>();
    spare_->forget();
    return std::move(spare_);
  }
  // Removes a plain descriptor from the table; the caller closes the host's descriptor, which is the result. -1: it is
  // not plain.
  int release(uint32_t fd) {
    if (fd >= slots_.size() || spare_ != nullptr) return -1;
    Descriptor* d = slots_[fd];
    if (d == nullptr || d->borrowed || d->virtual_file != nullptr || d->dir != nullptr || !d->guest_path.empty())
      return -1;
    const int host = d->host_fd;
    d->host_fd = -1;
    spare_.reset(d);
    slots_[fd] = nullptr;
    --open_;
    if (fd < lowest_free_) lowest_free_ = fd;
    return host;
  }
  Outcome<uint32_t> insert(std::unique_ptr<Descriptor> d) { return insert_from(0, std::move(d)); }
  // The lowest free number that is at least `least`.
  Outcome<uint32_t> insert_from(uint32_t least, std::unique_ptr<Descriptor> d);
  // Whether the table is full. Checked before opening, so that a full table has no side effects.
  bool at_limit() const { return open_ >= limit_; }
  Errno close(uint32_t fd);
  // `to` must be open; it is closed and becomes `from`, which is no longer open.
  Errno renumber(uint32_t from, uint32_t to);

 private:
  bool is_open(uint32_t fd) const { return fd < slots_.size() && slots_[fd] != nullptr; }
  std::vector<Descriptor*> slots_;
  std::unique_ptr<Descriptor> spare_;
  uint32_t lowest_free_ = 0;  // all lower numbers are in use
  uint32_t open_ = 0;
  uint32_t limit_ = 4096;
};

}  // namespace ermine::wasi::preview1
