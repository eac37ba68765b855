#include <bus/agent/read_state.hpp>
#include <bus/agent/step_effects.hpp>
#include <bus/store/event_store.hpp>

#include <iterator>

namespace bus::detail {

namespace {

/// More than one, so that the last key of a full page is not empty, and another page can begin
/// after it.
constexpr std::size_t page_size = 256;

/// The first of the entries under `prefix` that comes after a key.
template <class Map>
auto first_after(const Map& map, std::string_view prefix, const std::optional<std::string>& after) {
    return after && after->compare(prefix) >= 0 ? map.upper_bound(*after) : map.lower_bound(prefix);
}

} // namespace

StatePage page_of(EventStore& store, std::string_view agent, std::string_view prefix,
                  const std::optional<std::string>& after) {
    StatePage page{.states = store.states(agent, prefix, after.value_or(""), page_size),
                   .next_after = {}};
    if (page.states.size() == page_size) {
        page.next_after = page.states.back().key;
    }
    return page;
}

StatePage page_of(const std::map<std::string, std::string, std::less<>>& states,
                  std::string_view prefix, const std::optional<std::string>& after) {
    StatePage page;
    for (auto entry = first_after(states, prefix, after);
         entry != states.end() && entry->first.starts_with(prefix); ++entry) {
        if (page.states.size() == page_size) {
            page.next_after = page.states.back().key;
            break;
        }
        page.states.push_back({entry->first, entry->second});
    }
    return page;
}

void lay_over(StatePage& page, const WrittenStates& written, std::string_view prefix,
              const std::optional<std::string>& after) {
    std::vector<StateRecord> merged;
    auto old = page.states.begin();
    for (auto entry = first_after(written, prefix, after);
         entry != written.end() && entry->first.starts_with(prefix) &&
         (!page.next_after || entry->first <= *page.next_after);
         ++entry) {
        for (; old != page.states.end() && old->key < entry->first; ++old) {
            merged.push_back(std::move(*old));
        }
        if (old != page.states.end() && old->key == entry->first) {
            ++old;
        }
        if (entry->second) {
            merged.push_back({entry->first, *entry->second});
        }
    }
    merged.insert(merged.end(), std::make_move_iterator(old),
                  std::make_move_iterator(page.states.end()));
    page.states = std::move(merged);
}

std::optional<std::string> state_text(EventStore& store, std::string_view agent,
                                      std::string_view key) {
    std::optional<StateRecord> record = store.state(agent, key);
    return record ? std::optional{std::move(record->json)} : std::nullopt;
}

CodecError unreadable_state(const CodecError& error, std::string_view agent, std::string_view key,
                            std::string_view type) {
    std::string message{"the state '"};
    message.append(key).append("' of agent '").append(agent).append("' cannot be read as ");
    message.append(type).append(": ").append(error.what());
    return CodecError{{}, message};
}

StateWalk::StateWalk(StatePages pages) : pages_{std::move(pages)}, page_{pages_({})} {}

const StateRecord* StateWalk::next() {
    while (begun_ == page_.states.size()) {
        if (!page_.next_after) {
            return nullptr;
        }
        page_ = pages_(page_.next_after);
        begun_ = 0;
    }
    return &page_.states[begun_++];
}

} // namespace bus::detail
