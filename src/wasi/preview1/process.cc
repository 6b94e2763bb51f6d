// Arguments, environment, clocks, random numbers, signals, polling.

#include <sched.h>

#include <algorithm>
#include <csignal>
#include <new>

#include "wasi/host/clocks.h"
#include "wasi/host/polling.h"
#include "wasi/preview1/functions.h"
#include "wasi/preview1/pieces.h"

namespace ermine::wasi::preview1 {
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

// The host layer uses the same numbers for clocks as WASI.
constexpr uint32_t kClocks = 4;
static_assert(static_cast<uint32_t>(host::Clock::kThreadCpuTime) == kClocks - 1);

// The part of a subscription that the guest gets back in its event.
struct Subscribed {
  uint64_t userdata = 0;
  uint8_t tag = 0;  // kClock, kFdRead, kFdWrite
};
constexpr uint8_t kClock = 0, kFdRead = 1, kFdWrite = 2;

struct Refused {
  uint32_t id = 0;
  Errno error = Errno::kSuccess;
};

// Whether a descriptor can be waited for: kSuccess, with the descriptor in `out`.
Errno find_to_poll(Call& call, uint32_t fd, host::Subscription& out) {
  const Descriptor* d = call.table().get(fd);
  if (d == nullptr) return Errno::kBadf;
  Rights wanted = rights::kPollFdReadwrite;
  if (out.kind == host::Subscription::Kind::kWrite) wanted |= rights::kFdWrite;
  else if (!d->listener) wanted |= rights::kFdRead;
  out.descriptor = d;
  return d->check(wanted);
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
  if (clock >= kClocks) return Errno::kInval;
  host::Outcome<uint64_t> r = host::clock_resolution(static_cast<host::Clock>(uint32_t{clock}));
  if (!r) return errno_of(r.error);
  resolution.set(*r);
  return Errno::kSuccess;
}

Errno CommonFunctions::clock_time_get(Call&, U32 clock, U64, Out<uint64_t> time) {
  if (clock >= kClocks) return Errno::kInval;
  host::Outcome<uint64_t> now = host::clock_now(static_cast<host::Clock>(uint32_t{clock}));
  if (!now) return errno_of(now.error);
  time.set(*now);
  return Errno::kSuccess;
}

Errno CommonFunctions::random_get(Call& call, Buffer bytes) {
  for (size_t done = 0;;) {
    const std::span<uint8_t> piece = bytes.bytes().subspan(done, std::min<size_t>(bytes.size - done, kPiece));
    if (host::HostError e = host::fill_random(piece.data(), piece.size()); e != host::HostError::kNone)
      return errno_of(e);
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

// A signal is never delivered to the host process. If it would end a native program, it ends this one with the exit
// code that a shell would report; if it is ignored by default, it is ignored.
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

  std::unique_ptr<Subscribed[]> all(new Subscribed[count]);
  std::unique_ptr<host::Subscription[]> in(new host::Subscription[count]);
  std::unique_ptr<Refused[]> refused;
  uint32_t waits = 0, refusals = 0;
  const auto refuse = [&](uint32_t id, Errno error) {
    if (!refused) refused.reset(new Refused[count]);
    refused[refusals++] = {id, error};
  };
  for (uint32_t i = 0; i < count; ++i) {
    const uint8_t* from = call.memory.at(subscriptions.at + i * Version::kSubscriptionSize);
    auto get = [from](uint32_t offset, auto& to) { std::memcpy(&to, from + offset, sizeof to); };
    host::Subscription& s = in[waits];
    s.id = i;
    get(0, all[i].userdata);
    get(8, all[i].tag);
    if (all[i].tag > kFdWrite) return Errno::kInval;
    if (all[i].tag != kClock) {
      uint32_t fd;
      get(Version::kFdAt, fd);
      s.kind = all[i].tag == kFdRead ? host::Subscription::Kind::kRead : host::Subscription::Kind::kWrite;
      s.counts_bytes = true;
      if (Errno e = find_to_poll(call, fd, s); e != Errno::kSuccess) refuse(i, e);
      else ++waits;
      continue;
    }
    uint32_t clock;
    uint16_t flags = 0;
    get(Version::kClockAt, clock);
    get(Version::kTimeoutAt, s.timeout);
    get(Version::kFlagsAt, flags);
    if ((flags & ~1) != 0) return Errno::kInval;
    s.kind = host::Subscription::Kind::kClock;
    s.absolute = (flags & 1) != 0;
    s.clock = static_cast<host::Clock>(clock);
    // Processor time does not pass during a wait, so there is nothing to wait for.
    if (clock > static_cast<uint32_t>(host::Clock::kMonotonic))
      refuse(i, clock >= kClocks ? Errno::kInval : Errno::kNotsup);
    else ++waits;
  }
  std::unique_ptr<host::Event[]> out(new host::Event[count]);
  host::Outcome<uint32_t> n =
      host::poll_all({in.get(), waits}, {out.get(), count}, refusals > 0, call.interrupts(), call.poll_start);
  if (!n) return errno_of(n.error);
  uint32_t told = 0;
  const auto tell = [&](uint32_t id, Errno error, uint64_t bytes, bool hangup) {
    EventLayout e{};
    e.userdata = all[id].userdata;
    e.error = static_cast<uint16_t>(error);
    e.type = all[id].tag;
    e.bytes = bytes;
    e.flags = hangup ? 1 : 0;
    std::memcpy(call.memory.at(events.at + told++ * uint32_t{sizeof e}), &e, sizeof e);
  };
  for (uint32_t i = 0; i < refusals; ++i) tell(refused[i].id, refused[i].error, 0, false);
  for (uint32_t i = 0; i < *n; ++i) tell(out[i].id, errno_of(out[i].error), out[i].bytes, out[i].hangup);
  ready.set(told);
  call.moved += uint64_t{count} * Version::kSubscriptionSize + uint64_t{told} * sizeof(EventLayout);
  return Errno::kSuccess;
}

template Errno Functions<Preview1>::poll_oneoff(Call&, Pointer, Pointer, U32, Out<uint32_t>);
template Errno Functions<Unstable>::poll_oneoff(Call&, Pointer, Pointer, U32, Out<uint32_t>);

}  // namespace ermine::wasi::preview1
