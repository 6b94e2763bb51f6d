// wasi:io/poll.
#include <algorithm>

#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

host::Subscription subscription_of(const Readiness& readiness, uint32_t id) {
  host::Subscription s;
  s.id = id;
  if (readiness.kind == Readiness::Kind::kTime) {
    s.clock = host::Clock::kMonotonic;
    s.absolute = true;
    s.timeout = readiness.time;
    return s;
  }
  s.kind =
      readiness.kind == Readiness::Kind::kRead ? host::Subscription::Kind::kRead : host::Subscription::Kind::kWrite;
  s.descriptor = &readiness.file->descriptor;
  return s;
}

// How many are ready; with `wait`, at least one, unless the program is ended.
uint32_t poll_host(Call& call, std::span<const host::Subscription> in, std::span<host::Event> out, bool wait) {
  host::PollStart start;
  const host::Outcome<uint32_t> n =
      call.waiting([&] { return host::poll_all(in, out, !wait, call.interrupts(), start); });
  if (n) return *n;
  if (!call.stop) call.trap("the host cannot wait for " + std::to_string(in.size()) + " pollables");
  return 0;
}

bool poll_one(Call& call, const Readiness& readiness, bool wait) {
  if (readiness.kind == Readiness::Kind::kNow) return true;
  const host::Subscription subscription = subscription_of(readiness, 0);
  host::Event event;
  return poll_host(call, {&subscription, 1}, {&event, 1}, wait) > 0;
}

}  // namespace

void wait_for(Call& call, const Readiness& readiness) { (void)poll_one(call, readiness, true); }
bool is_ready(Call& call, const Readiness& readiness) { return poll_one(call, readiness, false); }

bool Functions::pollable_ready(Call& call, Pollable& pollable) { return is_ready(call, pollable.readiness); }
void Functions::pollable_block(Call& call, Pollable& pollable) { wait_for(call, pollable.readiness); }

std::vector<uint32_t> Functions::poll(Call& call, const std::vector<Pollable*>& in) {
  std::vector<uint32_t> ready;
  // More than any host can poll.
  constexpr size_t kMost = 1u << 20;
  if (in.empty() || in.size() > kMost) {
    call.trap(in.empty() ? "poll has an empty list: it would wait for ever" : "poll has more than 1048576 pollables");
    return ready;
  }
  std::vector<host::Subscription> subscriptions;
  for (uint32_t i = 0; i < in.size(); ++i) {
    if (in[i]->readiness.kind == Readiness::Kind::kNow) ready.push_back(i);
    else subscriptions.push_back(subscription_of(in[i]->readiness, i));
  }
  call.moved += in.size() * sizeof(uint32_t);
  if (subscriptions.empty()) return ready;
  std::vector<host::Event> events(subscriptions.size());
  const uint32_t n = poll_host(call, subscriptions, events, ready.empty());
  for (uint32_t i = 0; i < n; ++i) ready.push_back(events[i].id);
  std::sort(ready.begin(), ready.end());
  return ready;
}

}  // namespace ermine::wasi::preview2
