#include "wasi/http/exchange.h"

#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "wasi/host/clocks.h"
#include "wasi/http/syntax.h"

namespace ermine::wasi::http {
namespace {

ErmineHttpText text_of(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view_of(ErmineHttpText text) { return {text.data, text.size}; }

std::optional<net::Endpoint> endpoint_of(const sockaddr* address) {
  net::Endpoint out;
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    std::memcpy(out.address.bytes.data(), &v4->sin_addr, 4);
    out.port = ntohs(v4->sin_port);
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::memcpy(out.address.bytes.data(), &v6->sin6_addr, 16);
    out.address.v6 = true;
    out.address = out.address.unmapped();
    out.port = ntohs(v6->sin6_port);
  } else {
    return std::nullopt;
  }
  return out;
}

const char* name_of(net::NetError error) {
  static constexpr const char* kNames[] = {
      "none",
#define NET_ERROR(id, name) name,
#include "wasi/net/errors.def"
  };
  return kNames[static_cast<size_t>(error)];
}

// What a program sees of fields that a server sent: those of the connection are none of its concern. Nothing if one
// cannot be a field.
std::optional<Fields> received(const ErmineHttpField* fields, size_t count) {
  Fields out;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name = view_of(fields[i].name), value = view_of(fields[i].value);
    if (!is_token(name) || !is_field_value(value)) return std::nullopt;
    if (!is_forbidden_field(name)) out.emplace_back(name, value);
  }
  return out;
}

}  // namespace

const char* name_of(FailureCode code) {
  static constexpr const char* kNames[] = {
#define HTTP_ERROR(id, name, payload) name,
#include "wasi/http/error_codes.def"
  };
  return kNames[static_cast<uint8_t>(code)];
}

Exchange::Exchange(Request request, Pool& pool, const Surroundings& surroundings, std::shared_ptr<net::Lookup> lookup)
    : request_(std::move(request)),
      pool_(pool),
      quota_(surroundings.network->quota()),
      signal_(surroundings.signal),
      exchanges_(surroundings.exchanges),
      network_(surroundings.network),
      refusals_(surroundings.refusals),
      lookup_(std::move(lookup)) {
  ++*exchanges_;
  lookup_descriptor_.host_fd = lookup_->ready_fd();
}
Exchange::~Exchange() {
  --*exchanges_;
  quota_->give_socket_back();
}

void Exchange::prepare() {
  if (request_.body) request_.body->attach(weak_from_this());
}

void Exchange::wake() {
  if (stage_ == Stage::kStarted) pool_.resume(number_);
  else begin();
}

void Exchange::begin() {
  if (stage_ != Stage::kWaiting) return;
  stage_ = Stage::kLookingUp;
  lookup_deadline_ = *host::clock_now(host::Clock::kMonotonic) + request_.connect_timeout_ms * 1'000'000;
  proceed();
}

void Exchange::proceed() {
  if (stage_ == Stage::kLookingUp && choose_addresses()) {
    stage_ = Stage::kStarted;
    network_ = nullptr;
    start();
  }
  const std::lock_guard hold(lock_);
  if (over_quota_) refusals_->too_many_network_bytes = true;
}

host::Awaited::Wait Exchange::wait() const {
  if (stage_ == Stage::kLookingUp && !has_ended()) return {&lookup_descriptor_, lookup_deadline_, nullptr};
  return {&signal_->descriptor(), UINT64_MAX, signal_.get()};
}

// The addresses that may be connected to. False: none yet, or none at all, and then it has ended.
bool Exchange::choose_addresses() {
  using net::NetError;
  if (has_ended()) return false;
  std::vector<net::IpAddress> found;
  const NetError error = network_->answer(net::Use::kHttp, *lookup_, found, *refusals_);
  if (error == NetError::kWouldBlock) {
    if (*host::clock_now(host::Clock::kMonotonic) >= lookup_deadline_) conclude(Failure{FailureCode::kDnsTimeout}, {});
    return false;
  }
  if (error == NetError::kTimeout) return conclude(Failure{FailureCode::kDnsTimeout}, {}), false;
  if (error != NetError::kNone && error != NetError::kAccessDenied)
    return conclude(Failure{FailureCode::kDnsError, {}, name_of(error)}, {}), false;
  NetError refused = error;
  for (const net::IpAddress& address : found) {
    const net::Endpoint target{address, request_.port};
    if (network_->permits(net::Use::kHttp, target)) addresses_.push_back(address);
    else if (addresses_.empty()) refused = network_->check(net::Use::kHttp, target, *refusals_);
  }
  if (!addresses_.empty()) return true;
  const bool prohibited = refused == NetError::kAccessDenied;
  conclude(Failure{prohibited ? FailureCode::kDestinationIpProhibited : FailureCode::kDestinationNotFound}, {});
  return false;
}

