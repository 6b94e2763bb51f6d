// A component with wasi:http of WASI 0.3: a function for each imported one, which passes its arguments and results on.
#pragma once

#include "tests/wasi/component_caller.h"

namespace ermine::test {

inline constexpr ComponentInterface kAsyncHttpInterfaces[] = {
    {"http/types", R"(
      (type $m (variant (case "get") (case "head") (case "post") (case "put") (case "delete") (case "connect")
        (case "options") (case "trace") (case "patch") (case "other" string)))
      (export "method" (type $method (eq $m)))
      (type $s (variant (case "HTTP") (case "HTTPS") (case "other" string))) (export "scheme" (type $scheme (eq $s)))
      (type $dns-is (record (field "rcode" (option string)) (field "info-code" (option u16))))
      (export "DNS-error-payload" (type $dns (eq $dns-is)))
      (type $tls-is (record (field "alert-id" (option u8)) (field "alert-message" (option string))))
      (export "TLS-alert-received-payload" (type $tls (eq $tls-is)))
      (type $size-is (record (field "field-name" (option string)) (field "field-size" (option u32))))
      (export "field-size-payload" (type $size (eq $size-is)))
      (type $c (variant (case "DNS-timeout") (case "DNS-error" $dns) (case "destination-not-found")
        (case "destination-unavailable") (case "destination-IP-prohibited") (case "destination-IP-unroutable")
        (case "connection-refused") (case "connection-terminated") (case "connection-timeout")
        (case "connection-read-timeout") (case "connection-write-timeout") (case "connection-limit-reached")
        (case "TLS-protocol-error") (case "TLS-certificate-error") (case "TLS-alert-received" $tls)
        (case "HTTP-request-denied") (case "HTTP-request-length-required") (case "HTTP-request-body-size" (option u64))
        (case "HTTP-request-method-invalid") (case "HTTP-request-URI-invalid") (case "HTTP-request-URI-too-long")
        (case "HTTP-request-header-section-size" (option u32)) (case "HTTP-request-header-size" (option $size))
        (case "HTTP-request-trailer-section-size" (option u32)) (case "HTTP-request-trailer-size" $size)
        (case "HTTP-response-incomplete") (case "HTTP-response-header-section-size" (option u32))
        (case "HTTP-response-header-size" $size) (case "HTTP-response-body-size" (option u64))
        (case "HTTP-response-trailer-section-size" (option u32)) (case "HTTP-response-trailer-size" $size)
        (case "HTTP-response-transfer-coding" (option string)) (case "HTTP-response-content-coding" (option string))
        (case "HTTP-response-timeout") (case "HTTP-upgrade-failed") (case "HTTP-protocol-error") (case "loop-detected")
        (case "configuration-error") (case "internal-error" (option string))))
      (export "error-code" (type $error-code (eq $c)))
      (type $h (variant (case "invalid-syntax") (case "forbidden") (case "immutable") (case "size-exceeded")
        (case "other" (option string))))
      (export "header-error" (type $header-error (eq $h)))
      (type $o (variant (case "not-supported") (case "immutable") (case "other" (option string))))
      (export "request-options-error" (type $options-error (eq $o)))
      (export "fields" (type $fields (sub resource)))
      (export "request" (type $request (sub resource)))
      (export "request-options" (type $request-options (sub resource)))
      (export "response" (type $response (sub resource))))",
     "method scheme error-code header-error request-options-error:options-error fields request request-options "
     "response"},
    {"http/client", R"((alias outer $all $request (type $q)) (export "request" (type $request (eq $q)))
      (alias outer $all $response (type $p)) (export "response" (type $response (eq $p)))
      (alias outer $all $error-code (type $e)) (export "error-code" (type $error-code (eq $e))))",
     ""},
};

