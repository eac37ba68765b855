#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The run-time description of the types that members of events may have. The codec walks these
/// tables, so that it is compiled once, and a program that describes events compiles no JSON.
namespace bus {

enum class Kind : std::uint8_t {
    boolean,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
    float32,
    float64,
    string,
    timestamp,
    uuid,
    text,        ///< by TextTraits, or a time or duration
    json,        ///< JsonText
    enumeration, ///< a described enum, by name
    optional,
    list,    ///< std::vector, std::deque
    map,     ///< std::map, std::unordered_map, with keys that are text
    object,  ///< a described struct, std::pair
    variant, ///< std::variant: an object with one member, the alternative's tag
    proxy,   ///< what goes by another type: ValueTraits, std::set,
             ///< std::unordered_set, std::array
};

struct MemberTable;
struct ValueType;

struct TextOps {
    std::string_view expected{};
    std::string_view type{}; ///< its name, for messages
    std::size_t max_chars = 0;
    std::size_t (*write)(const void* value, char* out) = nullptr;
    std::string (*to_text)(const void* value) = nullptr; ///< where `write` is null
    bool (*read)(std::string_view text, void* value) = nullptr;
    bool takes_numbers = true; ///< read() is also given the text of JSON numbers
};

struct EnumOps {
    std::string_view (*name)(const void* value); ///< empty: no such enumerator
    bool (*read)(std::string_view name, void* value);
    std::string (*names)(); ///< all of them, for messages: `created, paid, sent`
};

struct OptionalOps {
    const void* (*get)(const void* optional); ///< nullptr: none
    void* (*emplace)(void* optional);
    void (*reset)(void* optional);
};

struct ListOps {
    std::size_t (*size)(const void* list);
    const void* (*at)(const void* list, std::size_t index);
    void* (*append)(void* list);
    void (*clear)(void* list);
};

struct MapOps {
    using Visit = void (*)(void* context, const void* key, const void* value);
    const ValueType* key; ///< text, an integer, ...: what a member's name can be made of
    void (*visit)(const void* map, void* context, Visit visit);
    void* (*insert)(void* map, std::string_view key); ///< nullptr: that is no key
    void (*clear)(void* map);
};

struct VariantOps {
    struct Alternative {
        std::string_view tag{};
        const ValueType* type; ///< null: std::monostate, which is null in JSON
    };

    const Alternative* alternatives;
    std::size_t count;
    std::size_t (*index)(const void* variant);
    const void* (*get)(const void* variant);
    void* (*emplace)(void* variant, std::size_t index);
};

struct ProxyOps {
    using Visit = void (*)(void* context, const void* proxy);
    /// Calls `visit` with the value as its proxy.
    void (*with)(const void* value, void* context, Visit visit);
    void* (*make)();
    void (*destroy)(void* proxy) noexcept;
    /// Makes the value of its proxy; returns what is wrong with that, empty: nothing.
    std::string (*take)(void* proxy, void* value);
};

struct ValueType {
    Kind kind;
    const ValueType* element = nullptr; ///< of optional, list, map; of a proxy, what it goes by

    union {
        const TextOps* text;
        const EnumOps* enumeration;
        const OptionalOps* optional;
        const ListOps* list;
        const MapOps* map;
        const VariantOps* variant;
        const ProxyOps* proxy;
        const MemberTable& (*object)();
        const void* none = nullptr;
    };
};

struct Member {
    std::string name{};
    std::string key{}; ///< the key as JSON writes it: `"order_id":`
    std::size_t offset;
    const ValueType* type;
};

/// The members of one described struct, in the order described, those of its bases first.
struct MemberTable {
    MemberTable();
    MemberTable(const MemberTable&) = delete;
    MemberTable& operator=(const MemberTable&) = delete;
    MemberTable(MemberTable&&) noexcept;
    ~MemberTable();

    std::vector<Member> members{};

    /// The member of this name, or nullptr. `hint` is the index to try first.
    const Member* find(std::string_view name, std::size_t hint = 0) const noexcept;
    void add(std::string_view name, std::size_t offset, const ValueType& type);
};

} // namespace bus
