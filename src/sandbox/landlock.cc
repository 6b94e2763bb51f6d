#include "sandbox/landlock.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace ermine::sandbox {
namespace {

// The interface as of Linux 6.12; the C library's kernel headers may be older than the kernel.
struct RulesetAttr {
  uint64_t handled_access_fs, handled_access_net, scoped;
};
struct [[gnu::packed]] PathBeneathAttr {
  uint64_t allowed_access;
  int32_t parent_fd;
};
struct NetPortAttr {
  uint64_t allowed_access, port;
};
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;  // the same on all architectures
constexpr uint64_t kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3, kRemoveDir = 1 << 4,
                   kRemoveFile = 1 << 5, kMakeDir = 1 << 7, kMakeReg = 1 << 8, kMakeSym = 1 << 12, kRefer = 1 << 13,
                   kTruncate = 1 << 14, kIoctlDev = 1 << 15;
constexpr uint64_t kAllOfFirstVersion = (1 << 13) - 1;
constexpr uint64_t kBindTcp = 1, kConnectTcp = 2;
constexpr uint64_t kAbstractUnixSocket = 1, kSignal = 2;

// Closes the descriptor, but keeps errno.
class Descriptor {
 public:
  explicit Descriptor(long fd) : fd_(static_cast<int>(fd)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    const int error = errno;
    if (fd_ >= 0) close(fd_);
    errno = error;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

long landlock_version() { return syscall(kCreateRuleset, nullptr, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */); }

Part restrict_files(const Policy& policy) {
  const NetworkPolicy& network = policy.network;
  const long version = landlock_version();
  // Not built in; or built in, but not enabled.
  if (version < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) return Part::missing();
  if (version < 0) return Part::failed();
  RulesetAttr attr{};
  attr.handled_access_fs = kAllOfFirstVersion;
  if (version >= 2) attr.handled_access_fs |= kRefer;
  if (version >= 3) attr.handled_access_fs |= kTruncate;
  if (version >= 5) attr.handled_access_fs |= kIoctlDev;
  if (version >= 4)
    attr.handled_access_net = (network.every_bind_port ? 0 : kBindTcp) | (network.every_port ? 0 : kConnectTcp);
  if (version >= 6) attr.scoped = kAbstractUnixSocket | kSignal;
  const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const Descriptor ruleset(syscall(kCreateRuleset, &attr, size, 0));
  if (ruleset.get() < 0) return Part::failed();
  auto allow = [&](const std::string& path, uint64_t access) {
    const Descriptor file(open(path.c_str(), O_PATH | O_CLOEXEC));
    if (file.get() < 0) return false;
    const PathBeneathAttr rule{access & attr.handled_access_fs, file.get()};
    return syscall(kAddRule, ruleset.get(), 1 /* LANDLOCK_RULE_PATH_BENEATH */, &rule, 0) == 0;
  };
  for (const Directory& d : policy.directories) {
    uint64_t access = kReadFile | kReadDir;
    if (d.writable)
      access |= kWriteFile | kRemoveDir | kRemoveFile | kMakeDir | kMakeReg | kMakeSym | kRefer | kTruncate;
    if (!allow(d.path, access)) return Part::failed();
  }
  for (const std::string& path : policy.libraries)
    if (!allow(path, kReadFile)) return Part::failed();
  auto allow_ports = [&](uint64_t access, const std::vector<uint16_t>& ports) {
    for (uint16_t port : ports) {
      const NetPortAttr rule{access, port};
      if (syscall(kAddRule, ruleset.get(), 2 /* LANDLOCK_RULE_NET_PORT */, &rule, 0) != 0) return false;
    }
    return true;
  };
  if (version >= 4 && ((!network.every_bind_port && !allow_ports(kBindTcp, network.bind_ports)) ||
                       (!network.every_port && !allow_ports(kConnectTcp, network.connect_ports))))
    return Part::failed();
  if (syscall(kRestrictSelf, ruleset.get(), 0) != 0) return Part::failed();
  return {};
}

}  // namespace ermine::sandbox
