// A component with wasi:keyvalue: a function for each imported one, which passes its arguments and results on.
#pragma once

#include <cstdlib>

#include "tests/wasi/component_caller.h"

namespace ermine::test {

#define OUTER(type) \
  "(alias outer $all $" type " (type $o-" type ")) (export \"" type "\" (type $" type " (eq $o-" type ")))"
inline constexpr ComponentInterface kKeyValueInterfaces[] = {
    {"keyvalue/store", R"(
      (type $e (variant (case "no-such-store") (case "access-denied") (case "other" string)))
      (export "error" (type $error (eq $e)))
      (type $k (record (field "keys" (list string)) (field "cursor" (option string))))
      (export "key-response" (type $key-response (eq $k)))
      (export "bucket" (type $bucket (sub resource))))",
     "error key-response bucket"},
    {"keyvalue/atomics", OUTER("bucket") OUTER("error") R"((export "cas" (type $cas (sub resource)))
      (type $c (variant (case "store-error" $error) (case "cas-failed" (own $cas))))
      (export "cas-error" (type $cas-error (eq $c))))",
     "cas cas-error"},
    {"keyvalue/batch", OUTER("bucket") OUTER("error"), ""},
};
#undef OUTER

#define SELF "(param \"self\" (borrow $bucket)) "
#define BUCKET "(param \"bucket\" (borrow $bucket)) "
#define KEY "(param \"key\" string) "
#define KEYS "(param \"keys\" (list string)) "
#define RESULT(type) "(result (result " type " (error $error)))"
inline constexpr ComponentFunction kKeyValueFunctions[] = {
    {"keyvalue/store", "open", "open", "(param \"identifier\" string) " RESULT("(own $bucket)"), "ii:m", ""},
    {"keyvalue/store", "[method]bucket.get", "get", SELF KEY RESULT("(option (list u8))"), "iii:m", "0b"},
    {"keyvalue/store", "[method]bucket.set", "set", SELF KEY "(param \"value\" (list u8)) " RESULT(""), "iiiii:m",
     "0b"},
    {"keyvalue/store", "[method]bucket.delete", "delete", SELF KEY RESULT(""), "iii:m", "0b"},
    {"keyvalue/store", "[method]bucket.exists", "exists", SELF KEY RESULT("bool"), "iii:m", "0b"},
    {"keyvalue/store", "[method]bucket.list-keys", "list",
     SELF "(param \"cursor\" (option string)) " RESULT("$key-response"), "iiii:m", "0b"},
    {"keyvalue/atomics", "[static]cas.new", "cas", BUCKET KEY RESULT("(own $cas)"), "iii:m", "0b"},
    {"keyvalue/atomics", "[method]cas.current", "current",
     "(param \"self\" (borrow $cas)) " RESULT("(option (list u8))"), "i:m", "0c"},
    {"keyvalue/atomics", "increment", "increment", BUCKET KEY "(param \"delta\" s64) " RESULT("s64"), "iiil:m", "0b"},
    {"keyvalue/atomics", "swap", "swap",
     "(param \"cas\" (own $cas)) (param \"value\" (list u8)) (result (result (error $cas-error)))", "iii:m", ""},
    {"keyvalue/batch", "get-many", "get-many", BUCKET KEYS RESULT("(list (option (tuple string (list u8))))"), "iii:m",
     "0b"},
    {"keyvalue/batch", "set-many", "set-many",
     BUCKET "(param \"key-values\" (list (tuple string (list u8)))) " RESULT(""), "iii:m", "0b"},
    {"keyvalue/batch", "delete-many", "delete-many", BUCKET KEYS RESULT(""), "iii:m", "0b"},
};
#undef SELF
#undef BUCKET
#undef KEY
#undef KEYS
#undef RESULT

inline std::string keyvalue_component() {
  return component_of("0.2.0-draft2", kKeyValueInterfaces, kKeyValueFunctions, "bc");
}

