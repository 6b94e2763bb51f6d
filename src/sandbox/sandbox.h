// The process sandbox: if a guest ever breaks out of WebAssembly, the kernel still refuses this process every file
// outside the granted directories (Landlock) and every system call that its task does not need (seccomp).
//
// A process opens what its task needs, confines itself, and only then reads a guest's first byte. It remains confined
// until it ends. A Policy describes the confinement. This folder depends neither on the program that makes the policy
// (the command, or another program that runs guests) nor on how warnings are shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"

namespace ermine::sandbox {

enum class Mode : uint8_t {
  kDefault,     // features of the kernel must work; missing ones are noted
  kRequired,    // all features, or nothing is run
  kBestEffort,  // whatever can be set up; the rest is noted
  kOff,
};

struct Directory {
  std::string path;
  bool writable = false;
};

// Sockets that a program may make. The kernel restricts kinds and ports here; addresses and names are restricted by
// wasi/net/ alone, because no part of the sandbox sees them.
struct NetworkPolicy {
  bool tcp = false, udp = false;
  bool listens = false;  // TCP sockets may listen
  bool every_port = false;  // TCP connections to all ports, not only these
  bool every_bind_port = false;  // because a port that the system chose may be bound again
  std::vector<uint16_t> connect_ports;
  std::vector<uint16_t> bind_ports;  // TCP; 0: one that the system chooses
};

// The task of a process after it is confined.
struct Policy {
  Mode mode = Mode::kDefault;
  bool landlock = true, seccomp = true;
  bool runs_guests = false;    // otherwise modules are only read and described
  bool machine_code = false;   // needs executable memory
  std::vector<Directory> directories;
  // Files that may be read to open them as shared libraries, and directories of such. Ignored unless has_landlock():
  // otherwise they must be opened before.
  std::vector<std::string> libraries;
  NetworkPolicy network;
};

// Whether confine() would set up anything, and whether that includes Landlock.
bool confines(const Policy& policy);
bool has_landlock(const Policy& policy);

// Confines all threads of the process; with directories, call it while it has one thread. Returns warnings about
// missing features. After an error nothing may be run: kUnsupported if the mode does not accept that a feature is
// missing, kLimit if there is no memory.
Result<std::vector<std::string>> confine(const Policy& policy);

// "required", "best-effort", "off"; false for any other text.
bool parse_mode(std::string_view text, Mode& mode);

}  // namespace ermine::sandbox
