// The files that inform perf about machine code: perf-PID.map and jit-PID.dump.
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <mutex>

#include "base/format.h"
#include "ermine/printable.h"
#include "platform/code_listener.h"

namespace ermine::platform {

namespace {

// Creates a new file: an existing one belongs to an older process with the same number, or is an attack.
class OwnFile {
 public:
  static Result<OwnFile> create(std::string path) {
    unlink(path.c_str());
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return failed(path);
    return OwnFile(fd, std::move(path));
  }
  OwnFile(OwnFile&& other) noexcept : fd_(other.fd_), path_(std::move(other.path_)) { other.fd_ = -1; }
  OwnFile& operator=(OwnFile&&) = delete;
  ~OwnFile() {
    if (fd_ >= 0) close(fd_);
  }

  // All or nothing: on a full disk, the file ends after the last complete entry.
  void append(std::string_view bytes) {
    if (full_) return;
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = write(fd_, bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        full_ = true;
        (void)!ftruncate(fd_, size_);
        return;
      }
      done += static_cast<size_t>(n);
    }
    size_ += static_cast<off_t>(done);
  }
  int fd() const { return fd_; }
  Error error() const { return failed(path_); }

 private:
  OwnFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  static Error failed(const std::string& path) {
    return Error(ErrorKind::kIo, base::format("cannot write {} for profiling: {}", path, std::strerror(errno)));
  }
  int fd_;
  std::string path_;
  off_t size_ = 0;
  bool full_ = false;
};

class PerfMap final : public CodeListener {
 public:
  explicit PerfMap(OwnFile file) : file_(std::move(file)) {}
  static Result<CodeListenerPtr> open() {
    ERMINE_ASSIGN(OwnFile file, OwnFile::create(base::format("/tmp/perf-{}.map", getpid())));
    return CodeListenerPtr(std::make_shared<PerfMap>(std::move(file)));
  }
  void added(const NewCode& code) override {
    const std::string line =
        base::format("{:x} {:x} {}\n", reinterpret_cast<uintptr_t>(code.begin), code.size, code.name);
    std::lock_guard lock(mutex_);
    file_.append(line);
  }

 private:
  std::mutex mutex_;
  OwnFile file_;
};

// The format of tools/perf/Documentation/jitdump-specification.txt in the sources of Linux, version 1: a header, then
// records, each with its kind, length and time. All in the machine's byte order.
class JitDump final : public CodeListener {
 public:
  JitDump(OwnFile file, void* mark, size_t mark_size) : file_(std::move(file)), mark_(mark), mark_size_(mark_size) {}
  ~JitDump() override {
    file_.append(Record(kCodeClose).finish());
    munmap(mark_, mark_size_);
  }

  static Result<CodeListenerPtr> open() {
    ERMINE_ASSIGN(OwnFile file, OwnFile::create(base::format("jit-{}.dump", getpid())));
    // perf records executable mappings of files: this one tells it that the file exists, and where.
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void* mark = mmap(nullptr, page, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.fd(), 0);
    if (mark == MAP_FAILED) return file.error();
    std::string header;
    put<uint32_t>(header, 0x4A695444);
    put<uint32_t>(header, 1);   // version
    put<uint32_t>(header, 40);  // size of the header
    put<uint32_t>(header, kMachine);
    put<uint32_t>(header, 0);
    put<uint32_t>(header, static_cast<uint32_t>(getpid()));
    put<uint64_t>(header, now());
    put<uint64_t>(header, 0);  // flags
    file.append(header);
    return CodeListenerPtr(std::make_shared<JitDump>(std::move(file), mark, page));
  }

  bool wants_layout() const override { return true; }

  void added(const NewCode& code) override {
    const auto address = reinterpret_cast<uintptr_t>(code.begin);
    std::lock_guard lock(mutex_);
    // Lines precede the code that they are about.
    if (!code.lines.empty()) {
      Record lines(kDebugInfo);
      lines.put<uint64_t>(address);
      lines.put<uint64_t>(code.lines.size());
      const std::string file = printable(code.file);
      for (const NewCode::Line& line : code.lines) {
        lines.put<uint64_t>(address + line.offset);
        lines.put<uint32_t>(line.line);
        lines.put<uint32_t>(0);  // discriminator
        lines.text(file);
      }
      file_.append(lines.finish());
    }
    Record load(kCodeLoad);
    load.put<uint32_t>(static_cast<uint32_t>(getpid()));
    load.put<uint32_t>(static_cast<uint32_t>(syscall(SYS_gettid)));
    load.put<uint64_t>(address);
    load.put<uint64_t>(address);
    load.put<uint64_t>(code.size);
    load.put<uint64_t>(next_index_++);
    load.text(printable(code.name));
    load.bytes(code.begin, code.size);
    file_.append(load.finish());
  }

 private:
  enum Kind : uint32_t { kCodeLoad = 0, kDebugInfo = 2, kCodeClose = 3 };
#if defined(__x86_64__)
  static constexpr uint32_t kMachine = EM_X86_64;
#else
  static constexpr uint32_t kMachine = EM_AARCH64;
#endif

  template <class T>
  static void put(std::string& out, T v) {
    out.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  // The clock of `perf record -k mono`.
  static uint64_t now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
  }

  class Record {
   public:
    explicit Record(Kind kind) {
      put<uint32_t>(kind);
      put<uint32_t>(0);  // the length, once it is known
      put<uint64_t>(now());
    }
    template <class T>
    void put(T v) {
      JitDump::put(out_, v);
    }
    void text(std::string_view s) { out_.append(s) += '\0'; }
    void bytes(const uint8_t* p, size_t n) { out_.append(reinterpret_cast<const char*>(p), n); }
    std::string_view finish() {
      const auto size = static_cast<uint32_t>(out_.size());
      std::memcpy(out_.data() + 4, &size, sizeof size);
      return out_;
    }

   private:
    std::string out_;
  };

  std::mutex mutex_;
  OwnFile file_;
  void* mark_;
  size_t mark_size_;
  uint64_t next_index_ = 0;
};

// The process's listener of one kind.
template <class T>
Result<CodeListenerPtr> shared() {
  static std::mutex mutex;
  static std::weak_ptr<CodeListener> held;
  std::lock_guard lock(mutex);
  if (CodeListenerPtr there = held.lock()) return there;
  ERMINE_ASSIGN(CodeListenerPtr made, T::open());
  held = made;
  return made;
}

class Both final : public CodeListener {
 public:
  Both(CodeListenerPtr a, CodeListenerPtr b) : a_(std::move(a)), b_(std::move(b)) {}
  void added(const NewCode& code) override {
    a_->added(code);
    b_->added(code);
  }
  void removed(const uint8_t* begin) override {
    a_->removed(begin);
    b_->removed(begin);
  }
  bool wants_layout() const override { return a_->wants_layout() || b_->wants_layout(); }

 private:
  CodeListenerPtr a_, b_;
};

}  // namespace

Result<CodeListenerPtr> open_perf_map() { return shared<PerfMap>(); }
Result<CodeListenerPtr> open_jit_dump() { return shared<JitDump>(); }

CodeListenerPtr tee_listener(CodeListenerPtr a, CodeListenerPtr b) {
  if (!a || !b) return a ? a : b;
  return std::make_shared<Both>(std::move(a), std::move(b));
}

}  // namespace ermine::platform