// Whether this run of the tests has the workers of stores in processes; SQLite does not allow both in one.
inline bool in_process() { return std::getenv("ERMINE_TEST_STORE_PROCESS") != nullptr; }

class KeyValueGuest : public ComponentGuest {
 public:
  explicit KeyValueGuest(WasiConfig config, const Config& engine = {})
      : ComponentGuest(std::move(with_plugin(config)), engine, keyvalue_component()) {
    store().set_timeout(std::chrono::seconds(120));
  }
  static WasiConfig& with_plugin(WasiConfig& config) {
#ifdef ERMINE_KEYVALUE_PLUGIN_PATH
    config.key_value_plugin(ERMINE_KEYVALUE_PLUGIN_PATH);
#endif
    return config;
  }

  Resource bucket(std::string_view name = "") { return make("open", {text(name)}); }
  // What a function answered: "ok", the bytes or the number, "none", or the error, in parentheses.
  static std::string show(const Value& v) {
    using component::ValueKind;
    switch (v.kind()) {
      case ValueKind::kResult:
        if (v.payload() == nullptr) return v.is_ok() ? "ok" : "(error)";
        return v.is_ok() ? show(*v.payload()) : "(" + show(*v.payload()) + ")";
      case ValueKind::kVariant:
        return v.payload() == nullptr || v.payload()->kind() == ValueKind::kOwn
                   ? v.case_name()
                   : v.case_name() + ": " + show(*v.payload());
      case ValueKind::kOption: return v.payload() == nullptr ? "none" : show(*v.payload());
      case ValueKind::kString: return v.as_string();
      case ValueKind::kBool: return v.as_bool() ? "true" : "false";
      case ValueKind::kS64: return std::to_string(v.as_signed());
      case ValueKind::kTuple: return show(v.elements()[0]) + "=" + show(v.elements()[1]);
      case ValueKind::kList: {
        if (v.is_packed()) {
          const auto bytes = v.numbers<uint8_t>();
          return {bytes.begin(), bytes.end()};
        }
        std::string out;
        for (const Value& e : v.elements()) out += (out.empty() ? "" : " ") + show(e);
        return "[" + out + "]";
      }
      default: return "?";
    }
  }
  std::string ask(const char* function, Values arguments) { return show(call(function, std::move(arguments))); }
  std::string get(const Resource& b, std::string_view key) { return ask("get", {of(b), text(key)}); }
  std::string set(const Resource& b, std::string_view key, std::string_view value) {
    return ask("set", {of(b), text(key), bytes(value)});
  }
  std::string increment(const Resource& b, std::string_view key, int64_t delta) {
    return ask("increment", {of(b), text(key), Value::s64(delta)});
  }
  static Value list(std::vector<std::string> keys) {
    std::vector<Value> out;
    for (std::string& key : keys) out.push_back(Value::string(std::move(key)));
    return Value::list(std::move(out));
  }
  static Value pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::vector<Value> out;
    for (const auto& [key, value] : pairs) {
      std::vector<Value> pair;
      pair.push_back(text(key));
      pair.push_back(bytes(value));
      out.push_back(Value::tuple(std::move(pair)));
    }
    return Value::list(std::move(out));
  }
  // All pages of a listing, sorted; and how many there were.
  std::vector<std::string> all_keys(const Resource& b, size_t* pages = nullptr) {
    std::vector<std::string> out;
    Value cursor = Value::none();
    while (true) {
      const Value answer = call("list", {of(b), cursor.clone()});
      if (!answer.is_ok()) {
        ADD_FAILURE() << show(answer);
        return out;
      }
      if (pages != nullptr) ++*pages;
      for (const Value& key : answer.payload()->field("keys")->elements()) out.push_back(key.as_string());
      const Value* next = answer.payload()->field("cursor");
      if (next->payload() == nullptr) break;
      cursor = next->clone();
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
};

}  // namespace ermine::test
