#include "cli/deadline.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string_view>

#include "cli/command.h"

namespace ermine::cli {
namespace {

using Clock = std::chrono::steady_clock;

bool g_started = false;
Clock::time_point g_end;
std::atomic<bool> g_handed_over{false};

void on_alarm(int) {
  if (g_handed_over.load(std::memory_order_relaxed)) return;
  constexpr std::string_view kMessage =
      "error: interrupted: --timeout was reached while the module was being read or processed\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(kTrapped);
}

void set_timer(std::chrono::nanoseconds in) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(in).count();
  itimerval timer{};
  timer.it_value.tv_sec = us / 1'000'000;
  timer.it_value.tv_usec = us % 1'000'000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

std::chrono::nanoseconds left() { return std::max<std::chrono::nanoseconds>(g_end - Clock::now(), {}); }

}  // namespace

void start_deadline(std::chrono::nanoseconds timeout) {
  // A deadline beyond the range of the clock never comes.
  const Clock::time_point now = Clock::now();
  g_end = timeout > Clock::time_point::max() - now ? Clock::time_point::max() : now + timeout;
  g_started = true;
  struct sigaction action{};
  action.sa_handler = on_alarm;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
  go_on_with_deadline();
}

// A timer of 0 is no timer.
void go_on_with_deadline() {
  if (g_started) set_timer(std::max<std::chrono::nanoseconds>(left(), std::chrono::microseconds(1)));
}

void drop_deadline() {
  signal(SIGALRM, SIG_IGN);  // discards a pending one as well
  if (g_started) set_timer({});
}

std::chrono::nanoseconds hand_deadline_over() {
  // The timer stays: a confined process may not stop it, and its handler then does nothing.
  g_handed_over.store(true, std::memory_order_relaxed);
  return left();
}

}  // namespace ermine::cli
