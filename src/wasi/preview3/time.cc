// wasi:clocks.
#include "wasi/host/clocks.h"
#include "wasi/preview3/functions.h"
#include "wasi/preview3/poller.h"

namespace ermine::wasi::preview3 {
namespace {

class Timer final : public Waiter {
 public:
  explicit Timer(component::Reply<> reply) : reply_(std::move(reply)) {}
  void ready() override {
    waits_ = false;
    reply_.complete();
  }
  static void start(Poller& poller, component::Reply<> reply, uint64_t when) {
    auto timer = std::make_shared<Timer>(reply);
    timer->place_ = poller.wait_until(when, timer);
    timer->waits_ = true;
    // Also called when the store ends, and with it the poller: then there is no loop to answer to.
    reply.on_cancel([timer, loop = poller.alive()] {
      if (timer->waits_ && !loop.expired()) {
        timer->waits_ = false;
        loop.lock()->forget(timer->place_);
      }
      timer->reply_.cancelled();
    });
  }

 private:
  component::Reply<> reply_;
  Poller::Times::iterator place_;
  bool waits_ = false;
};

}  // namespace

void Functions::wait_until(Call& call, component::Reply<> reply, uint64_t when) {
  if (when <= preview2::Functions::monotonic_now(call)) return reply.complete();
  Timer::start(Poller::of(call.store), std::move(reply), when);
}
void Functions::wait_for(Call& call, component::Reply<> reply, uint64_t duration) {
  if (duration == 0) return reply.complete();
  const uint64_t now = preview2::Functions::monotonic_now(call);
  wait_until(call, std::move(reply), duration > UINT64_MAX - now ? UINT64_MAX : now + duration);
}

uint64_t Functions::system_resolution(Call&) { return *host::clock_resolution(host::Clock::kRealtime); }

// The host's time zone is not granted.
std::optional<std::string> Functions::timezone_id(Call&) { return std::nullopt; }
std::optional<int64_t> Functions::timezone_offset(Call&, Instant) { return std::nullopt; }
std::string Functions::timezone_text(Call&) { return "UTC"; }

}  // namespace ermine::wasi::preview3
