#include <bus/event/domain_event.hpp>
#include <bus/event/event_type.hpp>
#include <bus/event/internal/block_memory.hpp>
#include <bus/event/internal/pinned_files.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>

namespace bus {

namespace {

thread_local bool registering_type = false;

/// Destroys an event that a shared pointer owns. A program may do this at its very end, when the
/// event's type may already be gone. So this keeps the function instead of asking the event for its
/// type.
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

/// An allocator that adds a number of bytes after what is asked for, and stores their address in
/// `room`. It takes memory from `blocks`, if that is given.
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

/// Makes a shared event with one allocation for it and its reference count, like std::make_shared,
/// but without code for each type.
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

namespace {

/// The event that a type refines, or nullptr if its base is just DomainEvent.
const EventType* refined(const EventType* base) noexcept {
    return base != nullptr && base->base() != nullptr ? base : nullptr;
}

std::string aggregate_type_of(const EventType::Description& description, const EventType* base) {
    if (!description.aggregate_type.empty()) {
        return std::string{description.aggregate_type};
    }
    return refined(base) != nullptr ? std::string{base->aggregate_type()}
                                    : aggregate_type_of_name(description.name);
}

} // namespace

EventType::EventType(std::uint32_t index, const Description& description, const EventType* base,
                     const MemberTable& members, const Storage& storage)
    : index_{index},
      name_{description.name},
      cpp_name_{description.cpp_name},
      former_names_{description.former_names.begin(), description.former_names.end()},
      version_{description.version},
      aggregate_type_{aggregate_type_of(description, base)},
      aggregate_id_{description.aggregate_id == nullptr && base != nullptr
                        ? base->aggregate_id_
                        : description.aggregate_id},
      durability_{description.durability.value_or(
          refined(base) != nullptr ? base->durability() : Durability::committed)},
      base_{base},
      members_{&members},
      storage_{storage} {}

const char EventType::this_copy = 0;

void EventType::refuse_copy() const {
    throw std::logic_error{
        "the event type " + cpp_name_ +
        " belongs to another copy of libbus in this process, and only buses of that copy take its "
        "events; link all parts with one shared libbus, or let only the program link it"};
}

bool EventType::is_called(std::string_view name) const noexcept {
    return name == name_ ||
           std::find(former_names_.begin(), former_names_.end(), name) != former_names_.end();
}

bool EventType::is_a(const EventType& other) const noexcept {
    for (const EventType* type = this; type != nullptr; type = type->base_) {
        if (type->index_ == other.index_) {
            return true;
        }
    }
    return false;
}

std::shared_ptr<DomainEvent> EventType::create() const {
    return make(nullptr);
}

std::shared_ptr<DomainEvent> EventType::create_in(internal::BlockMemory& memory) const {
    return make(&memory);
}

std::shared_ptr<DomainEvent> EventType::make(internal::BlockMemory* memory) const {
    if (storage_.make == nullptr) {
        throw std::logic_error{"DomainEvent itself is not an event: create one of a derived type"};
    }
    const UnstampedScope unstamped;
    return hold(storage_, memory, [&](void* place) { return storage_.make(place); });
}

std::shared_ptr<const DomainEvent> EventType::copy(const DomainEvent& event) const {
    if (storage_.copy == nullptr) {
        throw std::logic_error{"DomainEvent itself is not an event: copy one of a derived type"};
    }
    return hold(storage_, nullptr, [&](void* place) { return storage_.copy(event, place); });
}

const Upcaster* EventType::upcaster(std::uint32_t version) const {
    const auto found = upcasters_.find(version);
    return found != upcasters_.end() ? &found->second : nullptr;
}

void set_upcaster(const EventType& type, std::uint32_t version, Upcaster upcaster) {
    if (version == 0 || version >= type.version()) {
        throw std::logic_error{"upcaster of " + std::string{type.name()} + " from version " +
                               std::to_string(version) + ": the type is at version " +
                               std::to_string(type.version()) +
                               "; register upcasters from 1 to the one before it"};
    }
    internal::keep_loaded(upcaster);
    // The registry owns the types and hands them out as const. They only change at start-up.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    auto& upcasters = const_cast<EventType&>(type).upcasters_;
    if (!upcasters.emplace(version, std::move(upcaster)).second) {
        throw std::logic_error{"upcaster of " + std::string{type.name()} + " from version " +
                               std::to_string(version) + " is registered already"};
    }
}

std::string aggregate_type_of_name(std::string_view event_name) {
    constexpr std::string_view suffix = "Event";
    if (const std::size_t part = event_name.find_last_of("./:"); part != std::string_view::npos) {
        event_name.remove_prefix(part + 1);
    }
    if (event_name.size() > suffix.size() && event_name.ends_with(suffix)) {
        event_name.remove_suffix(suffix.size());
    }
    const auto ends = [](char c) { return (c >= 'A' && c <= 'Z') || c == '<'; };
    std::size_t end = 1;
    while (end < event_name.size() && !ends(event_name[end])) {
        ++end;
    }
    return std::string{event_name.substr(0, end)};
}

namespace detail {

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
