#include "extism/manifest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "ermine/printable.h"
#include "extism/digest.h"
#include "extism/http.h"
#include "extism/toml.h"

namespace ermine::extism {
namespace {

using Json = nlohmann::json;

// Null is the same as no value, as in Extism.
const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

Error wrong(std::string_view field, std::string_view expected) {
  return Error(ErrorKind::kUsage,
               "the field " + printable(field) + " of the manifest must be " + std::string(expected));
}

Result<void> only_fields(const Json& object, std::string_view what, std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(names, name) != names.end()) continue;
    std::string known;
    for (const std::string_view each : names) (known += known.empty() ? "" : ", ") += each;
    return Error(ErrorKind::kUsage, std::string(what) + " has no field " + printable(name) + "; there are " + known);
  }
  return {};
}

template <class T>
Result<void> read_number(const Json& object, const char* name, std::string_view field, T& out) {
  const Json* value = member(object, name);
  if (value == nullptr) return {};
  if (!value->is_number_unsigned() || value->get<uint64_t>() > std::numeric_limits<T>::max())
    return wrong(field, "a whole number from 0 to " + std::to_string(std::numeric_limits<T>::max()));
  out = static_cast<T>(value->get<uint64_t>());
  return {};
}

template <class T>
Result<void> read_number(const Json& object, const char* name, std::string_view field, std::optional<T>& out) {
  if (member(object, name) == nullptr) return {};
  return read_number(object, name, field, out.emplace());
}

template <class Map>
Result<void> read_strings(const Json& object, const char* name, Map& out) {
  const Json* value = member(object, name);
  if (value == nullptr) return {};
  if (!value->is_object()) return wrong(name, "an object of strings");
  for (const auto& [key, each] : value->items()) {
    if (!each.is_string()) return wrong(std::string(name) + "." + key, "a string");
    out.insert_or_assign(key, each.template get<std::string>());
  }
  return {};
}

// The module is a string in base64, or is somewhere in the memory of the process.
Result<std::vector<uint8_t>> read_data(const Json& data, std::string_view field) {
  if (data.is_string()) {
    std::optional<std::vector<uint8_t>> bytes = decode_base64(data.get_ref<const std::string&>());
    if (!bytes) return wrong(field, "base64, with padding");
    return *std::move(bytes);
  }
  const Json* at = data.is_object() ? member(data, "ptr") : nullptr;
  const Json* size = data.is_object() ? member(data, "len") : nullptr;
  if (at == nullptr || size == nullptr || !at->is_number_unsigned() || !size->is_number_unsigned())
    return wrong(field, "a string, or an object with the numbers ptr and len");
  const auto* bytes = reinterpret_cast<const uint8_t*>(at->get<uintptr_t>());
  return std::vector<uint8_t>(bytes, bytes + size->get<uint64_t>());
}

// The url, method and headers of an object; nothing if one of them has another type.
std::optional<HttpRequest> read_request(const Json& object) {
  const Json *const url = member(object, "url"), *const method = member(object, "method"),
                    *const headers = member(object, "headers");
  if (url == nullptr || !url->is_string() || (method != nullptr && !method->is_string()) ||
      (headers != nullptr && !headers->is_object()))
    return std::nullopt;
  HttpRequest out;
  out.url = url->get<std::string>();
  if (method != nullptr) out.method = method->get<std::string>();
  std::ranges::transform(out.method, out.method.begin(), [](char c) { return 'a' <= c && c <= 'z' ? c - 32 : c; });
  if (headers == nullptr) return out;
  for (const auto& [name, value] : headers->items()) {
    if (!value.is_string()) return std::nullopt;
    out.headers.emplace_back(name, value.get<std::string>());
  }
  return out;
}

Result<ModuleSource> read_module(const Json& entry, const std::string& field) {
  constexpr std::string_view kExpected = "an object with one of path, data and url";
  if (!entry.is_object()) return wrong(field, kExpected);
  ModuleSource source;
  const Json *const name = member(entry, "name"), *const hash = member(entry, "hash");
  if ((name != nullptr && !name->is_string()) || (hash != nullptr && !hash->is_string()))
    return wrong(field, "an object whose name and hash are strings");
  if (name != nullptr) source.name = name->get<std::string>();
  if (hash != nullptr) source.hash = hash->get<std::string>();
  if (const Json* path = member(entry, "path"); path != nullptr && path->is_string()) {
    source.path = path->get<std::string>();
    return source;
  }
  if (const Json* data = member(entry, "data"); data != nullptr) {
    ERMINE_ASSIGN(source.data, read_data(*data, field + ".data"));
    return source;
  }
  if (member(entry, "url") == nullptr) return wrong(field, kExpected);
  source.request = read_request(entry);
  if (!source.request)
    return wrong(field, "an object with the strings url and method, and headers, an object of strings");
  return source;
}

