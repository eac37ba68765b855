#include <cli/command_tree.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <set>
#include <utility>

namespace bus::cli {

namespace {

/// Calls `visit` for the command and all commands below it.
void walk(const CLI::App& command, const std::function<void(const CLI::App&)>& visit) {
    visit(command);
    for (const CLI::App* below : commands_of(command)) {
        walk(*below, visit);
    }
}

/// All words that may follow a command: the commands below it, its options, and the options of the
/// commands above it.
std::vector<std::string> words_of(const CLI::App& command) {
    std::vector<std::string> words;
    for (const CLI::App* below : commands_of(command)) {
        words.push_back(below->get_name());
    }
    for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
        for (const OptionText& option : options_of(*at)) {
            for (const std::string& name : option.names) {
                if (name.starts_with("--") && (at == &command || name != "--help")) {
                    words.push_back(name);
                }
            }
        }
    }
    return words;
}

/// What else an argument can be completed with: `file`, `agent` or nothing.
std::string source_of(const OptionText& option) {
    if (option.positional == "FILE") {
        return "file";
    }
    return option.positional == "AGENT" || option.positional == "NAME" ? "agent" : "";
}

std::string cases_of_commands(const CLI::App& root) {
    std::string text;
    walk(root, [&](const CLI::App& command) {
        std::string source;
        std::vector<std::string> words;
        for (const OptionText& option : options_of(command)) {
            source = source.empty() ? source_of(option) : source;
            if (option.names.empty()) {
                words.insert(words.end(), option.values.begin(), option.values.end());
            }
        }
        for (std::string& word : words_of(command)) {
            words.push_back(std::move(word));
        }
        text += fmt::format("    '{}') words='{}'; source='{}' ;;\n", path_of(command),
                            fmt::join(words, " "), source);
    });
    return text;
}

/// The cases for options with a value: the possible values, or nothing if any value is possible.
std::string cases_of_values(const CLI::App& root) {
    std::set<std::string> free;
    std::set<std::string> lines;
    walk(root, [&](const CLI::App& command) {
        for (const OptionText& option : options_of(command)) {
            if (option.value.empty() || option.names.empty() || option.value == "URL" ||
                option.names.front() == "--group") {
                continue;
            }
            if (option.values.empty()) {
                free.insert(option.names.begin(), option.names.end());
                continue;
            }
            lines.insert(
                fmt::format("    {}) COMPREPLY=($(compgen -W '{}' -- \"$current\")); return ;;\n",
                            fmt::join(option.names, "|"), fmt::join(option.values, " ")));
        }
    });
    return fmt::format("{}    {}) return ;;\n", fmt::join(lines, ""), fmt::join(free, "|"));
}

constexpr const char* script =
    R"bash(# Completion of `bus` for bash, made by `bus completion bash`.
# What the store of BUS_STORE has: _bus_list MEMBER COMMAND, the first member of each object that it lists.
_bus_list() {{
    "${{COMP_WORDS[0]}}" "$2" list --json 2>/dev/null | sed -n "s/^{{\"$1\":\"\([^\"\\\\]*\)\".*/\1/p"
}}
_bus() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    local word path={0} words= source=
    COMPREPLY=()
    # bash takes the colon of sqlite:PATH for a word of its own.
    if [[ $current == : || $previous == : ]]; then
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "${{current#:}}"))
        return
    fi
    case $previous in
    --store)
        compopt -o nospace 2>/dev/null
        COMPREPLY=($(compgen -W 'sqlite:' -- "$current"))
        return
        ;;
    --group)
        for word in "${{COMP_WORDS[@]}}"; do
            case $word in deliveries | dead-letters) source=$word ;; esac
        done
        words=$(_bus_list group "${{source:-dead-letters}}")
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
        ;;
{1}    esac
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$path $word" in
        {2}) path="$path $word" ;;
        esac
    done
    case $path in
{3}    esac
    if [[ $current != -* ]]; then
        case $source in
        file)
            compopt -o filenames 2>/dev/null
            COMPREPLY=($(compgen -f -- "$current"))
            return
            ;;
        agent) words=$(_bus_list agent agents) ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _bus bus
)bash";

} // namespace

std::string bash_completion(const CLI::App& root) {
    std::vector<std::string> paths;
    walk(root, [&](const CLI::App& command) {
        if (&command != &root) {
            paths.push_back('\'' + path_of(command) + '\'');
        }
    });
    return fmt::format(fmt::runtime(script), root.get_name(), cases_of_values(root),
                       fmt::join(paths, " | "), cases_of_commands(root));
}

} // namespace bus::cli
