#include "demo/marketplace/bundle_handler.hpp"

#include "demo/marketplace/bundle_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace demo {
namespace {

std::string_view expected_text(Shape shape) {
    switch (shape) {
    case Shape::object: return "an object";
    case Shape::array: return "an array";
    case Shape::text: return "a string";
    case Shape::decimal: return "a decimal";
    case Shape::integer: return "a whole number";
    }
    return "";
}

bool is_entry(Slot slot) {
    return slot == Slot::charge || slot == Slot::fee || slot == Slot::promotion;
}

std::string_view view(boost::json::string_view text) {
    return {text.data(), text.size()};
}

} // namespace

// --- values ------------------------------------------------------

/// Goes to the next value. Returns its node, or null if the value is to be skipped.
const SchemaNode* BundleHandler::begin_value() {
    if (open_.empty())
        return &bundle_schema();
    Frame& frame = open_.back();
    if (frame.node == nullptr)
        return nullptr;
    if (is_array(frame)) {
        ++frame.next;
        return frame.node->element;
    }
    return frame.member == nullptr ? nullptr : frame.member->node;
}

void BundleHandler::begin_container(Shape shape, std::string_view found) {
    const bool outermost = open_.empty();
    const SchemaNode* node = begin_value();
    if (outermost) {
        is_object_ = shape == Shape::object;
        if (!is_object_)
            node = nullptr;
    } else if (node != nullptr && node->shape != shape) {
        refuse_type(*node, found);
        node = nullptr;
    }
    if (node != nullptr && is_full(node->slot)) {
        refuse(node->stage, OrderError::invalid_member, path_of_value(),
               fmt::format("expected at most {} elements of this kind, found more",
                           max_bundle_elements));
        node = nullptr;
    }
    if (node != nullptr && shape == Shape::object)
        begin_object(node->slot);
    open_.push_back({.node = node});
}

/// Whether the bundle has no room for another value of this kind.
bool BundleHandler::is_full(Slot slot) const {
    if (slot == Slot::item)
        return bundle_.items.size() >= max_bundle_elements;
    return is_entry(slot) && bundle_.entries.size() >= max_bundle_elements;
}

void BundleHandler::end_container() {
    const Frame frame = open_.back();
    if (frame.node != nullptr && frame.node->shape == Shape::object)
        end_object(frame);
    open_.pop_back();
}

bool BundleHandler::on_object_begin(error_code&) {
    begin_container(Shape::object, "an object");
    return true;
}

bool BundleHandler::on_object_end(std::size_t, error_code&) {
    end_container();
    return true;
}

bool BundleHandler::on_array_begin(error_code&) {
    begin_container(Shape::array, "an array");
    return true;
}

bool BundleHandler::on_array_end(std::size_t, error_code&) {
    end_container();
    return true;
}

bool BundleHandler::on_key_part(json_string_view part, std::size_t, error_code&) {
    if (open_.back().node != nullptr)
        text_ += view(part);
    return true;
}

bool BundleHandler::on_key(json_string_view last, std::size_t, error_code&) {
    Frame& frame = open_.back();
    if (frame.node == nullptr)
        return true;
    text_ += view(last);
    frame.member = find_member(*frame.node, text_);
    text_.clear();
    if (frame.member == nullptr)
        return true;
    const auto bit = std::uint32_t{1} << (frame.member - frame.node->members.data());
    if ((frame.seen & bit) != 0) {
        // It is unknown which of the two is meant, and amounts must not be counted twice.
        refuse(frame.member->node->stage, OrderError::invalid_member, path_of_value(),
               "expected this member once, found it twice");
        frame.member = nullptr;
    }
    frame.seen |= bit;
    return true;
}

bool BundleHandler::on_string_part(json_string_view part, std::size_t, error_code&) {
    text_ += view(part);
    return true;
}

bool BundleHandler::on_string(json_string_view last, std::size_t, error_code&) {
    const SchemaNode* node = begin_value();
    if (node == nullptr || open_.empty()) {
        text_.clear();
        return true;
    }
    text_ += view(last);
    if (node->shape == Shape::text || node->shape == Shape::decimal)
        take_text(node->slot);
    else
        refuse_type(*node, "the string " + quoted(text_));
    text_.clear();
    return true;
}

bool BundleHandler::on_number_part(json_string_view part, error_code&) {
    text_ += view(part);
    return true;
}

bool BundleHandler::number(json_string_view last, bool whole) {
    const SchemaNode* node = begin_value();
    if (node == nullptr || open_.empty()) {
        text_.clear();
        return true;
    }
    text_ += view(last);
    if (node->shape == Shape::decimal)
        take_text(node->slot);
    else if (node->shape == Shape::integer && whole)
        take_integer();
    else
        refuse_type(*node, "the number " + quoted(text_));
    text_.clear();
    return true;
}

bool BundleHandler::on_bool(bool value, error_code&) {
    const SchemaNode* node = begin_value();
    if (node != nullptr && !open_.empty())
        refuse_type(*node, value ? "true" : "false");
    return true;
}

bool BundleHandler::on_null(error_code&) {
    const SchemaNode* node = begin_value();
    if (node == nullptr || open_.empty())
        return true;
    const Frame& frame = open_.back();
    if (is_array(frame) || frame.member->required)
        refuse_type(*node, "null");
    return true;
}

// --- storing the values ------------------------------------------