void Exchange::start() {
  const Request& r = request_;
  ErmineHttpRequest out{};
  out.method = text_of(r.method);
  out.host = text_of(r.host);
  out.port = r.port;
  out.path = text_of(r.path);
  out.tls = r.tls;
  std::string addresses;
  for (const net::IpAddress& address : addresses_)
    (addresses += addresses.empty() ? "" : ",") += net::to_string(address);
  out.addresses = text_of(addresses);
  out.content_length = -1;
  const RequestBody::Outlook outlook = r.body ? r.body->outlook() : RequestBody::Outlook{true, 0, false};
  if (r.content_length) out.content_length = static_cast<int64_t>(*r.content_length);
  else if (outlook.finished && !outlook.trailers) out.content_length = static_cast<int64_t>(outlook.bytes);
  out.has_body = out.content_length != 0;
  out.has_trailers = outlook.trailers;
  std::vector<ErmineHttpField> fields;
  for (const auto& [name, value] : r.fields) {
    fields.push_back({text_of(name), text_of(value)});
    out.has_trailers |= same_name(name, "trailer");
  }
  out.fields = fields.data();
  out.field_count = fields.size();
  using std::chrono::ceil, std::chrono::milliseconds;
  const auto now = net::Quota::Clock::now();
  auto until = [now](net::Quota::Clock::time_point time) {
    return std::min<uint64_t>(kLongestTimeout, ceil<milliseconds>(std::max(time, now) - now).count());
  };
  out.connect_timeout_ms = std::min(r.connect_timeout_ms, until(quota_->connect_deadline()));
  out.first_byte_timeout_ms = r.first_byte_timeout_ms;
  out.between_bytes_timeout_ms = r.between_bytes_timeout_ms;
  if (quota_->connection_end() != net::Quota::Clock::time_point::max())
    out.total_timeout_ms = std::max<uint64_t>(until(quota_->connection_end()), 1);
  out.max_head_bytes = r.max_head_bytes;
  if (r.method == "HEAD" && (outlook.bytes > 0 || out.content_length > 0))
    return conclude(Failure{FailureCode::kInternalError, {}, "a request with the method HEAD cannot have a body"}, {});
  number_ = pool_.start(out, new std::shared_ptr<Exchange>(shared_from_this()));
}

bool Exchange::has_answer() {
  begin();
  proceed();
  const std::lock_guard hold(lock_);
  return status_ != 0 || failure_;
}

Exchange::Answer Exchange::answer() const {
  const std::lock_guard hold(lock_);
  if (status_ == 0) return {failure_, 0, nullptr};
  return {std::nullopt, status_, fields_};
}

bool Exchange::can_read() const {
  const std::lock_guard hold(lock_);
  return begin_ < bytes_.size() || ended_;
}

host::Outcome<size_t> Exchange::read(uint8_t* to, size_t size) {
  size_t n = 0;
  {
    const std::lock_guard hold(lock_);
    n = std::min(size, bytes_.size() - begin_);
    if (n == 0) {
      if (!ended_) return host::HostError::kAgain;
      return failure_ ? host::Outcome<size_t>(host::HostError::kHttp) : host::Outcome<size_t>(size_t{0});
    }
    std::memcpy(to, bytes_.data() + begin_, n);
    begin_ += n;
    if (begin_ == bytes_.size()) {
      bytes_.clear();
      begin_ = 0;
    }
    if (!asleep_ || bytes_.size() - begin_ > kCapacity / 2) return n;
    asleep_ = false;
  }
  pool_.resume(number_);
  return n;
}

void Exchange::discard() {
  {
    const std::lock_guard hold(lock_);
    discards_ = true;
    bytes_ = {};
    begin_ = 0;
    if (!std::exchange(asleep_, false)) return;
  }
  pool_.resume(number_);
}

bool Exchange::has_ended() const {
  const std::lock_guard hold(lock_);
  return ended_;
}
std::shared_ptr<const Fields> Exchange::trailers() const {
  const std::lock_guard hold(lock_);
  return trailers_;
}
std::optional<Failure> Exchange::failure() const {
  const std::lock_guard hold(lock_);
  return failure_;
}

void Exchange::abandon() {
  {
    const std::lock_guard hold(lock_);
    abandoned_ = true;
    bytes_ = {};
    begin_ = 0;
    if (ended_) return;
  }
  if (request_.body) request_.body->close({});
  if (stage_ == Stage::kStarted) pool_.cancel(number_);
}

