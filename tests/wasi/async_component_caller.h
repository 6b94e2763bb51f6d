// Calls the functions of the component of async_component_guest.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/wasi/async_component_guest.h"
#include "tests/wasi/component_caller.h"

namespace ermine::test {

class AsyncGuest {
 public:
  explicit AsyncGuest(WasiConfig config, const std::string& version = "0.3.0", const Config& engine = with_async())
      : AsyncGuest(std::move(config), engine, async_component(version)) {}
  AsyncGuest(WasiConfig config, const Config& engine, const std::string& component_text)
      : engine_(engine), linker_(engine_), store_(engine_), wasi_(must(Wasi::create(std::move(config)))) {
    const Component component = must(Component::from_text(engine_, component_text));
    must(wasi_.add_to_linker(linker_, component));
    instance_.emplace(must(linker_.instantiate(store_, component)));
  }
  static Config with_async() {
    Config config;
    config.enable_all_features();
    return config;
  }
  Result<std::optional<Value>> attempt(const char* name, Values arguments = {}) {
    const std::optional<ComponentFunc> func = instance_->get_func(name);
    if (!func) return Error(ErrorKind::kUsage, std::string("there is no function ") + name);
    return func->call(arguments);
  }
  ComponentFunc func(const char* name) { return *instance_->get_func(name); }
  // Its result.
  Value call(const char* name, Values arguments = {}) { return *must(attempt(name, std::move(arguments))); }
  // "ok" or the error's name.
  std::string outcome(const char* name, Values arguments = {}) {
    const Value v = call(name, std::move(arguments));
    return v.is_ok() ? "ok" : v.payload()->case_name();
  }
  // The status of a function that uses a whole stream.
  uint64_t status(const char* name, Values arguments = {}) { return call(name, std::move(arguments)).as_unsigned(); }
  struct Contents {
    std::string bytes;
    uint64_t status = 0;
    bool operator==(const Contents&) const = default;
  };
  Contents contents(const char* name, Values arguments = {}) {
    const Value v = call(name, std::move(arguments));
    const auto span = v.elements()[0].numbers<uint8_t>();
    return {{span.begin(), span.end()}, v.elements()[1].as_unsigned()};
  }
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
