// Start to exit: iostream, locales and a map; a few hundred kilobytes of real code, little of it run.
#include <iostream>
#include <map>
#include <string>

int main() {
  std::map<std::string, int> words;
  for (const char* word : {"one", "two", "three", "two"}) ++words[word];
  for (const auto& [word, count] : words) std::cout << word << ' ' << count << '\n';
}
