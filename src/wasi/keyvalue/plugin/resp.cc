#include "wasi/keyvalue/plugin/resp.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ermine::wasi::keyvalue {
namespace {

std::optional<int64_t> number_of(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void write_command(std::string& to, const std::vector<std::string_view>& words) {
  to += '*' + std::to_string(words.size()) + "\r\n";
  for (std::string_view word : words) {
    to += '$' + std::to_string(word.size()) + "\r\n";
    to += word;
    to += "\r\n";
  }
}

bool ReplyReader::more() {
  if (at_ > 0) {
    buffer_.erase(0, at_);
    at_ = 0;
  }
  return source_.read(buffer_, 64 << 10) || fail(Problem::kSource);
}

bool ReplyReader::take(uint64_t bytes) {
  if (bytes > left_) return fail(Problem::kTooLarge);
  left_ -= bytes;
  return true;
}

bool ReplyReader::line(std::string& out) {
  size_t searched = 0;
  while (true) {
    const size_t end = buffer_.find("\r\n", at_ + searched);
    if (end != buffer_.npos) {
      if (end - at_ > kLongestLine) return fail(Problem::kGarbage);
      out.assign(buffer_, at_, end - at_);
      at_ = end + 2;
      return true;
    }
    const size_t have = buffer_.size() - at_;
    if (have > kLongestLine + 1) return fail(Problem::kGarbage);
    searched = have > 0 ? have - 1 : 0;  // the first half of the end may be there
    if (!more()) return false;
  }
}

bool ReplyReader::exactly(size_t size, std::string& out) {
  while (out.size() < size) {
    const size_t n = std::min(size - out.size(), buffer_.size() - at_);
    out.append(buffer_, at_, n);
    at_ += n;
    if (out.size() < size && !more()) return false;
  }
  return true;
}

bool ReplyReader::read(Reply& reply, int depth) {
  std::string head;
  if (!line(head) || !take(head.size())) return false;
  if (head.empty()) return fail(Problem::kGarbage);
  const std::string_view rest = std::string_view(head).substr(1);
  const std::optional<int64_t> number = number_of(rest);
  switch (head[0]) {
    case '+':
    case '-':
      reply.kind = head[0] == '+' ? Reply::Kind::kText : Reply::Kind::kError;
      reply.text = rest;
      return true;
    case ':':
      reply.kind = Reply::Kind::kNumber;
      reply.number = number.value_or(0);
      return number.has_value() || fail(Problem::kGarbage);
    case '$': {
      if (number == -1) return true;
      if (!number || *number < 0) return fail(Problem::kGarbage);
      if (!take(static_cast<uint64_t>(*number))) return false;
      std::string end;
      reply.kind = Reply::Kind::kBytes;
      if (!exactly(static_cast<size_t>(*number), reply.text) || !exactly(2, end)) return false;
      return end == "\r\n" || fail(Problem::kGarbage);
    }
    case '*':
      if (number == -1) return true;
      if (!number || *number < 0 || depth == kDeepest) return fail(Problem::kGarbage);
      if (static_cast<uint64_t>(*number) > left_ / 64) return fail(Problem::kTooLarge);
      reply.kind = Reply::Kind::kList;
      for (int64_t i = 0; i < *number; ++i)
        if (!take(64) || !read(reply.list.emplace_back(), depth + 1)) return false;
      return true;
    default: return fail(Problem::kGarbage);
  }
}

bool ReplyReader::next(Reply& reply) {
  if (problem_ != Problem::kNone) return false;
  reply = Reply();
  left_ = most_;
  return read(reply, 0);
}

}  // namespace ermine::wasi::keyvalue
