#include <cli/command_tree.hpp>

#include <sstream>

namespace bus::cli {

namespace {

/// The values listed at the end of a type's name, such as `{auto,always,never}`.
std::vector<std::string> values_of(const std::string& type) {
    const std::size_t open = type.find('{');
    const std::size_t close = type.find('}');
    std::vector<std::string> values;
    if (open == std::string::npos || close == std::string::npos || close < open) {
        return values;
    }
    std::istringstream list{type.substr(open + 1, close - open - 1)};
    for (std::string value; std::getline(list, value, ',');) {
        values.push_back(value);
    }
    return values;
}

OptionText text_of(const CLI::Option& option) {
    OptionText text;
    for (const std::string& name : option.get_snames()) {
        text.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        text.names.push_back("--" + name);
    }
    text.positional = option.get_positional() ? option.get_name(true) : std::string{};
    if (option.get_items_expected_max() > 0) {
        const std::string type = option.get_type_name();
        text.values = values_of(type);
        text.value = type.substr(0, type.find(':'));
    }
    text.preset = option.get_default_str();
    text.description = option.get_description();
    text.required = option.get_required();
    text.repeated = option.get_items_expected_max() > 1;
    return text;
}

} // namespace

std::string path_of(const CLI::App& command) {
    return command.get_parent() == nullptr
               ? command.get_name()
               : path_of(*command.get_parent()) + ' ' + command.get_name();
}

std::vector<const CLI::App*> commands_of(const CLI::App& command) {
    return command.get_subcommands({});
}

std::vector<OptionText> options_of(const CLI::App& command) {
    std::vector<OptionText> texts;
    for (const CLI::Option* option : command.get_options()) {
        texts.push_back(text_of(*option));
    }
    return texts;
}

} // namespace bus::cli
