#include "wasi/keyvalue/plugin/redis_store.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ermine/printable.h"
#include "wasi/host/path.h"

namespace ermine::wasi::keyvalue {
namespace {

using Wait = KeyValueCall::Wait;

// Compares, and sets only if that is equal, in one step: a script runs alone. Redis has no versions, so the version of
// a key is its value.
constexpr std::string_view kSwap =
    "local now = redis.call('GET', KEYS[1]) "
    "if (ARGV[1] == '0' and now == false) or (ARGV[1] == '1' and now == ARGV[2]) then "
    "redis.call('SET', KEYS[1], ARGV[3]) return 1 end return 0";

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (text.size() - i < 3) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc() || end != text.data() + i + 3) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

bool is_number(std::string_view text, uint64_t most) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= most;
}

}  // namespace

std::string parse_redis(std::string_view text, RedisAddress& out) {
  if (const size_t slash = text.find('/'); slash != text.npos) {
    if (slash + 1 < text.size()) out.database = text.substr(slash + 1);
    if (!is_number(out.database, 1'000'000)) return "the database is no number";
    text = text.substr(0, slash);
  }
  if (const size_t at = text.rfind('@'); at != text.npos) {
    const std::string_view login = text.substr(0, at);
    const size_t colon = login.find(':');
    if (colon == login.npos) return "the login has no password: it is written USER:PASSWORD@ or :PASSWORD@";
    const std::optional<std::string> user = decoded(login.substr(0, colon)),
                                     password = decoded(login.substr(colon + 1));
    if (!user || !password) return "a '%' in the login is not followed by two hexadecimal digits";
    out.user = *user;
    out.password = *password;
    text = text.substr(at + 1);
  }
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return "the address has no ']'";
    out.host = text.substr(1, end - 1);
    text = text.substr(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    text = text.substr(colon);
  }
  if (out.host.empty()) return "there is no host";
  if (text.empty()) return {};
  out.port = text.substr(1);
  if (text[0] != ':' || !is_number(out.port, 65535) || out.port == "0") return "the port is no number from 1 to 65535";
  return {};
}

RedisStore::RedisStore(RedisAddress address, const KeyValueGrants& grants)
    : address_(std::move(address)), timeout_(grants.timeout), max_value_bytes_(grants.max_value_bytes) {}

void RedisStore::disconnect() {
  replies_.reset();
  socket_.reset();
}

bool RedisStore::is_stale() const {
  if (replies_->has_more()) return true;
  pollfd fd{socket_.get(), POLLIN, 0};
  return poll(&fd, 1, 0) != 0;
}

std::string RedisStore::why_no_reply() const {
  if (waited_ == Wait::kStopped) return "the program is being ended";
  if (waited_ == Wait::kTimeout) return "the store has not answered in time";
  return "the connection to the store was lost";
}

bool RedisStore::read(std::string& to, size_t most) {
  const size_t before = to.size();
  while (true) {
    waited_ = call_->wait(socket_.get(), false, deadline_);
    if (waited_ != Wait::kReady) return false;
    to.resize(before + most);
    const ssize_t n = recv(socket_.get(), to.data() + before, most, MSG_DONTWAIT);
    to.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n > 0) return true;
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) return false;
  }
}

std::string RedisStore::send(KeyValueCall& call, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
      continue;
    }
    waited_ = Wait::kReady;
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) return why_no_reply();
    waited_ = call.wait(socket_.get(), true, deadline_);
    if (waited_ != Wait::kReady) return why_no_reply();
  }
  return {};
}