void Exchange::conclude(std::optional<Failure> failure, Fields trailers) {
  {
    const std::lock_guard hold(lock_);
    if (std::exchange(ended_, true)) return;
    failure_ = failure;
    if (!trailers.empty()) trailers_ = std::make_shared<const Fields>(std::move(trailers));
  }
  if (request_.body) request_.body->close(std::move(failure));
  signal_->raise();
}

// On the plug-in's thread.
struct Exchange::Callbacks {
  static Exchange& of(void* exchange) { return **static_cast<std::shared_ptr<Exchange>*>(exchange); }

  static bool over_quota(Exchange& e) {
    if (e.quota_->bytes_left() > 0) return false;
    {
      const std::lock_guard hold(e.lock_);
      e.over_quota_ = true;
    }
    e.conclude(Failure{FailureCode::kRequestDenied}, {});
    return true;
  }

  static size_t take(void* exchange, uint8_t* to, size_t size) {
    RequestBody* body = of(exchange).request_.body.get();
    if (body == nullptr) return 0;
    if (over_quota(of(exchange))) return ERMINE_HTTP_ABORT;
    const RequestBody::Taken taken = body->take(to, size);
    switch (taken.state) {
      case RequestBody::Taken::State::kBytes: of(exchange).quota_->count_bytes(taken.bytes); return taken.bytes;
      case RequestBody::Taken::State::kEnd: return 0;
      case RequestBody::Taken::State::kNothingYet: return ERMINE_HTTP_WAIT;
      case RequestBody::Taken::State::kAbandoned: break;
    }
    return ERMINE_HTTP_ABORT;
  }

  static void trailers(void* exchange, void (*add)(void*, ErmineHttpField), void* context) {
    RequestBody* body = of(exchange).request_.body.get();
    if (body == nullptr) return;
    for (const auto& [name, value] : body->trailers()) add(context, {text_of(name), text_of(value)});
  }

  static int allows(void* exchange, const sockaddr* address) {
    const Exchange& e = of(exchange);
    const std::optional<net::Endpoint> target = endpoint_of(address);
    return target && target->port == e.request_.port &&
           std::ranges::find(e.addresses_, target->address) != e.addresses_.end();
  }

  static void head(void* exchange, uint16_t status, const ErmineHttpField* fields, size_t count) {
    Exchange& e = of(exchange);
    std::optional<Fields> list = received(fields, count);
    if (!list) return e.conclude(Failure{FailureCode::kProtocolError}, {});
    {
      const std::lock_guard hold(e.lock_);
      if (e.ended_) return;
      e.status_ = status;
      e.fields_ = std::make_shared<const Fields>(std::move(*list));
    }
    e.signal_->raise();
  }

  static size_t put(void* exchange, const uint8_t* from, size_t size) {
    Exchange& e = of(exchange);
    if (over_quota(e)) return ERMINE_HTTP_ABORT;
    bool too_large = false;
    {
      const std::lock_guard hold(e.lock_);
      if (e.abandoned_ || e.ended_) return ERMINE_HTTP_ABORT;
      too_large = size > e.request_.max_response_bytes - e.received_;
      if (!too_large && !e.discards_) {
        if (e.bytes_.size() - e.begin_ + size > kCapacity) {
          e.asleep_ = true;
          return ERMINE_HTTP_WAIT;
        }
        if (e.begin_ > 0 && e.bytes_.size() + size > kCapacity) e.bytes_.erase(0, std::exchange(e.begin_, 0));
        e.bytes_.append(reinterpret_cast<const char*>(from), size);
      }
      if (!too_large) e.received_ += size;
    }
    if (too_large) {
      e.conclude(Failure{FailureCode::kResponseBodySize, e.request_.max_response_bytes}, {});
      return ERMINE_HTTP_ABORT;
    }
    e.quota_->count_bytes(size);
    e.signal_->raise();
    return size;
  }

  static void end(void* exchange, const ErmineHttpField* trailers, size_t count) {
    std::optional<Fields> list = received(trailers, count);
    if (!list) of(exchange).conclude(Failure{FailureCode::kProtocolError}, {});
    else of(exchange).conclude({}, std::move(*list));
  }

  static void fail(void* exchange, const ErmineHttpFailure* failure) {
    Failure out{static_cast<FailureCode>(failure->code)};
    if (failure->has_number != 0) out.number = failure->number;
    if (failure->text.data != nullptr) out.text = view_of(failure->text);
    of(exchange).conclude(std::move(out), {});
  }

  static void release(void* exchange) { delete static_cast<std::shared_ptr<Exchange>*>(exchange); }
};

const ErmineHttpCallbacks Exchange::kCallbacks{Callbacks::take, Callbacks::trailers, Callbacks::allows,
                                               Callbacks::head, Callbacks::put,      Callbacks::end,
                                               Callbacks::fail, Callbacks::release};

}  // namespace ermine::wasi::http
