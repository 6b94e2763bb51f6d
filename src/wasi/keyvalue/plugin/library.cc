#include "wasi/keyvalue/plugin/library.h"

#include <unistd.h>

#include <cstdlib>

#include "ermine/printable.h"
#include "wasi/host/path.h"
#include "wasi/preview2/bind_function.h"

namespace ermine {

namespace wasi::keyvalue {
namespace {
const Library* the_library = nullptr;
}  // namespace

void set_library(const Library& library) { the_library = &library; }

}  // namespace wasi::keyvalue

using wasi::keyvalue::the_library;

Error::Error(ErrorKind kind, std::string message, uint64_t) {
  *this = the_library->make_error(kind, std::move(message));
}
std::string printable(std::string_view text) { return the_library->printable(text); }

Result<void> StoreRef::consume_fuel(uint64_t units) const { return (this->*the_library->consume_fuel)(units); }
Result<void> StoreRef::check_interrupt() const { return (this->*the_library->check_interrupt)(); }
int StoreRef::interrupt_fd() const { return (this->*the_library->interrupt_fd)(); }

// Only after a mistake of the plug-in's own.
void detail::fail_unchecked_result(const Error&) { std::abort(); }
void detail::fail_no_error() { std::abort(); }

namespace component::detail {

bool Cursor::allocate_list(uint64_t length, uint32_t element_size, uint32_t alignment, uint64_t& at) {
  return (this->*the_library->allocate_list)(length, element_size, alignment, at);
}
bool Cursor::store_string(std::string_view text, uint64_t& at, uint64_t& units) {
  return (this->*the_library->store_string)(text, at, units);
}
bool Cursor::lower_own(const void* resource_class, void* object, uint32_t& handle) {
  return (this->*the_library->lower_own)(resource_class, object, handle);
}
bool Cursor::load_string(uint64_t at, uint64_t units, std::string& out) {
  return (this->*the_library->load_string)(at, units, out);
}
bool Cursor::load_list(uint64_t at, uint64_t length, uint32_t element_size, uint32_t alignment, uint64_t host_bytes,
                       const uint8_t*& begin) {
  return (this->*the_library->load_list)(at, length, element_size, alignment, host_bytes, begin);
}
bool Cursor::place(uint64_t at, uint32_t size, uint32_t alignment, uint8_t*& out) {
  return (this->*the_library->place)(at, size, alignment, out);
}
bool Cursor::lift_own(const void* resource_class, uint32_t handle, void*& object) {
  return (this->*the_library->lift_own)(resource_class, handle, object);
}
bool Cursor::lift_borrow(const void* resource_class, uint32_t handle, void*& object) {
  return (this->*the_library->lift_borrow)(resource_class, handle, object);
}
bool Cursor::bad_value(const char* what) { return (this->*the_library->bad_value)(what); }
bool Cursor::bad_case() { return (this->*the_library->bad_case)(); }
bool Cursor::fail(Error error) { return (this->*the_library->fail)(std::move(error)); }

}  // namespace component::detail

namespace wasi {

void host::UniqueFd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}
bool host::is_utf8(std::string_view bytes) { return the_library->is_utf8(bytes); }

namespace preview2 {

Context* ContextSource::get(runtime::Store* store) const { return (this->*the_library->context)(store); }
bool no_context(Cursor& cursor, const Import& import) {
  return cursor.fail(Error(ErrorKind::kUsage, std::string(import.name) + ": the calling store has no WASI state"));
}

}  // namespace preview2
}  // namespace wasi

}  // namespace ermine
