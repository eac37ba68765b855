#include "test/crash/profile.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace crash {

namespace {

constexpr const char* newer_program = "newer program";

} // namespace

Told read_told(const std::filesystem::path& file) {
    Told told;
    std::ifstream in{file};
    std::string word;
    std::string point;
    std::uint64_t number = 0;
    while (in >> word >> point >> number) {
        if (word == "killed") {
            told.killed.push_back(point);
        } else {
            told.hits[point] = number;
            if (word == "hits-or-fails") {
                told.can_fail.insert(point);
            }
        }
    }
    return told;
}

std::string to_text(const Plan& plan) {
    std::string text;
    for (const Blow& blow : plan) {
        text += text.empty() ? "" : "; ";
        if (blow.newer_program) {
            text += newer_program;
            continue;
        }
        text += blow.after_us ? std::to_string(*blow.after_us) + "us" : blow.rules;
    }
    return text;
}

Plan parse_plan(const std::string& text) {
    Plan plan;
    std::istringstream in{text};
    for (std::string part; std::getline(in, part, ';');) {
        const std::size_t first = part.find_first_not_of(' ');
        part = first == std::string::npos ? std::string{} : part.substr(first);
        if (part.empty()) {
            continue;
        }
        if (part == newer_program) {
            plan.push_back({.rules = {}, .after_us = std::nullopt, .newer_program = true});
        } else if (part.find('=') != std::string::npos) {
            plan.push_back({.rules = part, .after_us = std::nullopt});
        } else if (part.ends_with("us")) {
            plan.push_back({.rules = {}, .after_us = std::stoll(part)});
        } else {
            throw std::invalid_argument{
                "plan: '" + part + "' is no rule (NAME=ACTION@HIT), no time (12us), and not '" +
                newer_program + "'"};
        }
    }
    return plan;
}

} // namespace crash
