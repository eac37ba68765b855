#pragma once

#include <bus/agent/state_version.hpp>
#include <bus/event/codec.hpp>
#include <bus/event/type_name.hpp>
#include <bus/store/records.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus {

class EventStore;

/// A state, and the key under which its agent keeps it.
template <class T>
struct KeptState {
    std::string key{}; ///< the key
    T value;           ///< the state
};

/// A page of what an agent keeps, ordered by key, in the form in which it is kept.
struct StatePage {
    std::vector<StateRecord> states{}; ///< at most a few hundred, ordered by key
    /// The next page begins after this key; none: this is the last page.
    std::optional<std::string> next_after{};
};

namespace detail {

/// Reads the page that comes after a key; none: the first page.
using StatePages = std::function<StatePage(const std::optional<std::string>& after)>;

/// A page of the states under `prefix` in a store.
StatePage page_of(EventStore& store, std::string_view agent, std::string_view prefix,
                  const std::optional<std::string>& after);
/// What a store has under one key.
std::optional<std::string> state_text(EventStore& store, std::string_view agent,
                                      std::string_view key);

/// Makes the error that names the state which could not be read.
CodecError unreadable_state(const CodecError& error, std::string_view agent, std::string_view key,
                            std::string_view type);

/// Reads a state as a T. All states are read by this function.
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

/// Goes through the states of all pages, one after the other.
class StateWalk {
public:
    explicit StateWalk(StatePages pages);

    /// Returns the next state; nullptr: there are no more.
    const StateRecord* next();

private:
    StatePages pages_;
    StatePage page_;
    std::size_t begun_ = 0; ///< how many states of the page were returned
};

} // namespace detail

/// Many states of one type, ordered by key, for a loop:
///
///     for (const auto& [key, basket] : bus::read_states<Basket>(store, "baskets")) { ... }
///
/// Only a few hundred states are in memory at a time. Each page shows one moment, and the next page
/// a later one. The store, bus or context that the states come from must live longer than this
/// object. Advancing to a state that is not a T throws CodecError, which names the state. Each
/// begin() starts from the first state. Not thread safe.
template <class T>
class States {
public:
    /// An input iterator.
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag; ///< required of an iterator
        using value_type = KeptState<T>;                   ///< required of an iterator
        using difference_type = std::ptrdiff_t;            ///< required of an iterator; not used
        using pointer = const value_type*;                 ///< required of an iterator
        using reference = const value_type&;               ///< required of an iterator

        /// The end.
        Iterator() = default;

        /// For States: reads the first state.
        Iterator(std::string agent, const detail::StatePages& pages)
            : agent_{std::move(agent)}, walk_{std::make_shared<detail::StateWalk>(pages)} {
            ++*this;
        }

        /// The current state and its key. Not at the end.
        reference operator*() const { return *current_; }

        /// The current state and its key. Not at the end.
        pointer operator->() const { return &*current_; }

        /// Goes to the next state. Throws CodecError, which names the state, if it is not a T.
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

        /// The same; returns the position before. Both share the walk, so only one may go on.
        Iterator operator++(int) {
            Iterator before = *this;
            ++*this;
            return before;
        }

        /// True if both are the same walk, or both are at the end.
        friend bool operator==(const Iterator& a, const Iterator& b) { return a.walk_ == b.walk_; }

    private:
        std::string agent_;
        std::shared_ptr<detail::StateWalk> walk_; ///< null: at the end
        std::optional<value_type> current_;
    };

    /// For read_states: `pages` reads the pages.
    States(std::string_view agent, detail::StatePages pages)
        : agent_{agent}, pages_{std::move(pages)} {}

    /// Begins a new walk from the first state. Throws CodecError if this is not a T.
    [[nodiscard]] Iterator begin() const { return {agent_, pages_}; }

    /// The end.
    [[nodiscard]] Iterator end() const { return {}; }

private:
    std::string agent_;
    detail::StatePages pages_;
};

/// Returns what an agent keeps under a key in the store; none: nothing. The upcasters convert a
/// state of an earlier state_version. It may be called on any thread, whether the agent runs or
/// not. Throws CodecError, which names agent, key and type, if the state is not a T or is of a
/// newer version; StoreError.
template <class T>
[[nodiscard]] std::optional<T> read_state(EventStore& store, std::string_view agent,
                                          std::string_view key) {
    return detail::state_from_text<T>(agent, key, detail::state_text(store, agent, key));
}

/// Returns all that an agent keeps under keys that begin with `prefix`, ordered by key.
template <class T>
[[nodiscard]] States<T> read_states(EventStore& store, std::string_view agent,
                                    std::string_view prefix = {}) {
    return {agent, [&store, of = std::string{agent}, under = std::string{prefix}](
                       const auto& after) { return detail::page_of(store, of, under, after); }};
}

} // namespace bus
