#pragma once

#include "demo/marketplace/bundle.hpp"
#include "demo/marketplace/bundle_schema.hpp"

#include <boost/json/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace demo {

/// Fills a Bundle from the events of boost::json::basic_parser, guided by bundle_schema(). Used by
/// the bundle reader. The functions below the line have the names that the parser calls.
class BundleHandler {
public:
    explicit BundleHandler(Bundle& bundle) : bundle_(bundle) {}

    /// Whether the text's outermost value was an object.
    bool is_object() const noexcept { return is_object_; }

    // ---------------------------------------------------------------------------------------------
    using error_code = boost::system::error_code;
    using json_string_view = boost::json::string_view;

    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    bool on_document_begin(error_code&) { return true; }

    bool on_document_end(error_code&) { return true; }

    bool on_object_begin(error_code&);
    bool on_object_end(std::size_t, error_code&);
    bool on_array_begin(error_code&);
    bool on_array_end(std::size_t, error_code&);
    bool on_key_part(json_string_view part, std::size_t, error_code&);
    bool on_key(json_string_view last, std::size_t, error_code&);
    bool on_string_part(json_string_view part, std::size_t, error_code&);
    bool on_string(json_string_view last, std::size_t, error_code&);
    bool on_number_part(json_string_view part, error_code&);

    bool on_int64(std::int64_t, json_string_view last, error_code&) { return number(last, true); }

    bool on_uint64(std::uint64_t, json_string_view last, error_code&) { return number(last, true); }

    bool on_double(double, json_string_view last, error_code&) { return number(last, false); }

    bool on_bool(bool value, error_code&);
    bool on_null(error_code&);

    bool on_comment_part(json_string_view, error_code&) { return true; }

    bool on_comment(json_string_view, error_code&) { return true; }

private:
    /// An open object or array. It has no node if it is skipped.
    struct Frame {
        const SchemaNode* node = nullptr;
        const SchemaMember* member = nullptr; ///< in an object: the member whose value comes next
        std::uint32_t seen = 0;               ///< in an object: bit i for members[i]
        std::size_t next = 0;                 ///< in an array: the index of the next element
    };

    static constexpr bool is_array(const Frame& frame) {
        return frame.node != nullptr && frame.node->shape == Shape::array;
    }

    const SchemaNode* begin_value();
    void begin_container(Shape shape, std::string_view found);
    void end_container();
    bool number(json_string_view last, bool whole);

    bool is_full(Slot slot) const;
    void begin_object(Slot slot);
    void end_object(const Frame& frame);
    void take_text(Slot slot);
    void take_integer();
    void take_order_text(std::string& member, bool required);
    void take_order_id();
    void begin_entry(EntryKind kind);

    std::string path_of_value() const;
    static std::string path_of(std::span<const Frame> frames);
    void refuse(Stage stage, OrderError error, const std::string& path, const std::string& detail);
    void refuse_type(const SchemaNode& expected, std::string_view found);

    Bundle& bundle_;
    std::vector<Frame> open_;
    std::string text_; // the string, number or key that is being read
    FinancialEntry entry_;
    bool is_object_ = false;
};

} // namespace demo
