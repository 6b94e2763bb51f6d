// HostFunction: a C function of the embedder that plug-ins import, with its user data.
#pragma once

#include <memory>
#include <string>

#include "ermine/extism.h"
#include "ermine/linker.h"

namespace ermine::extism {

inline constexpr const char* kEnvModule = "extism:host/env";
inline constexpr const char* kUserModule = "extism:host/user";

struct HostFunction {
  HostFunction() = default;
  ~HostFunction() {
    if (free_user_data != nullptr) free_user_data(user_data);
  }
  HostFunction(const HostFunction&) = delete;
  HostFunction& operator=(const HostFunction&) = delete;

  std::string module = kUserModule, name;
  std::vector<ExtismValType> params, results;
  ExtismFunctionType call = nullptr;
  void* user_data = nullptr;
  void (*free_user_data)(void*) = nullptr;
};

// Defines the function in the linker, which keeps it. kUsage if one of its types is none that a C function can have. In
// a store that calls it, the data is a Plugin.
Result<void> define(Linker& linker, std::shared_ptr<HostFunction> function);

}  // namespace ermine::extism

// The embedder's handle: empty when the function was given to a plug-in.
struct ExtismFunction {
  std::shared_ptr<ermine::extism::HostFunction> function;
};
