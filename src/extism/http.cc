#include "extism/http.h"

#include <dlfcn.h>
#include <fnmatch.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "ermine/printable.h"
#include "wasi/http/client.h"
#include "wasi/net/network.h"

namespace ermine::extism {
namespace {

using namespace wasi::http;

struct Url {
  bool tls = false;
  std::string authority, path;
  std::string host;  // without port, and without brackets
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return 'A' <= c && c <= 'Z' ? c + 32 : c; });
  return out;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  const size_t colon = text.find("://");
  if (colon == text.npos) return std::nullopt;
  const std::string scheme = lower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  url.tls = scheme == "https";
  text = text.substr(colon + 3, text.find('#') - colon - 3);
  const size_t path = std::min(text.find_first_of("/?"), text.size());
  url.authority = text.substr(0, path);
  url.path = text.substr(path);
  if (!url.path.starts_with('/')) url.path.insert(0, "/");
  const std::optional<Authority> authority = parse_authority(url.authority);
  if (!authority || authority->has_user || !is_path_with_query(url.path)) return std::nullopt;
  url.host = lower(authority->host);
  return url;
}

// The text of a Location field, which may be relative to the URL of the response (RFC 3986, section 5.2, without dots).
std::string resolve(const Url& base, std::string_view location) {
  const std::string scheme = base.tls ? "https:" : "http:";
  if (location.find("://") != location.npos) return std::string(location);
  if (location.starts_with("//")) return scheme + std::string(location);
  std::string out = scheme + "//" + base.authority;
  const std::string path = base.path.substr(0, base.path.find('?'));
  if (location.starts_with('?')) out += path;
  else if (!location.starts_with('/')) out += path.substr(0, path.rfind('/') + 1);
  return out += location;
}

// What a grant must name for hosts to be reached at all their addresses, and at all but those of the services that hand
// out the credentials of a cloud's machines.
constexpr const char *kAnyAddress = "+loopback+private+link-local+metadata+reserved:*",
                     *kNoCredentials = "+loopback+private+link-local+reserved:*";

std::string as_grant(const Url& url, const char* addresses) {
  return (url.host.find(':') == url.host.npos ? url.host : "[" + url.host + "]") + addresses;
}

// What the network policy grants for a host that the manifest allows, or nothing. A host that is named reaches whatever
// address it has, as in Extism.
std::optional<std::string> grant_for(const Url& url, const std::vector<std::string>& allowed_hosts) {
  std::optional<std::string> grant;
  for (const std::string& allowed : allowed_hosts) {
    if (lower(allowed) == url.host) return as_grant(url, kAnyAddress);
    if (fnmatch(lower(allowed).c_str(), url.host.c_str(), FNM_NOESCAPE) == 0) grant = as_grant(url, kNoCredentials);
  }
  return grant;
}

// On whose behalf requests are made.
struct Requester {
  std::string what;  // for messages
  const StoreRef* store = nullptr;  // ends the waiting when it is interrupted; null: nothing does
  const std::vector<std::string>* allowed_hosts = nullptr;  // null: all
  uint64_t max_response_bytes = 0;
  const char* limit_name = "";
};

// One for the process, made by the first request. The plug-in is searched beside this library, and where the system
// searches.
Result<HttpPool> pool() {
  static std::mutex lock;
  static std::optional<HttpPool>* const kept = new std::optional<HttpPool>;
  const std::lock_guard hold(lock);
  if (*kept) return **kept;
  HttpPoolOptions options;
  Dl_info here{};
  if (dladdr(reinterpret_cast<void*>(&fetch_module), &here) != 0 && here.dli_fname != nullptr) {
    std::error_code error;
    const auto beside = std::filesystem::canonical(here.dli_fname, error).replace_filename(ERMINE_HTTP_PLUGIN_FILE);
    if (!error && access(beside.c_str(), R_OK) == 0) options.plugin = beside;
  }
  Result<HttpPool> opened = HttpPool::open(std::move(options));
  if (!opened) return std::move(opened).error();
  *kept = *std::move(opened);
  return **kept;
}

