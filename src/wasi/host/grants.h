// Opens what an embedder grants.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ermine/grants.h"
#include "ermine/result.h"
#include "wasi/host/descriptor.h"

namespace ermine::wasi::host {

// An inspected descriptor, and its owner.
struct Opened {
  Descriptor descriptor;
  UniqueFd owned;  // empty if it is borrowed, or virtual

  Opened() = default;
  Opened(Opened&& o) noexcept : descriptor(o.descriptor), owned(std::move(o.owned)) {
    o.descriptor.virtual_file = nullptr;
  }
  Opened& operator=(Opened&& o) noexcept {
    std::swap(descriptor, o.descriptor);
    owned = std::move(o.owned);
    return *this;
  }
  ~Opened() { close_virtual(descriptor); }
  // Makes the caller the owner.
  Descriptor release() {
    owned.release();
    return std::exchange(descriptor, {});
  }
};

struct OpenedDirectory {
  Opened directory;
  std::string guest_path;
  bool read_only = false;
};

struct OpenedListener {
  Opened socket;
  bool any_host = false, any_port = false;  // the grant names none
};

struct OpenedGrants {
  Opened stdio[3];  // without a descriptor if the process itself was started with it closed
  std::vector<OpenedDirectory> directories;
  std::vector<OpenedListener> listeners;
};

// kIo with the path or address if one cannot be opened; kUsage if an address is malformed, or if a name, an argument or
// a variable is not UTF-8 or contains NUL.
Result<OpenedGrants> open_grants(const HostGrants& grants);

}  // namespace ermine::wasi::host