bool RedisStore::connect_to(KeyValueCall& call, const addrinfo& address) {
  socket_.reset(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket_.get() < 0) return false;
  if (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return false;
    waited_ = call.wait(socket_.get(), true, deadline_);
    if (waited_ != Wait::kReady) {
      errno = ETIMEDOUT;
      return false;
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return false;
    if (error != 0) {
      errno = error;
      return false;
    }
  }
  const int on = 1;
  (void)setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

// Logs in and chooses the database.
std::string RedisStore::introduce(KeyValueCall& call) {
  std::vector<Words> commands;
  if (!address_.password.empty()) {
    if (address_.user.empty()) commands.push_back({"AUTH", address_.password});
    else commands.push_back({"AUTH", address_.user, address_.password});
  }
  if (address_.database != "0") commands.push_back({"SELECT", address_.database});
  for (const Words& words : commands) {
    const KeyValueResult<Reply> reply = exchange(call, words);
    if (!reply) return reply.error().message;
    if (reply->kind == Reply::Kind::kError) return "the store answered: " + printable(reply->text);
    if (reply->kind != Reply::Kind::kText) return "the store does not speak the protocol of Redis";
  }
  return {};
}

std::string RedisStore::connect(KeyValueCall& call) {
  disconnect();
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (const int e = getaddrinfo(address_.host.c_str(), address_.port.c_str(), &hints, &found); e != 0)
    return std::string("the address of the store is not found: ") + gai_strerror(e);
  std::string problem;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    if (connect_to(call, *a)) {
      problem.clear();
      break;
    }
    problem = std::string("cannot connect to the store: ") + std::strerror(errno);
    socket_.reset();
    if (waited_ != Wait::kReady) break;
  }
  freeaddrinfo(found);
  if (!problem.empty()) return problem;
  // A whole batch, with what lists cost.
  replies_ = std::make_unique<ReplyReader>(static_cast<ByteReader&>(*this),
                                           2 * KeyValueGrants::kMaxBatchBytes + max_value_bytes_);
  problem = introduce(call);
  if (!problem.empty()) disconnect();
  return problem;
}

std::string RedisStore::connect_now(KeyValueCall& call) {
  deadline_ = Clock::now() + timeout_;
  call_ = &call;
  return connect(call);
}

KeyValueResult<Reply> RedisStore::exchange(KeyValueCall& call, const Words& words) {
  std::string command;
  write_command(command, words);
  if (std::string problem = send(call, command); !problem.empty()) {
    disconnect();
    return failed(std::move(problem));
  }
  Reply reply;
  if (replies_->next(reply)) return reply;
  const ReplyReader::Problem problem = replies_->problem();
  disconnect();  // what comes later answers this command
  switch (problem) {
    case ReplyReader::Problem::kGarbage: return failed("the store does not speak the protocol of Redis");
    case ReplyReader::Problem::kTooLarge: return failed("the store's answer is larger than allowed");
    default: return failed(why_no_reply());
  }
}

KeyValueResult<Reply> RedisStore::ask(KeyValueCall& call, const Words& words, Reply::Kind kind, bool or_nothing) {
  deadline_ = Clock::now() + timeout_;
  call_ = &call;
  if (!replies_ || is_stale())
    if (std::string problem = connect(call); !problem.empty()) return failed(std::move(problem));
  KeyValueResult<Reply> reply = exchange(call, words);
  if (!reply) return reply;
  if (reply->kind == Reply::Kind::kError) return failed("the store answered: " + printable(reply->text));
  if (reply->kind == kind || (or_nothing && reply->kind == Reply::Kind::kNothing)) return reply;
  disconnect();
  return failed("the store does not speak the protocol of Redis");
}

KeyValueResult<std::optional<Bytes>> RedisStore::get(KeyValueCall& call, const std::string& key) {
  const KeyValueResult<Reply> reply = ask(call, {"GET", key}, Reply::Kind::kBytes, true);
  if (!reply) return Unexpected(reply.error());
  if (reply->kind == Reply::Kind::kNothing) return std::optional<Bytes>();
  if (reply->text.size() > max_value_bytes_)
    return failed("the value has " + std::to_string(reply->text.size()) + " bytes, and at most " +
                  std::to_string(max_value_bytes_) + " are allowed");
  return std::optional(bytes_of(reply->text));
}

KeyValueResult<void> RedisStore::set(KeyValueCall& call, const std::string& key, const Bytes& value) {
  const KeyValueResult<Reply> reply = ask(call, {"SET", key, view_of(value)}, Reply::Kind::kText);
  if (!reply) return Unexpected(reply.error());
  return {};
}

KeyValueResult<void> RedisStore::remove(KeyValueCall& call, const std::string& key) {
  return remove_many(call, {&key, 1});
}

KeyValueResult<bool> RedisStore::exists(KeyValueCall& call, const std::string& key) {
  const KeyValueResult<Reply> reply = ask(call, {"EXISTS", key}, Reply::Kind::kNumber);
  if (!reply) return Unexpected(reply.error());
  return reply->number != 0;
}

// The server's own cursor: a key that stays in the store for the whole listing is listed at least once.
KeyValueResult<KeyValueStore::Keys> RedisStore::list(KeyValueCall& call, const std::optional<std::string>& cursor) {
  const std::string from = cursor.value_or("0");
  if (!is_number(from, UINT64_MAX)) return failed("the cursor is none of this store");
  const KeyValueResult<Reply> reply = ask(call, {"SCAN", from, "COUNT", "500"}, Reply::Kind::kList);
  if (!reply) return Unexpected(reply.error());
  if (reply->list.size() != 2 || reply->list[0].kind != Reply::Kind::kBytes ||
      !is_number(reply->list[0].text, UINT64_MAX))
    return failed("the store does not speak the protocol of Redis");
  Keys out;
  for (const Reply& key : reply->list[1].list)
    // Other programs may have keys that no component could have.
    if (key.kind == Reply::Kind::kBytes && key.text.size() <= KeyValueGrants::kMaxKeyBytes && host::is_utf8(key.text))
      out.keys.push_back(key.text);
  if (reply->list[0].text != "0") out.cursor = reply->list[0].text;
  return out;
}

KeyValueResult<int64_t> RedisStore::increment(KeyValueCall& call, const std::string& key, int64_t delta) {
  const KeyValueResult<Reply> reply = ask(call, {"INCRBY", key, std::to_string(delta)}, Reply::Kind::kNumber);
  if (!reply) return Unexpected(reply.error());
  return reply->number;
}

KeyValueResult<KeyValueStore::Versioned> RedisStore::read_version(KeyValueCall& call, const std::string& key) {
  KeyValueResult<std::optional<Bytes>> value = get(call, key);
  if (!value) return Unexpected(std::move(value).error());
  Versioned out{std::nullopt, "0"};
  if (*value) out.version = '1' + std::string(view_of(**value));
  out.value = *std::move(value);
  return out;
}

KeyValueResult<bool> RedisStore::swap(KeyValueCall& call, const std::string& key, const std::string& version,
                                      const Bytes& value) {
  const std::string_view expected = version;
  const KeyValueResult<Reply> reply = ask(
      call, {"EVAL", kSwap, "1", key, expected.substr(0, 1), expected.substr(1), view_of(value)}, Reply::Kind::kNumber);
  if (!reply) return Unexpected(reply.error());
  return reply->number == 1;
}

KeyValueResult<std::vector<std::optional<Bytes>>> RedisStore::get_many(KeyValueCall& call,
                                                                       std::span<const std::string> keys) {
  Words words{"MGET"};
  words.insert(words.end(), keys.begin(), keys.end());
  const KeyValueResult<Reply> reply = ask(call, words, Reply::Kind::kList);
  if (!reply) return Unexpected(reply.error());
  std::vector<std::optional<Bytes>> out;
  uint64_t bytes = 0;
  for (const Reply& value : reply->list) {
    bytes += value.text.size();
    out.push_back(value.kind == Reply::Kind::kBytes ? std::optional(bytes_of(value.text)) : std::nullopt);
  }
  if (out.size() != keys.size()) return failed("the store does not speak the protocol of Redis");
  if (bytes > KeyValueGrants::kMaxBatchBytes)
    return failed("the values have more than " + std::to_string(KeyValueGrants::kMaxBatchBytes) + " bytes");
  return out;
}

KeyValueResult<void> RedisStore::set_many(KeyValueCall& call, std::span<const Pair> pairs) {
  Words words{"MSET"};
  for (const auto& [key, value] : pairs) {
    words.push_back(key);
    words.push_back(view_of(value));
  }
  const KeyValueResult<Reply> reply = ask(call, words, Reply::Kind::kText);
  if (!reply) return Unexpected(reply.error());
  return {};
}

KeyValueResult<void> RedisStore::remove_many(KeyValueCall& call, std::span<const std::string> keys) {
  Words words{"DEL"};
  words.insert(words.end(), keys.begin(), keys.end());
  const KeyValueResult<Reply> reply = ask(call, words, Reply::Kind::kNumber);
  if (!reply) return Unexpected(reply.error());
  return {};
}

}  // namespace ermine::wasi::keyvalue
