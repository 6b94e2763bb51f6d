#include "wasi/http/plugin/transfer.h"

#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace ermine::http_plugin {
namespace {

using http::Failure;
using http::FailureCode;

std::string string_of(ErmineHttpText text) { return {text.data, text.size}; }
ErmineHttpText text_of(std::string_view text) { return {text.data(), text.size()}; }
bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<ErmineHttpField> received_fields(CURL* easy, unsigned origin) {
  std::vector<ErmineHttpField> fields;
  for (curl_header* h = nullptr; (h = curl_easy_nextheader(easy, origin, -1, h)) != nullptr;)
    fields.push_back({text_of(h->name), text_of(h->value)});
  return fields;
}

bool add_line(curl_slist*& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list, line.c_str());
  if (longer != nullptr) list = longer;
  return longer != nullptr;
}

// As libcurl takes them: a field without a value has another form, because the usual one removes it.
std::string header_line(std::string_view name, std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  std::string line(name);
  if (value.empty()) return line += ';';
  return (line += ": ") += value;
}

}  // namespace

Transfer::Transfer(const ErmineHttpCallbacks& callbacks, void* exchange, uint64_t number, Trust& trust)
    : callbacks_(callbacks), exchange_(exchange), number_(number), trust_(trust), easy_(curl_easy_init()) {}

Transfer::~Transfer() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(addresses_);
  callbacks_.release(exchange_);
}

bool Transfer::prepare(const ErmineHttpRequest& r) {
  if (easy_ == nullptr) return false;
  bool ok = true;
  auto set = [&](CURLoption option, auto value) { ok = ok && curl_easy_setopt(easy_, option, value) == CURLE_OK; };
  const std::string method = string_of(r.method), host = string_of(r.host), port = std::to_string(r.port);
  const std::string authority = host.find(':') != host.npos ? "[" + host + "]" : host;
  set(CURLOPT_URL, ((r.tls ? "https://" : "http://") + authority + ":" + port + "/").c_str());
  // Instead of a lookup; for this request, and while libcurl keeps addresses.
  if (host.find(':') == host.npos) {
    ok = add_line(addresses_, "+" + host + ":" + port + ":" + string_of(r.addresses));
    set(CURLOPT_RESOLVE, addresses_);
  }
  set(CURLOPT_REQUEST_TARGET, string_of(r.path).c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // Nothing of the host's environment has an influence.
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(r.has_trailers ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
  set(CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (r.has_body) {
    body_left_ = r.content_length;
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(r.content_length));
    set(CURLOPT_KEEP_SENDING_ON_ERROR, 1L);
    set(CURLOPT_READFUNCTION, &take);
    set(CURLOPT_READDATA, this);
    set(CURLOPT_TRAILERFUNCTION, &trailers);
    set(CURLOPT_TRAILERDATA, this);
  }
  // Fields that libcurl would add.
  bool accepts = false, expects = false;
  for (size_t i = 0; i < r.field_count && ok; ++i) {
    const std::string name = string_of(r.fields[i].name);
    accepts |= same_name(name, "accept");
    expects |= same_name(name, "expect");
    ok = add_line(headers_, header_line(name, string_of(r.fields[i].value)));
  }
  ok = ok && (accepts || add_line(headers_, "Accept:")) && (expects || add_line(headers_, "Expect:"));
  if (!r.has_body && (method == "POST" || method == "PUT" || method == "PATCH"))
    ok = ok && add_line(headers_, "Content-Length: 0");
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_WRITEFUNCTION, &put);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_BUFFERSIZE, static_cast<long>(ERMINE_HTTP_MOST_PUT));
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_PREREQFUNCTION, &connected);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<uint64_t>(r.connect_timeout_ms, 1)));
  if (r.total_timeout_ms > 0) {
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(r.total_timeout_ms));
    set(CURLOPT_MAXLIFETIME_CONN, static_cast<long>(r.total_timeout_ms / 1000 + 1));
  }
  set(CURLOPT_ERRORBUFFER, problem_);
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_CAINFO, nullptr);
  set(CURLOPT_CAPATH, nullptr);
  set(CURLOPT_SSL_CTX_FUNCTION, &secure);
  set(CURLOPT_SSL_CTX_DATA, this);
  first_byte_timeout_ = std::chrono::milliseconds(r.first_byte_timeout_ms);
  between_bytes_timeout_ = std::chrono::milliseconds(r.between_bytes_timeout_ms);
  max_head_bytes_ = r.max_head_bytes;
  return ok;
}

