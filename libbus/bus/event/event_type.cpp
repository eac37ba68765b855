#include <bus/event/domain_event.hpp>
#include <bus/event/event_type.hpp>
#include <bus/event/internal/block_memory.hpp>

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
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
        // Never destroyed: buses and events may be the last to go.
        static Registry& registry = *std::make_unique<Registry>().release();
        return registry;
    }

    Registry() {
        static const MemberTable& no_members = *std::make_unique<MemberTable>().release();
        types_.emplace_back(0U, EventType::Description{.name = "DomainEvent"}, nullptr, no_members,
                            EventType::Storage{});
        by_name_.emplace(types_.back().name(), &types_.back());
    }

    const EventType& add(const EventType::Description& description, const EventType* base,
                         const MemberTable& members, const EventType::Storage& storage) {
        const std::unique_lock lock{mutex_};
        if (const auto found = by_name_.find(description.name); found != by_name_.end()) {
            check_same(*found->second, description, base, members);
            return *found->second;
        }
        const auto index = static_cast<std::uint32_t>(types_.size());
        const EventType& type = types_.emplace_back(index, description, base, members, storage);
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

/// Ends an event that a shared pointer owns. It may be the last thing that a program does: it does
/// not ask the event for its type, which may have gone before.
struct Holder {
    explicit Holder(void (*d)(DomainEvent&) noexcept) : destroy{d} {}

    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

    ~Holder() {
        if (event != nullptr) {
            destroy(*event);
        }
    }

    void (*destroy)(DomainEvent&) noexcept;
    DomainEvent* event = nullptr;
};

/// Allocates room for so many bytes more behind what is asked for, and tells where that is; in the
/// blocks of `memory`, where given.
template <class T>
struct WithRoom {
    using value_type = T;

    std::size_t bytes;
    void** room;
    internal::BlockMemory* blocks;

    WithRoom(std::size_t b, void** r, internal::BlockMemory* m) noexcept
        : bytes{b}, room{r}, blocks{m} {}

    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor): as allocators must
    WithRoom(const WithRoom<U>& other) noexcept
        : bytes{other.bytes}, room{other.room}, blocks{other.blocks} {}

    [[nodiscard]] T* allocate(std::size_t count) const {
        const std::size_t all = count * sizeof(T) + bytes;
        auto* const memory = static_cast<std::byte*>(blocks != nullptr ? blocks->allocate(all)
                                                                       : ::operator new(all));
        *room = memory + count * sizeof(T);
        return reinterpret_cast<T*>(memory);
    }

    void deallocate(T* memory, std::size_t /*count*/) const noexcept {
        if (blocks != nullptr) {
            internal::BlockMemory::release(memory);
        } else {
            ::operator delete(memory);
        }
    }

    template <class U>
    friend bool operator==(const WithRoom& left, const WithRoom<U>& right) noexcept {
        return left.bytes == right.bytes;
    }
};

/// A shared event, made in place: one allocation for it and for its count, as std::make_shared
/// has, without a line of code for each type.
template <class Make>
std::shared_ptr<DomainEvent> hold(const EventType::Storage& storage, internal::BlockMemory* memory,
                                  Make make) {
    std::size_t bytes = std::size_t{storage.size} + storage.alignment;
    void* place = nullptr;
    auto holder =
        std::allocate_shared<Holder>(WithRoom<Holder>{bytes, &place, memory}, storage.destroy);
    place = std::align(storage.alignment, storage.size, place, bytes);
    DomainEvent* const event = make(place);
    holder->event = event;
    return {std::move(holder), event};
}

} // namespace

EventType::EventType(std::uint32_t index, const Description& description, const EventType* base,
                     const MemberTable& members, const Storage& storage)
    : index_{index},
      name_{description.name},
      version_{description.version},
      aggregate_type_{description.aggregate_type.empty() ? aggregate_type_of_name(description.name)
                                                         : std::string{description.aggregate_type}},
      aggregate_id_offset_{description.aggregate_id_offset},
      durability_{description.durability},
      base_{base},
      members_{&members},
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
    return make(nullptr);
}

std::shared_ptr<DomainEvent> EventType::create_in(internal::BlockMemory& memory) const {
    return make(&memory);
}

std::shared_ptr<DomainEvent> EventType::make(internal::BlockMemory* memory) const {
    if (storage_.make == nullptr) {
        throw std::logic_error{"DomainEvent is no event of its own: create one of a derived type"};
    }
    const UnstampedScope unstamped;
    return hold(storage_, memory, [&](void* place) { return storage_.make(place); });
}

std::shared_ptr<const DomainEvent> EventType::copy(const DomainEvent& event) const {
    if (storage_.copy == nullptr) {
        throw std::logic_error{"DomainEvent is no event of its own: copy one of a derived type"};
    }
    return hold(storage_, nullptr, [&](void* place) { return storage_.copy(event, place); });
}

const Upcaster* EventType::upcaster(std::uint32_t version) const {
    const auto found = upcasters_.find(version);
    return found != upcasters_.end() ? &found->second : nullptr;
}

// A type is never taken away, so each thread may remember those that it has met: the registry's
// lock would be a line of memory that all who read events write.
const EventType* find_event_type(std::string_view name) noexcept {
    constexpr std::size_t places = 64;
    thread_local std::array<const EventType*, places> met{};
    const auto letter = [name](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    const std::size_t mixed =
        name.empty() ? 0 : name.size() * 7U + letter(0) * 5U + letter(name.size() / 2) * 3U;
    const EventType*& place = met[mixed % places];
    if (place == nullptr || place->name() != name) {
        const EventType* const found = Registry::instance().find(name);
        if (found == nullptr) {
            return nullptr;
        }
        place = found;
    }
    return place;
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
                                     const EventType::Storage& storage) {
    return Registry::instance().add(description, base, members, storage);
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
