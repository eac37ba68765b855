#include <bus/dispatch/internal/publisher.hpp>
#include <bus/dispatch/internal/topics.hpp>
#include <bus/dispatch/subscription.hpp>

#include <stdexcept>

namespace bus {

using detail::HandlerSlot;
using detail::SlotRef;

namespace {

/// True if the pointer was never given an object, as opposed to one whose object is gone.
bool never_owned(const std::weak_ptr<const void>& object) noexcept {
    const std::weak_ptr<const void> nothing;
    return !object.owner_before(nothing) && !nothing.owner_before(object);
}

std::weak_ptr<const void> checked_tie(std::weak_ptr<const void>&& object, const EventType& type) {
    if (never_owned(object)) {
        throw std::invalid_argument{
            "subscribe<" + std::string{type.name()} +
            ">: no std::shared_ptr owns the object in tied_to, so the handler would never be "
            "called. In a constructor, weak_from_this() is still empty: subscribe after the object "
            "is owned, for example in a function that makes it"};
    }
    return std::move(object);
}

} // namespace

HandlerSlot::HandlerSlot(Invoke call, const EventType& type, SubscribeOptions&& options,
                         bool has_filter)
    : flags{(options.once ? once : 0U) | (has_filter ? filtered : 0U) |
            (options.tied_to ? tied : 0U)},
      invoke{call},
      info{std::make_unique<Info>()} {
    info->type = &type;
    info->priority = options.priority;
    info->named = !options.name.empty();
    info->name = std::move(options.name);
    if (options.tied_to) {
        info->tie = checked_tie(std::move(*options.tied_to), type);
    }
}

HandlerSlot::~HandlerSlot() = default;

void detail::refuse_null(const char* what, const EventType& type) {
    throw std::invalid_argument{std::string{"subscribe<"} + std::string{type.name()} +
                                "> was given a " + what +
                                " that is a null pointer or an empty std::function: give it "
                                "something that can be called"};
}

void detail::refuse_null_object() {
    throw std::invalid_argument{"subscribe was given a member function and an object of which one "
                                "is a null pointer: give it something that can be called"};
}

void SlotRef::destroy(HandlerSlot* slot) noexcept {
    const std::unique_ptr<HandlerSlot> last{slot};
}

SubscriptionBlock::SubscriptionBlock(SlotRef slot) noexcept : slot_{std::move(slot)} {
    slot_->flags.fetch_add(HandlerSlot::one_block);
}

SubscriptionBlock& SubscriptionBlock::operator=(SubscriptionBlock&& other) noexcept {
    if (this != &other) {
        unblock();
        slot_ = std::move(other.slot_);
    }
    return *this;
}

SubscriptionBlock::~SubscriptionBlock() {
    unblock();
}

void SubscriptionBlock::unblock() noexcept {
    if (const SlotRef slot = std::move(slot_)) {
        slot->flags.fetch_sub(HandlerSlot::one_block);
    }
}

Subscription::Subscription(SlotRef slot) noexcept : slot_{std::move(slot)} {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
    if (this != &other) {
        unsubscribe();
        slot_ = std::move(other.slot_);
    }
    return *this;
}

Subscription::~Subscription() {
    unsubscribe();
}

void Subscription::unsubscribe() noexcept {
    SlotRef slot = std::move(slot_);
    if (!slot || !slot->info->home.destroyed_here("a subscription")) {
        return; // in a child of fork(), what ran or held a lock at the fork does so for ever
    }
    if ((slot->flags.fetch_or(HandlerSlot::ended) & HandlerSlot::ended) == 0) {
        detail::finish_ending(slot);
        return;
    }
    // It is being ended elsewhere: by a call that ran it once, by its tie, or by the end of the
    // dispatcher. Its handler may still run.
    detail::await_ending(slot);
}

void Subscription::release() noexcept {
    slot_ = {};
}

SubscriptionBlock Subscription::block() {
    return slot_ ? SubscriptionBlock{slot_} : SubscriptionBlock{};
}

bool Subscription::active() const noexcept {
    return slot_ && (slot_->flags & HandlerSlot::ended) == 0;
}

} // namespace bus
