#include <bus/event/value_type.hpp>

namespace bus {

// Here, and not in each program that describes an event.
MemberTable::MemberTable() = default;
MemberTable::MemberTable(MemberTable&&) noexcept = default;
MemberTable::~MemberTable() = default;

const Member* MemberTable::find(std::string_view name, std::size_t hint) const noexcept {
    if (hint < members.size() && members[hint].name == name) {
        return &members[hint];
    }
    for (const Member& member : members) {
        if (member.name == name) {
            return &member;
        }
    }
    return nullptr;
}

void MemberTable::add(std::string_view name, std::size_t offset, const ValueType& type) {
    // A member name is a C++ identifier, so it needs no escaping.
    members.push_back({std::string{name}, '"' + std::string{name} + "\":", offset, &type});
}

} // namespace bus