#define FIELDS "(param \"self\" (borrow $fields)) "
#define NAME "(param \"name\" string) "
#define HEADER(type) "(result (result " type " (error $header-error)))"
#define REQUEST "(param \"self\" (borrow $request)) "
#define OPTIONS "(param \"self\" (borrow $request-options)) "
#define RESPONSE "(param \"self\" (borrow $response)) "
#define END "(future (result (error $error-code)))"
#define TRAILERS "(future (result (option (own $fields)) (error $error-code)))"
#define CONTENTS "(param \"contents\" (option (stream u8))) (param \"trailers\" " TRAILERS ") "
#define TIME "(param \"duration\" (option u64)) (result (result (error $options-error)))"
inline constexpr ComponentFunction kAsyncHttpFunctions[] = {
    {"http/types", "[constructor]fields", "fields", "(result (own $fields))", ":i", ""},
    {"http/types", "[static]fields.from-list", "from-list",
     "(param \"entries\" (list (tuple string (list u8)))) " HEADER("(own $fields)"), "ii:m", ""},
    {"http/types", "[method]fields.get", "get", FIELDS NAME "(result (list (list u8)))", "iii:m", "0f"},
    {"http/types", "[method]fields.has", "has", FIELDS NAME "(result bool)", "iii:i", "0f"},
    {"http/types", "[method]fields.set", "set", FIELDS NAME "(param \"value\" (list (list u8))) " HEADER(""), "iiiii:m",
     "0f"},
    {"http/types", "[method]fields.delete", "delete", FIELDS NAME HEADER(""), "iii:m", "0f"},
    {"http/types", "[method]fields.get-and-delete", "get-and-delete", FIELDS NAME HEADER("(list (list u8))"), "iii:m",
     "0f"},
    {"http/types", "[method]fields.append", "append", FIELDS NAME "(param \"value\" (list u8)) " HEADER(""), "iiiii:m",
     "0f"},
    {"http/types", "[method]fields.copy-all", "copy-all", FIELDS "(result (list (tuple string (list u8))))", "i:m",
     "0f"},
    {"http/types", "[method]fields.clone", "clone", FIELDS "(result (own $fields))", "i:i", "0f"},
    {"http/types", "[static]request.new", "request",
     "(param \"headers\" (own $fields)) " CONTENTS
     "(param \"options\" (option (own $request-options))) (result (tuple (own $request) " END "))",
     "iiiiii:m", ""},
    {"http/types", "[method]request.get-method", "method", REQUEST "(result $method)", "i:m", "0q"},
    {"http/types", "[method]request.set-method", "set-method", REQUEST "(param \"method\" $method) (result (result))",
     "iiii:i", "0q"},
    {"http/types", "[method]request.get-path-with-query", "path", REQUEST "(result (option string))", "i:m", "0q"},
    {"http/types", "[method]request.set-path-with-query", "set-path",
     REQUEST "(param \"path-with-query\" (option string)) (result (result))", "iiii:i", "0q"},
    {"http/types", "[method]request.get-scheme", "scheme", REQUEST "(result (option $scheme))", "i:m", "0q"},
    {"http/types", "[method]request.set-scheme", "set-scheme",
     REQUEST "(param \"scheme\" (option $scheme)) (result (result))", "iiiii:i", "0q"},
    {"http/types", "[method]request.get-authority", "authority", REQUEST "(result (option string))", "i:m", "0q"},
    {"http/types", "[method]request.set-authority", "set-authority",
     REQUEST "(param \"authority\" (option string)) (result (result))", "iiii:i", "0q"},
    {"http/types", "[method]request.get-options", "options", REQUEST "(result (option (own $request-options)))", "i:m",
     "0q"},
    {"http/types", "[method]request.get-headers", "headers", REQUEST "(result (own $fields))", "i:i", "0q"},
    {"http/types", "[static]request.consume-body", "consume-request",
     "(param \"this\" (own $request)) (param \"res\" " END ") (result (tuple (stream u8) " TRAILERS "))", "ii:m", ""},
    {"http/types", "[constructor]request-options", "request-options", "(result (own $request-options))", ":i", ""},
    {"http/types", "[method]request-options.get-connect-timeout", "connect-timeout", OPTIONS "(result (option u64))",
     "i:m", "0h"},
    {"http/types", "[method]request-options.set-connect-timeout", "set-connect-timeout", OPTIONS TIME, "iil:m", "0h"},
    {"http/types", "[method]request-options.get-first-byte-timeout", "first-byte-timeout",
     OPTIONS "(result (option u64))", "i:m", "0h"},
    {"http/types", "[method]request-options.set-first-byte-timeout", "set-first-byte-timeout", OPTIONS TIME, "iil:m",
     "0h"},
    {"http/types", "[method]request-options.get-between-bytes-timeout", "between-bytes-timeout",
     OPTIONS "(result (option u64))", "i:m", "0h"},
    {"http/types", "[method]request-options.set-between-bytes-timeout", "set-between-bytes-timeout", OPTIONS TIME,
     "iil:m", "0h"},
    {"http/types", "[method]request-options.clone", "clone-options", OPTIONS "(result (own $request-options))", "i:i",
     "0h"},
    {"http/types", "[static]response.new", "response",
     "(param \"headers\" (own $fields)) " CONTENTS "(result (tuple (own $response) " END "))", "iiii:m", ""},
    {"http/types", "[method]response.get-status-code", "status", RESPONSE "(result u16)", "i:i", "0l"},
    {"http/types", "[method]response.set-status-code", "set-status",
     RESPONSE "(param \"status-code\" u16) (result (result))", "ii:i", "0l"},
    {"http/types", "[method]response.get-headers", "response-headers", RESPONSE "(result (own $fields))", "i:i", "0l"},
    {"http/types", "[static]response.consume-body", "consume-response",
     "(param \"this\" (own $response)) (param \"res\" " END ") (result (tuple (stream u8) " TRAILERS "))", "ii:m", ""},
    {"http/client", "send", "send",
     "async (param \"request\" (own $request)) (result (result (own $response) (error $error-code)))", "i:m", ""},
};
#undef FIELDS
#undef NAME
#undef HEADER
#undef REQUEST
#undef OPTIONS
#undef RESPONSE
#undef END
#undef TRAILERS
#undef CONTENTS
#undef TIME

inline std::string async_http_component() {
  return component_of("0.3.0", kAsyncHttpInterfaces, kAsyncHttpFunctions, "fqhl");
}

}  // namespace ermine::test
