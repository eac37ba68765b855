#pragma once

#include <bus/dispatch/handler_check.hpp>
#include <bus/event/event_type.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace bus {

/// How a handler is subscribed.
struct SubscribeOptions {
    int priority = 0;  ///< higher runs earlier; equal priorities run in the order of subscription
    bool once = false; ///< the handler runs at most once, and then the subscription has ended
    /// The name in reports and in the graph. If it is empty, the handler is numbered in the order
    /// of subscription to its type: `handler 3 of OrderCreatedEvent`.
    std::string name{};
    /// If set, the object is kept alive while the handler runs, and the handler is not called again
    /// once the object is gone. If it is gone already, nothing is subscribed. If no std::shared_ptr
    /// owns the object, as with weak_from_this() in a constructor, subscribe throws
    /// std::invalid_argument.
    std::optional<std::weak_ptr<const void>> tied_to{};
};

namespace detail {

class Topics;

/// One subscribed handler, shared by its Subscription and by the snapshots that contain it. The
/// members that a publish touches come first, and the callable lies right behind them.
class HandlerSlot {
public:
    using Invoke = void (*)(HandlerSlot&, const DomainEvent&);
    struct Info;

    /// Bits of `flags`. If none is set, the handler may be called at once.
    static constexpr std::uint32_t ended = 1;
    static constexpr std::uint32_t once = 2;
    static constexpr std::uint32_t filtered = 4;
    static constexpr std::uint32_t tied = 8;
    static constexpr std::uint32_t one_block = 16; ///< this and the bits above count the blocks

    HandlerSlot(const HandlerSlot&) = delete;
    HandlerSlot& operator=(const HandlerSlot&) = delete;
    virtual ~HandlerSlot();

    /// True if the filter accepts the event.
    virtual bool accepts(const DomainEvent& event) = 0;
    /// To be called once, when the handler runs nowhere and will not run again.
    virtual void destroy_callable() noexcept = 0;

    std::atomic<std::uint32_t> flags;
    std::atomic<std::uint32_t> references{1};
    const Invoke invoke;
    const std::unique_ptr<Info> info; ///< what a publish does not need

protected:
    HandlerSlot(Invoke call, const EventType& type, SubscribeOptions&& options, bool has_filter);
};

/// A counted reference to a slot.
class SlotRef {
public:
    SlotRef() noexcept = default;

    /// Takes over the reference that a new slot starts with.
    explicit SlotRef(std::unique_ptr<HandlerSlot> slot) noexcept : slot_{slot.release()} {}

    SlotRef(const SlotRef& other) noexcept : slot_{other.slot_} { retain(slot_); }

    SlotRef(SlotRef&& other) noexcept : slot_{std::exchange(other.slot_, nullptr)} {}

    SlotRef& operator=(SlotRef other) noexcept {
        std::swap(slot_, other.slot_);
        return *this;
    }

    ~SlotRef() { release(slot_); }

    HandlerSlot* get() const noexcept { return slot_; }

    HandlerSlot& operator*() const noexcept { return *slot_; }

    HandlerSlot* operator->() const noexcept { return slot_; }

    explicit operator bool() const noexcept { return slot_ != nullptr; }

    static void retain(HandlerSlot* slot) noexcept {
        if (slot != nullptr) {
            slot->references.fetch_add(1, std::memory_order_relaxed);
        }
    }

    static void release(HandlerSlot* slot) noexcept {
        if (slot != nullptr && slot->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            destroy(slot);
        }
    }

    /// Makes another reference to a slot that is referenced already.
    static SlotRef share(HandlerSlot& slot) noexcept {
        SlotRef reference;
        retain(&slot);
        reference.slot_ = &slot;
        return reference;
    }

private:
    static void destroy(HandlerSlot* slot) noexcept;

    HandlerSlot* slot_ = nullptr;
};

/// The filter of a handler without one: it accepts all events.
struct AcceptAll {
    template <class E>
    constexpr bool operator()(const E& /*event*/) const noexcept {
        return true;
    }
};

/// A slot with its callables. It is aligned, so that a small handler shares the cache line of its
/// flags.
template <class E, class F, class P>
class alignas(64) TypedSlot final : public HandlerSlot {
public:
    TypedSlot(F&& handler, P&& filter, const EventType& type, SubscribeOptions&& options)
        : HandlerSlot{&call, type, std::move(options), !std::is_same_v<P, AcceptAll>},
          callables{std::move(handler), std::move(filter)} {}

    TypedSlot(const TypedSlot&) = delete;
    TypedSlot& operator=(const TypedSlot&) = delete;

    ~TypedSlot() override { destroy_callable(); }

    bool accepts(const DomainEvent& event) override {
        return invoke(callables.filter, static_cast<const E&>(event));
    }

    void destroy_callable() noexcept override {
        if (std::exchange(has_callables_, false)) {
            callables.~Callables();
        }
    }

private:
    struct Callables {
        [[no_unique_address]] F handler;
        [[no_unique_address]] P filter;
    };

    static void call(HandlerSlot& slot, const DomainEvent& event) {
        invoke(static_cast<TypedSlot&>(slot).callables.handler, static_cast<const E&>(event));
    }

    /// Calls a callable. std::invoke is used only for members of events, because it takes longer to
    /// compile for each type of handler.
    template <class C>
    static decltype(auto) invoke(C& callable, const E& event) {
        if constexpr (std::is_member_pointer_v<C>) {
            return std::invoke(callable, event);
        } else {
            return callable(event);
        }
    }

    union { // no std::optional, which takes longer to compile too
        Callables callables;
    };

    bool has_callables_ = true;
};

/// Throws std::invalid_argument, which says that the handler or filter (`what`) for this type is a
/// null pointer or an empty std::function.
[[noreturn]] void refuse_null(const char* what, const EventType& type);

/// Makes a slot. Throws std::invalid_argument if the handler or the filter is null, or if no
/// std::shared_ptr owns the object of `tied_to`.
template <class E, class F, class P>
SlotRef make_slot(F handler, P filter, const EventType& type, SubscribeOptions&& options) {
    if (is_null(handler)) {
        refuse_null("handler", type);
    }
    if (is_null(filter)) {
        refuse_null("filter", type);
    }
    return SlotRef{std::unique_ptr<HandlerSlot>{
        new TypedSlot<E, F, P>{std::move(handler), std::move(filter), type, std::move(options)}}};
}

} // namespace detail

} // namespace bus