// Until what is waited for may have happened, or the store is interrupted.
Result<void> wait_for(const Requester& by, const wasi::host::Awaited::Wait& wait) {
  pollfd polled[] = {{wait.descriptor != nullptr ? wait.descriptor->host_fd : -1, POLLIN, 0},
                     {by.store != nullptr ? by.store->interrupt_fd() : -1, POLLIN, 0}};
  // The deadline of a lookup is the only one; it is looked at again in intervals.
  const int milliseconds = wait.until == UINT64_MAX ? -1 : 100;
  (void)poll(polled, 2, milliseconds);
  if (by.store != nullptr) ERMINE_TRY(by.store->check_interrupt());
  if (wait.signal != nullptr) wait.signal->clear();
  return {};
}

Error failed(const Requester& by, const HttpRequest& request, const Failure& failure) {
  const std::string what = by.what + " to " + printable(request.url);
  if (failure.code == FailureCode::kResponseBodySize)
    return Error(ErrorKind::kLimit, what + ": the response is larger than the " +
                                        std::to_string(by.max_response_bytes) + " bytes that " + by.limit_name);
  std::string text = what + ": " + name_of(failure.code);
  if (failure.text) text += ": " + printable(*failure.text);
  return Error(ErrorKind::kIo, std::move(text));
}

Result<void> write_body(const Requester& by, RequestBody& to, std::string_view bytes) {
  while (!bytes.empty()) {
    const wasi::host::Outcome<size_t> room = to.room();
    if (!room) return {};  // the response says why
    if (*room == 0) {
      ERMINE_TRY(wait_for(by, to.wait()));
      continue;
    }
    const size_t size = std::min(*room, bytes.size());
    (void)to.write(reinterpret_cast<const uint8_t*>(bytes.data()), size);
    bytes.remove_prefix(size);
  }
  (void)to.finish({});
  return {};
}

Result<HttpResponse> read_response(const Requester& by, Exchange& exchange, const HttpRequest& request) {
  while (!exchange.has_answer()) ERMINE_TRY(wait_for(by, exchange.wait()));
  const Exchange::Answer answer = exchange.answer();
  if (answer.failure) return failed(by, request, *answer.failure);
  HttpResponse response;
  response.status = answer.status;
  for (const auto& [name, value] : *answer.fields) response.headers[lower(name)] = value;
  for (;;) {
    while (!exchange.can_read()) ERMINE_TRY(wait_for(by, exchange.wait()));
    uint8_t piece[16 << 10];
    const wasi::host::Outcome<size_t> size = exchange.read(piece, sizeof piece);
    if (!size) return failed(by, request, exchange.failure().value_or(Failure{}));
    if (*size == 0) return response;
    response.body.append(reinterpret_cast<const char*>(piece), *size);
  }
}

// One request, without redirections.
Result<HttpResponse> exchange_with(const Requester& by, const HttpRequest& request, const Url& url,
                                   const std::string& grant, std::string_view body) {
  NetworkGrants network_grants;
  network_grants.http.push_back(grant);
  ERMINE_ASSIGN(const std::shared_ptr<wasi::net::Network> network, wasi::net::Network::create(network_grants));
  HttpGrants grants;
  Result<HttpPool> opened = pool();
  if (!opened) return std::move(opened).error().with_context(by.what);
  grants.pool = *std::move(opened);
  grants.max_response_bytes = by.max_response_bytes;
  WasiRefusals refusals;
  const auto client = std::make_shared<Client>(std::move(grants), network, refusals);

  RequestParts parts;
  parts.method = request.method;
  parts.tls = url.tls;
  parts.authority = url.authority;
  parts.path = url.path;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value))
      return Error(ErrorKind::kUsage, by.what + ": " + printable(name) + " is not the header of a request");
    if (!is_forbidden_field(name) && !same_name(name, "content-length")) parts.fields.emplace_back(name, value);
  }
  if (!body.empty()) {
    parts.body = client->make_body(body.size());
    parts.fields.emplace_back("content-length", std::to_string(body.size()));
  }
  const std::shared_ptr<RequestBody> sink = parts.body;
  std::variant<std::shared_ptr<Exchange>, Failure> sent = client->send(std::move(parts));
  if (const Failure* failure = std::get_if<Failure>(&sent)) return failed(by, request, *failure);
  const Reading reading(std::get<0>(std::move(sent)), client);
  if (sink) ERMINE_TRY(write_body(by, *sink, body));
  return read_response(by, *reading.exchange, request);
}

