#include "wasi/http/client.h"

#include <algorithm>

#include "ermine/printable.h"

namespace ermine::wasi::http {
namespace {

constexpr size_t kLongestPath = 64 << 10;

uint64_t milliseconds(std::optional<uint64_t> nanoseconds, std::chrono::nanoseconds otherwise) {
  const uint64_t ns = nanoseconds.value_or(static_cast<uint64_t>(otherwise.count()));
  return std::clamp<uint64_t>(ns / 1'000'000 + (ns % 1'000'000 != 0), 1, Exchange::kLongestTimeout);
}

}  // namespace

Client::Client(HttpGrants grants, std::shared_ptr<net::Network> network, WasiRefusals& refusals)
    : grants_(std::move(grants)),
      surroundings_{std::move(network), &refusals, std::make_shared<const host::Signal>(),
                    std::make_shared<std::atomic<uint32_t>>(0)} {
  if (grants_.pool) pool_ = grants_.pool->impl();
}

bool Client::open_pool() {
  if (pool_) return true;
  Result<std::shared_ptr<Pool>> pool = Pool::open(grants_.pool_options);
  if (pool) pool_ = *std::move(pool);
  else if (surroundings_.refusals->http_problem.empty()) surroundings_.refusals->http_problem = pool.error().message();
  return pool_ != nullptr;
}

// Takes content-length out of the fields: the transport makes it from the body.
std::optional<Failure> Client::check_fields(RequestParts& parts, Request& out) const {
  std::optional<std::string> length;
  bool differ = false;
  std::erase_if(parts.fields, [&](const auto& field) {
    if (!same_name(field.first, "content-length")) return false;
    differ |= length && *length != field.second;
    length = field.second;
    return true;
  });
  if (length) {
    const std::optional<uint64_t> bytes = parse_length(*length);
    if (differ || !bytes || *bytes > INT64_MAX) return Failure{FailureCode::kProtocolError};
    if (!parts.body && *bytes != 0) return Failure{FailureCode::kRequestBodySize, 0};
    if (parts.body) out.content_length = bytes;
  }
  const uint64_t size = size_of(parts.fields);
  if (size > grants_.max_head_bytes) return Failure{FailureCode::kRequestHeaderSectionSize, size};
  if (parts.path.size() > kLongestPath) return Failure{FailureCode::kRequestUriTooLong};
  return std::nullopt;
}

std::variant<std::shared_ptr<Exchange>, Failure> Client::send(RequestParts parts) {
  if (!is_token(parts.method) || parts.method == "CONNECT") return Failure{FailureCode::kRequestMethodInvalid};
  const std::optional<Authority> authority = parse_authority(parts.authority);
  if (!authority || authority->has_user || authority->port == 0) return Failure{FailureCode::kRequestUriInvalid};
  Request request;
  if (std::optional<Failure> failure = check_fields(parts, request)) return *std::move(failure);
  request.method = std::move(parts.method);
  request.host = authority->host;
  request.port = authority->port.value_or(parts.tls ? 443 : 80);
  request.tls = parts.tls;
  request.path = parts.path.starts_with('/') || parts.path == "*" ? std::move(parts.path) : "/" + parts.path;
  request.fields = std::move(parts.fields);
  request.body = std::move(parts.body);
  request.connect_timeout_ms = milliseconds(parts.connect_timeout, grants_.timeout);
  request.first_byte_timeout_ms = milliseconds(parts.first_byte_timeout, grants_.timeout);
  request.between_bytes_timeout_ms = milliseconds(parts.between_bytes_timeout, grants_.timeout);
  request.max_head_bytes = grants_.max_head_bytes;
  request.max_response_bytes = grants_.max_response_bytes;

  net::Network& network = *surroundings_.network;
  WasiRefusals& refusals = *surroundings_.refusals;
  auto lookup = network.look_up(net::Use::kHttp, request.host, request.port, refusals);
  if (lookup.error == net::NetError::kAccessDenied) return Failure{FailureCode::kRequestDenied};
  if (lookup.error == net::NetError::kInvalidArgument) return Failure{FailureCode::kRequestUriInvalid};
  if (!lookup) return Failure{FailureCode::kDnsError};
  // An address is known at once, and so is whether it is granted.
  if (lookup.value->done() && lookup.value->answer().name.empty() && !lookup.value->answer().addresses.empty() &&
      network.check(net::Use::kHttp, {lookup.value->answer().addresses.front(), request.port}, refusals) !=
          net::NetError::kNone)
    return Failure{FailureCode::kRequestDenied};
  if (!open_pool()) return Failure{FailureCode::kConfigurationError};
  if (*surroundings_.exchanges >= grants_.max_requests || !surroundings_.signal->ok())
    return Failure{FailureCode::kConnectionLimitReached};
  if (!network.quota()->take_socket()) {
    refusals.too_many_sockets = true;
    return Failure{FailureCode::kConnectionLimitReached};
  }
  auto exchange = std::make_shared<Exchange>(std::move(request), *pool_, surroundings_, std::move(lookup.value));
  exchange->prepare();
  return exchange;
}

}  // namespace ermine::wasi::http
