#include <bus/event/internal/compact_json.hpp>
#include <bus/event/internal/expected_json.hpp>
#include <bus/event/internal/json_reader.hpp>
#include <bus/event/internal/parser_handler.hpp>
#include <bus/event/internal/path.hpp>
#include <bus/event/internal/plain_text.hpp>
#include <bus/event/internal/read_scalar.hpp>
#include <bus/event/internal/value_text.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace bus::internal {

namespace {

// A captured value goes into the text of a JsonText through a std::string*, so the text must be the
// first thing in it.
static_assert(std::is_standard_layout_v<JsonText>);

/// The type of an object whose table of members is passed separately.
constexpr ValueType any_object{.kind = Kind::object, .none = nullptr};

/// Receives the calls of boost::json::basic_parser and fills structs from them. Keeps a frame for
/// each open list, map, struct and variant. Allocates only for keys and strings with escapes.
class Filling : public ParserHandler {
public:
    /// `members` is set if the root is any_object, else null.
    Filling(std::string_view json, const Target& root, const MemberTable* members,
            const EnvelopeReading* envelope, Reading reading) noexcept
        : json_{json},
          next_{root},
          next_members_{members},
          envelope_{envelope},
          reading_{reading} {}

    bool on_object_begin(Error&) { return begin('{'); }

    bool on_object_end(std::size_t, Error&) { return end('}'); }

    bool on_array_begin(Error&) { return begin('['); }

    bool on_array_end(std::size_t, Error&) { return end(']'); }

    bool on_key_part(std::string_view part, std::size_t, Error&) { return keep(part); }

    bool on_key(std::string_view part, std::size_t size, Error&);

    bool on_string_part(std::string_view part, std::size_t, Error&) { return keep(part); }

    bool on_string(std::string_view part, std::size_t size, Error&);

    bool on_int64(std::int64_t, std::string_view text, Error&) {
        return literal(Scalar::number, text);
    }

    bool on_uint64(std::uint64_t, std::string_view text, Error&) {
        return literal(Scalar::number, text);
    }

    bool on_double(double, std::string_view text, Error&) { return literal(Scalar::number, text); }

    bool on_bool(bool value, Error&) { return literal(Scalar::boolean, value ? "true" : "false"); }

    bool on_null(Error&);

    /// The path of the value that is being read.
    [[nodiscard]] std::string path() const;

    [[nodiscard]] std::uint64_t seen_in_envelope() const noexcept { return frames_[0].seen; }

private:
    struct Frame {
        Kind kind; // object, list, map or variant
        const ValueType* type;
        const MemberTable* members;
        void* value;
        std::string_view key; // of the member that is being read
        std::size_t next;     // index of the expected member, or of the next item
        std::uint64_t seen;   // a bit for each of the first 64 members
        std::size_t proxies;  // how many were open before this frame
    };

    /// A proxy that is being read, and the value that will be set from it.
    struct OpenProxy {
        ProxyHolder proxy;
        void* value;
    };

    /// A value that is kept as JSON text.
    struct Capture {
        explicit Capture(std::string& out) noexcept : text{out}, writer{text} {}

        TextBuffer text;
        CompactWriter writer;
    };

    bool begin(char bracket);
    bool end(char bracket);
    void open(const Target& target, char bracket);
    void begin_capture(void* value, char bracket);
    bool literal(Scalar scalar, std::string_view text);
    void scalar(Scalar scalar, std::string_view text);
    void member_key(Frame& frame, std::string_view key);
    void map_key(Frame& frame, std::string_view key);
    void variant_key(Frame& frame, std::string_view key);
    void unknown_key(Frame& frame, std::string_view key);
    void enter(Target& target);
    void enter_proxies(Target& target);
    static bool empty_variant(const Target& target);
    void take_proxies(std::size_t down_to);
    [[nodiscard]] Target take_target();

    [[noreturn]] void mismatch(const ValueType& type, const std::string& found) const {
        throw CodecError{path(), "expected " + expectation(type) + ", found " + found};
    }

    bool keep(std::string_view part) {
        parts_.append(part);
        return true;
    }

