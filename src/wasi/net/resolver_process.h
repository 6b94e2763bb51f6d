// The resolver process: a child that looks names up for a parent that confines itself. It knows the policy as well, and
// looks up nothing else for a parent that a guest has taken over. It ends when the parent does.
#pragma once

#include <string>
#include <vector>

#include "ermine/result.h"
#include "wasi/host/descriptor.h"
#include "wasi/net/policy.h"

namespace ermine::wasi::net {

struct Answer;

// Forks it. A channel serves one request at a time. Precondition: a process with several threads holds no locks that
// the C library's resolver needs.
Result<std::vector<host::UniqueFd>> start_resolver_process(const Policy& policy, unsigned channels);

// Sends a request and waits for the answer.
Answer ask_resolver_process(int channel, const std::string& name);

}  // namespace ermine::wasi::net
