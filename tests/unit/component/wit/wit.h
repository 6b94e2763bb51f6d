// Packages from texts, for the tests of WIT.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "component/wit/print.h"
#include "component/wit/resolver.h"

namespace ermine::component::wit {

// A package with the contents `items`: the result, or null with a failed expectation.
struct Loaded {
  Resolve resolve;
  PackageId package;
  std::string error;  // the first line of the message

  explicit Loaded(InputGroup main, std::vector<InputGroup> dependencies = {}, const ResolveOptions& options = {}) {
    auto result = add_packages(resolve, std::move(main), std::move(dependencies), options);
    if (result) {
      package = *result;
      return;
    }
    error = result.error().message();
    error = error.substr(0, error.find('\n'));
  }
  explicit Loaded(std::string text, const ResolveOptions& options = {})
      : Loaded(InputGroup{{"a.wit", std::move(text)}}, {}, options) {}

  const Interface& interface(std::string_view name) const { return resolve[*resolve[package].interfaces.find(name)]; }
  const World& world(std::string_view name) const { return resolve[*resolve[package].worlds.find(name)]; }
  const TypeDef& type(std::string_view interface_name, std::string_view name) const {
    return resolve[*interface(interface_name).types.find(name)];
  }
  const Function& function(std::string_view interface_name, std::string_view name) const {
    return *interface(interface_name).functions.find(name);
  }
  // "interface, type, func" and so on: the names of imports or exports in order.
  static std::string names(const Resolve& resolve, const OrderedMap<WorldItem>& items) {
    std::string out;
    for (const auto& [key, item] : items) out += (out.empty() ? "" : " ") + resolve.name_of(item);
    return out;
  }
  std::string imports(std::string_view name) const { return names(resolve, world(name).imports); }
  std::string exports(std::string_view name) const { return names(resolve, world(name).exports); }
};

// The error of `package a:b@1.0.0;` with these items; empty: none.
inline std::string error_of(const std::string& items, const ResolveOptions& options = {}) {
  return Loaded("package a:b@1.0.0;\n" + items, options).error;
}

}  // namespace ermine::component::wit
