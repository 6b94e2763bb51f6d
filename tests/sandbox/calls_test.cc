// Every system call that exists, and more, with arguments that would do harm: calls that are not in the table are
// refused, and those in it leave other processes, files that were not granted, and limits unchanged.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "confined.h"
#include "sandbox/system_calls.h"
#include "wasi/host/path_arguments.h"

namespace ermine::sandbox {
namespace {

constexpr long kNumbers = 600;  // Linux 6.18 has 470
using Arguments = std::array<long, 6>;

const SystemCall* entry(long number, Task task) {
  const auto* e = std::ranges::find_if(kSystemCalls, [&](const SystemCall& c) { return c.number == number; });
  return e != std::end(kSystemCalls) && e->from <= task && e->extras == 0 ? e : nullptr;
}

// uretprobe and uprobe, which the kernel makes itself in a traced process, and which bypass every filter. Other callers
// are ended by SIGILL, or get ENXIO.
bool is_beyond_filters([[maybe_unused]] long number) {
#if defined(__x86_64__)
  return number == 335 || number == 336;
#else
  return false;
#endif
}

class SandboxCalls : public testing::TestWithParam<Task> {
 protected:
  // The targets of the attempts: a process, and a file outside the granted directory.
  void SetUp() override {
    root_ = (std::filesystem::temp_directory_path() / "ermine-calls-XXXXXX").string();
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
    granted_ = root_ + "/granted";
    outside_ = root_ + "/outside";
    file_ = outside_ + "/file";
    made_ = outside_ + "/made";
    for (const std::string& d : {granted_, outside_}) std::filesystem::create_directory(d);
    std::ofstream(file_) << "text";
    directory_ = open(granted_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ASSERT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
    target_ = fork();
    if (target_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (true) pause();
    }
    report_ =
        static_cast<Report*>(mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(report_, MAP_FAILED);
    before_ = host_state();
  }
  void TearDown() override {
    if (target_ > 0) {
      kill(target_, SIGKILL);
      waitpid(target_, nullptr, 0);
    }
    for (int fd : {directory_, pipe_[0], pipe_[1]}) close(fd);
    std::error_code ignored;
    if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
  }

  // State that must not change.
  std::string host_state() const {
    std::string text;
    struct stat st;
    for (const std::string& path : {root_, outside_, file_, std::string("/tmp")}) {
      if (stat(path.c_str(), &st) != 0) return "gone: " + path;
      text += path + " " + std::to_string(st.st_mode) + " " + std::to_string(st.st_uid);
      if (path != "/tmp") text += " " + std::to_string(st.st_mtim.tv_sec) + "." + std::to_string(st.st_mtim.tv_nsec);
      text += "\n";
    }
    std::ifstream file(file_);
    text += std::string(std::istreambuf_iterator<char>(file), {}) + "\n";
    for (pid_t pid : {target_, getpid()}) {
      rlimit limit{};
      for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
        prlimit(pid, static_cast<__rlimit_resource>(resource), nullptr, &limit);
        text += std::to_string(limit.rlim_cur) + "/" + std::to_string(limit.rlim_max) + " ";
      }
      text += std::to_string(getpriority(PRIO_PROCESS, static_cast<id_t>(pid))) + " session " +
              std::to_string(getsid(pid)) + "." + std::to_string(getpgid(pid)) + "\n";
    }
    text +=
        "target " + std::to_string(kill(target_, 0)) + std::to_string(waitpid(target_, nullptr, WNOHANG | WUNTRACED));
    text += " owner " + std::to_string(fcntl(pipe_[0], F_GETOWN)) + " " +
            std::to_string(fcntl(pipe_[0], F_GETFL) & O_ASYNC);
    return text;
  }

  // Each set has plausible arguments of some calls.
  std::vector<Arguments> hostile() {
    static std::array<long, 512> buffer{};  // also a structure of small numbers
    buffer.fill(1);
    const auto number = [](const void* p) { return reinterpret_cast<long>(p); };
    const long pid = target_, file = number(file_.c_str()), made = number(made_.c_str()), data = number(buffer.data());
    return {
        {0, 0, 0, 0, 0, 0},
        {-1, -1, -1, -1, -1, -1},
        {pid, SIGKILL, data, data, 0, 0},  // kill, prlimit64, sched_setaffinity
        {pid, pid, SIGKILL, data, 0, 0},  // tgkill, kcmp
        {0, pid, 19, data, 0, 0},  // setpriority
        {file, made, 0777, data, 0, 0},  // link, rename, chmod
        {file, data, O_RDWR | O_CREAT | O_TRUNC, 0777, 0, 0},
        {AT_FDCWD, file, O_RDWR | O_TRUNC, 0777, 0, 0},  // openat
        {AT_FDCWD, made, 0777 | S_IFIFO, 0777, 0, 0},  // mkdirat, mknodat
        {AT_FDCWD, file, data, 0, 0, 0},  // utimensat
        {AT_FDCWD, file, 0, 0, 0, 0},  // unlinkat, fchmodat
        {AT_FDCWD, file, AT_FDCWD, made, 0, 0},  // renameat2, linkat
        {directory_, file, directory_, made, 0, 0},
        {directory_, file, O_PATH, 0, 0, 0},
        {directory_, file, data, 24, 0, 0},  // openat2
        {file, AT_FDCWD, made, 0, 0, 0},  // symlinkat
        {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0},
        {data & -4096, 4096, 100, 0, 0, 0},  // madvise
        {pipe_[0], F_SETOWN, pid, 0, 0, 0},
        {pipe_[0], F_SETSIG, SIGKILL, 0, 0, 0},
        {pipe_[0], F_SETFL, O_ASYNC, 0, 0, 0},
        {pipe_[0], pid, data, 0, 0, 0},
    };
  }

  Policy policy() {
    Policy p;
    p.mode = Mode::kBestEffort;  // not every kernel has Landlock; the refusals here are seccomp's
    p.runs_guests = GetParam() != Task::kRead;
    p.machine_code = true;
    if (GetParam() >= Task::kFiles) p.directories = {{granted_, GetParam() == Task::kChange}};
    return p;
  }

  // In a child under the policy, which is ended if it waits. False if it could not be set up.
  template <class F>
  bool in_child(std::chrono::milliseconds at_most, F&& f) {
    report_->confined = false;
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const rlimit no_core{};
      setrlimit(RLIMIT_CORE, &no_core);
      if (!confine(policy())) _exit(kNotSetUp);
      report_->confined = true;
      f();
      _exit(0);
    }
    std::chrono::milliseconds waited{};
    while (waitpid(child, nullptr, WNOHANG) == 0) {
      if (report_->confined && waited > at_most) kill(child, SIGKILL);
      usleep(500);
      if (report_->confined) waited += std::chrono::milliseconds(1);
    }
    return report_->confined;
  }
  static int make(long number, const Arguments& a) {
    errno = 0;
    return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? errno : 0;
  }

