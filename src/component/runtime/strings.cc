// See strings.h.
#include "component/runtime/strings.h"

#include <cstring>

#include "base/format.h"
#include "base/utf8.h"
#include "component/adapter/adapter.h"
#include "component/runtime/handles.h"

namespace ermine::component {

namespace {

constexpr uint64_t utf16_tag(AddressType address) { return uint64_t{1} << (address == AddressType::k64 ? 63 : 31); }

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  } else if (c < 0x1'0000) {
    out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  } else {
    out += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
            static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
  }
}

// The code points of valid UTF-8.
template <class F>
void for_each_char(std::string_view text, F&& f) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* end = p + text.size();
  while (p < end) {
    const unsigned n = base::utf8_length(p, end);
    uint32_t c = n == 1 ? *p : *p & (0x7F >> n);
    for (unsigned i = 1; i < n; ++i) c = c << 6 | (p[i] & 0x3F);
    f(c);
    p += n;
  }
}

}  // namespace

// Says where the text stops being UTF-8, and whether it only lacks bytes at its end.
Error utf8_error(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* end = p + text.size();
  const uint8_t* begin = p;
  while (p < end) {
    const unsigned n = base::utf8_length(p, end);
    if (n == 0) break;
    p += n;
  }
  const auto rest = static_cast<size_t>(end - p);
  const unsigned needed = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : *p >= 0xC2 ? 2 : 1;
  bool incomplete = rest < needed && *p < 0xF5;
  for (size_t i = 1; i < rest; ++i) incomplete &= (p[i] & 0xC0) == 0x80;
  return component_trap(base::format("{:t} at byte {} of a string",
                                     incomplete ? "incomplete utf-8 byte sequence" : "invalid utf-8 sequence",
                                     p - begin));
}

Result<StringPlace> string_place(const uint8_t* memory, uint64_t memory_size, StringEncoding encoding,
                                 AddressType address, uint64_t at, uint64_t tagged_units) {
  StringPlace place;
  place.units = tagged_units;
  place.wide = encoding == StringEncoding::kUtf16;
  const bool compact = encoding == StringEncoding::kLatin1Utf16;
  if (compact && (place.units & utf16_tag(address))) {
    place.units ^= utf16_tag(address);
    place.wide = true;
  }
  const unsigned unit = place.wide ? 2 : 1;
  if (place.units >= kMaxValueSize / unit) return component_trap(AdapterTrap::StringTooLong);
  place.bytes = place.units * unit;
  if ((compact || place.wide) && at % 2 != 0) return component_trap(AdapterTrap::UnalignedPointer);
  if (place.bytes > memory_size || at > memory_size - place.bytes)
    return component_trap(AdapterTrap::StringOutOfBounds);
  place.begin = memory + at;
  return place;
}

Result<void> lift_string(const StringPlace& place, StringEncoding encoding, std::string& text) {
  const uint8_t* p = place.begin;
  if (encoding == StringEncoding::kUtf8) {
    const std::string_view view(reinterpret_cast<const char*>(p), place.bytes);
    if (!base::is_utf8(view)) return utf8_error(view);
    text.assign(view);
    return {};
  }
  text.clear();
  text.reserve(place.units);
  const auto unit_at = [&](uint64_t i) -> uint32_t {
    if (!place.wide) return p[i];
    uint16_t v;
    std::memcpy(&v, p + i * 2, 2);
    return v;
  };
  for (uint64_t i = 0; i < place.units; ++i) {
    uint32_t c = unit_at(i);
    if (place.wide && c >= 0xD800 && c <= 0xDFFF) {
      const uint32_t low = c <= 0xDBFF && i + 1 < place.units ? unit_at(i + 1) : 0;
      if (low < 0xDC00 || low > 0xDFFF)
        return component_trap(base::format("{:t}: unpaired surrogate at code unit {}",
                                           adapter_trap_message(AdapterTrap::InvalidUtf16), i));
      c = 0x1'0000 + ((c - 0xD800) << 10) + (low - 0xDC00);
      ++i;
    }
    append_utf8(text, c);
  }
  return {};
}

uint64_t StringForm::tagged_units(StringEncoding encoding, AddressType address) const {
  return encoding == StringEncoding::kLatin1Utf16 && wide ? units | utf16_tag(address) : units;
}

Result<StringForm> string_form(std::string_view text, StringEncoding encoding) {
  StringForm form;
  bool latin1 = true;
  if (encoding == StringEncoding::kUtf8) {
    form.units = text.size();
  } else {
    form.alignment = 2;
    for_each_char(text, [&](uint32_t c) {
      form.units += c >= 0x1'0000 ? 2 : 1;
      latin1 &= c < 0x100;
    });
  }
  const bool compact = encoding == StringEncoding::kLatin1Utf16;
  form.wide = encoding == StringEncoding::kUtf16 || (compact && !latin1);
  form.bytes = form.wide ? form.units * 2 : form.units;
  if (form.bytes >= kMaxValueSize) return component_trap(AdapterTrap::StringTooLong);
  return form;
}

void lower_string(std::string_view text, const StringForm& form, StringEncoding encoding, uint8_t* p) {
  if (encoding == StringEncoding::kUtf8) {
    if (form.bytes != 0) std::memcpy(p, text.data(), form.bytes);
    return;
  }
  const auto put16 = [&](uint32_t unit) {
    const auto v = static_cast<uint16_t>(unit);
    std::memcpy(p, &v, 2);
    p += 2;
  };
  for_each_char(text, [&](uint32_t c) {
    if (!form.wide) {
      *p++ = static_cast<uint8_t>(c);
    } else if (c < 0x1'0000) {
      put16(c);
    } else {
      put16(0xD800 + ((c - 0x1'0000) >> 10));
      put16(0xDC00 + ((c - 0x1'0000) & 0x3FF));
    }
  });
}

}  // namespace ermine::component
