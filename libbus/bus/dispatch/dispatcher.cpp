#include <bus/dispatch/dispatcher.hpp>

#include <algorithm>

namespace bus {

namespace {

/// Dispatches that are under way on this thread.
thread_local unsigned dispatch_depth = 0;

struct DepthScope {
    DepthScope() noexcept { ++dispatch_depth; }

    DepthScope(const DepthScope&) = delete;
    DepthScope& operator=(const DepthScope&) = delete;

    ~DepthScope() { --dispatch_depth; }
};

/// Marks a slot as running, so that ending its subscription can wait for it.
struct RunningScope {
    explicit RunningScope(detail::HandlerSlot& s) noexcept : slot{s} { ++slot.running; }

    RunningScope(const RunningScope&) = delete;
    RunningScope& operator=(const RunningScope&) = delete;

    ~RunningScope() {
        --slot.running;
        slot.running.notify_all();
    }

    detail::HandlerSlot& slot;
};

/// Runs one handler. False: it was skipped.
bool call_slot(detail::HandlerSlot& slot, const DomainEvent& event) {
    const RunningScope running{slot};
    // The order of this test and of RunningScope is what makes unsubscribe() a barrier.
    if (!slot.active || (slot.filter && !slot.filter(event))) {
        return false;
    }
    if (slot.options.once && !slot.active.exchange(false)) {
        return false;
    }
    slot.call(event);
    return true;
}

} // namespace

Subscription::Subscription(std::shared_ptr<detail::HandlerSlot> slot) noexcept
    : slot_{std::move(slot)} {}

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
    if (!slot_) {
        return;
    }
    const std::shared_ptr<detail::HandlerSlot> slot = std::move(slot_);
    slot->active = false;
    if (dispatch_depth > 0) {
        return;
    }
    for (std::uint32_t running = slot->running; running > 0; running = slot->running) {
        slot->running.wait(running);
    }
}

bool Subscription::active() const noexcept {
    return slot_ && slot_->active;
}

Subscription Dispatcher::subscribe(const EventType& type, Call call, Filter filter,
                                   const SubscribeOptions& options) {
    auto slot = std::make_shared<detail::HandlerSlot>();
    slot->type = &type;
    slot->call = std::move(call);
    slot->filter = std::move(filter);
    slot->options = options;
    const std::unique_lock lock{mutex_};
    std::erase_if(slots_, [](const auto& s) { return !s->active; });
    slots_.push_back(slot);
    snapshots_.clear();
    return Subscription{std::move(slot)};
}

DispatchReport Dispatcher::dispatch(const DomainEvent& event, ObserverSink* sink) {
    DispatchReport report;
    const Snapshot snapshot = snapshot_of(event.type());
    const DepthScope depth;
    for (const auto& slot : *snapshot) {
        try {
            if (call_slot(*slot, event)) {
                ++report.handled;
                if (sink != nullptr) {
                    sink->on_handled(event, {});
                }
            }
        } catch (...) {
            report.failures.push_back(std::current_exception());
            if (sink != nullptr) {
                sink->on_failed(event, {}, Failure::from(report.failures.back()));
            }
        }
    }
    return report;
}

bool Dispatcher::has_handlers(const EventType& type) {
    const Snapshot snapshot = snapshot_of(type);
    return std::any_of(snapshot->begin(), snapshot->end(),
                       [](const auto& slot) { return slot->active.load(); });
}

Dispatcher::Snapshot Dispatcher::snapshot_of(const EventType& type) {
    {
        const std::shared_lock lock{mutex_};
        if (type.index() < snapshots_.size() && snapshots_[type.index()]) {
            return snapshots_[type.index()];
        }
    }
    const std::unique_lock lock{mutex_};
    return build(type);
}

Dispatcher::Snapshot Dispatcher::build(const EventType& type) {
    if (snapshots_.size() <= type.index()) {
        snapshots_.resize(type.index() + 1);
    }
    Snapshot& place = snapshots_[type.index()];
    if (!place) {
        Slots chosen;
        std::copy_if(slots_.begin(), slots_.end(), std::back_inserter(chosen),
                     [&](const auto& slot) { return slot->active && type.is_a(*slot->type); });
        std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
            return a->options.priority > b->options.priority;
        });
        place = std::make_shared<const Slots>(std::move(chosen));
    }
    return place;
}

std::vector<HandlerDescription> Dispatcher::handlers() {
    std::vector<HandlerDescription> result;
    const std::shared_lock lock{mutex_};
    for (const auto& slot : slots_) {
        if (slot->active) {
            result.push_back({slot->type, slot->options.name, slot->options.priority});
        }
    }
    return result;
}

} // namespace bus
