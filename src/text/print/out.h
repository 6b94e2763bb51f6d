// Out: text on its way to a sink, collected in pieces of some 64 KiB.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "text/print/print.h"

namespace ermine::text {

class Out {
 public:
  explicit Out(const TextSink& sink) : sink_(sink) { buffer_.reserve(kPiece + 4096); }

  Out& operator<<(std::string_view s) {
    buffer_.append(s);
    return *this;
  }
  Out& operator<<(char c) {
    buffer_.push_back(c);
    return *this;
  }
  Out& number(uint64_t v) {
    if (v < 10) {
      buffer_.push_back(static_cast<char>('0' + v));
      return *this;
    }
    char digits[20];
    auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
    buffer_.append(digits, end);
    return *this;
  }
  Out& signed_number(int64_t v) {
    char digits[21];
    auto end = std::to_chars(digits, digits + sizeof digits, v).ptr;
    buffer_.append(digits, end);
    return *this;
  }
  Out& hex(uint64_t v, unsigned min_digits = 1) {
    char digits[16];
    auto end = std::to_chars(digits, digits + sizeof digits, v, 16).ptr;
    for (auto n = static_cast<unsigned>(end - digits); n < min_digits; ++n) buffer_.push_back('0');
    buffer_.append(digits, end);
    return *this;
  }
  void spaces(size_t n) { buffer_.append(n, ' '); }
  std::string& raw() { return buffer_; }
  // Passes the collected text on if it is large enough. False if the sink does not want any more.
  bool maybe_flush() { return buffer_.size() < kPiece || flush(); }
  bool flush() {
    if (!stopped_ && !buffer_.empty()) stopped_ = !sink_(buffer_);
    buffer_.clear();
    return !stopped_;
  }
  bool stopped() const { return stopped_; }
  // For output that is not parsed again: put_name() cuts names that are longer than an identifier.
  void cut_names() { cuts_names_ = true; }
  bool cuts_names() const { return cuts_names_; }

 private:
  static constexpr size_t kPiece = 64 << 10;
  const TextSink& sink_;
  std::string buffer_;
  bool stopped_ = false, cuts_names_ = false;
};

// The characters as they are written in a string of the text format, without quotes. `bytes` need not be UTF-8.
void append_escaped(std::string& out, std::string_view bytes);
// The same, in quotes, for text of any length.
void put_string(Out& out, std::string_view bytes);
// The same for a name, which some listings cut.
void put_name(Out& out, std::string_view name);
// True if `name` can be written after a $ as it is.
bool is_plain_identifier(std::string_view name);

}  // namespace ermine::text
