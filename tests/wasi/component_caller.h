// Calls the functions of the component of component_guest.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/wasi/component_guest.h"

namespace ermine::test {

using component::Resource;
using component::ResourceRef;
using component::Value;

// An initializer list copies.
struct Argument {
  Argument(Value v) : value(std::move(v)) {}
  Argument(const Argument& o) : value(o.value.clone()) {}
  Value value;
};
struct Values : std::vector<Value> {
  Values() = default;
  Values(std::initializer_list<Argument> list) {
    for (const Argument& a : list) push_back(a.value.clone());
  }
};

inline Value text(std::string_view v) { return Value::string(std::string(v)); }
inline Value bytes(std::string_view v) {
  return Value::numbers<uint8_t>({reinterpret_cast<const uint8_t*>(v.data()), v.size()});
}
inline Value flags(std::vector<std::string> names = {}) { return Value::flags(std::move(names)); }
inline Value number(uint64_t v) { return Value::u64(v); }
inline Value follow() { return flags({"symlink-follow"}); }

inline Config metered() {
  Config config;
  config.consume_fuel = true;
  return config;
}

class ComponentGuest {
 public:
  explicit ComponentGuest(WasiConfig config, const std::string& version = "0.2.3", const Config& engine = {})
      : ComponentGuest(std::move(config), engine, test::component_of_all(version)) {}
  ComponentGuest(WasiConfig config, const Config& engine, const std::string& component_text)
      : ComponentGuest(std::move(config), Engine(engine), component_text) {}
  ComponentGuest(WasiConfig config, const Engine& engine, const std::string& component_text)
      : ComponentGuest(std::move(config), engine, must(Component::from_text(engine, component_text))) {}
  ComponentGuest(WasiConfig config, const Engine& engine, const Component& component)
      : engine_(engine), linker_(engine_), store_(engine_), wasi_(must(Wasi::create(std::move(config)))) {
    must(wasi_.add_to_linker(linker_, component));
    instance_.emplace(must(linker_.instantiate(store_, component)));
  }
  Result<std::optional<Value>> attempt(const char* name, Values arguments = {}) {
    const std::optional<ComponentFunc> func = instance_->get_func(name);
    if (!func) return Error(ErrorKind::kUsage, std::string("there is no function ") + name);
    return func->call(arguments);
  }
  // Its result.
  Value call(const char* name, Values arguments = {}) { return *must(attempt(name, std::move(arguments))); }
  // "ok" or the error's name. Of a result of wasi:filesystem or wasi:sockets, or a stream's.
  std::string outcome(const char* name, Values arguments = {}) {
    const Value v = call(name, std::move(arguments));
    return v.is_ok() ? "ok" : v.payload()->case_name();
  }
  Resource make(const char* name, Values arguments = {}) {
    const Value v = call(name, std::move(arguments));
    if (v.kind() != component::ValueKind::kResult) return must(Resource::from_value(v));
    if (v.is_ok()) return must(Resource::from_value(*v.payload()));
    ADD_FAILURE() << name << ": " << v.payload()->case_name();
    return {};
  }
  // The granted directories.
  std::vector<Resource> directories() {
    std::vector<Resource> out;
    const Value list = call("directories");
    for (const Value& entry : list.elements()) out.push_back(must(Resource::from_value(entry.elements()[0])));
    return out;
  }
  Resource directory() { return std::move(directories().at(0)); }
  Value open(const Resource& in, std::string_view path, std::vector<std::string> how, std::vector<std::string> mode,
             bool follows = true) {
    return call("open",
                {of(in), follows ? follow() : flags(), text(path), flags(std::move(how)), flags(std::move(mode))});
  }
  std::string opened(const Resource& in, std::string_view path, std::vector<std::string> how = {},
                     std::vector<std::string> mode = {"read"}, bool follows = true) {
    const Value v = open(in, path, std::move(how), std::move(mode), follows);
    if (!v.is_ok()) return v.payload()->case_name();
    (void)Resource::from_value(*v.payload());
    return "ok";
  }
  Resource file(const Resource& in, std::string_view path, std::vector<std::string> how = {},
                std::vector<std::string> mode = {"read"}) {
    const Value v = open(in, path, std::move(how), std::move(mode));
    if (v.is_ok()) return must(Resource::from_value(*v.payload()));
    ADD_FAILURE() << path << ": " << v.payload()->case_name();
    return {};
  }
  static Value of(const Resource& resource) { return ResourceRef(resource).to_value(); }
  // What a stream gives, "" for nothing, and "closed".
  std::string read(const Resource& stream, uint64_t length, const char* how = "read") {
    const Value v = call(how, {of(stream), number(length)});
    if (!v.is_ok()) return v.payload()->case_name();
    const auto span = v.payload()->numbers<uint8_t>();
    return {span.begin(), span.end()};
  }
  // By its C++ type.
  template <class Signature>
  TypedComponentFunc<Signature> typed(const char* name) {
    return must(instance_->get_typed_func<Signature>(name));
  }
  Wasi& wasi() { return wasi_; }
  Store& store() { return store_; }

 private:
  Engine engine_;
  ComponentLinker linker_;
  Store store_;
  Wasi wasi_;
  std::optional<ComponentInstance> instance_;
};

}  // namespace ermine::test
