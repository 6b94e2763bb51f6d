// Descriptors: what a guest holds, and the table that numbers them.
//
// A Descriptor joins a host descriptor with what the guest may do with it. Those of the standard streams are
// borrowed from the process: a guest that closes 0, 1 or 2 closes nothing outside, and its wishes for
// O_NONBLOCK and O_APPEND are kept here and carried out per call instead of being set on a description that
// other processes share.
//
// The table gives the lowest free number, as POSIX programs expect. It is written for one guest thread at a
// time until share() is called; from then on every look-up takes a lock and holds a reference, so a
// descriptor closed by one thread stays valid for a call in progress on another.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "wasi/host/errno.h"
#include "wasi/host/path.h"
#include "wasi/host/types.h"

namespace ermine::wasi {

class DirStream;

// Whether reading or writing can wait, and how to find out without waiting.
enum class Waiting : uint8_t {
  kNever,    // files, directories, memory devices
  kPipe,     // RWF_NOWAIT says, where the kernel knows it for pipes
  kSocket,   // MSG_DONTWAIT says
  kUnknown,  // terminals and other devices: poll first
};

struct Descriptor {
  int host_fd = -1;
  bool borrowed = false;
  bool readable = true, writable = true;  // the host's access mode
  bool read_only = false;                 // beneath a directory granted with ":ro"
  bool listener = false;
  bool preopen = false;
  Waiting waiting = Waiting::kUnknown;
  Filetype type = Filetype::kUnknown;
  uint16_t flags = 0;  // fdflags as the guest sees them
  Rights base = 0, inheriting = 0;
  bool classified = true;  // else type, waiting and listener are not known yet, and the rights are those asked for
  std::string guest_path;  // of a preopened directory
  std::unique_ptr<DirStream> dir;
  std::atomic<uint32_t> references{1};

  Descriptor();
  ~Descriptor();
  // As if just made. Precondition: it has neither a host descriptor, nor a path, nor a stream.
  void forget() {
    borrowed = read_only = listener = preopen = false;
    readable = writable = classified = true;
    waiting = Waiting::kUnknown;
    type = Filetype::kUnknown;
    flags = 0;
    base = inheriting = 0;
  }
  // What the operation needs and this descriptor lacks: kSuccess, or the error to answer.
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

// Classifies an open host descriptor and derives the rights its kind can use. `requested` bounds the rights.
Errno classify(Descriptor& d, Rights requested_base, Rights requested_inheriting);
// For one just opened: asks the system no more than whether it is something that may wait. FdTable::get() classifies
// the rest when it is first used, which for many a file is when its attributes are asked for, or never.
Errno classify_later(Descriptor& d, Rights requested_base, Rights requested_inheriting);
void classify_now(Descriptor& d);

class FdTable;

// A descriptor in use by a call.
class DescriptorRef {
 public:
  DescriptorRef() = default;
  DescriptorRef(Descriptor* d, bool counted) : d_(d), counted_(counted) {}
  DescriptorRef(DescriptorRef&& o) noexcept : d_(o.d_), counted_(o.counted_) { o.d_ = nullptr; }
  DescriptorRef& operator=(DescriptorRef&&) = delete;
  ~DescriptorRef() {
    if (counted_ && d_ != nullptr) drop(d_);
  }
  explicit operator bool() const { return d_ != nullptr; }
  Descriptor* operator->() const { return d_; }
  Descriptor& operator*() const { return *d_; }
  static void drop(Descriptor* d);

 private:
  Descriptor* d_ = nullptr;
  bool counted_ = false;
};

class FdTable {
 public:
  FdTable() = default;
  ~FdTable();
  FdTable(const FdTable&) = delete;
  FdTable& operator=(const FdTable&) = delete;

  // How many descriptors may be open at once; reaching it is Errno::kMfile.
  void set_limit(uint32_t limit) { limit_ = limit; }
  uint32_t limit() const { return limit_; }
  // From now on several threads use the table.
  void share() { shared_ = true; }

  // Empty if `fd` is not open.
  DescriptorRef get(uint32_t fd) {
    if (shared_) [[unlikely]]
      return get_counted(fd);
    Descriptor* d = fd < slots_.size() ? slots_[fd] : nullptr;
    if (d != nullptr && !d->classified) [[unlikely]]
      classify_now(*d);
    return {d, false};
  }
  // For short cuts: a descriptor with these rights that never waits. Null: none, or something about it needs a look.
  const Descriptor* get_simple(uint32_t fd, Rights needed) const {
    if (shared_ || fd >= slots_.size()) [[unlikely]]
      return nullptr;
    const Descriptor* d = slots_[fd];
    const bool simple = d != nullptr && d->classified && d->waiting == Waiting::kNever && (d->base & needed) == needed;
    return simple ? d : nullptr;
  }
  // The same for a directory and what its paths are used for.
  const Descriptor* get_directory(uint32_t fd, Rights needed) const {
    if (shared_ || fd >= slots_.size()) [[unlikely]]
      return nullptr;
    const Descriptor* d = slots_[fd];
    return d != nullptr && d->classified && d->type == Filetype::kDirectory && (d->base & needed) == needed ? d
                                                                                                            : nullptr;
  }
  // Room that needs no more memory: the lowest free number, or kNoRoom, and put() there.
  static constexpr uint32_t kNoRoom = ~uint32_t{0};
  uint32_t room() const {
    uint32_t fd = lowest_free_;
    while (fd < slots_.size() && slots_[fd] != nullptr) ++fd;
    return shared_ || open_ >= limit_ || fd >= slots_.size() ? kNoRoom : fd;
  }
  void put(uint32_t fd, std::unique_ptr<Descriptor> d) {
    slots_[fd] = d.release();
    ++open_;
    lowest_free_ = fd;
  }
  // One to be put(), made of the last one released if there is one.
  std::unique_ptr<Descriptor> make() {
    if (spare_ == nullptr) return std::make_unique<Descriptor>();
    spare_->forget();
    return std::move(spare_);
  }
  // Takes a plain descriptor out of the table; the caller closes the host's, which is the result. -1: it is not plain.
  int release(uint32_t fd) {
    if (shared_ || fd >= slots_.size() || spare_ != nullptr) return -1;
    Descriptor* d = slots_[fd];
    if (d == nullptr || d->borrowed || d->dir != nullptr || !d->guest_path.empty()) return -1;
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
  // Room for one more? Asked before opening, so that a full table has no side effects.
  bool full();
  Errno close(uint32_t fd);
  // `to` must be open; it is closed and becomes `from`, which is no longer open.
  Errno renumber(uint32_t from, uint32_t to);

 private:
  // Held only where several threads use the table.
  class Lock {
   public:
    explicit Lock(FdTable& table) : mutex_(table.shared_ ? &table.mutex_ : nullptr) {
      if (mutex_ != nullptr) mutex_->lock();
    }
    ~Lock() {
      if (mutex_ != nullptr) mutex_->unlock();
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::mutex* mutex_;
  };
  DescriptorRef get_counted(uint32_t fd);
  std::vector<Descriptor*> slots_;
  std::unique_ptr<Descriptor> spare_;
  uint32_t lowest_free_ = 0;  // no free slot below it
  uint32_t open_ = 0;
  uint32_t limit_ = 4096;
  bool shared_ = false;
  std::mutex mutex_;
};

}  // namespace ermine::wasi
