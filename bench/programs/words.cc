// Strings: generates a text, splits it, counts, sorts and joins its words with std::string.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench.h"

int main(int argc, char** argv) {
  const long work = bench_work(argc, argv);
  uint64_t random = 23, sum = 0;
  for (long n = 0; n < work; ++n) {
    std::string text;
    for (int i = 0; i < 3000; ++i) {
      const uint64_t draw = bench_random(&random);
      const auto length = 2 + (draw >> 60);
      for (uint64_t k = 0; k < length; ++k) text += static_cast<char>('a' + (draw >> (k * 3)) % 7);
      text += ' ';
    }
    std::unordered_map<std::string, int> count;
    for (size_t at = 0, end; (end = text.find(' ', at)) != std::string::npos; at = end + 1)
      ++count[text.substr(at, end - at)];
    std::vector<std::pair<std::string, int>> words(count.begin(), count.end());
    std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    std::string joined;
    for (const auto& [word, times] : words) {
      joined += word;
      joined += '=';
      joined += std::to_string(times);
      joined += ';';
    }
    for (const char c : joined) sum = sum * 31 + static_cast<unsigned char>(c);
  }
  return bench_done(bench_mix(0, sum));
}