    std::string_view whole(std::string_view part, std::size_t size) {
        return size == part.size() ? part : std::string_view{parts_.append(part)};
    }

    /// The key as text that stays valid while its frame is open. The argument may lie in a buffer
    /// of the parser.
    std::string_view lasting(std::string_view key);

    std::string_view json_;
    Target next_;                     // for the next value, unless it is in a list
    const MemberTable* next_members_; // set if next_ is any_object
    Frame* list_ = nullptr;           // the innermost frame, if it is a list
    const EnvelopeReading* envelope_;
    Reading reading_;
    std::size_t open_ = 0;          // number of open frames
    std::size_t passive_depth_ = 0; // open brackets in a value that is captured or skipped
    std::optional<Capture> capture_;
    std::vector<OpenProxy> proxies_;
    std::size_t proxies_before_capture_ = 0;
    std::string parts_; // the parts of a text with escapes
    std::vector<std::string> keys_;
    std::array<Frame, max_depth + 2> frames_; // not initialized: written before it is read
};

bool Filling::begin(char bracket) {
    if (passive_depth_ != 0) {
        ++passive_depth_;
        if (capture_) {
            capture_->writer.open(bracket);
        }
        return true;
    }
    Target target = take_target();
    if (target.type == nullptr) {
        passive_depth_ = 1;
        return true;
    }
    const std::size_t proxies = proxies_.size();
    enter(target);
    if (target.type->kind == Kind::json) {
        proxies_before_capture_ = proxies;
        begin_capture(target.value, bracket);
    } else {
        open(target, bracket);
        frames_[open_ - 1].proxies = proxies;
    }
    return true;
}

/// Replaces the target by what the text is read into: the value inside optionals and proxies.
void Filling::enter(Target& target) {
    for (;;) {
        if (target.type->kind == Kind::optional) {
            target = {target.type->element, target.type->optional->emplace(target.value)};
        } else if (target.type->kind == Kind::proxy) {
            enter_proxies(target);
        } else {
            return;
        }
    }
}

/// Sets the values of the proxies that have been read, from the innermost to the outermost.
void Filling::take_proxies(std::size_t down_to) {
    while (proxies_.size() > down_to) {
        const auto& [proxy, value] = proxies_.back();
        if (const std::string problem = proxy.ops().take(proxy.get(), value); !problem.empty()) {
            throw CodecError{path(), problem};
        }
        proxies_.pop_back();
    }
}

void Filling::begin_capture(void* value, char bracket) {
    auto& text = *static_cast<std::string*>(value);
    text.clear();
    capture_.emplace(text);
    capture_->writer.open(bracket);
    passive_depth_ = 1;
}

void Filling::open(const Target& target, char bracket) {
    const ValueType& type = *target.type;
    const bool fits = bracket == '[' ? type.kind == Kind::list
                                     : type.kind == Kind::map || type.kind == Kind::object ||
                                           type.kind == Kind::variant;
    if (!fits) {
        mismatch(type, bracket == '[' ? "a list" : "an object");
    }
    const MemberTable* members = std::exchange(next_members_, nullptr);
    if (type.kind == Kind::list) {
        type.list->clear(target.value);
    } else if (type.kind == Kind::map) {
        type.map->clear(target.value);
    } else if (type.kind == Kind::object && members == nullptr) {
        members = &type.object();
    }
    frames_[open_++] = {.kind = type.kind,
                        .type = &type,
                        .members = members,
                        .value = target.value,
                        .key = {},
                        .next = 0,
                        .seen = 0,
                        .proxies = 0};
    list_ = type.kind == Kind::list ? &frames_[open_ - 1] : nullptr;
}

bool Filling::end(char bracket) {
    if (passive_depth_ == 0) {
        const Frame& ended = frames_[open_ - 1];
        if (ended.kind == Kind::variant && ended.next == 0) {
            mismatch(*ended.type, "an empty object");
        }
        --open_;
        if (proxies_.size() > ended.proxies) [[unlikely]] {
            take_proxies(ended.proxies);
        }
        list_ = open_ != 0 && frames_[open_ - 1].kind == Kind::list ? &frames_[open_ - 1] : nullptr;
        return true;
    }
    --passive_depth_;
    if (capture_) {
        capture_->writer.close(bracket);
        if (passive_depth_ == 0) {
            capture_->text.finish();
            capture_.reset();
            take_proxies(proxies_before_capture_);
        }
    }
    return true;
}

bool Filling::on_key(std::string_view part, std::size_t size, Error&) {
    const std::string_view key = whole(part, size);
    bool valid = true;
    if (passive_depth_ == 0) {
        Frame& frame = frames_[open_ - 1];
        if (frame.kind == Kind::map) {
            map_key(frame, key);
        } else if (frame.kind == Kind::variant) {
            variant_key(frame, key);
        } else {
            member_key(frame, key);
        }
    } else if (capture_) {
        valid = capture_->writer.key(key);
    }
    parts_.clear();
    return valid;
}

void Filling::member_key(Frame& frame, std::string_view key) {
    const auto& members = frame.members->members;
    std::size_t index = frame.next;
    if (index >= members.size() || !same_text(members[index].name, key)) {
        const Member* member = frame.members->find(key);
        if (member == nullptr) {
            return unknown_key(frame, key);
        }
        index = static_cast<std::size_t>(member - members.data());
    }
    const Member& member = members[index];
    frame.key = member.name;
    frame.next = index + 1;
    next_ = {member.type, static_cast<char*>(frame.value) + member.offset};
    const bool in_envelope = envelope_ != nullptr && open_ == 1;
    if (in_envelope && index == envelope_->data) {
        const Object object = envelope_->data_object(envelope_->context, frame.seen);
        if (object.object != nullptr) {
            next_ = {&any_object, object.object};
            next_members_ = object.members;
        }
    }
    if (index < 64) {
        const std::uint64_t bit = std::uint64_t{1} << index;
        if ((frame.seen & bit) != 0 && (in_envelope || reading_ == Reading::strict)) {
            throw CodecError{path(), "this member comes twice"};
        }
        frame.seen |= bit;
    }
}

void Filling::map_key(Frame& frame, std::string_view key) {
    frame.key = lasting(key);
    next_ = {frame.type->element, frame.type->map->insert(frame.value, key)};
    if (next_.value == nullptr) {
        throw CodecError{path(), "expected a key that is " + expectation(*frame.type->map->key) +
                                     ", found \"" + shown(key) + "\""};
    }
}

void Filling::variant_key(Frame& frame, std::string_view key) {
    const VariantOps& ops = *frame.type->variant;
    const std::size_t index = alternative_of(ops, key);
    frame.key = lasting(key);
    if (index == ops.count || frame.next != 0) {
        throw CodecError{path(), frame.next != 0 ? "a std::variant is an object with one member"
                                                 : "expected one of " + tags_of(ops)};
    }
    frame.next = 1;
    next_ = {ops.alternatives[index].type, ops.emplace(frame.value, index)};
}

void Filling::unknown_key(Frame& frame, std::string_view key) {
    frame.key = lasting(key);
    next_ = {};
    if (reading_ == Reading::strict) {
        throw CodecError{path(), "no such member; expected one of those described: " +
                                     names_of(*frame.members)};
    }
}

Target Filling::take_target() {
    if (list_ == nullptr) {
        return next_;
    }
    ++list_->next;
    return {list_->type->element, list_->type->list->append(list_->value)};
}

bool Filling::on_string(std::string_view part, std::size_t size, Error&) {
    const std::string_view text = whole(part, size);
    bool valid = true;
    if (passive_depth_ == 0) {
        scalar(Scalar::string, text);
    } else if (capture_) {
        valid = capture_->writer.string(text);
    }
    parts_.clear();
    return valid;
}

bool Filling::literal(Scalar scalar, std::string_view text) {
    if (passive_depth_ == 0) {
        this->scalar(scalar, text);
    } else if (capture_) {
        capture_->writer.literal(text);
    }
    return true;
}

bool Filling::on_null(Error&) {
    if (passive_depth_ != 0) {
        if (capture_) {
            capture_->writer.literal("null");
        }
        return true;
    }
    Target target = take_target();
    if (target.type == nullptr) {
        return true;
    }
    const std::size_t proxies = proxies_.size();
    if (target.type->kind == Kind::proxy) {
        enter_proxies(target);
    }
    if (target.type->kind == Kind::optional) {
        target.type->optional->reset(target.value);
    } else if (target.type->kind == Kind::json) {
        static_cast<std::string*>(target.value)->clear();
    } else if (!empty_variant(target)) {
        mismatch(*target.type, "null");
    }
    take_proxies(proxies);
    return true;
}

void Filling::enter_proxies(Target& target) {
    while (target.type->kind == Kind::proxy) {
        proxies_.push_back({ProxyHolder{*target.type->proxy}, target.value});
        target = {target.type->element, proxies_.back().proxy.get()};
    }
}

bool Filling::empty_variant(const Target& target) {
    if (target.type->kind != Kind::variant) {
        return false;
    }
    const VariantOps& ops = *target.type->variant;
    std::size_t index = 0;
    while (index < ops.count && ops.alternatives[index].type != nullptr) {
        ++index;
    }
    return index < ops.count && ops.emplace(target.value, index) != nullptr;
}

void Filling::scalar(Scalar scalar, std::string_view text) {
    Target target = take_target();
    if (target.type == nullptr) {
        return;
    }
    const std::size_t proxies = proxies_.size();
    enter(target);
    if (scalar == Scalar::string && target.type->kind == Kind::string) {
        static_cast<std::string*>(target.value)->assign(text); // the most common case
    } else if (!read_scalar(*target.type, target.value, scalar, text)) {
        mismatch(*target.type, found(scalar, text));
    }
    if (proxies_.size() > proxies) [[unlikely]] {
        take_proxies(proxies);
    }
}

std::string_view Filling::lasting(std::string_view key) {
    const std::less_equal<> before;
    if (before(json_.data(), key.data()) && before(key.data(), json_.data() + json_.size())) {
        return key;
    }
    keys_.resize(std::max(keys_.size(), frames_.size()));
    return keys_[open_ - 1].assign(key);
}

std::string Filling::path() const {
    std::string path;
    for (std::size_t i = 0; i < open_; ++i) {
        const Frame& frame = frames_[i];
        if (frame.kind != Kind::list) {
            if (frame.key.data() != nullptr) {
                add_to_path(path, frame.key);
            }
        } else if (frame.next != 0) {
            add_to_path(path, frame.next - 1);
        }
    }
    return path;
}

std::uint64_t read(std::string_view json, const Target& root, const MemberTable* members,
                   const EnvelopeReading* envelope, Reading reading) {
    boost::json::parse_options options;
    options.max_depth = max_depth + (envelope != nullptr ? 1 : 0);
    boost::json::basic_parser<Filling> parser{options, json, root, members, envelope, reading};
    boost::system::error_code error;
    const std::size_t used = parser.write_some(false, json.data(), json.size(), error);
    const Filling& filling = parser.handler();
    if (error) {
        throw CodecError{filling.path(), broken_json(json, used, error.message())};
    }
    if (used != json.size()) {
        throw CodecError{{}, broken_json(json, used, "more text behind the value")};
    }
    return envelope != nullptr ? filling.seen_in_envelope() : 0;
}

} // namespace

void read_json(std::string_view json, const Target& target, Reading reading) {
    if (target.type->kind == Kind::object) {
        return read_json(json, Object{target.value, &target.type->object()}, reading);
    }
    read(json, target, nullptr, nullptr, reading);
}

void read_json(std::string_view json, const Object& object, Reading reading) {
    if (!read_expected(json, object)) {
        read(json, {&any_object, object.object}, object.members, nullptr, reading);
    }
}

std::uint64_t read_envelope(std::string_view json, const EnvelopeReading& envelope) {
    if (read_expected(json, envelope)) {
        return ~std::uint64_t{0}; // the expected form has all required members
    }
    const Object& root = envelope.envelope;
    return read(json, {&any_object, root.object}, root.members, &envelope, Reading::tolerant);
}

} // namespace bus::internal
