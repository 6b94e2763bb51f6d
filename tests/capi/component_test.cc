// Components through the C API: values of every kind go into a component and come back, and a component uses functions
// and resources of the host.
#include <cstring>

#include "tests/capi/fixture.h"

namespace capi_test {
namespace {

DELETER(ermine_component_resource)
DELETER(ermine_component_resource_type)

using Val = ermine_component_val_t;

// Owns a value.
struct Owned {
  Owned() : val{.kind = ERMINE_COMPONENT_NONE, .of = {.u64 = 0}} {}
  explicit Owned(Val v) : val(v) {}
  Owned(Owned&& o) noexcept : val(std::exchange(o.val, Owned().val)) {}
  ~Owned() { ermine_component_val_delete(&val); }
  Val val;
};

wasm_name_t name(std::string_view text) {
  wasm_name_t out;
  wasm_byte_vec_new(&out, text.size(), text.data());
  return out;
}
Val string(const char* text) {
  Val out;
  ermine_component_val_new_string(&out, text);
  return out;
}
Val* boxed(Val v) { return ermine_component_val_new(&v); }
Val list(std::initializer_list<Val> elements, ermine_component_valkind_t kind = ERMINE_COMPONENT_LIST) {
  Val out{.kind = kind, .of = {}};
  ermine_component_vallist_new_uninit(&out.of.list, elements.size());
  std::copy(elements.begin(), elements.end(), out.of.list.data);
  return out;
}
Val record(std::initializer_list<std::pair<std::string_view, Val>> fields) {
  Val out{.kind = ERMINE_COMPONENT_RECORD, .of = {}};
  ermine_component_valrecord_new_uninit(&out.of.record, fields.size());
  for (auto* to = out.of.record.data; const auto& [field, val] : fields) *to++ = {name(field), val};
  return out;
}

template <class T>
std::string number(T v) {
  return std::to_string(v) + " ";
}
// Everything that is in a value.
std::string show(const Val& v) {
  const auto all = [](const auto& parts, auto&& each) {
    std::string out = "(";
    for (size_t i = 0; i < parts.size; ++i) out += each(parts.data[i]);
    return out + ")";
  };
  const auto payload = [](const Val* p) { return p != nullptr ? show(*p) : "-"; };
  std::string out = std::to_string(v.kind) + ":";
  switch (v.kind) {
    case ERMINE_COMPONENT_BOOL: return out + number(v.of.boolean);
    case ERMINE_COMPONENT_S8: return out + number(v.of.s8);
    case ERMINE_COMPONENT_U8: return out + number(v.of.u8);
    case ERMINE_COMPONENT_S16: return out + number(v.of.s16);
    case ERMINE_COMPONENT_U16: return out + number(v.of.u16);
    case ERMINE_COMPONENT_S32: return out + number(v.of.s32);
    case ERMINE_COMPONENT_U32: return out + number(v.of.u32);
    case ERMINE_COMPONENT_S64: return out + number(v.of.s64);
    case ERMINE_COMPONENT_U64: return out + number(v.of.u64);
    case ERMINE_COMPONENT_F32: return out + number(v.of.f32);
    case ERMINE_COMPONENT_F64: return out + number(v.of.f64);
    case ERMINE_COMPONENT_CHAR: return out + number(v.of.character);
    case ERMINE_COMPONENT_STRING: return out + text_of(v.of.string);
    case ERMINE_COMPONENT_LIST: return out + all(v.of.list, show);
    case ERMINE_COMPONENT_TUPLE: return out + all(v.of.tuple, show);
    case ERMINE_COMPONENT_RECORD:
      return out + all(v.of.record, [](const auto& e) { return text_of(e.name) + "=" + show(e.val); });
    case ERMINE_COMPONENT_MAP:
      return out + all(v.of.map, [](const auto& e) { return show(e.key) + "=" + show(e.value); });
    case ERMINE_COMPONENT_VARIANT: return out + text_of(v.of.variant.discriminant) + payload(v.of.variant.val);
    case ERMINE_COMPONENT_ENUM: return out + text_of(v.of.enumeration);
    case ERMINE_COMPONENT_OPTION: return out + payload(v.of.option);
    case ERMINE_COMPONENT_RESULT: return out + (v.of.result.is_ok ? "ok" : "err") + payload(v.of.result.val);
    case ERMINE_COMPONENT_FLAGS: return out + all(v.of.flags, [](const wasm_name_t& n) { return text_of(n) + " "; });
    case ERMINE_COMPONENT_NUMBERS: {
      const auto* bytes = static_cast<const uint8_t*>(v.of.numbers.data);
      out += std::to_string(v.of.numbers.element) + "[" + std::to_string(v.of.numbers.size) + "]";
      for (size_t i = 0; i < v.of.numbers.size * 2; ++i) out += number(bytes[i]);  // of elements of two bytes
      return out;
    }
    default: return out + "?";
  }
}

// A list is passed to `echo`, and what it got is passed back.
constexpr std::string_view kGuest = R"((component
  (import "test:host/counters" (instance $host
    (export "counter" (type $counter (sub resource)))
    (export "[method]counter.next" (func (param "self" (borrow $counter)) (result u32)))))
  (import "log" (func $log (param "text" string) (result bool)))
  (alias export $host "counter" (type $counter))
  (type $variant' (variant (case "none") (case "number" u64)))  (export $variant "v" (type $variant'))
  (type $enum' (enum "red" "green"))                            (export $enum "e" (type $enum'))
  (type $flags' (flags "read" "write" "execute"))               (export $flags "f" (type $flags'))
  (type $all' (record
    (field "bool" bool) (field "s8" s8) (field "u8" u8) (field "s16" s16) (field "u16" u16) (field "s32" s32)
    (field "u32" u32) (field "s64" s64) (field "u64" u64) (field "f32" f32) (field "f64" f64) (field "char" char)
    (field "string" string) (field "list" (list string)) (field "numbers" (list u16)) (field "tuple" (tuple s32 string))
    (field "variant" $variant) (field "enum" $enum) (field "some" (option u32)) (field "none" (option u32))
    (field "ok" (result u32)) (field "err" (result (error string))) (field "flags" $flags) (field "map" (map string u32))))
  (export $all "all" (type $all'))
  (core module $Memory
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 64))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.get $free)
      (global.set $free (i32.add (global.get $free) (local.get 3)))))
  (core instance $memory (instantiate $Memory))
  (alias core export $memory "memory" (core memory $mem))
  (alias core export $memory "realloc" (core func $realloc))
  (core func $log' (canon lower (func $log) (memory $mem)))
  (core func $next' (canon lower (func $host "[method]counter.next")))
  (core func $drop' (canon resource.drop $counter))
  (core module $M
    (import "" "memory" (memory 1))
    (import "" "log" (func $log (param i32 i32) (result i32)))
    (import "" "next" (func $next (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
    (func (export "say") (param i32 i32) (result i32) (call $log (local.get 0) (local.get 1)))
    (func (export "count") (param i32) (result i32) (local i32)
      (local.set 1 (call $next (local.get 0))) (call $drop (local.get 0)) (local.get 1))
    (func (export "consume") (param i32) (call $drop (local.get 0)))
    (func (export "trap") (unreachable)))
  (core instance $m (instantiate $M (with "" (instance (export "memory" (memory $mem)) (export "log" (func $log'))
    (export "next" (func $next')) (export "drop" (func $drop'))))))
  (func (export "echo") (param "x" (list $all)) (result (list $all))
    (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
  (func (export "echo-counters") (param "x" (list (own $counter))) (result (list (own $counter)))
    (canon lift (core func $m "echo") (memory $mem) (realloc $realloc)))
  (func (export "say") (param "text" string) (result bool)
    (canon lift (core func $m "say") (memory $mem) (realloc $realloc)))
  (func (export "count") (param "c" (borrow $counter)) (result u32) (canon lift (core func $m "count")))
  (func (export "consume") (param "c" (own $counter)) (canon lift (core func $m "consume")))
  (func (export "trap") (canon lift (core func $m "trap")))))";

// What the functions of the host have done.
struct Host {
  std::string logged;
  std::vector<uint64_t> dropped;
  int ends = 0;
};
void count_end(void* host) { ++static_cast<Host*>(host)->ends; }

wasm_trap_t* log_text(void* env, ermine_component_caller_t* caller, const Val* args, size_t count, Val* result) {
  EXPECT_EQ(count, 1u);
  auto& host = *static_cast<Host*>(env);
  host.logged = text_of(args[0].of.string);
  if (host.logged == "fail") {
    const wasm_store_ptr store(ermine_component_caller_store(caller));
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "it failed");
    wasm_trap_t* const trap = wasm_trap_new(store.get(), &message);
    wasm_byte_vec_delete(&message);
    return trap;
  }
  if (host.logged != "nothing") *result = {.kind = ERMINE_COMPONENT_BOOL, .of = {.boolean = true}};
  return nullptr;
}
// A counter counts by the number that it was made with.
wasm_trap_t* next(void*, ermine_component_caller_t*, const Val* args, size_t, Val* result) {
  EXPECT_EQ(args[0].kind, ERMINE_COMPONENT_RESOURCE);
  EXPECT_FALSE(ermine_component_resource_owned(args[0].of.resource));
  *result = u32(static_cast<uint32_t>(ermine_component_resource_host_rep(args[0].of.resource) + 1));
  return nullptr;
}

class CApiComponent : public CApi {
 protected:
  static constexpr std::string_view kCounters = "test:host/counters";

  CApiComponent() : CApi(with_all_features()), linker_(ermine_component_linker_new(engine_.get())) {
    EXPECT_TRUE(ermine_component_linker_define_func(linker_.get(), nullptr, 0, "log", 3, log_text, &host_, count_end));
    ermine_component_resource_type_t* type = nullptr;
    EXPECT_TRUE(ermine_component_linker_define_resource(
        linker_.get(), kCounters.data(), kCounters.size(), "counter", 7,
        [](void* host, uint64_t rep) { static_cast<Host*>(host)->dropped.push_back(rep); }, &host_, count_end, &type));
    counter_.reset(type);
    EXPECT_TRUE(ermine_component_linker_define_func(linker_.get(), kCounters.data(), kCounters.size(),
                                                    "[method]counter.next", 20, next, nullptr, nullptr));
  }

  ermine_component_ptr compile_component(std::string_view wat) {
    wasm_byte_vec_t bytes;
    EXPECT_TRUE(ermine_wat2wasm(wat.data(), wat.size(), &bytes)) << ermine_last_error();
    EXPECT_TRUE(ermine_component_validate(engine_.get(), &bytes)) << ermine_last_error();
    ermine_component_ptr component(ermine_component_new(engine_.get(), &bytes));
    EXPECT_TRUE(component) << ermine_last_error();
    wasm_byte_vec_delete(&bytes);
    return component;
  }
  ermine_component_instance_ptr instantiate_component(std::string_view wat) {
    const ermine_component_ptr component = compile_component(wat);
    wasm_trap_t* trap = nullptr;
    ermine_component_instance_ptr instance(
        ermine_component_linker_instantiate(linker_.get(), store_.get(), component.get(), &trap));
    EXPECT_TRUE(instance) << message_of(trap);
    wasm_trap_delete(trap);
    return instance;
  }
  static ermine_component_func_ptr func(const ermine_component_instance_ptr& instance, std::string_view name) {
    ermine_component_func_ptr f(
        ermine_component_instance_get_func(instance.get(), nullptr, 0, name.data(), name.size()));
    EXPECT_TRUE(f) << name;
    return f;
  }
  static Owned call(const ermine_component_func_ptr& f, const Owned& argument) {
    Owned out;
    const wasm_trap_ptr trap(ermine_component_func_call(f.get(), &argument.val, 1, &out.val));
    EXPECT_FALSE(trap) << message_of(trap.get());
    return out;
  }
  static std::string error_of(const ermine_component_func_ptr& f, const Owned& argument) {
    Owned out;
    const wasm_trap_ptr trap(ermine_component_func_call(f.get(), &argument.val, 1, &out.val));
    return message_of(trap.get());
  }
  Val counter(uint64_t rep) {
    return {.kind = ERMINE_COMPONENT_RESOURCE,
            .of = {.resource = ermine_component_resource_host_new(counter_.get(), rep)}};
  }

  Host host_;
  ermine_component_linker_ptr linker_;
  ermine_component_resource_type_ptr counter_;
};

TEST_F(CApiComponent, ValuesOfEveryKind) {
  const auto echo = func(instantiate_component(kGuest), "echo");
  const uint16_t numbers[] = {1, 2, 65535};
  Val packed, flags{.kind = ERMINE_COMPONENT_FLAGS, .of = {}}, map{.kind = ERMINE_COMPONENT_MAP, .of = {}};
  ermine_component_val_new_numbers(&packed, ERMINE_COMPONENT_U16, 3, numbers);
  ermine_component_valflags_new_uninit(&flags.of.flags, 2);
  flags.of.flags.data[0] = name("read");
  flags.of.flags.data[1] = name("execute");
  ermine_component_valmap_new_uninit(&map.of.map, 1);
  map.of.map.data[0] = {string("key"), u32(9)};
  const Owned in(list({record({
      {"bool", {.kind = ERMINE_COMPONENT_BOOL, .of = {.boolean = true}}},
      {"s8", {.kind = ERMINE_COMPONENT_S8, .of = {.s8 = -128}}},
      {"u8", {.kind = ERMINE_COMPONENT_U8, .of = {.u8 = 255}}},
      {"s16", {.kind = ERMINE_COMPONENT_S16, .of = {.s16 = -32768}}},
      {"u16", {.kind = ERMINE_COMPONENT_U16, .of = {.u16 = 65535}}},
      {"s32", {.kind = ERMINE_COMPONENT_S32, .of = {.s32 = INT32_MIN}}},
      {"u32", u32(UINT32_MAX)},
      {"s64", {.kind = ERMINE_COMPONENT_S64, .of = {.s64 = INT64_MIN}}},
      {"u64", {.kind = ERMINE_COMPONENT_U64, .of = {.u64 = UINT64_MAX}}},
      {"f32", {.kind = ERMINE_COMPONENT_F32, .of = {.f32 = 0.5f}}},
      {"f64", {.kind = ERMINE_COMPONENT_F64, .of = {.f64 = -2.25}}},
      {"char", {.kind = ERMINE_COMPONENT_CHAR, .of = {.character = 0x1f9a6}}},
      {"string", string("text")},
      {"list", list({string("a"), string("")})},
      {"numbers", packed},
      {"tuple", list({{.kind = ERMINE_COMPONENT_S32, .of = {.s32 = -1}}, string("b")}, ERMINE_COMPONENT_TUPLE)},
      {"variant",
       {.kind = ERMINE_COMPONENT_VARIANT,
        .of = {.variant = {name("number"), boxed({.kind = ERMINE_COMPONENT_U64, .of = {.u64 = 7}})}}}},
      {"enum", {.kind = ERMINE_COMPONENT_ENUM, .of = {.enumeration = name("green")}}},
      {"some", {.kind = ERMINE_COMPONENT_OPTION, .of = {.option = boxed(u32(3))}}},
      {"none", {.kind = ERMINE_COMPONENT_OPTION, .of = {.option = nullptr}}},
      {"ok", {.kind = ERMINE_COMPONENT_RESULT, .of = {.result = {true, boxed(u32(4))}}}},
      {"err", {.kind = ERMINE_COMPONENT_RESULT, .of = {.result = {false, boxed(string("why"))}}}},
      {"flags", flags},
      {"map", map},
  })}));
  const Owned out = call(echo, in);
  EXPECT_EQ(show(out.val), show(in.val));
  EXPECT_EQ(show(in.val).find('?'), std::string::npos);
  Owned copy;
  ermine_component_val_clone(&out.val, &copy.val);
  EXPECT_EQ(show(copy.val), show(in.val));

  // What does not fit is refused, and the function can be called afterwards.
  EXPECT_NE(error_of(echo, Owned(u32(1))), "no trap");
  EXPECT_EQ(error_of(echo, Owned()), "argument 1 of the function: there is no value where one is needed");
  EXPECT_EQ(error_of(echo, Owned({.kind = 200, .of = {}})),
            "argument 1 of the function: a value has the unknown kind 200");
  Val nested = u32(1);
  for (int i = 0; i < 200; ++i) nested = {.kind = ERMINE_COMPONENT_OPTION, .of = {.option = boxed(nested)}};
  EXPECT_EQ(error_of(echo, Owned(nested)), "argument 1 of the function: a value is nested deeper than 100");
  EXPECT_EQ(show(call(echo, in).val), show(in.val));
}

TEST_F(CApiComponent, FunctionsOfTheHost) {
  const auto instance = instantiate_component(kGuest);
  const auto say = func(instance, "say");
  wasm_name_t type;
  ermine_component_func_type(say.get(), &type);
  EXPECT_EQ(text_of(type), "func(text: string) -> bool");
  wasm_byte_vec_delete(&type);
  EXPECT_TRUE(call(say, Owned(string("hello"))).val.of.boolean);
  EXPECT_EQ(host_.logged, "hello");
  wasm_name_t result;
  const std::string_view text = "say(\"again\")", wrong = "say(1)";
  ASSERT_EQ(ermine_component_instance_invoke(instance.get(), text.data(), text.size(), &result), nullptr);
  EXPECT_EQ(text_of(result), "true");
  EXPECT_EQ(host_.logged, "again");
  wasm_byte_vec_delete(&result);
  const wasm_trap_ptr refused(ermine_component_instance_invoke(instance.get(), wrong.data(), wrong.size(), &result));
  EXPECT_TRUE(refused);
  // A trap of the host ends the program, and so does a result that is missing; then it cannot be entered.
  EXPECT_EQ(error_of(say, Owned(string("fail"))), "it failed");
  EXPECT_NE(error_of(say, Owned(string("hello"))), "no trap");
  const auto other = instantiate_component(kGuest);
  EXPECT_NE(error_of(func(other, "say"), Owned(string("nothing"))), "no trap");
}

TEST_F(CApiComponent, Resources) {
  {
    const auto instance = instantiate_component(kGuest);
    const auto count = func(instance, "count"), consume = func(instance, "consume");
    // An own is lent, and then passed on, once.
    const Owned first(counter(41));
    EXPECT_TRUE(ermine_component_resource_owned(first.val.of.resource));
    EXPECT_EQ(ermine_component_resource_host_rep(first.val.of.resource), 41u);
    EXPECT_EQ(call(count, first).val.of.u32, 42u);
    EXPECT_EQ(call(count, first).val.of.u32, 42u);
    EXPECT_EQ(call(consume, first).val.kind, ERMINE_COMPONENT_NONE);
    EXPECT_EQ(host_.dropped, (std::vector<uint64_t>{41}));
    EXPECT_NE(error_of(consume, first), "no trap");
    EXPECT_FALSE(ermine_component_resource_drop(ermine_component_resource_clone(first.val.of.resource)));
    // Those that go through the component are the same ones.
    const Owned given = call(func(instance, "echo-counters"), Owned(list({counter(1), counter(2)})));
    ASSERT_EQ(given.val.of.list.size, 2u);
    Val& second = given.val.of.list.data[1];
    EXPECT_EQ(ermine_component_resource_host_rep(second.of.resource), 2u);
    EXPECT_TRUE(ermine_component_resource_drop(std::exchange(second.of.resource, nullptr)));
    EXPECT_EQ(host_.dropped, (std::vector<uint64_t>{41, 2}));
    EXPECT_NE(error_of(consume, Owned({.kind = ERMINE_COMPONENT_RESOURCE, .of = {.resource = nullptr}})), "no trap");
  }
  // The last pointer to an own drops it.
  EXPECT_EQ(host_.dropped, (std::vector<uint64_t>{41, 2, 1}));
  const auto instance = instantiate_component(kGuest);
  Owned none;
  const wasm_trap_ptr trap(ermine_component_func_call(func(instance, "trap").get(), nullptr, 0, &none.val));
  EXPECT_EQ(ermine_trap_kind(trap.get()), ERMINE_TRAP);
}

TEST_F(CApiComponent, Linking) {
  constexpr std::string_view kImports = R"((component
    (import "a:b/c@1.0.0" (instance (export "f" (func (param "x" u32) (result string)))))
    (import "log" (func (param "text" string) (result bool)))
    (type $t u8) (export "type" (type $t))))";
  const auto component = compile_component(kImports);
  const ermine_component_ptr same(ermine_component_clone(component.get()));
  ermine_component_item_vec_t items;
  ermine_component_imports(same.get(), &items);
  std::string text;
  for (size_t i = 0; i < items.size; ++i)
    text += std::to_string(items.data[i].kind) + " " + text_of(items.data[i].instance) + "/" +
            text_of(items.data[i].name) + ": " + text_of(items.data[i].type) + "\n";
  EXPECT_NE(text.find("0 a:b/c@1.0.0/f: func(x: u32) -> string\n"), std::string::npos) << text;
  EXPECT_NE(text.find("0 /log: func(text: string) -> bool\n"), std::string::npos) << text;
  ermine_component_item_vec_delete(&items);
  ermine_component_exports(component.get(), &items);
  ASSERT_EQ(items.size, 1u);
  EXPECT_EQ(items.data[0].kind, ERMINE_COMPONENT_ITEM_TYPE);
  ermine_component_item_vec_delete(&items);

  wasm_trap_t* trap = nullptr;
  EXPECT_EQ(ermine_component_linker_instantiate(linker_.get(), store_.get(), component.get(), &trap), nullptr);
  EXPECT_EQ(ermine_trap_kind(trap), ERMINE_LINK);
  EXPECT_NE(message_of(trap).find("a:b/c@1.0.0"), std::string::npos) << message_of(trap);
  wasm_trap_delete(trap);
  EXPECT_TRUE(ermine_component_linker_define_unknown_imports_as_traps(linker_.get(), component.get()));
  EXPECT_TRUE(ermine_component_instance_ptr(
      ermine_component_linker_instantiate(linker_.get(), store_.get(), component.get(), nullptr)));

  // A name has one definition; what another instance exports is one.
  EXPECT_FALSE(ermine_component_linker_define_func(linker_.get(), nullptr, 0, "log", 3, log_text, nullptr, nullptr));
  EXPECT_NE(std::string(ermine_last_error()).find("log"), std::string::npos) << ermine_last_error();
  ermine_component_linker_allow_shadowing(linker_.get(), true);
  EXPECT_TRUE(ermine_component_linker_define_func(linker_.get(), nullptr, 0, "log", 3, log_text, &host_, nullptr));
  const auto guest = instantiate_component(kGuest);
  EXPECT_TRUE(ermine_component_linker_define_instance(linker_.get(), "the:guest/it", 12, guest.get()));
  const auto user = instantiate_component(R"((component
    (import "the:guest/it" (instance $g (export "say" (func (param "text" string) (result bool)))))
    (alias export $g "say" (func $say)) (export "say" (func $say))))");
  EXPECT_TRUE(call(func(user, "say"), Owned(string("through"))).val.of.boolean);
  EXPECT_EQ(host_.logged, "through");
  EXPECT_EQ(ermine_component_instance_get_func(user.get(), nullptr, 0, "no-such", 7), nullptr);
  EXPECT_EQ(ermine_component_instance_get_func(user.get(), "a:b/c", 5, "f", 1), nullptr);

  const std::string_view bad = "\0asm\x0d\0\1\0\xff";
  const wasm_byte_vec_t bytes{bad.size(), const_cast<char*>(bad.data())};
  EXPECT_FALSE(ermine_component_validate(engine_.get(), &bytes));
  EXPECT_EQ(ermine_component_new(engine_.get(), &bytes), nullptr);
}

// What a definition was made with ends after the linker and all stores that use it.
TEST_F(CApiComponent, Finalizers) {
  {
    const auto instance = instantiate_component(kGuest);
    counter_.reset();
    linker_.reset();
    EXPECT_EQ(host_.ends, 0);
    EXPECT_TRUE(call(func(instance, "say"), Owned(string("still there"))).val.of.boolean);
  }
  store_.reset();
  EXPECT_EQ(host_.ends, 2);
}

TEST_F(CApiComponent, ProgramsOfWasi) {
  const ermine_wasi_ptr wasi(ermine_wasi_new(ermine_wasi_config_new()));
  ASSERT_TRUE(wasi) << ermine_last_error();
  ASSERT_TRUE(ermine_component_linker_define_wasi(linker_.get(), wasi.get())) << ermine_last_error();
  const auto instance = instantiate_component(R"((component
    (import "wasi:cli/exit@0.2.0" (instance $host (export "exit" (func (param "status" (result))))))
    (alias export $host "exit" (func $exit))
    (core func $exit' (canon lower (func $exit)))
    (core module $M (import "" "exit" (func $exit (param i32))) (func (export "run") (call $exit (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "exit" (func $exit'))))))
    (func (export "run") (canon lift (core func $m "run")))))");
  Owned out;
  const wasm_trap_ptr trap(ermine_component_func_call(func(instance, "run").get(), nullptr, 0, &out.val));
  int32_t status = 0;
  EXPECT_TRUE(ermine_trap_exit_status(trap.get(), &status)) << message_of(trap.get());
  EXPECT_EQ(status, 1);
}

}  // namespace
}  // namespace capi_test
