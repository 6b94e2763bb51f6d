// Fields of wasi:http.
#include <algorithm>

#include "wasi/http/syntax.h"
#include "wasi/preview2/http_functions.h"

namespace ermine::wasi::preview2 {
namespace {

// What all fields of a program may take of the host's memory.
constexpr uint64_t kMostFieldBytes = 16 << 20;

uint64_t cost_of(size_t name, size_t value) { return name + value + sizeof(http::Fields::value_type); }
uint64_t cost_of(const http::Fields& fields) {
  uint64_t cost = 0;
  for (const auto& [name, value] : fields) cost += cost_of(name.size(), value.size());
  return cost;
}

// False: it is too much, which ends the program.
bool charge(Call& call, FieldStore& store, uint64_t cost) {
  uint64_t& used = store.counts->field_bytes;
  if (cost > kMostFieldBytes - used) [[unlikely]] {
    call.stop = Error(ErrorKind::kLimit, "the HTTP fields of the program take more than " +
                                             std::to_string(kMostFieldBytes >> 20) + " MiB");
    return false;
  }
  used += cost;
  store.counted += cost;
  return true;
}

std::string_view text_of(Contents value) { return {reinterpret_cast<const char*>(value.data()), value.size()}; }
Bytes bytes_of(const std::string& value) { return {reinterpret_cast<const uint8_t*>(value.data()), value.size()}; }

std::optional<HeaderError> check_name(Text name) {
  if (!http::is_token(name)) return invalid_syntax();
  if (http::is_forbidden_field(name)) return forbidden();
  return std::nullopt;
}

void append(Call& call, FieldStore& store, Text name, Contents value) {
  if (!charge(call, store, cost_of(name.size(), value.size()))) return;
  store.fields.emplace_back(name, text_of(value));
  call.moved += name.size() + value.size();
}

void erase(FieldStore& store, Text name) {
  std::erase_if(store.fields, [&](const auto& field) {
    if (!http::same_name(field.first, name)) return false;
    const uint64_t cost = cost_of(field.first.size(), field.second.size());
    store.counted -= cost;
    store.counts->field_bytes -= cost;
    return true;
  });
}

std::shared_ptr<FieldStore> empty_store(Call& call) { return std::make_shared<FieldStore>(call.context.counts()); }

}  // namespace

std::shared_ptr<FieldStore> store_fields(Call& call, const http::Fields& fields) {
  std::shared_ptr<FieldStore> store = empty_store(call);
  if (!charge(call, *store, cost_of(fields))) return nullptr;
  store->fields = fields;
  call.moved += store->counted;
  return store;
}

Own<HttpFields> HttpFunctions::new_fields(Call& call) { return call.make<HttpFields>(empty_store(call), false); }

Expected<Own<HttpFields>, HeaderError> HttpFunctions::fields_from_list(
    Call& call, const std::vector<std::tuple<Text, Contents>>& entries) {
  std::shared_ptr<FieldStore> store = empty_store(call);
  for (const auto& [name, value] : entries) {
    if (const std::optional<HeaderError> error = check_name(name)) return Unexpected(*error);
    if (!http::is_field_value(text_of(value))) return Unexpected(invalid_syntax());
    append(call, *store, name, value);
    if (call.stop) break;
  }
  return call.make<HttpFields>(std::move(store), false);
}

std::vector<Bytes> HttpFunctions::get_field(Call& call, HttpFields& fields, Text name) {
  std::vector<Bytes> out;
  for (const auto& [key, value] : fields.store->fields) {
    if (!http::same_name(key, name)) continue;
    out.push_back(bytes_of(value));
    call.moved += value.size();
  }
  return out;
}

bool HttpFunctions::has_field(Call&, HttpFields& fields, Text name) {
  return std::ranges::any_of(fields.store->fields, [&](const auto& f) { return http::same_name(f.first, name); });
}

HeaderResult HttpFunctions::set_field(Call& call, HttpFields& fields, Text name, const std::vector<Contents>& values) {
  if (const std::optional<HeaderError> error = check_name(name)) return Unexpected(*error);
  if (!std::ranges::all_of(values, [](Contents value) { return http::is_field_value(text_of(value)); }))
    return Unexpected(invalid_syntax());
  if (fields.immutable) return Unexpected(immutable());
  erase(*fields.store, name);
  for (const Contents value : values)
    if (!call.stop) append(call, *fields.store, name, value);
  return {};
}

HeaderResult HttpFunctions::delete_field(Call&, HttpFields& fields, Text name) {
  if (const std::optional<HeaderError> error = check_name(name)) return Unexpected(*error);
  if (fields.immutable) return Unexpected(immutable());
  erase(*fields.store, name);
  return {};
}

HeaderResult HttpFunctions::append_field(Call& call, HttpFields& fields, Text name, Contents value) {
  if (const std::optional<HeaderError> error = check_name(name)) return Unexpected(*error);
  if (!http::is_field_value(text_of(value))) return Unexpected(invalid_syntax());
  if (fields.immutable) return Unexpected(immutable());
  append(call, *fields.store, name, value);
  return {};
}

std::vector<FieldEntry> HttpFunctions::field_entries(Call& call, HttpFields& fields) {
  std::vector<FieldEntry> out;
  for (const auto& [name, value] : fields.store->fields) out.emplace_back(name, bytes_of(value));
  call.moved += fields.store->counted;
  return out;
}

Own<HttpFields> HttpFunctions::clone_fields(Call& call, HttpFields& fields) {
  std::shared_ptr<FieldStore> store = store_fields(call, fields.store->fields);
  return store ? call.make<HttpFields>(std::move(store), false) : nullptr;
}

}  // namespace ermine::wasi::preview2
