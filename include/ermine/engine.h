// Engine: what all stores and modules of a process share: configuration, canonical types, the threads that compile and
// the one for deadlines. Make one per process, or one per configuration.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ermine/config.h"

namespace ermine {

namespace engine {
class Engine;
}

// A reference-counted handle, cheap to copy. Thread-safe. Modules and stores keep their engine alive.
class Engine {
 public:
  Engine();
  // Values of the configuration that are out of range are moved into their range.
  explicit Engine(const Config& config);

  const Config& config() const;
  CodeCounts code_counts() const;

  // The libraries that the engine opens when it first needs them, on any thread: those of Config::optimize. A process
  // that confines itself has two choices: it may read these files, and those in these directories, later and map them
  // as executable memory, or open_libraries() opens them now. Empty: none will be opened, or it cannot be told where
  // they are, and only the second is left.
  std::vector<std::string> late_libraries() const;
  // kUnsupported: there is no optimised code, for instance because the plug-in is of another version.
  Result<void> open_libraries() const;
  bool operator==(const Engine&) const = default;

  // For the library's own code.
  explicit Engine(std::shared_ptr<engine::Engine> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<engine::Engine>& impl() const { return impl_; }

 private:
  std::shared_ptr<engine::Engine> impl_;
};

}  // namespace ermine
