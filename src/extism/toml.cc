#include "extism/toml.h"

#define TOML_ENABLE_FORMATTERS 0
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace ermine::extism {
namespace {

using Json = nlohmann::json;

// Tables lie within tables at most as deep as the parser allows, TOML_MAX_NESTED_VALUES.
Result<Json> to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    Json out = Json::object();
    for (const auto& [key, value] : *table) {
      ERMINE_ASSIGN(Json each, to_json(value));
      out.emplace(std::string(key.str()), std::move(each));
    }
    return out;
  }
  if (const auto* array = node.as_array()) {
    Json out = Json::array();
    for (const toml::node& value : *array) {
      ERMINE_ASSIGN(Json each, to_json(value));
      out.push_back(std::move(each));
    }
    return out;
  }
  if (const auto* string = node.as_string()) return Json(string->get());
  if (const auto* boolean = node.as_boolean()) return Json(boolean->get());
  // What is not negative is unsigned, as if it were parsed.
  if (const auto* integer = node.as_integer())
    return integer->get() < 0 ? Json(integer->get()) : Json(static_cast<uint64_t>(integer->get()));
  if (const auto* number = node.as_floating_point(); number != nullptr && std::isfinite(number->get()))
    return Json(number->get());
  return Error(ErrorKind::kUsage, "line " + std::to_string(node.source().begin.line) +
                                      " of the manifest has a date, a time or a number that is not finite");
}

}  // namespace

Result<std::string> toml_to_json(std::string_view toml) {
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed)
    return Error(ErrorKind::kUsage, "line " + std::to_string(parsed.error().source().begin.line) + ": " +
                                        std::string(parsed.error().description()));
  ERMINE_ASSIGN(const Json json, to_json(parsed.table()));
  return json.dump();
}

}  // namespace ermine::extism
