#include <cli/command_tree.hpp>
#include <cli/suggest.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace bus::cli {

namespace {

/// How many letters must be changed, inserted, left out or swapped with their neighbour (optimal
/// string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    std::iota(previous.begin(), previous.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({change, previous[j] + 1, current[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                current[j] = std::min(current[j], before[j - 2] + 1);
            }
        }
        std::swap(before, previous);
        std::swap(previous, current);
    }
    return previous[b.size()];
}

std::vector<std::string> names_of_commands(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : commands_of(app)) {
        names.push_back(command->get_name());
    }
    return names;
}

/// The long options of a command and of the commands above it, which it accepts too.
std::vector<std::string> names_of_options(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            for (const std::string& name : option->get_lnames()) {
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

/// The option with this name, of the command or of the commands above it.
const CLI::Option* option_named(const CLI::App& app, const std::string& name) {
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        for (const CLI::Option* option : at->get_options()) {
            if (option->check_name(name)) {
                return option;
            }
        }
    }
    return nullptr;
}

const CLI::App* command_named(const CLI::App& app, const std::string& name) {
    const auto commands = commands_of(app);
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const CLI::App* command) {
        return command->get_name() == name;
    });
    return found == commands.end() ? nullptr : *found;
}

} // namespace

std::optional<std::string> closest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
    std::optional<std::string> best;
    std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const bool begins = word.size() >= 3 && candidate.starts_with(word);
        const std::size_t changes = begins ? 1 : distance(word, candidate);
        if (changes < fewest) {
            fewest = changes;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    if (const auto near = closest(word, candidates)) {
        return fmt::format("; did you mean '{}'?", *near);
    }
    constexpr std::size_t most_listed = 12;
    if (candidates.empty() || candidates.size() > most_listed) {
        return {};
    }
    return fmt::format("; there {} {}", candidates.size() == 1 ? "is" : "are",
                       fmt::join(candidates, ", "));
}

std::string explain(const CLI::App& app, const std::vector<std::string>& arguments) {
    const CLI::App* at = &app;
    bool value_follows = false;
    for (const std::string& word : arguments) {
        if (std::exchange(value_follows, false)) {
            continue;
        }
        if (word.starts_with("--") && word.size() > 2) {
            const std::string name = word.substr(0, word.find('='));
            const CLI::Option* option = option_named(*at, name);
            if (option == nullptr) {
                return fmt::format("'{}' is not an option of `{}`{}", name, path_of(*at),
                                   did_you_mean(name, names_of_options(*at)));
            }
            value_follows = option->get_items_expected_max() > 0 && name.size() == word.size();
            continue;
        }
        const std::vector<std::string> commands = names_of_commands(*at);
        if (word.starts_with("-") || commands.empty()) {
            continue;
        }
        const CLI::App* next = command_named(*at, word);
        if (next == nullptr) {
            return fmt::format("'{}' is not a command of `{}`{}", word, path_of(*at),
                               did_you_mean(word, commands));
        }
        at = next;
    }
    const std::vector<std::string> commands = names_of_commands(*at);
    if (!commands.empty() && at->get_require_subcommand_min() > 0) {
        return fmt::format("`{}` needs a command: {}", path_of(*at), fmt::join(commands, ", "));
    }
    return {};
}

std::string right_use(const CLI::App& app, const std::vector<std::string>& arguments) {
    const CLI::App* at = &app;
    for (const std::string& word : arguments) {
        if (const CLI::App* next = command_named(*at, word)) {
            at = next;
        }
    }
    std::string text = path_of(*at);
    for (const OptionText& option : options_of(*at)) {
        if (!option.positional.empty()) {
            const std::string name = option.positional + (option.repeated ? "..." : "");
            text += option.required ? ' ' + name : fmt::format(" [{}]", name);
        } else if (option.required) {
            text += fmt::format(" {} {}", option.names.back(), option.value);
        }
    }
    return text + " [OPTIONS]";
}

} // namespace bus::cli
