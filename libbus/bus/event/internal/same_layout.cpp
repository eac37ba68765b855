#include <bus/event/internal/same_layout.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace bus::internal {

namespace {

/// Compares tables, and remembers which pairs it has compared: a struct may hold a list of itself.
class Comparison {
public:
    bool tables(const MemberTable& a, const MemberTable& b) {
        const std::pair both{&a, &b};
        if (&a == &b || std::find(met_.begin(), met_.end(), both) != met_.end()) {
            return true;
        }
        met_.push_back(both);
        return std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                          [this](const Member& x, const Member& y) {
                              return x.name == y.name && x.offset == y.offset &&
                                     types(*x.type, *y.type);
                          });
    }

private:
    bool types(const ValueType& a, const ValueType& b) {
        if (&a == &b) {
            return true;
        }
        if (a.kind != b.kind || (a.element == nullptr) != (b.element == nullptr) ||
            (a.element != nullptr && !types(*a.element, *b.element))) {
            return false;
        }
        switch (a.kind) {
        case Kind::object: return tables(a.object(), b.object());
        case Kind::enumeration: return a.enumeration->names() == b.enumeration->names();
        case Kind::text:
            return a.text->expected == b.text->expected && a.text->max_chars == b.text->max_chars;
        default: return true;
        }
    }

    std::vector<std::pair<const MemberTable*, const MemberTable*>> met_;
};

} // namespace

bool same_layout(const MemberTable& a, const MemberTable& b) {
    return Comparison{}.tables(a, b);
}

} // namespace bus::internal
