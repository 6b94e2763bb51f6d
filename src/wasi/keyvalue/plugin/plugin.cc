// The entry of the plug-in: the stores of a program, and the interfaces.
#include "wasi/keyvalue/plugin.h"

#include "ermine/printable.h"
#include "wasi/keyvalue/plugin/functions.h"
#include "wasi/keyvalue/plugin/library.h"
#include "wasi/keyvalue/plugin/memory_store.h"
#include "wasi/keyvalue/plugin/remote_store.h"
#include "wasi/keyvalue/plugin/worker.h"
#include "wasi/preview2/bind_function.h"

namespace ermine::wasi::keyvalue {
namespace {

// No program runs yet that could be stopped, and memory does not wait.
class NoCall final : public KeyValueCall {
 public:
  Wait wait(int, bool, Clock::time_point) override { return Wait::kStopped; }
};

Result<void> fill(KeyValueStore& store, const KeyValueGrants& grants) {
  NoCall call;
  for (const auto& [key, value] : grants.memory_data)
    if (const KeyValueResult<void> done = store.set(call, key, bytes_of(value)); !done)
      return Error(ErrorKind::kUsage, "the first contents of the default store: " + done.error().message);
  return {};
}

Result<std::shared_ptr<void>> open_stores(const KeyValueGrants& grants) {
  auto stores = std::make_shared<Stores>();
  stores->max_value_bytes = grants.max_value_bytes;
  std::vector<WorkerStore> remote;
  std::map<std::string_view, const KeyValueGrant*> last;
  const KeyValueGrant in_memory{.name = {}, .url = "memory:"};
  if (!grants.memory_data.empty()) last[""] = &in_memory;
  for (const KeyValueGrant& grant : grants.stores) last[grant.name] = &grant;
  bool filled = grants.memory_data.empty();
  for (const auto& [name, granted] : last) {
    const KeyValueGrant& grant = *granted;
    if (grant.store) {
      stores->by_name[grant.name] = grant.store;
      continue;
    }
    ERMINE_ASSIGN(const bool for_worker, is_for_worker(grant.url));
    if (for_worker) {
      remote.push_back({grant.name, grant.url});
      continue;
    }
    auto store = std::make_shared<MemoryStore>(grants.max_memory_bytes);
    if (grant.name.empty()) {
      ERMINE_TRY(fill(*store, grants));
      filled = true;
    }
    stores->by_name[grant.name] = std::move(store);
  }
  if (!filled) return Error(ErrorKind::kUsage, "only a default store in memory can be given first contents");
  if (remote.empty()) return std::shared_ptr<void>(std::move(stores));
  ERMINE_ASSIGN(host::UniqueFd socket, start_worker(remote, grants));
  const auto channel = std::make_shared<Channel>(std::move(socket), grants.timeout);
  for (uint32_t i = 0; i < remote.size(); ++i)
    stores->by_name[remote[i].name] = std::make_shared<RemoteStore>(channel, i);
  return std::shared_ptr<void>(std::move(stores));
}

void define(const Definitions& to) {
#define RESOURCE(interface, name, Class)                                             \
  to.resource(to.context, interface, name, &component::detail::ClassTag<Class>::tag, \
              [](uint64_t rep) { delete reinterpret_cast<Class*>(static_cast<uintptr_t>(rep)); });
#define FUNCTION(interface, name, called)                                               \
  to.function(to.context, interface, name, preview2::call_function<&Functions::called>, \
              preview2::Traits<decltype(&Functions::called)>::Host::shape);
#include "wasi/keyvalue/plugin/functions.def"
}

constexpr Plugin kPlugin{kHeaders, open_stores, define};

}  // namespace
}  // namespace ermine::wasi::keyvalue

extern "C" [[gnu::visibility("default")]] const ermine::wasi::keyvalue::Plugin* ermine_keyvalue_plugin(
    const ermine::wasi::keyvalue::Library& library) {
  ermine::wasi::keyvalue::set_library(library);
  return &ermine::wasi::keyvalue::kPlugin;
}
