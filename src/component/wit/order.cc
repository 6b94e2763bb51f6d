// See order.h.
#include "component/wit/order.h"

#include <functional>
#include <queue>

namespace ermine::component::wit {

Order topological_order(const std::vector<std::vector<uint32_t>>& edges) {
  const size_t count = edges.size();
  std::vector<size_t> missing(count);
  std::vector<std::vector<uint32_t>> dependents(count);
  for (uint32_t i = 0; i < count; ++i) {
    missing[i] = edges[i].size();
    for (const uint32_t j : edges[i]) dependents[j].push_back(i);
  }
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t i = 0; i < count; ++i)
    if (missing[i] == 0) ready.push(i);
  Order order;
  order.nodes.reserve(count);
  while (!ready.empty()) {
    const uint32_t i = ready.top();
    ready.pop();
    order.nodes.push_back(i);
    for (const uint32_t j : dependents[i])
      if (--missing[j] == 0) ready.push(j);
  }
  if (order.nodes.size() == count) return order;

  // Every remaining node depends on another remaining one, so walking along such dependencies ends in a cycle.
  order.is_cyclic = true;
  std::vector<bool> seen(count);
  while (missing[order.node] == 0) ++order.node;
  for (uint32_t i = order.node; !seen[i]; i = edges[i][order.edge]) {
    seen[i] = true;
    order.node = i;
    order.edge = 0;
    while (missing[edges[i][order.edge]] == 0) ++order.edge;
  }
  return order;
}

}  // namespace ermine::component::wit
