// The worker of a program's stores: a thread of this process, or a process of its own, which has the files and
// connections and serves one Channel. It ends when the channel is closed.
//
// A process because the program's own may confine itself: it then needs neither files nor the network for its stores,
// and a program that has broken out of the engine reaches them only by the operations that it was granted.
#pragma once

#include "ermine/result.h"
#include "wasi/host/descriptor.h"
#include "wasi/keyvalue/plugin/wire.h"

namespace ermine::wasi::keyvalue {

// A store that a worker has. The numbers of the channel are its indices.
struct WorkerStore {
  std::string name, url;  // sqlite: or redis:
};
// Whether a worker has the stores of such URLs. kUsage: it is none.
Result<bool> is_for_worker(const std::string& url);

// The program's end of the channel, when all stores are open. kIo with the store that cannot be opened.
Result<host::UniqueFd> start_worker(std::vector<WorkerStore> stores, const KeyValueGrants& grants);

}  // namespace ermine::wasi::keyvalue
