#include "cli/config_file.h"

#include <cpptoml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "cli/options.h"

namespace ermine::cli {
namespace {

using Take = std::function<void(const std::string&, const std::string&, const std::string&)>;

class Reader {
 public:
  Reader(const std::string& option, const std::string& path, const Take& take)
      : option_(option), path_(path), take_(take) {}

  void table(const std::string& name, const cpptoml::table& values) {
    for (const auto& [key, value] : values) {
      if (const auto inner = value->as_table()) {
        if (!name.empty()) fail("[" + name + "." + key + "]: tables within tables have no meaning here");
        table(key, *inner);
      } else if (const auto array = value->as_array()) {
        for (const auto& element : array->get()) one(name, key, *element);
      } else {
        one(name, key, *value);
      }
    }
  }
  [[noreturn]] void fail(const std::string& what) { throw BadOption{option_, path_ + ": " + what}; }

 private:
  void one(const std::string& table, const std::string& key, const cpptoml::base& value) {
    take_(table, key, text(key, value));
  }
  std::string text(const std::string& key, const cpptoml::base& value) {
    if (const auto s = value.as<std::string>()) return s->get();
    if (const auto b = value.as<bool>()) return b->get() ? "y" : "n";
    if (const auto i = value.as<int64_t>()) return std::to_string(i->get());
    if (const auto d = value.as<double>()) return std::to_string(d->get());
    fail(key + ": a value is a string, a number, true, false, or an array of these");
  }

  const std::string& option_;
  const std::string& path_;
  const Take& take_;
};

}  // namespace

void read_config_file(const std::string& option, const std::string& path, const Take& take) {
  Reader reader(option, path, take);
  std::ifstream file(path);
  if (!file) reader.fail(std::string("cannot be opened: ") + std::strerror(errno));
  std::shared_ptr<cpptoml::table> values;
  try {
    values = cpptoml::parser(file).parse();
  } catch (const cpptoml::parse_exception& e) { reader.fail(e.what()); }
  reader.table({}, *values);
}

}  // namespace ermine::cli
