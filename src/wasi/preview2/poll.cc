// wasi:io/poll.
#include <poll.h>

#include <algorithm>

#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

using Subscriptions = std::vector<host::Subscription>;

void subscribe_time(uint64_t time, uint32_t id, Subscriptions& to) {
  to.push_back({.id = id, .clock = host::Clock::kMonotonic, .absolute = true, .timeout = time});
}

bool subscribe_awaited(host::Awaited& awaited, uint32_t id, Subscriptions& to) {
  if (awaited.ready()) return false;
  const host::Awaited::Wait wait = awaited.wait();
  using Kind = host::Subscription::Kind;
  if (wait.descriptor != nullptr) to.push_back({.id = id, .kind = Kind::kRead, .descriptor = wait.descriptor});
  if (wait.writable != nullptr) to.push_back({.id = id, .kind = Kind::kWrite, .descriptor = wait.writable});
  if (wait.until != UINT64_MAX) subscribe_time(wait.until, id, to);
  return true;
}

// Adds what there is to wait for. False: nothing, it is ready now.
bool subscribe(const Readiness& readiness, uint32_t id, Subscriptions& to) {
  using Kind = Readiness::Kind;
  if (readiness.kind == Kind::kNow) return false;
  if (readiness.kind == Kind::kTime) return subscribe_time(readiness.time, id, to), true;
  if (readiness.kind == Kind::kAwaited) return subscribe_awaited(*readiness.awaited, id, to);
  const net::TcpSocket* tcp = readiness.file->tcp;
  bool reads = readiness.kind == Kind::kRead;
  if (readiness.kind == Kind::kSocket) {
    const short events = tcp->wanted_events();
    if (events == 0) return false;
    reads = events == POLLIN;
  } else if (tcp != nullptr && !(reads ? tcp->receiving() : tcp->sending())) {
    return false;
  }
  to.push_back({.id = id,
                .kind = reads ? host::Subscription::Kind::kRead : host::Subscription::Kind::kWrite,
                .descriptor = &readiness.file->descriptor});
  if (tcp != nullptr && tcp->deadline() != net::Quota::Clock::time_point::max())
    subscribe_time(static_cast<uint64_t>(tcp->deadline().time_since_epoch().count()), id, to);
  return true;
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

// The indices of those that are ready. At least one if `wait`, unless the program is ended.
std::vector<uint32_t> poll_list(Call& call, std::span<const Readiness* const> in, bool wait) {
  std::vector<uint32_t> ready;
  Subscriptions subscriptions;
  std::vector<host::Event> events;
  while (true) {
    subscriptions.clear();
    // All before the first is asked: see host::Signal.
    for (const Readiness* r : in)
      if (const host::Signal* signal = r->awaited ? r->awaited->wait().signal : nullptr) signal->clear();
    for (uint32_t i = 0; i < in.size(); ++i)
      if (!subscribe(*in[i], i, subscriptions)) ready.push_back(i);
    if (subscriptions.empty()) return ready;
    events.resize(subscriptions.size());
    const uint32_t n = poll_host(call, subscriptions, events, wait && ready.empty());
    for (uint32_t i = 0; i < n; ++i) {
      const Readiness& r = *in[events[i].id];
      // That something has changed does not mean that it is ready.
      if (!r.awaited || r.awaited->ready()) ready.push_back(events[i].id);
    }
    if (!ready.empty() || !wait || call.stop) break;
  }
  std::sort(ready.begin(), ready.end());
  ready.erase(std::unique(ready.begin(), ready.end()), ready.end());
  return ready;
}

bool poll_one(Call& call, const Readiness& readiness, bool wait) {
  if (readiness.kind == Readiness::Kind::kNow) return true;
  const Readiness* const one = &readiness;
  return !poll_list(call, {&one, 1}, wait).empty();
}

}  // namespace

void wait_for(Call& call, const Readiness& readiness) { (void)poll_one(call, readiness, true); }
bool is_ready(Call& call, const Readiness& readiness) { return poll_one(call, readiness, false); }

bool Functions::pollable_ready(Call& call, Pollable& pollable) { return is_ready(call, pollable.readiness); }
void Functions::pollable_block(Call& call, Pollable& pollable) { wait_for(call, pollable.readiness); }

std::vector<uint32_t> Functions::poll(Call& call, const std::vector<Pollable*>& in) {
  // More than any host can poll.
  constexpr size_t kMost = 1u << 20;
  if (in.empty() || in.size() > kMost) {
    call.trap(in.empty() ? "poll has an empty list: it would wait for ever" : "poll has more than 1048576 pollables");
    return {};
  }
  std::vector<const Readiness*> list;
  list.reserve(in.size());
  for (const Pollable* pollable : in) list.push_back(&pollable->readiness);
  call.moved += in.size() * sizeof(uint32_t);
  return poll_list(call, list, true);
}

}  // namespace ermine::wasi::preview2
