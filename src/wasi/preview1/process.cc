// Arguments, environment, clocks, randomness, signals, polling.

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <new>

#include "wasi/host/clocks.h"
#include "wasi/host/polling.h"
#include "wasi/preview1/functions.h"
#include "wasi/preview1/pieces.h"

namespace ermine::wasi {
namespace {

// argv and environ have one shape: an array of pointers, and the strings they point to, each with its NUL.
Errno give_strings(Call& call, const std::vector<std::string>& strings, uint32_t pointers, uint32_t text) {
  uint64_t size = 0;
  for (const std::string& s : strings) size += s.size() + 1;
  if (!call.memory.contains(pointers, uint64_t{strings.size()} * 4) || !call.memory.contains(text, size))
    return Errno::kFault;
  for (const std::string& s : strings) {
    std::memcpy(call.memory.at(pointers), &text, 4);
    pointers += 4;
    std::memcpy(call.memory.at(text), s.c_str(), s.size() + 1);
    text += static_cast<uint32_t>(s.size()) + 1;
    call.moved += s.size() + 1 + 4;
    if (call.moved < kPiece) continue;
    if (Errno e = call.pause(); e != Errno::kSuccess) return e;
  }
  return Errno::kSuccess;
}

Errno give_sizes(const std::vector<std::string>& strings, Out<uint32_t> count, Out<uint32_t> size) {
  uint64_t bytes = 0;
  for (const std::string& s : strings) bytes += s.size() + 1;
  if (bytes > UINT32_MAX) return Errno::kOverflow;
  count.set(static_cast<uint32_t>(strings.size()));
  size.set(static_cast<uint32_t>(bytes));
  return Errno::kSuccess;
}

}  // namespace

Errno CommonFunctions::args_get(Call& call, Pointer argv, Pointer text) {
  return give_strings(call, call.context.args(), argv.at, text.at);
}
Errno CommonFunctions::args_sizes_get(Call& call, Out<uint32_t> count, Out<uint32_t> size) {
  return give_sizes(call.context.args(), count, size);
}
Errno CommonFunctions::environ_get(Call& call, Pointer environ, Pointer text) {
  return give_strings(call, call.context.env(), environ.at, text.at);
}
Errno CommonFunctions::environ_sizes_get(Call& call, Out<uint32_t> count, Out<uint32_t> size) {
  return give_sizes(call.context.env(), count, size);
}

Errno CommonFunctions::clock_res_get(Call&, U32 clock, Out<uint64_t> resolution) {
  Outcome<uint64_t> r = clock_resolution(clock);
  if (!r) return r.error;
  resolution.set(*r);
  return Errno::kSuccess;
}

Errno CommonFunctions::clock_time_get(Call&, U32 clock, U64, Out<uint64_t> time) {
  Outcome<uint64_t> now = clock_now(clock);
  if (!now) return now.error;
  time.set(*now);
  return Errno::kSuccess;
}

Errno CommonFunctions::random_get(Call& call, Buffer bytes) {
  for (size_t done = 0;;) {
    const std::span<uint8_t> piece = bytes.bytes().subspan(done, std::min<size_t>(bytes.size - done, kPiece));
    if (Errno e = fill_random(piece.data(), piece.size()); e != Errno::kSuccess) return e;
    done += piece.size();
    call.moved += piece.size();
    if (done == bytes.size) return Errno::kSuccess;
    if (Errno e = call.pause(); e != Errno::kSuccess) return e;
  }
}

Errno CommonFunctions::sched_yield(Call&) {
  ::sched_yield();
  return Errno::kSuccess;
}

// A signal is never delivered to the host process. What would end a native program ends this one, with the
// exit code a shell would report; what is ignored by default is ignored.
Errno CommonFunctions::proc_raise(Call& call, SignalArg signal) {
  // In the order of WASI's enumeration.
  constexpr int kHostSignal[] = {0,       SIGHUP,    SIGINT,  SIGQUIT,  SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
                                 SIGFPE,  SIGKILL,   SIGUSR1, SIGSEGV,  SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
                                 SIGCHLD, SIGCONT,   SIGSTOP, SIGTSTP,  SIGTTIN, SIGTTOU, SIGURG,  SIGXCPU,
                                 SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGPOLL, SIGPWR,  SIGSYS};
  int host = kHostSignal[signal];
  switch (host) {
    case 0:
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH: return Errno::kSuccess;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: return Errno::kNotsup;
    default: call.stop = Error::exit(128 + host); return Errno::kIntr;
  }
}

template <class Version>
Errno Functions<Version>::poll_oneoff(Call& call, Pointer subscriptions, Pointer events, U32 count,
                                      Out<uint32_t> ready) {
  // More than any host can poll; bounds what is allocated below.
  constexpr uint32_t kMost = 1u << 20;
  if (count == 0 || count > kMost) return Errno::kInval;
  if (!call.memory.contains(subscriptions.at, uint64_t{count} * Version::kSubscriptionSize) ||
      !call.memory.contains(events.at, uint64_t{count} * sizeof(EventLayout)))
    return Errno::kFault;

  std::unique_ptr<Subscription[]> in(new Subscription[count]);
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* from = call.memory.at(subscriptions.at + i * Version::kSubscriptionSize);
    auto get = [from](uint32_t offset, auto& to) { std::memcpy(&to, from + offset, sizeof to); };
    uint8_t tag;
    uint16_t flags = 0;
    get(0, in[i].userdata);
    get(8, tag);
    if (tag > 2) return Errno::kInval;
    in[i].kind = static_cast<Subscription::Kind>(tag);
    if (tag != 0) {
      get(Version::kFdAt, in[i].fd);
      continue;
    }
    get(Version::kClockAt, in[i].clock);
    get(Version::kTimeoutAt, in[i].timeout);
    get(Version::kFlagsAt, flags);
    if ((flags & ~1) != 0) return Errno::kInval;
    in[i].absolute = (flags & 1) != 0;
  }
  std::unique_ptr<Event[]> out(new Event[count]);
  Outcome<uint32_t> n =
      poll_all(call.table(), {in.get(), count}, {out.get(), count}, call.interrupts(), call.poll_start);
  if (!n) return n.error;
  for (uint32_t i = 0; i < *n; ++i) {
    EventLayout e{};
    e.userdata = out[i].userdata;
    e.error = static_cast<uint16_t>(out[i].error);
    e.type = static_cast<uint8_t>(out[i].kind);
    e.bytes = out[i].bytes;
    e.flags = out[i].hangup ? 1 : 0;
    std::memcpy(call.memory.at(events.at + i * uint32_t{sizeof e}), &e, sizeof e);
  }
  ready.set(*n);
  call.moved += uint64_t{count} * Version::kSubscriptionSize + uint64_t{*n} * sizeof(EventLayout);
  return Errno::kSuccess;
}

template Errno Functions<Preview1>::poll_oneoff(Call&, Pointer, Pointer, U32, Out<uint32_t>);
template Errno Functions<Unstable>::poll_oneoff(Call&, Pointer, Pointer, U32, Out<uint32_t>);

}  // namespace ermine::wasi
