// The most frequent words of standard input: std::map, std::string, algorithms and iostreams in WebAssembly.
#include <algorithm>
#include <cctype>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  size_t most = argc > 1 ? std::stoul(argv[1]) : 10;
  std::map<std::string, int> counts;
  std::string word;
  char c;
  auto finish_word = [&] {
    if (!word.empty()) ++counts[word];
    word.clear();
  };
  while (std::cin.get(c)) {
    if (std::isalpha(static_cast<unsigned char>(c)))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else finish_word();
  }
  finish_word();

  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  sorted.resize(std::min(sorted.size(), most));
  for (const auto& [text, count] : sorted) std::cout << std::setw(6) << count << "  " << text << "\n";
  std::cout << counts.size() << " different words\n";
}