void BundleHandler::begin_object(Slot slot) {
    switch (slot) {
    case Slot::item: bundle_.items.emplace_back(); break;
    case Slot::item_price: bundle_.items.back().price.emplace(); break;
    case Slot::total: bundle_.total.emplace(); break;
    case Slot::charge: begin_entry(EntryKind::charge); break;
    case Slot::fee: begin_entry(EntryKind::fee); break;
    case Slot::promotion: begin_entry(EntryKind::promotion); break;
    default: break;
    }
}

void BundleHandler::end_object(const Frame& frame) {
    const auto members = frame.node->members;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!members[i].required || (frame.seen & (std::uint32_t{1} << i)) != 0)
            continue;
        std::string path = path_of(std::span(open_).first(open_.size() - 1));
        path += (path.empty() ? "" : ".") + std::string(members[i].name);
        refuse(members[i].node->stage, OrderError::missing_member, path,
               fmt::format("expected {}, found nothing", expected_text(members[i].node->shape)));
    }
    if (is_entry(frame.node->slot))
        bundle_.entries.push_back(std::move(entry_));
}

/// The entry's place: the open frames are bundle, financial events, event list, event, then item
/// list and item unless the entry is of the event itself, and the entry's list.
void BundleHandler::begin_entry(EntryKind kind) {
    entry_ = FinancialEntry{.kind = kind};
    const auto name = [&](std::size_t frame) { return open_[frame].member->name; };
    const auto index = [&](std::size_t frame) { return open_[frame].next - 1; };
    EntryPlace& place = entry_.place;
    place.event_list = name(1);
    place.event = index(2);
    const bool of_item = open_.size() > 5;
    if (of_item) {
        place.item_list = name(3);
        place.item = index(4);
    }
    place.list = name(of_item ? 5 : 3);
    place.entry = index(of_item ? 6 : 4);
}

void BundleHandler::take_text(Slot slot) {
    switch (slot) {
    case Slot::order_id: take_order_id(); break;
    case Slot::purchase_date: take_order_text(bundle_.purchase_date, true); break;
    case Slot::last_update_date: take_order_text(bundle_.last_update_date, true); break;
    case Slot::status: take_order_text(bundle_.status, true); break;
    case Slot::sales_channel: take_order_text(bundle_.sales_channel, false); break;
    case Slot::marketplace_id: take_order_text(bundle_.marketplace_id, false); break;
    case Slot::buyer_email: take_order_text(bundle_.buyer_email, false); break;
    case Slot::total_amount: bundle_.total->text = text_; break;
    case Slot::total_currency: bundle_.total->currency = text_; break;
    case Slot::item_sku: bundle_.items.back().sku = text_; break;
    case Slot::item_title: bundle_.items.back().title = text_; break;
    case Slot::item_price_amount: bundle_.items.back().price->text = text_; break;
    case Slot::item_price_currency: bundle_.items.back().price->currency = text_; break;
    case Slot::entry_type: entry_.type = text_; break;
    case Slot::entry_amount: entry_.amount.text = text_; break;
    case Slot::entry_currency: entry_.amount.currency = text_; break;
    default: break;
    }
}

void BundleHandler::take_integer() {
    std::int64_t value = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data(), end, value);
    if (error != std::errc() || stop != end)
        return refuse(Stage::content, OrderError::invalid_member, path_of_value(),
                      "expected a whole number of at most 18 digits, found " + quoted(text_));
    bundle_.items.back().quantity = value; // the only integer of the schema
}

void BundleHandler::take_order_text(std::string& member, bool required) {
    if (required && text_.empty())
        return refuse(Stage::ingest, OrderError::invalid_member, path_of_value(),
                      "expected a text, found an empty string");
    member = text_;
}

void BundleHandler::take_order_id() {
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
    };
    // orders without an id get the name `line:N`
    if (text_.empty() || text_.size() > max_order_id_size || text_.starts_with("line:") ||
        std::any_of(text_.begin(), text_.end(), is_control))
        return refuse(Stage::ingest, OrderError::invalid_member, path_of_value(),
                      fmt::format("expected an order id (1 to {} bytes, no control characters, not "
                                  "beginning with \"line:\"), found {}",
                                  max_order_id_size, quoted(text_)));
    bundle_.order_id = text_;
}

// --- problems ----------------------------------------------------

/// The path of the value that is being read.
std::string BundleHandler::path_of_value() const {
    return path_of(open_);
}

/// The path of the value at which the innermost of the open frames is.
std::string BundleHandler::path_of(std::span<const Frame> frames) {
    std::string path;
    for (const Frame& frame : frames) {
        if (is_array(frame))
            path += fmt::format("[{}]", frame.next - 1);
        else if (frame.member != nullptr)
            path += (path.empty() ? "" : ".") + std::string(frame.member->name);
    }
    return path;
}

/// Keeps the first problem of each stage.
void BundleHandler::refuse(Stage stage, OrderError error, const std::string& path,
                           const std::string& detail) {
    auto& problem = stage == Stage::ingest       ? bundle_.ingest_problem
                    : stage == Stage::financials ? bundle_.financials_problem
                                                 : bundle_.content_problem;
    if (!problem)
        problem.emplace(error, path, detail);
}

void BundleHandler::refuse_type(const SchemaNode& expected, std::string_view found) {
    refuse(expected.stage, OrderError::wrong_type, path_of_value(),
           fmt::format("expected {}, found {}", expected_text(expected.shape), found));
}

} // namespace demo
