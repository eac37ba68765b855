#include "dec_test_reader.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <stdexcept>

namespace test {
namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// The words of a line up to a comment; a word may be put between single or double quotes, in
/// which a doubled quote stands for one.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < line.size();) {
        const char c = line[i];
        if (std::isspace(static_cast<unsigned char>(c)) != 0) {
            ++i;
        } else if (line.compare(i, 2, "--") == 0) {
            break;
        } else if (c == '\'' || c == '"') {
            std::string word;
            for (++i; i < line.size(); ++i) {
                if (line[i] == c && (i + 1 == line.size() || line[i + 1] != c))
                    break;
                if (line[i] == c)
                    ++i;
                word += line[i];
            }
            ++i;
            words.push_back(word);
        } else {
            const auto end = std::min(line.find_first_of(" \t\r", i), line.size());
            words.push_back(line.substr(i, end - i));
            i = end;
        }
    }
    return words;
}

} // namespace

bool DecTestCase::has(const std::string& condition) const {
    return std::find(conditions.begin(), conditions.end(), condition) != conditions.end();
}

std::vector<DecTestCase> read_dec_tests(const std::filesystem::path& path) {
    std::ifstream file(path);
    if (!file)
        throw std::runtime_error("cannot open " + path.string());
    std::vector<DecTestCase> cases;
    DecTestCase directives;
    std::string line;
    while (std::getline(file, line)) {
        const auto words = words_of(line);
        if (words.empty())
            continue;
        if (words.front().back() == ':') {
            const auto name = lower(words.front());
            if (name == "precision:")
                directives.precision = std::stoi(words.at(1));
            else if (name == "rounding:")
                directives.rounding = lower(words.at(1));
            else if (name == "maxexponent:")
                directives.max_exponent = std::stoi(words.at(1));
            else if (name == "minexponent:")
                directives.min_exponent = std::stoi(words.at(1));
            continue;
        }
        const auto arrow = std::find(words.begin(), words.end(), "->");
        if (words.size() < 5 || arrow == words.end() || arrow + 1 == words.end())
            throw std::runtime_error(path.string() + ": not a test case: " + line);
        DecTestCase& added = cases.emplace_back(directives);
        added.id = words[0];
        added.operation = lower(words[1]);
        added.operands.assign(words.begin() + 2, arrow);
        added.result = *(arrow + 1);
        added.conditions.assign(arrow + 2, words.end());
    }
    return cases;
}

} // namespace test
