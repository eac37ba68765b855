#include <agents/notification/rule.hpp>
#include <bus/event/codec.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <kainjow/mustache.hpp>

#include <array>
#include <charconv>
#include <stdexcept>

namespace bus::agents {

namespace {

namespace mustache = kainjow::mustache;
namespace json = boost::json;

/// The same depth limit as the codec's.
constexpr std::size_t deepest = 256;

/// The shortest form; boost::json would write 12.5 as 1.25E1.
std::string number_text(double number) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

mustache::data to_data(const json::value& value) {
    switch (value.kind()) {
    case json::kind::object: {
        mustache::data object{mustache::data::type::object};
        for (const auto& [key, member] : value.get_object()) {
            object.set(std::string{key}, to_data(member));
        }
        return object;
    }
    case json::kind::array: {
        mustache::data list{mustache::data::type::list};
        for (const json::value& element : value.get_array()) {
            list.push_back(to_data(element));
        }
        return list;
    }
    case json::kind::string: return mustache::data{std::string{value.get_string()}};
    case json::kind::bool_:
        // A variable prints only strings, so `true` must be one.
        return value.get_bool() ? mustache::data{"true"} : mustache::data{false};
    case json::kind::null: return mustache::data{false};
    case json::kind::double_: return mustache::data{number_text(value.get_double())};
    case json::kind::int64:
    case json::kind::uint64: break;
    }
    return mustache::data{json::serialize(value)};
}

mustache::data to_data(const DomainEvent& event) {
    json::parse_options options;
    options.max_depth = deepest;
    return to_data(json::parse(to_json(event), {}, options));
}

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::invalid_argument{"the template '" + std::string{text} + "': " + why};
}

std::string names_of(const MemberTable& table) {
    std::string names;
    for (const Member& member : table.members) {
        names += (names.empty() ? "" : ", ") + member.name;
    }
    return names;
}

/// Finds misspelt members when the rule is made: in a message they would silently print nothing.
void check_members(std::string_view text, const EventType& type) {
    constexpr std::string_view sigils = "#^/&{ \t";
    constexpr std::string_view parent = "data.";
    for (std::size_t open = text.find("{{"); open != std::string_view::npos;
         open = text.find("{{", open + 2)) {
        std::string_view tag = text.substr(open + 2, text.find("}}", open) - open - 2);
        tag.remove_prefix(std::min(tag.find_first_not_of(sigils), tag.size()));
        if (!tag.starts_with(parent)) {
            continue;
        }
        tag.remove_prefix(parent.size());
        const std::string_view member = tag.substr(0, tag.find_first_of(". \t}"));
        if (type.members().find(member) == nullptr) {
            refuse(text, "'data." + std::string{member} + "' is not a member of " +
                             std::string{type.name()} + ", which has: " + names_of(type.members()));
        }
    }
}

} // namespace

MessageText text_template(std::string_view text, const EventType& type) {
    mustache::mustache parsed{std::string{text}};
    if (!parsed.is_valid()) {
        refuse(text, parsed.error_message());
    }
    check_members(text, type);
    parsed.set_custom_escape([](const std::string& plain) { return plain; });
    return [parsed = std::move(parsed)](const DomainEvent& event) mutable {
        const mustache::data data = to_data(event);
        mustache::context<std::string> context;
        context.push(&data);
        return parsed.render(context);
    };
}

} // namespace bus::agents
