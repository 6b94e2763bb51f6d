// An order in which everything comes after what it depends on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ermine::component::wit {

struct Order {
  std::vector<uint32_t> nodes;
  // If there is a cycle: the dependency, as its node and the number among the node's, that is part of one.
  bool is_cyclic = false;
  uint32_t node = 0;
  size_t edge = 0;
};

// edges[i] are the nodes that i depends on. Of all nodes that could be next, the first is; so nodes that are in order
// already keep it. (wit-parser's order, which texts that it prints show.)
Order topological_order(const std::vector<std::vector<uint32_t>>& edges);

}  // namespace ermine::component::wit
