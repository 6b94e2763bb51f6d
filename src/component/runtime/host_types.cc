// See host_types.h. Recursion is bounded by the shape, which C++ types have.
#include "component/runtime/host_types.h"

#include <optional>

#include "base/format.h"
#include "component/value/type_text.h"

namespace ermine::component {

namespace {

// A step from a type to one of its parts, put into words only if the types differ: `what`, then `name` in backquotes
// or, without one, the number.
struct Step {
  const char* what;
  std::string_view name{};
  std::optional<size_t> number{};
  std::string text() const {
    if (number) return base::format("{:t} {}", what, *number);
    return name.data() ? base::format("{:t} `{}`", what, name) : std::string(what);
  }
};

class Comparison {
 public:
  Comparison(const ComponentInstance& root, uint32_t instance)
      : root_(root), types_(root.types()), instance_(instance) {}

  // False: where() and what() say what differs.
  bool same(TypeUse use, const detail::TypeShape* shape) {
    if (use.is_none() != (shape == nullptr)) return differ(use, shape);
    if (!shape) return true;
    if (value_kind(types_, use) != shape->kind) return differ(use, shape);
    if (use.is_primitive()) return true;
    const DefinedType& type = types_.defined[use.index()];
    switch (shape->kind) {
      case ValueKind::kOwn:
      case ValueKind::kBorrow: return same_resource(use, type, shape);
      case ValueKind::kFixedList:
        if (type.number != shape->length) return differ(use, shape);
        [[fallthrough]];
      case ValueKind::kList: return same_at({"an element"}, type.first, shape->first);
      case ValueKind::kOption: return same_at({"the value"}, type.first, shape->first);
      case ValueKind::kMap:
        return same_at({"a key"}, type.first, shape->first) && same_at({"a value"}, type.second, shape->second);
      case ValueKind::kResult: return same_result(use, type, shape);
      case ValueKind::kStream:
      case ValueKind::kFuture: return same_stream(use, type, shape);
      default: break;
    }
    if (type.fields.size() != shape->parts.size()) return differ(use, shape);
    for (size_t i = 0; i < type.fields.size(); ++i)
      if (!shape->parts[i].name.empty() && shape->parts[i].name != type.fields[i].label) return differ(use, shape);
    for (size_t i = 0; i < type.fields.size(); ++i)
      if (!same_part(use, shape, i)) return false;
    return true;
  }

  bool same_at(Step step, TypeUse use, const detail::TypeShape* shape) {
    const size_t length = where_.size();
    where_.push_back(step);
    if (!same(use, shape)) return false;
    where_.resize(length);
    return true;
  }

  // "parameter `x` of `a:b/c.f`, field `y`: the component has `list<u8>`, the host gives `string`"
  Error error(std::string_view path, std::string_view given) const {
    std::string where = where_.empty() ? std::string() : where_[0].text() + " of ";
    where += base::format("`{}`", path);
    for (size_t i = 1; i < where_.size(); ++i) where += ", " + where_[i].text();
    return Error(ErrorKind::kLink, base::format("{:t}: the component has {:t}, {:t} {:t}", where, has_, given, gives_));
  }

  HostTypes types;

 private:
  bool differ(TypeUse use, const detail::TypeShape* shape) {
    const auto text = [](const std::string& type) { return "`" + type + "`"; };
    has_ = use.is_none() ? "none" : text(TypeText(types_).definition(use));
    gives_ = shape ? text(shape_text(shape)) : "none";
    return false;
  }

  bool same_part(TypeUse use, const detail::TypeShape* shape, size_t i) {
    const DefinedType& type = types_.defined[use.index()];
    const Field& field = type.fields[i];
    // Flags and enums have no types; elements of tuples no names.
    switch (shape->kind) {
      case ValueKind::kTuple: return same_at({"element", {}, i}, field.type, shape->parts[i].type);
      case ValueKind::kRecord: return same_at({"field", field.label}, field.type, shape->parts[i].type);
      default: return same_at({"case", field.label}, field.type, shape->parts[i].type);
    }
  }

  bool same_result(TypeUse use, const DefinedType& type, const detail::TypeShape* shape) {
    if (type.first.is_none() != (shape->first == nullptr) || type.second.is_none() != (shape->second == nullptr))
      return differ(use, shape);
    return same_at({"the case `ok`"}, type.first, shape->first) &&
           same_at({"the case `err`"}, type.second, shape->second);
  }

  bool same_stream(TypeUse use, const DefinedType& type, const detail::TypeShape* shape) {
    if (type.first.is_none() != (shape->first == nullptr)) return differ(use, shape);
    if (shape->first && !same_at({"an element"}, type.first, shape->first)) return false;
    for (const auto& [known, known_use] : types.streams) {
      if (known != shape) continue;
      if (types_.canonical(known_use) == types_.canonical(use)) return true;
      differ(use, shape);
      has_ = "two types here for which the host has one";
      return false;
    }
    types.streams.emplace_back(shape, use);
    return true;
  }

  bool same_resource(TypeUse use, const DefinedType& type, const detail::TypeShape* shape) {
    const std::shared_ptr<const ResourceType>& resource = root_.shared_resource_of(instance_, types_.resource_of(type));
    if (shape->resource && resource->host_class != shape->resource) {
      differ(use, shape);
      has_ = resource->implementer ? "a resource of a component" : "a resource of the host that has another class";
      return false;
    }
    for (const HostClass& known : types.classes) {
      if (known.resource_class != shape->resource || known.type == resource) {
        if (known.resource_class == shape->resource) return true;
        continue;
      }
      if (!shape->resource) continue;  // any number of types
      differ(use, shape);
      has_ = "two resource types here for which the host has one class";
      return false;
    }
    types.classes.push_back({shape->resource, resource});
    return true;
  }

  const ComponentInstance& root_;
  const Types& types_;
  uint32_t instance_;
  std::vector<Step> where_;
  std::string has_, gives_;
};

}  // namespace

Result<HostTypes> check_host_types(const ComponentInstance& root, uint32_t instance, FuncId func,
                                   const detail::FuncShape& shape, std::string_view path, std::string_view given) {
  const FuncType& type = root.types().funcs[func];
  Comparison comparison(root, instance);
  if (type.params.size() != shape.params.size() || (shape.is_async && !type.is_async))
    return Error(ErrorKind::kLink, base::format("`{}`: the component has `{:t}`, {:t} `{:t}`", path,
                                                TypeText(root.types()).func(func), given, shape_text(shape)));
  for (size_t i = 0; i < type.params.size(); ++i)
    if (!comparison.same_at({"parameter", type.params[i].label}, type.params[i].type, shape.params[i]))
      return comparison.error(path, given);
  if (!comparison.same_at({"the result"}, type.result, shape.result)) return comparison.error(path, given);
  return std::move(comparison.types);
}

Result<HostTypes> check_element_types(const ComponentInstance& root, uint32_t instance, TypeUse element,
                                      const detail::TypeShape* shape) {
  // A program that opens many streams has few types of them.
  constexpr size_t kKept = 16;
  std::vector<CheckedElement>& checked = root.checked_elements();
  for (const CheckedElement& known : checked)
    if (known.instance == instance && known.element == element && known.shape == shape) return known.types;
  Comparison comparison(root, instance);
  if (!comparison.same(element, shape)) {
    Error error = comparison.error("the elements of a stream or future", "the host has");
    return Error(ErrorKind::kUsage, error.message());
  }
  if (checked.size() == kKept) checked.erase(checked.begin());
  checked.push_back({instance, element, shape, comparison.types});
  return std::move(comparison.types);
}

}  // namespace ermine::component
