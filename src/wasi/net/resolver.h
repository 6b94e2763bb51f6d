// Resolver: looks names up by the system's resolver, which waits and reads files, so it is called on threads of its
// own, a bounded number. With a resolver process (NetworkGrants::resolver_process), which is forked when the Resolver
// is made, these threads only pass requests on: the confined process needs neither the resolver's files nor sockets for
// it.
//
// Nothing is started before the first lookup, except that process.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "ermine/result.h"
#include "wasi/host/descriptor.h"
#include "wasi/net/address.h"
#include "wasi/net/error.h"
#include "wasi/net/policy.h"

namespace ermine::wasi::net {

struct Answer {
  NetError error = NetError::kNone;
  std::string name;  // normalised
  std::vector<IpAddress> addresses;  // at most PinnedNames::kMostAddresses
};

// A lookup that runs on its own. Dropping it abandons the answer.
class Lookup {
 public:
  // Done at once.
  explicit Lookup(Answer answer) : answer_(std::move(answer)), done_(true) {}
  // Done later.
  explicit Lookup(host::UniqueFd event) : event_(std::move(event)) {}

  bool done() const { return done_.load(std::memory_order_acquire); }
  // Readable once it is done; -1 if it was done at once.
  int ready_fd() const { return event_.get(); }
  // Once it is done.
  const Answer& answer() const { return answer_; }

  // For the resolver's threads.
  void finish(Answer answer);

 private:
  Answer answer_;
  host::UniqueFd event_;
  std::atomic<bool> done_{false};
};

class Resolver {
 public:
  static constexpr unsigned kThreads = 8;
  static constexpr size_t kMostWaiting = 256;

  // `policy` must outlive it. kIo if the process cannot be started.
  static Result<std::unique_ptr<Resolver>> create(const Policy& policy, bool process);
  ~Resolver();

  // Looks up what the policy permits: the name may need normalising. Null: too many lookups are waiting, or the system
  // has no descriptors or threads left.
  std::shared_ptr<Lookup> begin(std::string name);

 private:
  struct Shared;
  explicit Resolver(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

// One lookup by the system's resolver; waits.
Answer resolve_by_system(const Policy& policy, const std::string& text);

}  // namespace ermine::wasi::net
