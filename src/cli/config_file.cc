#include "cli/config_file.h"

#include <cpptoml.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <istream>
#include <memory>
#include <streambuf>

#include "cli/options.h"

namespace ermine::cli {
namespace {

constexpr size_t kMostBytes = 1 << 20;  // of a file: the wrong one, perhaps a device, has no end

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

// A text as a stream.
class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

// False: errno says why.
bool read_file(const std::string& path, std::string& text) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char buffer[4096];
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0 && text.size() < kMostBytes)
    text.append(buffer, static_cast<size_t>(n));
  const int error = n < 0 ? errno : text.size() < kMostBytes ? 0 : EFBIG;
  close(fd);
  errno = error;
  return error == 0;
}

}  // namespace

void read_config_file(const std::string& option, const std::string& path, const Take& take) {
  Reader reader(option, path, take);
  std::string text;
  if (!read_file(path, text)) reader.fail(std::string("cannot be read: ") + std::strerror(errno));
  if (text.find('\0') != text.npos) reader.fail("is not a TOML file but binary");
  TextBuffer buffer(text);
  std::istream file(&buffer);
  std::shared_ptr<cpptoml::table> values;
  try {
    values = cpptoml::parser(file).parse();
  } catch (const cpptoml::parse_exception& e) { reader.fail(e.what()); }
  reader.table({}, *values);
}

}  // namespace ermine::cli
