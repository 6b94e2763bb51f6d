#include "wasi/keyvalue/plugin/worker.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "ermine/printable.h"
#include "wasi/keyvalue/plugin/redis_store.h"
#ifdef ERMINE_HAS_SQLITE
#include "wasi/keyvalue/plugin/sqlite_store.h"
#endif

namespace ermine::wasi::keyvalue {
namespace {

constexpr std::string_view kSqlite = "sqlite:", kRedis = "redis://";

// Waits as long as there is a program that wants the answer.
class WorkerCall final : public KeyValueCall {
 public:
  explicit WorkerCall(int channel) : channel_(channel) {}
  Wait wait(int fd, bool write, Clock::time_point deadline) override {
    while (true) {
      pollfd fds[] = {{fd, static_cast<short>(write ? POLLOUT : POLLIN), 0}, {channel_, POLLRDHUP, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      const int n = poll(fds, 2, static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1'000'000'000)));
      if (n > 0 && fds[1].revents != 0) return Wait::kStopped;
      if (n > 0 || (n < 0 && errno != EINTR)) return Wait::kReady;
      if (Clock::now() >= deadline) return Wait::kTimeout;
    }
  }

 private:
  const int channel_;
};

class Worker {
 public:
  Worker(host::UniqueFd channel, std::vector<WorkerStore> stores, KeyValueGrants grants)
      : channel_(std::move(channel)), call_(channel_.get()), wanted_(std::move(stores)), grants_(std::move(grants)) {}

  void run() {
    WireWriter opened;
    opened.put(open_all());
    if (!send(std::move(opened).frame()) || stores_.size() != wanted_.size()) return;
    std::string request;
    while (receive(request)) {
      WireReader in(request);
      WireWriter out;
      if (!serve(in, out)) return;
      std::string frame = std::move(out).frame();
      if (frame.empty()) {
        WireWriter error;
        error.put(false);
        error.put(std::string_view("the answer is too large"));
        frame = std::move(error).frame();
      }
      if (!send(frame)) return;
    }
  }

 private:
  // Empty: all are open.
  std::string open_all() {
    for (const WorkerStore& wanted : wanted_) {
      std::string problem;
      stores_.push_back(open(wanted.url, problem));
      if (stores_.back()) continue;
      stores_.clear();
      return "cannot open the store '" + printable(wanted.name) + "': " + problem;
    }
    return {};
  }

  std::unique_ptr<KeyValueStore> open(const std::string& url, std::string& problem) {
#ifdef ERMINE_HAS_SQLITE
    if (url.starts_with(kSqlite)) return SqliteStore::open(url.substr(kSqlite.size()), grants_, problem);
#endif
    RedisAddress address;
    problem = parse_redis(std::string_view(url).substr(kRedis.size()), address);
    auto store = std::make_unique<RedisStore>(std::move(address), grants_);
    if (problem.empty()) problem = store->connect_now(call_);
    if (!problem.empty()) return nullptr;
    return store;
  }

  template <class T>
  static void answer(WireWriter& out, const KeyValueResult<T>& result) {
    out.put(result.has_value());
    if (!result) out.put(result.error().message);
    else if constexpr (!std::is_void_v<T>) out.put(*result);
  }

  // Lifts the arguments, and calls the store's function.
  template <class T, class... A>
  bool call(WireReader& in, WireWriter& out, KeyValueStore& store,
            KeyValueResult<T> (KeyValueStore::*function)(KeyValueCall&, A...)) {
    std::tuple<typename Kept<A>::type...> arguments;
    const bool complete = std::apply([&](auto&... a) { return (in.get(a) && ...); }, arguments);
    if (!complete || !in.done()) return false;
    std::apply([&](auto&... a) { answer(out, (store.*function)(call_, a...)); }, arguments);
    return true;
  }
  template <class A>
  struct Kept {
    using type = std::remove_cvref_t<A>;
  };
  template <class E>
  struct Kept<std::span<const E>> {
    using type = std::vector<E>;
  };

  // False: this is no request.
  bool serve(WireReader& in, WireWriter& out) {
    uint8_t operation = 0;
    uint32_t number = 0;
    if (!in.get(operation) || !in.get(number) || number >= stores_.size()) return false;
    KeyValueStore& store = *stores_[number];
    switch (static_cast<Operation>(operation)) {
      case Operation::kGet: return call(in, out, store, &KeyValueStore::get);
      case Operation::kSet: return call(in, out, store, &KeyValueStore::set);
      case Operation::kRemove: return call(in, out, store, &KeyValueStore::remove);
      case Operation::kExists: return call(in, out, store, &KeyValueStore::exists);
      case Operation::kList: return call(in, out, store, &KeyValueStore::list);
      case Operation::kIncrement: return call(in, out, store, &KeyValueStore::increment);
      case Operation::kReadVersion: return call(in, out, store, &KeyValueStore::read_version);
      case Operation::kSwap: return call(in, out, store, &KeyValueStore::swap);
      case Operation::kGetMany: return call(in, out, store, &KeyValueStore::get_many);
      case Operation::kSetMany: return call(in, out, store, &KeyValueStore::set_many);
      case Operation::kRemoveMany: return call(in, out, store, &KeyValueStore::remove_many);
    }
    return false;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(channel_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  bool receive_exactly(size_t size, std::string& to) {
    to.clear();
    while (to.size() < size) {
      const size_t before = to.size();
      to.resize(before + std::min<size_t>(size - before, 1 << 20));
      const ssize_t n = recv(channel_.get(), to.data() + before, to.size() - before, 0);
      to.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
      if (n == 0 || (n < 0 && errno != EINTR)) return false;
    }
    return true;
  }
  bool receive(std::string& request) {
    uint32_t size = 0;
    if (!receive_exactly(sizeof size, request)) return false;
    std::memcpy(&size, request.data(), sizeof size);
    return size <= kMostFrame && receive_exactly(size, request);
  }

  const host::UniqueFd channel_;
  WorkerCall call_;
  const std::vector<WorkerStore> wanted_;
  const KeyValueGrants grants_;
  std::vector<std::unique_ptr<KeyValueStore>> stores_;
};

[[noreturn]] void run_process(host::UniqueFd channel, std::vector<WorkerStore> stores, const KeyValueGrants& grants) {
  prctl(PR_SET_NAME, "ermine-keyvalue");
  // Timers are not inherited, but how signals are handled is.
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int signal : {SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) sigaction(signal, &usual, nullptr);
  // The other files of the program's process are not this process's.
  const auto own = static_cast<unsigned>(channel.get());
  if (own > 0) close_range(0, own - 1, 0);
  close_range(own + 1, ~0u, 0);
  Worker(std::move(channel), std::move(stores), grants).run();
  _exit(0);
}

Error not_started() {
  return Error(ErrorKind::kIo, std::string("cannot start the worker of the stores: ") + std::strerror(errno));
}

}  // namespace

Result<bool> is_for_worker(const std::string& url) {
  if (url == "memory:") return false;
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size()) {
#ifdef ERMINE_HAS_SQLITE
    return true;
#else
    return Error(ErrorKind::kUnsupported, "the plug-in was built without SQLite");
#endif
  }
  if (url.starts_with("rediss://"))
    return Error(ErrorKind::kUnsupported, "connections to Redis over TLS are not supported yet");
  if (url.starts_with(kRedis)) {
    RedisAddress address;
    if (const std::string problem = parse_redis(std::string_view(url).substr(kRedis.size()), address); !problem.empty())
      return Error(ErrorKind::kUsage, "the URL of a store: " + problem);
    return true;
  }
  return Error(ErrorKind::kUsage,
               "the URL of a store is memory:, sqlite:PATH or redis://HOST[:PORT][/DATABASE], not '" +
                   printable(url.substr(0, std::min(url.find(':'), url.size()))) + "'");
}

Result<host::UniqueFd> start_worker(std::vector<WorkerStore> stores, const KeyValueGrants& grants) {
  // A child would inherit SQLite's list of the files that are open, with locks that it does not have.
  static std::atomic<bool> threads_have_sqlite = false;
  if (std::ranges::any_of(stores, [](const WorkerStore& s) { return s.url.starts_with(kSqlite); })) {
    if (!grants.store_process) threads_have_sqlite = true;
    else if (threads_have_sqlite)
      return Error(ErrorKind::kUsage,
                   "stores of SQLite have been opened without KeyValueGrants::store_process; a "
                   "process can have them in one way only");
  }
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return not_started();
  host::UniqueFd ours(pair[0]), theirs(pair[1]);
  if (grants.store_process) {
    // Forked twice: the child between ends at once, so that nothing has to wait for the worker when that ends.
    const pid_t child = fork();
    if (child < 0) return not_started();
    if (child == 0) {
      if (const pid_t worker = fork(); worker != 0) _exit(worker < 0 ? errno : 0);
      ours.reset();
      run_process(std::move(theirs), std::move(stores), grants);
    }
    theirs.reset();
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
      errno = WEXITSTATUS(status);
      return not_started();
    }
  } else {
    // Signals are for the threads of the embedder.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto* const worker = new Worker(std::move(theirs), std::move(stores), grants);
    pthread_t thread;
    const int error = pthread_create(
        &thread, nullptr,
        [](void* self) -> void* {
          const std::unique_ptr<Worker> owned(static_cast<Worker*>(self));
          owned->run();
          return nullptr;
        },
        worker);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) {
      delete worker;
      errno = error;
      return not_started();
    }
    pthread_detach(thread);
  }
  // What it says first: whether all stores are open.
  std::string answer;
  char part[1024];
  while (true) {
    const ssize_t n = recv(ours.get(), part, sizeof part, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error(ErrorKind::kIo, "the worker of the stores has ended");
    answer.append(part, static_cast<size_t>(n));
    uint32_t size = 0;
    if (answer.size() < sizeof size) continue;
    std::memcpy(&size, answer.data(), sizeof size);
    if (answer.size() < sizeof size + size) continue;
    WireReader in(std::string_view(answer).substr(sizeof size));
    std::string problem;
    if (!in.get(problem)) return Error(ErrorKind::kIo, "the worker of the stores has answered nonsense");
    if (!problem.empty()) return Error(ErrorKind::kIo, std::move(problem));
    return ours;
  }
}

}  // namespace ermine::wasi::keyvalue
