#include "wasi/net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "wasi/net/name.h"
#include "wasi/net/names.h"
#include "wasi/net/resolver_process.h"

namespace ermine::wasi::net {
namespace {

NetError error_of_lookup(int code) {
  switch (code) {
    case 0: return NetError::kNone;
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY:
#endif
    case EAI_FAMILY: return NetError::kNameUnresolvable;
    case EAI_AGAIN:
    case EAI_SYSTEM: return NetError::kTemporaryResolverFailure;
    case EAI_MEMORY: return NetError::kOutOfMemory;
    default: return NetError::kPermanentResolverFailure;
  }
}

}  // namespace

Answer resolve_by_system(const Policy& policy, const std::string& text) {
  Answer answer;
  switch (normalise_name(text, true, answer.name)) {
    case NameError::kNone: break;
    case NameError::kMalformed: answer.error = NetError::kInvalidArgument; return answer;
    case NameError::kNotAscii: answer.error = NetError::kNotSupported; return answer;
  }
  if (!policy.permits_lookup(Use::kLookup, answer.name) && !policy.permits_lookup(Use::kHttp, answer.name)) {
    answer.error = NetError::kAccessDenied;
    return answer;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  answer.error = error_of_lookup(getaddrinfo(answer.name.c_str(), nullptr, &hints, &found));
  if (answer.error != NetError::kNone) return answer;
  for (const addrinfo* a = found; a != nullptr && answer.addresses.size() < PinnedNames::kMostAddresses;
       a = a->ai_next) {
    IpAddress address;
    address.v6 = a->ai_family == AF_INET6;
    if (address.v6) std::memcpy(&address.bytes, &reinterpret_cast<const sockaddr_in6*>(a->ai_addr)->sin6_addr, 16);
    else if (a->ai_family == AF_INET)
      std::memcpy(&address.bytes, &reinterpret_cast<const sockaddr_in*>(a->ai_addr)->sin_addr, 4);
    else continue;
    answer.addresses.push_back(address.unmapped());
  }
  freeaddrinfo(found);
  if (answer.addresses.empty()) answer.error = NetError::kNameUnresolvable;
  return answer;
}

void Lookup::finish(Answer answer) {
  answer_ = std::move(answer);
  done_.store(true, std::memory_order_release);
  const uint64_t one = 1;
  (void)!write(event_.get(), &one, sizeof one);
}

// What the threads share with the Resolver; they may outlive it, because a lookup by the system cannot be ended.
struct Resolver::Shared {
  struct Request {
    std::string name;
    std::weak_ptr<Lookup> lookup;
  };
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Request> waiting;
  unsigned threads = 0, idle = 0;
  bool ended = false;
  Policy policy;
  std::vector<host::UniqueFd> channels;  // to the process: one for each thread

  static void work(const std::shared_ptr<Shared>& shared, unsigned number);
};

void Resolver::Shared::work(const std::shared_ptr<Shared>& shared, unsigned number) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    ++shared->idle;
    shared->wake.wait(lock, [&] { return shared->ended || !shared->waiting.empty(); });
    --shared->idle;
    if (shared->ended) return;
    Request request = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    if (request.lookup.expired()) continue;
    lock.unlock();
    Answer answer = shared->channels.empty() ? resolve_by_system(shared->policy, request.name)
                                             : ask_resolver_process(shared->channels[number].get(), request.name);
    if (const std::shared_ptr<Lookup> lookup = request.lookup.lock()) lookup->finish(std::move(answer));
    lock.lock();
  }
}

Result<std::unique_ptr<Resolver>> Resolver::create(const Policy& policy, bool process) {
  auto shared = std::make_shared<Shared>();
  shared->policy = policy;
  if (process) { ERMINE_ASSIGN(shared->channels, start_resolver_process(policy, kThreads)); }
  return std::unique_ptr<Resolver>(new Resolver(std::move(shared)));
}

Resolver::~Resolver() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->ended = true;
  shared_->wake.notify_all();
}

std::shared_ptr<Lookup> Resolver::begin(std::string name) {
  host::UniqueFd event(eventfd(0, EFD_CLOEXEC));
  if (!event) return nullptr;
  auto lookup = std::make_shared<Lookup>(std::move(event));
  const std::scoped_lock lock(shared_->mutex);
  std::erase_if(shared_->waiting, [](const Shared::Request& r) { return r.lookup.expired(); });
  if (shared_->waiting.size() >= kMostWaiting) return nullptr;
  if (shared_->idle <= shared_->waiting.size() && shared_->threads < kThreads) {
    pthread_t thread;
    using Start = std::pair<std::shared_ptr<Shared>, unsigned>;
    auto start = std::make_unique<Start>(shared_, shared_->threads);
    auto run = [](void* argument) -> void* {
      const std::unique_ptr<Start> own(static_cast<Start*>(argument));
      Shared::work(own->first, own->second);
      return nullptr;
    };
    if (pthread_create(&thread, nullptr, run, start.get()) == 0) {
      pthread_detach(thread);
      start.release();
      ++shared_->threads;
    } else if (shared_->threads == 0) {
      return nullptr;
    }
  }
  shared_->waiting.push_back({std::move(name), lookup});
  shared_->wake.notify_one();
  return lookup;
}

}  // namespace ermine::wasi::net
