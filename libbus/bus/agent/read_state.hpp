#pragma once

#include <bus/agent/state_version.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/type_name.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus {

class EventStore;

/// A state and the key that its agent keeps it under.
template <class T>
struct KeptState {
    std::string key{};
    T value;
};

/// Some of what an agent keeps, by key, as it is kept.
struct StatePage {
    std::vector<StateRecord> states{};
    /// The next page has what comes after this key; none: there is no next one.
    std::optional<std::string> next_after{};
};

namespace detail {

/// Reads the page that comes after a key; none: the first one.
using StatePages = std::function<StatePage(const std::optional<std::string>& after)>;

/// The texts that a step has written, or erased (none).
using WrittenStates = std::map<std::string, std::optional<std::string>, std::less<>>;

/// Those of the states under `prefix` that a store has.
StatePage page_of(EventStore& store, std::string_view agent, std::string_view prefix,
                  const std::optional<std::string>& after);
/// The same of states in memory.
StatePage page_of(const std::map<std::string, std::string, std::less<>>& states,
                  std::string_view prefix, const std::optional<std::string>& after);
/// Puts into a page what was written meanwhile, and takes out what was erased. `after`: where the
/// page begins.
void lay_over(StatePage& page, const WrittenStates& written, std::string_view prefix,
              const std::optional<std::string>& after);

/// What a store has under one key.
std::optional<std::string> state_text(EventStore& store, std::string_view agent,
                                      std::string_view key);

/// The error that names the state which could not be read.
CodecError unreadable_state(const CodecError& error, std::string_view agent, std::string_view key,
                            std::string_view type);

/// What is kept of a state as a T: the one way in which states are read.
template <class T>
T state_from_text(std::string_view agent, std::string_view key, std::string_view kept) {
    try {
        return from_json_text<T>(state_of_version(kept, state_version<T>, state_upcasters<T>()));
    } catch (const CodecError& error) {
        throw unreadable_state(error, agent, key, type_name<T>());
    }
}

template <class T>
std::optional<T> state_from_text(std::string_view agent, std::string_view key,
                                 const std::optional<std::string>& kept) {
    return kept ? std::optional<T>{state_from_text<T>(agent, key, std::string_view{*kept})}
                : std::nullopt;
}

/// Goes through the pages, one state after the other.
class StateWalk {
public:
    explicit StateWalk(StatePages pages);

    /// nullptr: that was the last one.
    const StateRecord* next();

private:
    StatePages pages_;
    StatePage page_;
    std::size_t begun_ = 0; ///< of the page
};

} // namespace detail

/// Many states of one type, by key, to be gone through:
///
///     for (const auto& [key, basket] : bus::read_states<Basket>(store, "baskets")) { ... }
///
/// A few hundred at a time are in memory, however many there are. Each page is of one moment, and
/// the next one of a later moment. Going on to a state throws CodecError, which names it, if it is
/// no T. It reads from the store, bus or context that it comes from, which must outlive it. Each
/// begin() begins anew; not to be shared by threads.
template <class T>
class States {
public:
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = KeptState<T>;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        Iterator() = default;

        Iterator(std::string agent, const detail::StatePages& pages)
            : agent_{std::move(agent)}, walk_{std::make_shared<detail::StateWalk>(pages)} {
            ++*this;
        }

        reference operator*() const { return *current_; }

        pointer operator->() const { return &*current_; }

        Iterator& operator++() {
            if (const StateRecord* const record = walk_->next()) {
                current_.emplace(value_type{
                    record->key, detail::state_from_text<T>(agent_, record->key,
                                                            std::string_view{record->json})});
            } else {
                *this = {};
            }
            return *this;
        }

        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }

        friend bool operator==(const Iterator& a, const Iterator& b) { return a.walk_ == b.walk_; }

    private:
        std::string agent_;
        std::shared_ptr<detail::StateWalk> walk_; ///< null at the end
        std::optional<value_type> current_;
    };

    States(std::string_view agent, detail::StatePages pages)
        : agent_{agent}, pages_{std::move(pages)} {}

    [[nodiscard]] Iterator begin() const { return {agent_, pages_}; }

    [[nodiscard]] Iterator end() const { return {}; }

private:
    std::string agent_;
    detail::StatePages pages_;
};

/// What an agent keeps under a key, as the store has it: an earlier state_version goes through the
/// upcasters. None: it keeps nothing there. From any thread, whether the agent runs or not. Throws
/// CodecError, which names agent, key and type, if it is no T or of a newer version; StoreError.
template <class T>
[[nodiscard]] std::optional<T> read_state(EventStore& store, std::string_view agent,
                                          std::string_view key) {
    return detail::state_from_text<T>(agent, key, detail::state_text(store, agent, key));
}

/// The same of all that it keeps under keys that begin with `prefix`, by key.
template <class T>
[[nodiscard]] States<T> read_states(EventStore& store, std::string_view agent,
                                    std::string_view prefix = {}) {
    return {agent, [&store, of = std::string{agent}, under = std::string{prefix}](
                       const auto& after) { return detail::page_of(store, of, under, after); }};
}

} // namespace bus