  struct Report {
    std::atomic<bool> confined;
    long next;  // the current number
    int answers[kNumbers + 1];  // the first result that was not a refusal, or EPERM
  };
  std::string root_, granted_, outside_, file_, made_, before_;
  pid_t target_ = -1;
  int directory_ = -1, pipe_[2] = {-1, -1};
  Report* report_ = nullptr;
};

const char* name_of(Task task) {
  switch (task) {
    case Task::kRead: return "Read";
    case Task::kRun: return "Run";
    case Task::kFiles: return "Files";
    case Task::kChange: return "Change";
  }
  return "";
}
INSTANTIATE_TEST_SUITE_P(, SandboxCalls, testing::Values(Task::kRead, Task::kRun, Task::kFiles, Task::kChange),
                         [](const auto& p) { return name_of(p.param); });

TEST_P(SandboxCalls, CallsOutsideTheTableAreRefused) {
  const std::vector<Arguments> arguments = hostile();
  report_->next = 0;
  ASSERT_TRUE(in_child(std::chrono::seconds(60), [&] {
    for (long& n = report_->next; n < kNumbers; ++n) {
      if (entry(n, GetParam()) != nullptr || is_beyond_filters(n)) continue;
      report_->answers[n] = EPERM;
      for (const Arguments& a : arguments)
        if (const int error = make(n, a); error != EPERM) report_->answers[n] = error;
    }
  }));
  EXPECT_EQ(report_->next, kNumbers) << "the process did not come further";
  unsigned refused = 0;
  for (long n = 0; n < report_->next; ++n) {
    if (entry(n, GetParam()) != nullptr || is_beyond_filters(n)) continue;
    ++refused;
    EXPECT_EQ(report_->answers[n], EPERM) << "system call " << n << " answers " << strerror(report_->answers[n]);
  }
  EXPECT_GT(refused, 500u);
  EXPECT_EQ(host_state(), before_);
}

// A task's calls are also the next one's, with the same checks: the last task has them all.
class SandboxAllCalls : public SandboxCalls {};
INSTANTIATE_TEST_SUITE_P(, SandboxAllCalls, testing::Values(Task::kChange),
                         [](const auto& p) { return name_of(p.param); });

TEST_P(SandboxAllCalls, BeyondFiltersDoNothing) {
  for (long n = 0; n < kNumbers; ++n) {
    if (!is_beyond_filters(n)) continue;
    report_->answers[kNumbers] = -1;
    ASSERT_TRUE(in_child(std::chrono::seconds(60), [&] { report_->answers[kNumbers] = make(n, {}); }));
    const int answer = report_->answers[kNumbers];
    EXPECT_TRUE(answer == -1 || answer == ENXIO || answer == EPERM) << n << ": " << answer;  // EPERM: not known yet
  }
}

TEST_P(SandboxAllCalls, DoNoHarm) {
  unsigned tried = 0;
  for (const SystemCall& c : kSystemCalls) {
    if (c.from > GetParam() || c.extras != 0)
      continue;  // those of sockets: network_test.cc; of libraries: libraries_test.cc
    bool came_through = false;
    for (const Arguments& a : hostile()) {
      report_->answers[kNumbers] = -1;  // it ended the process, or did not return in time
      ASSERT_TRUE(in_child(std::chrono::milliseconds(100), [&] { report_->answers[kNumbers] = make(c.number, a); }));
      came_through = came_through || report_->answers[kNumbers] != EPERM;
      ++tried;
      ASSERT_EQ(host_state(), before_) << "after system call " << c.number;
    }
    EXPECT_TRUE(came_through || c.check != Check::kNone) << "system call " << c.number << " is always refused";
  }
  EXPECT_GT(tried, 30 * hostile().size());
}

}  // namespace
}  // namespace ermine::sandbox
