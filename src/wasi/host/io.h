// Reads and writes descriptors directly from and to the guest's buffers.
//
// A call that would wait does so in poll(), together with the store's interrupt descriptor, so that a timeout ends the
// wait; the call then returns kInterrupted, which the layer above turns into the trap. The host's own O_NONBLOCK is
// never visible: a guest gets kAgain only if it requested non-blocking itself.
#pragma once

#include <poll.h>
#include <sys/uio.h>

#include <cstddef>

#include "wasi/host/descriptor.h"
#include "wasi/host/error.h"
#include "wasi/host/interrupt.h"

namespace ermine::wasi::host {

Outcome<size_t> read_some(Descriptor& d, const iovec* buffers, int count, const Interrupts& interrupts);
// Writes everything unless the guest requested non-blocking, an error occurs or the kernel's largest single write is
// reached, as in write(2).
Outcome<size_t> write_some(Descriptor& d, iovec* buffers, int count, const Interrupts& interrupts);
Outcome<size_t> read_at(Descriptor& d, const iovec* buffers, int count, uint64_t offset);
Outcome<size_t> write_at(Descriptor& d, const iovec* buffers, int count, uint64_t offset);
// At the file's end, wherever its position is, and whether or not it was opened for that. Not for what may wait.
Outcome<size_t> write_at_end(const Descriptor& d, const iovec* buffers, int count);

// Waits until `fd` has one of `events`; kInterrupted if the wait is interrupted.
HostError wait_for(int fd, short events, const Interrupts& interrupts);

// Removes `n` transferred bytes from the front of a buffer list.
void advance(iovec*& buffers, int& count, size_t n);

// Changes kAppend and kNonblocking; the rest must be as it is.
HostError set_status(Descriptor& d, Status wanted);

}  // namespace ermine::wasi::host
