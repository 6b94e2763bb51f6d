// State: what is behind ermine::Wasi: the program's grants, until the first linker shows which version of WASI the
// program uses, and from then on that version's state.
#pragma once

#include <memory>
#include <optional>

#include "wasi/host/program.h"
#include "wasi/net/network.h"
#include "wasi/preview1/context.h"

namespace ermine::wasi {

namespace preview2 {
class Context;
}

class State {
 public:
  // `network`: null if nothing of it is granted.
  State(host::Program&& program, std::shared_ptr<net::Network> network)
      : unused_(std::move(program)), network_(std::move(network)) {}

  // Each kUsage if the other one was called before.
  Result<std::shared_ptr<preview1::Context>> modules();
  Result<std::shared_ptr<preview2::Context>> components();
  // The same as a plain pointer; null: it serves a component.
  preview1::Context* modules_of_call();

  const host::Program& program() const { return unused_ ? *unused_ : modules_ ? *modules_ : *component_program_; }

 private:
  std::optional<host::Program> unused_;
  std::shared_ptr<net::Network> network_;
  std::shared_ptr<preview1::Context> modules_;
  std::shared_ptr<preview2::Context> components_;
  const host::Program* component_program_ = nullptr;  // the base of components_
};

}  // namespace ermine::wasi
