#include <bus/delivery/request_desk.hpp>

#include <algorithm>
#include <utility>

/// Requests that concern an agent or the log as a whole: replay, forget, prune. The rest of
/// RequestDesk is in request_desk.cpp.
namespace bus {

namespace {

constexpr std::size_t rows_at_a_time = 1000; // so that other commits can come in between

std::size_t prune_page(EventStore& store, const RequestRecord& request) {
    const Timestamp before = request.before.value_or(Timestamp::min());
    switch (request.action) {
    case DeliveryAction::prune_requests: return store.prune_requests(before, rows_at_a_time);
    case DeliveryAction::prune_streams: return store.prune_streams(before, rows_at_a_time);
    default: return store.prune(request.position, rows_at_a_time);
    }
}

const char* what_goes(DeliveryAction action, bool one) {
    switch (action) {
    case DeliveryAction::prune_requests: return one ? "request" : "requests";
    case DeliveryAction::prune_streams: return one ? "stream" : "streams";
    default: return one ? "event" : "events";
    }
}

} // namespace

/// The request is answered as soon as the agent has begun the replay. The agent's checkpoint shows
/// how far the replay is.
void RequestDesk::replay(const std::shared_ptr<Work>& work) {
    const RequestRecord& request = work->request;
    const std::optional<AgentRecord> agent = store_.agent(request.agent);
    if (!agent) {
        work->result = "nothing: the store knows no agent " + request.agent;
        answer(work);
        return;
    }
    const Position first =
        std::min(std::max(request.position, store_.first_position()), agent->checkpoint + 1);
    if (const std::string lost = request.forced ? "" : lost_by_replay_(*agent); !lost.empty()) {
        work->result =
            "nothing: the log has types of events that this program does not know, and " +
            request.agent + " may have handled: " + lost +
            ". A replay drops what it keeps of them and cannot bring it back: use a "
            "program that knows them (bus::formerly() if they were renamed), or ask "
            "again with --force";
        answer(work);
        return;
    }
    const ReplayOrder order{.after = first - 1,
                            .effects = request.action == DeliveryAction::replay_with_effects};
    work->answered = true;
    work->open = 1;
    try {
        replay_(request.agent, order,
                {request.number, hub_->runtime().now(),
                 "replays from position " + std::to_string(first)},
                [self = shared_from_this(), work](const PartResult& result) {
                    self->on_command(work, result);
                });
    } catch (const std::exception&) {
        on_command(work, {.error = std::current_exception()});
    }
}

bool RequestDesk::older_than_this(const RequestRecord& request) const {
    return asked_before_ ? request.number <= *asked_before_ : request.at < made_.wall;
}

/// Whether the desk is old enough to forget agents. If it is not, a timer looks again when it is.
bool RequestDesk::forgets_now() {
    const std::lock_guard lock{mutex_};
    const Duration age = hub_->runtime().steady_now() - made_.steady;
    old_enough_ = old_enough_ || age >= forget_after_;
    if (!old_enough_ && !stopped_ && !grown_) {
        grown_ = hub_->runtime().schedule(
            std::min(forget_after_, forget_after_ - age), [weak = weak_from_this()] {
                if (const auto self = weak.lock()) {
                    {
                        const std::lock_guard inner{self->mutex_};
                        self->grown_.reset();
                        self->old_enough_ = true; // even if a host's timers fire a little early
                    }
                    self->look();
                }
            });
    }
    return old_enough_;
}

/// While a program starts, its agents are not on the bus yet. A request to forget one of them would
/// succeed, and the agent would begin anew a moment later. So requests made before this program
/// began are refused. Requests made since then wait until the program has had time to add its
/// agents.
void RequestDesk::forget(const std::shared_ptr<Work>& work) {
    const RequestRecord& request = work->request;
    if (!store_.agent(request.agent)) {
        work->result = "agent " + request.agent + " is not there (any more)";
    } else if (older_than_this(request)) {
        work->result = "nothing: the program that was asked has ended meanwhile; ask again";
    } else {
        try {
            names_.check(request.agent);
            if (!forgets_now()) {
                // The request stays open.
                hub_->runtime().pool().post([self = shared_from_this()] { self->take_next(); });
                return;
            }
            names_.take(request.agent);
        } catch (const std::invalid_argument& refusal) {
            work->result = refusal.what();
        }
    }
    if (!work->result.empty()) {
        answer(work);
        return;
    }
    writer_.run([self = shared_from_this(), work] {
        self->forget_on_writer(*work);
        self->names_.give_back(work->request.agent);
        self->hub_->runtime().pool().post([self, work] { self->answer(work); });
    });
}

void RequestDesk::forget_on_writer(Work& work) {
    try {
        const std::size_t unfinished = store_.delivery_briefs(work.request.agent).size();
        store_.forget(work.request.agent,
                      answer_of(work.request, "forgotten, with " + std::to_string(unfinished) +
                                                  " deliveries that had not finished"));
        work.answered = true;
    } catch (const std::exception& error) {
        work.trouble = error.what();
    }
}

void RequestDesk::prune(const std::shared_ptr<Work>& work) {
    writer_.run([self = shared_from_this(), work] {
        bool more = false;
        try {
            const std::size_t removed = prune_page(self->store_, work->request);
            work->done += removed;
            more = removed == rows_at_a_time;
        } catch (const PruneRefused& refusal) {
            work->refusal = refusal.what();
        } catch (const std::exception& error) {
            work->trouble = error.what();
        }
        self->hub_->runtime().pool().post([self, work, more] { self->end_prune(work, more); });
    });
}

void RequestDesk::end_prune(const std::shared_ptr<Work>& work, bool more) {
    if (more) {
        std::unique_lock lock{mutex_};
        const bool go_on = !stopped_;
        lock.unlock();
        if (go_on) {
            prune(work);
        } else {
            take_next(); // the request stays open: the next program continues it
        }
        return;
    }
    // An earlier program may have removed some.
    const std::string removed = std::to_string(work->done) + " " +
                                what_goes(work->request.action, work->done == 1) + " removed" +
                                (older_than_this(work->request) ? " by this program" : "");
    work->result = work->refusal.empty() ? removed
                   : work->done == 0     ? work->refusal
                                         : removed + ", then: " + work->refusal;
    answer(work);
}

} // namespace bus
