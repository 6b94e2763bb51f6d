// Context: the state of one program of preview 1.
#pragma once

#include <memory>

#include "wasi/host/program.h"
#include "wasi/preview1/fd_table.h"

namespace ermine::wasi::preview1 {

class Context : public host::Program {
 public:
  explicit Context(host::Program&& program);
  FdTable& descriptors() { return descriptors_; }

 private:
  FdTable descriptors_;
};

}  // namespace ermine::wasi::preview1
