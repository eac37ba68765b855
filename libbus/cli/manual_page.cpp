#include <cli/command_tree.hpp>
#include <cli/errors.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bus::cli {

namespace {

/// The text with everything escaped that roff would interpret.
std::string plain(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        switch (letter) {
        case '\\': result += "\\e"; break;
        case '-': result += "\\-"; break;
        default: result += letter;
        }
    }
    const bool control = result.starts_with('.') || result.starts_with('\'');
    return control ? "\\&" + result : result;
}

std::string head_of(const OptionText& option) {
    if (option.names.empty()) {
        return fmt::format("\\fI{}\\fR", plain(option.positional));
    }
    std::vector<std::string> names;
    for (const std::string& name : option.names) {
        names.push_back("\\fB" + plain(name) + "\\fR");
    }
    return fmt::format("{}{}", fmt::join(names, ", "),
                       option.value.empty() ? "" : " \\fI" + plain(option.value) + "\\fR");
}

void add_options(std::string& page, const CLI::App& command) {
    for (const OptionText& option : options_of(command)) {
        if (option.names.size() == 2 && option.names.back() == "--help" &&
            command.get_parent() != nullptr) {
            continue; // printed once, for the root
        }
        std::string description = option.description;
        if (!option.values.empty()) {
            description += fmt::format(". One of: {}", fmt::join(option.values, ", "));
        }
        if (!option.preset.empty()) {
            description += fmt::format(". Unless said: {}", option.preset);
        }
        page += fmt::format(".TP\n{}\n{}.\n", head_of(option), plain(description));
    }
}

/// The synopsis, such as `bus events show [OPTIONS] EVENT`.
std::string usage_of(const CLI::App& command) {
    std::string usage = path_of(command) + " [OPTIONS]";
    for (const OptionText& option : options_of(command)) {
        if (option.names.empty()) {
            const std::string name = option.positional + (option.repeated ? "..." : "");
            usage += option.required ? ' ' + name : " [" + name + ']';
        } else if (option.required) {
            usage += ' ' + option.names.back() + ' ' + option.value;
        }
    }
    return usage;
}

void add_command(std::string& page, const CLI::App& command) {
    const auto below = commands_of(command);
    for (const CLI::App* next : below) {
        add_command(page, *next);
    }
    if (!below.empty()) {
        return;
    }
    page += fmt::format(".SS {}\n{}.\n.PP\n.RS\n\\fB{}\\fR\n.RE\n", plain(path_of(command)),
                        plain(command.get_description()), plain(usage_of(command)));
    add_options(page, command);
}

constexpr const char* ending = R"(.SH ENVIRONMENT
.TP
.B BUS_STORE
The store, if \fB\-\-store\fR is not given.
.TP
.B NO_COLOR
If it is set and not empty, there are no colours unless \fB\-\-color=always\fR asks for them.
.TP
.B COLUMNS
The width, if the terminal does not report one.
.SH EXAMPLES
.TP
.B bus agents list \-\-store sqlite:orders.db
The position of each agent, and what waits or was given up.
.TP
.B bus flow \-\-store sqlite:orders.db 4711
The execution of the event at position 4711, as a tree.
.TP
.B bus dead\-letters redrive books \-\-error timeout \-\-why 'the network is back'
Give the agent again the events that it gave up on for that reason.
.TP
.B bus prune \-\-before 30d \-\-dry\-run
What could be removed of the log.
)";

} // namespace

std::string manual_page(const CLI::App& root) {
    std::string page = fmt::format(".TH BUS 1 \"\" \"libbus\" \"libbus\"\n.SH NAME\n{0} \\- {1}\n"
                                   ".SH SYNOPSIS\n.B {0}\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
                                   ".SH OPTIONS\nThese may stand before or after any command.\n",
                                   plain(root.get_name()), plain(root.get_description()));
    add_options(page, root);
    page += ".SH COMMANDS\n";
    for (const CLI::App* command : commands_of(root)) {
        add_command(page, *command);
    }
    page += ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : exit_code::meanings) {
        page += fmt::format(".TP\n.B {}\n{}.\n", code, plain(meaning));
    }
    return page + ending;
}

} // namespace bus::cli
