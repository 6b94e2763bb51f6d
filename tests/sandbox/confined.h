// Attempts in processes of their own that have confined themselves.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/sandbox.h"

namespace ermine::sandbox {

// How an attempt can end, besides errno.
constexpr int kSucceeded = 250, kNotSetUp = 251, kDied = 252;

// Runs `attempt` in a child under `policy`; returns the errno of its failure, or kSucceeded. attempt() returns a
// negative number and sets errno if it was refused. kNotSetUp: the policy was refused, or there was a warning.
template <class F>
int confined(const Policy& policy, F&& attempt) {
  pid_t child = fork();
  if (child == 0) {
    Result<std::vector<std::string>> notes = confine(policy);
    if (!notes || !notes->empty()) _exit(kNotSetUp);
    errno = 0;
    _exit(attempt() < 0 ? errno : kSucceeded);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kDied;
}

}  // namespace ermine::sandbox
