// The kinds of options: how the text of a value is parsed into a field, and how a default is shown.
//
// A kind is a class with
//   Type     type of the field
//   type()   name of the value in the help; empty for a switch
//   set()    parses a value into the field, or throws BadOption
//   show()   text of the field's value; empty if it is not shown
// and optionally range() and kRepeats. The table settings.def names the kind of each option.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/options.h"
#include "ermine/config.h"
#include "ermine/grants.h"
#include "sandbox/sandbox.h"
#include "wasi/net/rule.h"

namespace ermine::cli {

// Boolean values: y or n. A flag sets the field of a Switch and clears the field of an Off.
struct Switch {
  using Type = bool;
  static std::string type() { return {}; }
  static void set(bool& field, const Given& given);
  static std::string show(bool value) { return value ? "y" : "n"; }
};
struct Off {
  using Type = bool;
  static std::string type() { return {}; }
  static void set(bool& field, const Given& given);
  static std::string show(bool) { return {}; }
};
// Accepts y only.
struct AlwaysOn {
  using Type = const bool;
  static std::string type() { return {}; }
  static void set(const bool& field, const Given& given);
  static std::string show(bool) { return "y"; }
};

// Numbers (quantities.h). The largest is shown as "unlimited".
struct Count {
  using Type = uint64_t;
  static std::string type() { return "N"; }
  static void set(uint64_t& field, const Given& given);
  static std::string show(uint64_t value);
};
// Larger numbers become the largest.
struct Count32 {
  using Type = uint32_t;
  static std::string type() { return "N"; }
  static void set(uint32_t& field, const Given& given);
  static std::string show(uint32_t value) { return Count::show(value); }
};
struct Size {
  using Type = uint64_t;
  static std::string type() { return "SIZE"; }
  static void set(uint64_t& field, const Given& given);
  static std::string show(uint64_t value);
};
struct Duration {
  using Type = std::chrono::nanoseconds;
  static std::string type() { return "TIME"; }
  static void set(Type& field, const Given& given);
  static void set_from(std::chrono::milliseconds least, Type& field, const Given& given);
  static std::string show(Type value);
  static std::string show_least(std::chrono::milliseconds least);
};

struct Text {
  using Type = std::string;
  static std::string type() { return "NAME"; }
  static void set(std::string& field, const Given& given) { field = given.text; }
};

struct File {
  using Type = std::string;
  static std::string type() { return "FILE"; }
  static void set(std::string& field, const Given& given) { field = given.text; }
};

// A field that is empty unless the option is given.
template <class K>
struct Maybe {
  using Type = std::optional<typename K::Type>;
  static std::string type() { return K::type(); }
  static void set(Type& field, const Given& given) { K::set(field.emplace(), given); }
  static std::string show(const Type&) { return {}; }
  static std::string range()
    requires requires { K::range(); }
  {
    return K::range();
  }
};

// A number with a range of Config's. An engine would replace a number outside of it; the command refuses it.
void check_range(Config::Range range, uint64_t value, const Given& given);
std::string show_range(Config::Range range);
template <class K, const Config::Range& kRange>
struct Within : K {
  static void set(typename K::Type& field, const Given& given) {
    typename K::Type value{};
    K::set(value, given);
    check_range(kRange, value, given);
    field = value;
  }
  static std::string range() { return show_range(kRange); }
};

// A number that makes sense only from some value on.
template <class K, uint64_t kLeast>
struct From : K {
  static constexpr Config::Range kRange{kLeast, UINT64_MAX};
  static void set(typename K::Type& field, const Given& given) { Within<K, kRange>::set(field, given); }
  static std::string range() { return show_range(kRange); }
};
template <uint64_t kLeast>
using CountFrom = From<Count, kLeast>;
template <uint64_t kLeast>
using Count32From = From<Count32, kLeast>;
template <uint64_t kLeast>
using SizeFrom = From<Size, kLeast>;
template <uint64_t kMilliseconds>
struct DurationFrom : Duration {
  static constexpr std::chrono::milliseconds kLeast{kMilliseconds};
  static void set(Type& field, const Given& given) { set_from(kLeast, field, given); }
  static std::string range() { return show_least(kLeast); }
};

// One of several values with names. The default may be a value without a name.
template <class T>
struct Named {
  std::string_view name;
  T value;
};
[[noreturn]] void throw_not_one_of(const std::vector<std::string_view>& names, const Given& given);
template <class T, std::vector<Named<T>> (*kChoices)()>
struct OneOf {
  using Type = T;
  static std::string type() {
    std::string names;
    for (const auto& [name, value] : kChoices()) names += (names.empty() ? "" : "|") + std::string(name);
    return names;
  }
  static void set(T& field, const Given& given) {
    std::vector<std::string_view> names;
    for (const auto& [name, value] : kChoices()) {
      if (name == given.text) {
        field = value;
        return;
      }
      names.push_back(name);
    }
    throw_not_one_of(names, given);
  }
  static std::string show(const T& field) {
    for (const auto& [name, value] : kChoices())
      if (value == field) return std::string(name);
    return {};
  }
};
std::vector<Named<Tier>> tiers();
std::vector<Named<uint32_t>> opt_levels();
std::vector<Named<Profile>> profiles();
std::vector<Named<sandbox::Mode>> sandbox_modes();

// Options that can be given several times.
struct Repeated {
  static constexpr bool kRepeats = true;
  template <class T>
  static std::string show(const T&) {
    return {};
  }
};
struct Addresses : Repeated {
  using Type = std::vector<std::string>;
  static std::string type() { return "HOST:PORT"; }
  static void set(Type& field, const Given& given) { field.push_back(given.text); }
};
// Grants of the network (NetworkGrants). What is wrong with one is said at once.
void check_target(wasi::net::Use use, const Given& given);
std::string target_type(wasi::net::Use use);
template <wasi::net::Use kUse>
struct Targets : Repeated {
  using Type = std::vector<std::string>;
  static std::string type() { return target_type(kUse); }
  static void set(Type& field, const Given& given) {
    check_target(kUse, given);
    field.push_back(given.text);
  }
};
struct Directories : Repeated {
  using Type = std::vector<DirectoryGrant>;
  static std::string type() { return "HOST[::GUEST][:ro]"; }
  static void set(Type& field, const Given& given);
};
// Variables with values. A name without a value means the host's variable, if there is one.
struct Environment : Repeated {
  using Type = std::vector<std::pair<std::string, std::string>>;
  static std::string type() { return "NAME[=VALUE]"; }
  static void set(Type& field, const Given& given);
};
struct NamedFiles : Repeated {
  using Type = std::vector<std::pair<std::string, std::string>>;
  static std::string type() { return "NAME=FILE"; }
  static void set(Type& field, const Given& given);
};
struct NamedValues : Repeated {
  using Type = std::vector<std::pair<std::string, std::string>>;
  static std::string type() { return "NAME=VALUE"; }
  static void set(Type& field, const Given& given);
};
// Grants of stores; the last one of a name counts.
struct Stores : Repeated {
  using Type = KeyValueGrants;
  static std::string type() { return "[NAME=]URL"; }
  static void set(Type& field, const Given& given);
  static void add(Type& field, std::string_view name, std::string_view url);
};
struct DefaultStore {
  using Type = KeyValueGrants;
  static std::string type() { return Switch::type(); }
  static void set(Type& field, const Given& given);
  static std::string show(const Type& field) { return Switch::show(!field.stores.empty()); }
};
// The events that are printed on standard error.
struct Logs {
  bool wasi = false, gc = false;
};
struct LogNames : Repeated {
  using Type = Logs;
  static std::string type() { return "wasi|gc"; }
  static void set(Logs& field, const Given& given);
};

// Proposals: a list (--features). As members of -W, each is set by set_feature().
struct Features : Repeated {
  using Type = Config;
  static std::string type() { return "LIST"; }
  static void set(Config& config, const Given& given);
};
void set_feature(Config& config, std::string_view name, const Given& given);
OptionSection features_section(const Config& config);

// "host" or "host::guest", optionally followed by ":ro" or ":rw". Nothing if a part is empty.
std::optional<DirectoryGrant> parse_directory(std::string_view text);

// A kind with its type erased.
struct ErasedKind {
  std::string (*type)();
  std::string (*range)();  // null: any
  void (*set)(void* field, const Given& given);
  std::string (*show)(const void* field);
  bool repeats;
};
// A field and its kind. The kind is a function, so that no table has to be relocated when the program starts.
struct Field {
  void* at = nullptr;
  ErasedKind (*kind)() = nullptr;
};
template <class K>
constexpr bool kIsRepeated = requires { K::kRepeats; };
template <class K>
ErasedKind erased() {
  using T = typename K::Type;
  ErasedKind kind{.type = K::type,
                  .range = nullptr,
                  .set = [](void* to, const Given& given) { K::set(*static_cast<T*>(to), given); },
                  .show = [](const void* of) { return K::show(*static_cast<const T*>(of)); },
                  .repeats = kIsRepeated<K>};
  if constexpr (requires { K::range(); }) kind.range = K::range;
  return kind;
}
template <class K>
Field field(typename K::Type& at) {
  return {const_cast<void*>(static_cast<const void*>(&at)), erased<K>};
}

}  // namespace ermine::cli