void Transfer::resume() {
  if (!waits_to_take_ && !waits_to_put_) return;
  waits_to_take_ = waits_to_put_ = false;
  progress();
  curl_easy_pause(easy_, CURLPAUSE_CONT);
}

std::optional<Instant> Transfer::deadline() const {
  if (!connected_ || waits_to_take_ || waits_to_put_) return std::nullopt;
  return last_progress_ + (has_head_ ? between_bytes_timeout_ : first_byte_timeout_);
}

size_t Transfer::take(char* to, size_t size, size_t count, void* self) {
  Transfer& t = *static_cast<Transfer*>(self);
  const size_t n = t.callbacks_.take(t.exchange_, reinterpret_cast<uint8_t*>(to), size * count);
  if (n == ERMINE_HTTP_ABORT) return CURL_READFUNC_ABORT;
  if (n == ERMINE_HTTP_WAIT) {
    t.waits_to_take_ = true;
    return CURL_READFUNC_PAUSE;
  }
  t.progress();
  // libcurl asks for no end of a body whose length it knows.
  if (n == 0) t.body_left_ = 0;
  else if (t.body_left_ > 0) t.body_left_ -= static_cast<int64_t>(n);
  return n;
}

size_t Transfer::put(char* from, size_t size, size_t count, void* self) {
  Transfer& t = *static_cast<Transfer*>(self);
  const size_t bytes = size * count;
  if (!t.has_head_) return t.refuse({FailureCode::kProtocolError});
  const size_t n = t.callbacks_.put(t.exchange_, reinterpret_cast<const uint8_t*>(from), bytes);
  t.progress();
  if (n == ERMINE_HTTP_ABORT) return t.refuse({FailureCode::kInternalError});
  if (n == ERMINE_HTTP_WAIT) {
    t.waits_to_put_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  return bytes;
}

// Status lines, fields and trailers, one line a call; an empty line ends a head.
size_t Transfer::header(char* line, size_t size, size_t count, void* self) {
  Transfer& t = *static_cast<Transfer*>(self);
  const size_t bytes = size * count;
  t.progress();
  t.head_bytes_ += bytes;
  if (t.head_bytes_ > t.max_head_bytes_)
    return t.refuse({t.has_head_ ? FailureCode::kResponseTrailerSectionSize : FailureCode::kResponseHeaderSectionSize,
                     t.max_head_bytes_});
  // By libcurl's counting, a response would end before its trailers. The frames of HTTP/2 have an end of their own, and
  // nghttp2 compares them with the length.
  if (std::string_view(line, bytes).starts_with("HTTP/2")) curl_easy_setopt(t.easy_, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
  const bool ends = bytes <= 2 && (line[0] == '\r' || line[0] == '\n');
  if (ends && !t.has_head_ && !t.head()) return 0;
  return bytes;
}

bool Transfer::head() {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  // Informational responses are followed by others, except that no request asks for another protocol.
  if (status == 101) return refuse({FailureCode::kProtocolError}) != 0;
  if (status < 200) {
    head_bytes_ = 0;
    return true;
  }
  const std::vector<ErmineHttpField> fields = received_fields(easy_, CURLH_HEADER);
  for (const ErmineHttpField& f : fields) {
    // libcurl would decompress it, and one byte could become a thousand.
    if (same_name(string_of(f.name), "transfer-encoding") && !same_name(string_of(f.value), "chunked"))
      return refuse({FailureCode::kResponseTransferCoding, {}, string_of(f.value)}) != 0;
  }
  has_head_ = true;
  head_bytes_ = 0;
  head_fields_ = fields.size();
  callbacks_.head(exchange_, static_cast<uint16_t>(status), fields.data(), fields.size());
  return true;
}

int Transfer::trailers(curl_slist** list, void* self) {
  Transfer& t = *static_cast<Transfer*>(self);
  t.sent_trailers_ = true;
  t.callbacks_.trailers(
      t.exchange_,
      [](void* context, ErmineHttpField f) {
        add_line(*static_cast<curl_slist**>(context), string_of(f.name) + ": " + string_of(f.value));
      },
      list);
  return CURL_TRAILERFUNC_OK;
}

// libcurl sends them in chunked bodies only.
bool Transfer::trailers_are_lost() const {
  if (sent_trailers_) return false;
  bool any = false;
  callbacks_.trailers(exchange_, [](void* context, ErmineHttpField) { *static_cast<bool*>(context) = true; }, &any);
  return any;
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  Transfer& t = *static_cast<Transfer*>(self);
  if (t.callbacks_.allows(t.exchange_, &address->addr) == 0) {
    t.prohibited_ = true;
    return CURL_SOCKET_BAD;
  }
  // The usual protocol of the type: the process sandbox permits no other.
  return socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

int Transfer::connected(void* self, char*, char*, int, int) {
  Transfer& t = *static_cast<Transfer*>(self);
  t.connected_ = true;
  t.progress();
  return CURL_PREREQFUNC_OK;
}

CURLcode Transfer::secure(CURL*, void* context, void* self) {
  Transfer& t = *static_cast<Transfer*>(self);
  return t.trust_.apply(static_cast<SSL_CTX*>(context), t.number_);
}

size_t Transfer::refuse(Failure failure) {
  if (!refused_) refused_ = std::move(failure);
  return 0;
}

void Transfer::fail(const Failure& f) {
  if (std::exchange(ended_, true)) return;
  const ErmineHttpFailure out{static_cast<uint8_t>(f.code), f.number.has_value(), f.number.value_or(0),
                              f.text ? text_of(*f.text) : ErmineHttpText{}};
  callbacks_.fail(exchange_, &out);
}

void Transfer::expire() {
  fail({body_left_ == 0 ? FailureCode::kConnectionReadTimeout : FailureCode::kConnectionWriteTimeout});
}

void Transfer::finish(CURLcode code) {
  if (refused_) return fail(*refused_);
  if (code != CURLE_OK) return fail(failure_of(code));
  if (!has_head_) return fail({FailureCode::kProtocolError});
  if (body_left_ == 0 && trailers_are_lost())
    return fail({FailureCode::kInternalError,
                 {},
                 "the request's trailers could not be sent: over HTTP/2 they must be "
                 "announced by the field 'trailer', and a body with trailers must "
                 "have no 'content-length'"});
  if (std::exchange(ended_, true)) return;
  // Over HTTP/2, libcurl 7.88 takes them for fields of the head.
  std::vector<ErmineHttpField> trailers = received_fields(easy_, CURLH_HEADER);
  trailers.erase(trailers.begin(), trailers.begin() + static_cast<ptrdiff_t>(std::min(head_fields_, trailers.size())));
  const std::vector<ErmineHttpField> others = received_fields(easy_, CURLH_TRAILER);
  trailers.insert(trailers.end(), others.begin(), others.end());
  callbacks_.end(exchange_, trailers.data(), trailers.size());
}

Failure Transfer::failure_of(CURLcode code) const {
  const std::string why = problem_[0] != 0 ? problem_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return {FailureCode::kDnsError, {}, why};
    case CURLE_COULDNT_CONNECT: {
      long error = 0;
      curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error);
      if (prohibited_ && error != ECONNREFUSED) return {FailureCode::kDestinationIpProhibited};
      if (error == ECONNREFUSED) return {FailureCode::kConnectionRefused};
      if (error == ENETUNREACH || error == EHOSTUNREACH) return {FailureCode::kDestinationIpUnroutable};
      return {FailureCode::kDestinationUnavailable};
    }
    case CURLE_OPERATION_TIMEDOUT:
      return {connected_ ? FailureCode::kResponseTimeout : FailureCode::kConnectionTimeout};
    case CURLE_SSL_CACERT_BADFILE: return {FailureCode::kConfigurationError};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: return {FailureCode::kTlsCertificateError};
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      if (const AlertSeen& seen = Trust::last_alert(); seen.transfer == number_)
        return {FailureCode::kTlsAlertReceived, seen.alert, SSL_alert_desc_string_long(seen.alert)};
      return {FailureCode::kTlsProtocolError};
    case CURLE_PARTIAL_FILE: return {FailureCode::kResponseIncomplete};
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return {has_head_ ? FailureCode::kResponseIncomplete : FailureCode::kConnectionTerminated};
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND: return {FailureCode::kConnectionTerminated};
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP2: return {has_head_ ? FailureCode::kResponseIncomplete : FailureCode::kProtocolError};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: return {FailureCode::kProtocolError};
    case CURLE_BAD_CONTENT_ENCODING: return {FailureCode::kResponseTransferCoding};
    case CURLE_URL_MALFORMAT: return {FailureCode::kRequestUriInvalid};
    default: return {FailureCode::kInternalError, {}, why};
  }
}

}  // namespace ermine::http_plugin
