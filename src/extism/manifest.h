// Manifest: which modules a plug-in has, and what it may use, as the embedder writes it in JSON or TOML.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine::extism {

inline constexpr const char* kMainModule = "main";

// A request over HTTP, of a plug-in or for a module.
struct HttpRequest {
  std::string url, method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
};

struct ModuleSource {
  std::string name = kMainModule;
  std::string path;                    // of a file, or
  std::optional<HttpRequest> request;  // for it, or
  std::vector<uint8_t> data;           // the module itself
  std::optional<std::string> hash;  // its SHA-256
};

using PluginConfig = std::map<std::string, std::string, std::less<>>;

struct Manifest {
  std::vector<ModuleSource> modules;
  std::optional<uint32_t> max_pages;
  uint64_t max_http_response_bytes = 50 << 20;
  uint64_t max_var_bytes = 1 << 20;
  PluginConfig config;
  std::vector<std::string> allowed_hosts;
  std::map<std::string, std::string> allowed_paths;  // of the host, with "ro:" in front if read-only; of the plug-in
  std::optional<uint64_t> timeout_ms;
};

// kUsage says which field is wrong, and what it should be.
Result<Manifest> parse_manifest(std::string_view json_or_toml);
// The bytes of a module. kIo if its file cannot be read, kUsage if its hash is another one, or an error of
// fetch_module().
Result<std::vector<uint8_t>> load(ModuleSource&& source);

// Applies an object of strings and nulls, which remove values. False, with nothing changed, if it is something else.
bool update_config(PluginConfig& config, std::string_view json);

// What a plug-in says of an HTTP request.
Result<HttpRequest> parse_http_request(std::string_view json);
// An object of the headers of a response.
std::string http_headers_json(const std::map<std::string, std::string>& headers);

}  // namespace ermine::extism
