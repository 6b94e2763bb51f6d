// Converts between the host layer's values and those of guests.
#pragma once

#include "wasi/preview1/abi.h"

namespace ermine::wasi::preview1 {

template <class Version>
typename Version::Filestat layout(const host::FileStat& s) {
  typename Version::Filestat f{};
  f.dev = s.device;
  f.ino = s.inode;
  f.type = number_of(s.type);
  f.nlink = static_cast<typename Version::Nlink>(s.links);
  f.size = s.size;
  f.atim = s.accessed;
  f.mtim = s.modified;
  f.ctim = s.changed;
  return f;
}

// The meaning of fstflags for two times.
struct TimeChanges {
  bool valid = true;  // false: a time has both flags, "set" and "now"
  host::TimeChange accessed, modified;

  TimeChanges(uint64_t atim, uint64_t mtim, uint16_t flags)
      : accessed(one(atim, (flags & fstflags::kAtim) != 0, (flags & fstflags::kAtimNow) != 0)),
        modified(one(mtim, (flags & fstflags::kMtim) != 0, (flags & fstflags::kMtimNow) != 0)) {}

 private:
  host::TimeChange one(uint64_t time, bool set, bool now) {
    using To = host::TimeChange::To;
    if (set && now) valid = false;
    return {set ? To::kTime : now ? To::kNow : To::kUnchanged, time};
  }
};

}  // namespace ermine::wasi::preview1
