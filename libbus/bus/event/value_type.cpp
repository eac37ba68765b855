#include <bus/event/value_type.hpp>

namespace bus {

// Defined here, so that no program that describes events compiles them.
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
    // The name of a member is a C++ identifier, so it needs no escaping.
    members.push_back({std::string{name}, '"' + std::string{name} + "\":", offset, &type});
}

} // namespace bus