// Headers that the server of another origin is not sent (RFC 9110, section 15.4).
bool is_for_one_origin(std::string_view name) {
  return same_name(name, "authorization") || same_name(name, "cookie") || same_name(name, "proxy-authorization");
}

Result<HttpResponse> follow(const Requester& by, const HttpRequest& request, std::string_view body) {
  constexpr int kMostRedirections = 10;
  HttpRequest next = request;
  std::optional<Url> first;
  for (int i = 0; i <= kMostRedirections; ++i) {
    const std::optional<Url> url = parse_url(next.url);
    if (!url)
      return Error(ErrorKind::kUsage,
                   by.what + ": " + printable(next.url) +
                       " is not a URL that can be requested: http://HOST[:PORT]/PATH, or with https");
    if (!first) first = url;
    if (url->tls != first->tls || url->authority != first->authority)
      std::erase_if(next.headers, [](const auto& header) { return is_for_one_origin(header.first); });
    // Where a server sends the embedder's requests is not the embedder's word.
    std::optional<std::string> grant = as_grant(*url, url->host == first->host ? kAnyAddress : kNoCredentials);
    if (by.allowed_hosts != nullptr) grant = grant_for(*url, *by.allowed_hosts);
    if (!grant)
      return Error(ErrorKind::kUsage,
                   by.what + ": the manifest does not allow requests to " + printable(url->host) + " (allowed_hosts)");
    ERMINE_ASSIGN(HttpResponse response, exchange_with(by, next, *url, *grant, body));
    const auto location = response.headers.find("location");
    const bool keeps_method = response.status == 307 || response.status == 308;
    const bool redirects = keeps_method || (response.status >= 301 && response.status <= 303);
    if (!redirects || location == response.headers.end()) return response;
    next.url = resolve(*url, location->second);
    if (keeps_method) continue;
    // RFC 9110, section 15.4: what is there is fetched.
    if (next.method != "HEAD") next.method = "GET";
    body = {};
    std::erase_if(next.headers, [](const auto& header) { return lower(header.first).starts_with("content-"); });
  }
  return Error(ErrorKind::kIo, by.what + " to " + printable(request.url) + ": more than " +
                                   std::to_string(kMostRedirections) + " redirections");
}

}  // namespace

Result<HttpResponse> make_http_request(StoreRef store, const Manifest& manifest, const HttpRequest& request,
                                       std::string_view body) {
  const Requester plugin = {"http_request", &store, &manifest.allowed_hosts, manifest.max_http_response_bytes,
                            "the manifest allows (memory.max_http_response_bytes)"};
  return follow(plugin, request, body);
}

Result<std::vector<uint8_t>> fetch_module(const HttpRequest& request) {
  const Requester embedder = {"the request for a module", nullptr, nullptr, 1u << 30, "a module may have"};
  ERMINE_ASSIGN(const HttpResponse response, follow(embedder, request, {}));
  if (response.status / 100 != 2)
    return Error(ErrorKind::kIo, embedder.what + " to " + printable(request.url) + ": the server answers with status " +
                                     std::to_string(response.status));
  return std::vector<uint8_t>(response.body.begin(), response.body.end());
}

}  // namespace ermine::extism
