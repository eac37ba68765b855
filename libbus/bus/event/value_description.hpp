#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The run-time description of the types that members of events may have. The codec works from
/// these tables. So it is compiled only once, and a program that describes events compiles no JSON
/// code.
namespace bus {

/// What kind of value a type holds, and so how it is written in JSON.
enum class Kind : std::uint8_t {
    boolean,     ///< bool
    int8,        ///< a signed integer of 8 bits
    int16,       ///< a signed integer of 16 bits
    int32,       ///< a signed integer of 32 bits
    int64,       ///< a signed integer of 64 bits
    uint8,       ///< an unsigned integer of 8 bits
    uint16,      ///< an unsigned integer of 16 bits
    uint32,      ///< an unsigned integer of 32 bits
    uint64,      ///< an unsigned integer of 64 bits
    float32,     ///< float
    float64,     ///< double
    string,      ///< std::string
    timestamp,   ///< Timestamp
    uuid,        ///< Uuid
    text,        ///< a type with TextTraits, a std::chrono time or duration
    json,        ///< JsonText
    enumeration, ///< a described enum, written by name
    optional,    ///< std::optional
    list,        ///< std::vector, std::deque
    map,         ///< std::map, std::unordered_map, with keys that can be written as text
    object,      ///< a described struct, std::pair
    variant,     ///< std::variant: an object with one member, named by the alternative's tag
    proxy,       ///< written as a value of another type: ValueTraits, std::set,
                 ///< std::unordered_set, std::array
};

struct MemberTable;
struct ValueType;

/// How to write and read a value that is text.
struct TextOps {
    std::string_view expected{}; ///< describes a valid text, for messages; may be empty
    std::string_view type{};     ///< the name of the type, for messages
    std::size_t max_chars = 0;   ///< the most characters that `write` writes
    std::size_t (*write)(const void* value, char* out) = nullptr; ///< returns the size written
    std::string (*to_text)(const void* value) = nullptr;          ///< used if `write` is null
    bool (*read)(std::string_view text, void* value) = nullptr;   ///< false: not a valid value
    bool takes_numbers = true; ///< `read` also gets the text of JSON numbers
};

/// How to write and read an enum.
struct EnumOps {
    std::string_view (*name)(const void* value);      ///< empty if no enumerator has this value
    bool (*read)(std::string_view name, void* value); ///< false: no enumerator has this name
    std::string (*names)(); ///< all names, for messages: `created, paid, sent`
};

/// How to write and read a std::optional.
struct OptionalOps {
    const void* (*get)(const void* optional); ///< the value, or nullptr if there is none
    void* (*emplace)(void* optional);         ///< makes a default value and returns it
    void (*reset)(void* optional);            ///< removes the value
};

/// How to write and read a list.
struct ListOps {
    std::size_t (*size)(const void* list);                  ///< the number of elements
    const void* (*at)(const void* list, std::size_t index); ///< the element at `index`
    void* (*append)(void* list); ///< appends a default value and returns it
    void (*clear)(void* list);   ///< removes all elements
};

/// How to write and read a map.
struct MapOps {
    /// Called with the context given to `visit`, and with an entry of the map.
    using Visit = void (*)(void* context, const void* key, const void* value);
    const ValueType* key; ///< a type that can be the name of a JSON member: text, an integer, ...
    void (*visit)(const void* map, void* context, Visit visit); ///< calls `visit` for each entry
    void* (*insert)(void* map, std::string_view key); ///< the value; nullptr: not a valid key
    void (*clear)(void* map);                         ///< removes all entries
};

/// How to write and read a std::variant.
struct VariantOps {
    /// One of the types that the variant may hold.
    struct Alternative {
        std::string_view tag{}; ///< its name in JSON: variant_tag
        const ValueType* type;  ///< null for std::monostate, which is null in JSON
    };

    const Alternative* alternatives;           ///< `count` of them, in the order of the variant
    std::size_t count;                         ///< of alternatives
    std::size_t (*index)(const void* variant); ///< of the alternative that it holds
    const void* (*get)(const void* variant);   ///< the value that it holds
    void* (*emplace)(void* variant, std::size_t index); ///< makes a default value and returns it
};

/// How to write and read a value by way of another type, its proxy.
struct ProxyOps {
    /// Called with the context given to `with`, and with the proxy.
    using Visit = void (*)(void* context, const void* proxy);
    /// Converts the value to its proxy and calls `visit` with that.
    void (*with)(const void* value, void* context, Visit visit);
    void* (*make)();                       ///< a default proxy; the caller owns it
    void (*destroy)(void* proxy) noexcept; ///< what `make` returned
    /// Sets the value from its proxy. Returns an error message, or an empty text if it worked.
    std::string (*take)(void* proxy, void* value);
};

/// The description of one type.
struct ValueType {
    Kind kind; ///< also says which member of the union is set
    /// The type of the elements of an optional, list or map; for a proxy, the type of the proxy.
    const ValueType* element = nullptr;

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

/// One member of a described struct.
struct Member {
    std::string name{};    ///< `order_id`
    std::string key{};     ///< the name as it stands in JSON: `"order_id":`
    std::size_t offset;    ///< bytes from the start of the struct
    const ValueType* type; ///< of the member
};

/// The members of one described struct, in the order of the description. The members of its bases
/// come first.
struct MemberTable {
    MemberTable();
    MemberTable(const MemberTable&) = delete;
    MemberTable& operator=(const MemberTable&) = delete;
    MemberTable(MemberTable&&) noexcept;
    ~MemberTable();

    std::vector<Member> members{}; ///< in order

    /// The member of this name, or nullptr. `hint` is the index to try first.
    const Member* find(std::string_view name, std::size_t hint = 0) const noexcept;
    /// Appends a member; `offset` is in bytes.
    void add(std::string_view name, std::size_t offset, const ValueType& type);
};

} // namespace bus
