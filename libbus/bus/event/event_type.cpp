#include <bus/event/domain_event.hpp>
#include <bus/event/event_type.hpp>

#include <deque>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <unordered_map>

namespace bus {

namespace {

thread_local bool registering_type = false;

/// All types of the process. A deque, because types are handed out by reference.
class Registry {
public:
    static Registry& instance() {
        static Registry registry;
        return registry;
    }

    Registry() {
        static const MemberTable no_members;
        types_.emplace_back(0U, EventType::Description{.name = "DomainEvent"}, nullptr, no_members,
                            nullptr, nullptr, EventType::Storage{});
        by_name_.emplace(types_.back().name(), &types_.back());
    }

    const EventType& add(const EventType::Description& description, const EventType* base,
                         const MemberTable& members, EventType::Create create, EventType::Copy copy,
                         const EventType::Storage& storage) {
        const std::unique_lock lock{mutex_};
        if (const auto found = by_name_.find(description.name); found != by_name_.end()) {
            check_same(*found->second, description, base, members);
            return *found->second;
        }
        const auto index = static_cast<std::uint32_t>(types_.size());
        const EventType& type =
            types_.emplace_back(index, description, base, members, create, copy, storage);
        by_name_.emplace(type.name(), &type);
        return type;
    }

    const EventType& domain_event() { return types_.front(); }

    const EventType* find(std::string_view name) {
        const std::shared_lock lock{mutex_};
        const auto found = by_name_.find(name);
        return found != by_name_.end() ? found->second : nullptr;
    }

    std::vector<const EventType*> all() {
        const std::shared_lock lock{mutex_};
        std::vector<const EventType*> result;
        for (const EventType& type : types_) {
            result.push_back(&type);
        }
        return result;
    }

private:
    static void check_same(const EventType& known, const EventType::Description& description,
                           const EventType* base, const MemberTable& members) {
        const auto same_member = [](const Member& a, const Member& b) {
            return a.name == b.name && a.offset == b.offset && a.type->kind == b.type->kind;
        };
        const auto& ours = known.members().members;
        if (known.version() == description.version && known.base() == base &&
            std::equal(ours.begin(), ours.end(), members.members.begin(), members.members.end(),
                       same_member)) {
            return;
        }
        throw std::logic_error{"event type " + std::string{description.name} +
                               " is described twice in this program, with different members, "
                               "version or base; the wire name must be unique: rename one struct"};
    }

    std::shared_mutex mutex_;
    std::deque<EventType> types_;
    std::unordered_map<std::string_view, const EventType*> by_name_;
};

} // namespace

EventType::EventType(std::uint32_t index, const Description& description, const EventType* base,
                     const MemberTable& members, Create make, Copy make_copy,
                     const Storage& storage)
    : index_{index},
      name_{description.name},
      version_{description.version},
      aggregate_type_{description.aggregate_type.empty() ? aggregate_type_of_name(description.name)
                                                         : std::string{description.aggregate_type}},
      aggregate_id_offset_{description.aggregate_id_offset},
      durability_{description.durability},
      base_{base},
      members_{&members},
      create_{make},
      copy_{make_copy},
      storage_{storage} {
    if (version_ == 0) {
        throw std::logic_error{"event type " + name_ + ": versions count from 1"};
    }
}

bool EventType::is_a(const EventType& other) const noexcept {
    for (const EventType* type = this; type != nullptr; type = type->base_) {
        if (type->index_ == other.index_) {
            return true;
        }
    }
    return false;
}

std::string_view EventType::aggregate_id(const DomainEvent& event) const noexcept {
    if (aggregate_id_offset_ < 0) {
        return {};
    }
    const auto* address = reinterpret_cast<const char*>(&event) + aggregate_id_offset_;
    return *reinterpret_cast<const std::string*>(address);
}

std::shared_ptr<DomainEvent> EventType::create() const {
    if (create_ == nullptr) {
        throw std::logic_error{"DomainEvent is no event of its own: create one of a derived type"};
    }
    return create_();
}

std::shared_ptr<const DomainEvent> EventType::copy(const DomainEvent& event) const {
    if (copy_ == nullptr) {
        throw std::logic_error{"DomainEvent is no event of its own: copy one of a derived type"};
    }
    return copy_(event);
}

const Upcaster* EventType::upcaster(std::uint32_t version) const {
    const auto found = upcasters_.find(version);
    return found != upcasters_.end() ? &found->second : nullptr;
}

const EventType* find_event_type(std::string_view name) noexcept {
    return Registry::instance().find(name);
}

std::vector<const EventType*> known_event_types() {
    return Registry::instance().all();
}

void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster) {
    if (version == 0 || version >= type.version()) {
        throw std::logic_error{"upcaster of " + std::string{type.name()} + " from version " +
                               std::to_string(version) + ": the type is at version " +
                               std::to_string(type.version()) +
                               "; register upcasters from 1 to the one before it"};
    }
    // The registry owns the types and gives them out as const; start-up is the one time of change.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    auto& upcasters = const_cast<EventType&>(type).upcasters_;
    if (!upcasters.emplace(version, std::move(upcaster)).second) {
        throw std::logic_error{"upcaster of " + std::string{type.name()} + " from version " +
                               std::to_string(version) + " is registered already"};
    }
}

std::string aggregate_type_of_name(std::string_view event_name) {
    constexpr std::string_view suffix = "Event";
    if (event_name.size() > suffix.size() && event_name.ends_with(suffix)) {
        event_name.remove_suffix(suffix.size());
    }
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    std::size_t end = 1;
    while (end < event_name.size() && !is_upper(event_name[end])) {
        ++end;
    }
    return std::string{event_name.substr(0, end)};
}

namespace detail {

const EventType& register_event_type(const EventType::Description& description,
                                     const EventType* base, const MemberTable& members,
                                     EventType::Create create, EventType::Copy copy,
                                     const EventType::Storage& storage) {
    return Registry::instance().add(description, base, members, create, copy, storage);
}

const EventType& domain_event_type() {
    return Registry::instance().domain_event();
}

RegisteringScope::RegisteringScope() noexcept : previous_{registering_type} {
    registering_type = true;
}

RegisteringScope::~RegisteringScope() {
    registering_type = previous_;
}

bool RegisteringScope::active() noexcept {
    return registering_type;
}

} // namespace detail

} // namespace bus
