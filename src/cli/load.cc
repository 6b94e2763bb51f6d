#include "cli/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>

#include "cli/text_format.h"

namespace ermine::cli {
namespace {

Error io_error(const std::string& what, const std::string& path) {
  return Error(ErrorKind::kIo, what + " '" + path + "': " + std::strerror(errno));
}

Result<std::vector<uint8_t>> read_all(int fd, const std::string& path) {
  std::vector<uint8_t> bytes;
  struct stat st;
  if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return io_error("cannot read", path);
  }
  // One more than its size, so that the end is seen without growing.
  size_t filled = 0;
  bytes.resize(S_ISREG(st.st_mode) && st.st_size > 0 ? static_cast<size_t>(st.st_size) + 1 : size_t{1} << 16);
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
    ssize_t n = read(fd, bytes.data() + filled, bytes.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("cannot read", path);
    if (n == 0) break;
    filled += static_cast<size_t>(n);
    if (filled > (size_t{2} << 30)) return Error(ErrorKind::kUnsupported, "'" + path + "' is too large for a module");
  }
  bytes.resize(filled);
  return bytes;
}

struct File {
  int fd = -1;
  ~File() {
    if (fd > STDIN_FILENO) close(fd);
  }
};

Result<void> open_file(const std::string& path, File& file) {
  file.fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd < 0) return io_error("cannot open", path);
  return {};
}

bool is_binary(const uint8_t* head, size_t size) { return size >= 4 && std::memcmp(head, "\0asm", 4) == 0; }

// A component is a binary of another layer; say so instead of a wrong version number.
bool is_component(const uint8_t* head, size_t size) {
  return size >= 8 && is_binary(head, size) && head[6] == 1 && head[7] == 0;
}

Error component_error() {
  return Error(ErrorKind::kUnsupported,
               "this is a WebAssembly component, not a core module; components are not supported yet");
}

}  // namespace

Result<std::vector<uint8_t>> read_file(const std::string& path) {
  File file;
  ERMINE_TRY(open_file(path, file));
  return read_all(file.fd, path);
}

Result<std::vector<uint8_t>> read_module_bytes(const std::string& path) {
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, read_file(path));
  if (is_binary(bytes.data(), bytes.size()) || !looks_like_text(bytes, path)) return bytes;
  return assemble(bytes, path);
}

Result<Module> load_module(const Engine& engine, const std::string& path, Reading reading) {
  std::string name = path == "-" ? "stdin" : path.substr(path.rfind('/') + 1);
  auto with_path = [&path](Error error) { return Error(std::move(error).with_context(path)); };
  File file;
  if (Result<void> r = open_file(path, file); !r) return std::move(r).error();
  uint8_t head[8];
  ssize_t n = pread(file.fd, head, sizeof head, 0);  // fails on a pipe, which is read below
  auto got = n > 0 ? static_cast<size_t>(n) : 0;
  if (is_component(head, got)) return with_path(component_error());
  struct stat st;
  Progress progress("compiling " + name);
  constexpr off_t kWorthMapping = 256 << 10;  // less is sooner read from the file that is open than mapped
  if (is_binary(head, got) && reading == Reading::kMap && fstat(file.fd, &st) == 0 && S_ISREG(st.st_mode) &&
      st.st_size >= kWorthMapping) {
    Result<Module> module = Module::from_file(engine, path, name);
    if (!module) return with_path(std::move(module).error());
    return module;
  }
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, read_all(file.fd, path));
  if (is_component(bytes.data(), bytes.size())) return with_path(component_error());
  if (!is_binary(bytes.data(), bytes.size()) && looks_like_text(bytes, path)) {
    ERMINE_ASSIGN(bytes, assemble(bytes, path));
  }
  Result<Module> module = Module::compile(engine, std::move(bytes), name);
  if (!module) return with_path(std::move(module).error());
  return module;
}

struct Progress::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::thread thread;
};

Progress::Progress(std::string label) {
  if (!isatty(STDERR_FILENO)) return;
  shared_ = std::make_unique<Shared>();
  shared_->thread = std::thread([s = shared_.get(), label = std::move(label)] {
    std::unique_lock lock(s->mutex);
    bool shown = false;
    int seconds = 0;
    while (!s->changed.wait_for(lock, std::chrono::seconds(1), [s] { return s->done; })) {
      std::fprintf(stderr, "\r%s … %d s", label.c_str(), ++seconds);
      std::fflush(stderr);
      shown = true;
    }
    if (shown) std::fputs("\r\x1b[K", stderr);
  });
}

Progress::~Progress() {
  if (!shared_) return;
  {
    std::lock_guard lock(shared_->mutex);
    shared_->done = true;
  }
  shared_->changed.notify_one();
  shared_->thread.join();
}

}  // namespace ermine::cli