Result<void> read_modules(const Json& manifest, std::vector<ModuleSource>& out) {
  const Json* value = member(manifest, "wasm");
  if (value == nullptr || !value->is_array() || value->empty()) return wrong("wasm", "an array of at least one module");
  for (size_t i = 0; i < value->size(); ++i) {
    ERMINE_ASSIGN(ModuleSource source, read_module((*value)[i], "wasm[" + std::to_string(i) + "]"));
    out.push_back(std::move(source));
  }
  // A plug-in has one main module: the one of that name, or else the last one.
  const bool named =
      std::ranges::any_of(out.begin(), std::prev(out.end()), [](auto& m) { return m.name == kMainModule; });
  if (out.size() == 1 || !named) out.back().name = kMainModule;
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view json_or_toml) {
  Json object = Json::parse(json_or_toml, nullptr, false);
  if (!object.is_object()) {
    const Result<std::string> json = toml_to_json(json_or_toml);
    if (!json)
      return Error(
          ErrorKind::kUsage,
          "the plug-in is neither a module, in the binary or the text format, nor a manifest in JSON or TOML (as "
          "TOML: " +
              json.error().to_string() + ")");
    object = Json::parse(*json);
  }
  Manifest out;
  ERMINE_TRY(
      only_fields(object, "a manifest", {"wasm", "memory", "config", "allowed_hosts", "allowed_paths", "timeout_ms"}));
  if (const Json* memory = member(object, "memory"); memory != nullptr) {
    if (!memory->is_object()) return wrong("memory", "an object");
    ERMINE_TRY(only_fields(*memory, "memory of a manifest", {"max_pages", "max_http_response_bytes", "max_var_bytes"}));
    ERMINE_TRY(read_number(*memory, "max_pages", "memory.max_pages", out.max_pages));
    ERMINE_TRY(
        read_number(*memory, "max_http_response_bytes", "memory.max_http_response_bytes", out.max_http_response_bytes));
    ERMINE_TRY(read_number(*memory, "max_var_bytes", "memory.max_var_bytes", out.max_var_bytes));
  }
  ERMINE_TRY(read_number(object, "timeout_ms", "timeout_ms", out.timeout_ms));
  ERMINE_TRY(read_strings(object, "config", out.config));
  ERMINE_TRY(read_strings(object, "allowed_paths", out.allowed_paths));
  if (const Json* hosts = member(object, "allowed_hosts"); hosts != nullptr) {
    if (!hosts->is_array()) return wrong("allowed_hosts", "an array of strings");
    for (const Json& host : *hosts) {
      if (!host.is_string()) return wrong("allowed_hosts", "an array of strings");
      out.allowed_hosts.push_back(host.get<std::string>());
    }
  }
  ERMINE_TRY(read_modules(object, out.modules));
  return out;
}

Result<std::vector<uint8_t>> load(ModuleSource&& source) {
  std::vector<uint8_t> bytes = std::move(source.data);
  if (source.request) { ERMINE_ASSIGN(bytes, fetch_module(*source.request)); }
  if (!source.path.empty()) {
    const int file = open(source.path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    bool read_all = file >= 0 && fstat(file, &status) == 0;
    if (read_all) bytes.reserve(static_cast<size_t>(std::max<off_t>(status.st_size, 0)));
    for (size_t size = 0; read_all;) {
      constexpr size_t kPiece = 256 << 10;
      bytes.resize(size + kPiece);
      const ssize_t n = read(file, bytes.data() + size, kPiece);
      bytes.resize(size += static_cast<size_t>(std::max<ssize_t>(n, 0)));
      if (n == 0) break;
      if (n < 0 && errno != EINTR) read_all = false;
    }
    const int problem = errno;
    if (file >= 0) close(file);
    if (!read_all)
      return Error(ErrorKind::kIo,
                   "the module " + printable(source.path) + " cannot be read: " + std::strerror(problem));
  }
  if (source.hash) {
    const std::string found = sha256(bytes);
    if (found != *source.hash)
      return Error(ErrorKind::kUsage, "the module " + printable(source.name) + " has the SHA-256 " + found +
                                          ", and the manifest says " + printable(*source.hash));
  }
  return bytes;
}

bool update_config(PluginConfig& config, std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) return false;
  for (const Json& value : object)
    if (!value.is_string() && !value.is_null()) return false;
  for (const auto& [name, value] : object.items()) {
    if (value.is_null()) config.erase(name);
    else config.insert_or_assign(name, value.get<std::string>());
  }
  return true;
}

Result<HttpRequest> parse_http_request(std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  std::optional<HttpRequest> request;
  if (object.is_object()) request = read_request(object);
  if (!request)
    return Error(ErrorKind::kUsage,
                 "an HTTP request is described by an object with the string url, and it may have the string method and "
                 "the object headers, of strings");
  return *std::move(request);
}

std::string http_headers_json(const std::map<std::string, std::string>& headers) {
  return Json(headers).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace ermine::extism
