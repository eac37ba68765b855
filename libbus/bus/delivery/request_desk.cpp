#include <bus/delivery/request_desk.hpp>
#include <bus/event/cause_text.hpp>
#include <bus/event/utf8.hpp>

#include <algorithm>
#include <utility>

namespace bus {

namespace {

constexpr std::size_t deliveries_a_page = 1000;
constexpr Duration pause_before_trying_again = std::chrono::milliseconds{500};

const char* past_of(DeliveryAction action) {
    switch (action) {
    case DeliveryAction::redrive: return " redriven";
    case DeliveryAction::retry: return " retried";
    default: return " discarded";
    }
}

std::optional<std::uint64_t> last_open_request(EventStore& store) {
    try {
        const std::vector<RequestRecord> open = store.requests(0, EventStore::unlimited, true);
        return open.empty() ? 0 : open.back().number;
    } catch (const StoreError&) {
        return std::nullopt; // the first look meets the same error and reports it
    }
}

} // namespace

RequestDesk::RequestDesk(EventStore& store, Writer& writer, std::shared_ptr<RunnerHub> hub,
                         Command command, Replay replay, LostByReplay lost_by_replay,
                         AgentNames names, Duration forget_after)
    : store_{store},
      writer_{writer},
      hub_{std::move(hub)},
      command_{std::move(command)},
      replay_{std::move(replay)},
      lost_by_replay_{std::move(lost_by_replay)},
      names_{std::move(names)},
      made_{hub_->runtime().read_clocks()},
      forget_after_{forget_after},
      asked_before_{last_open_request(store)} {}

void RequestDesk::start(Duration every) {
    {
        const std::lock_guard lock{mutex_};
        every_ = every;
        stopped_ = false;
    }
    look_again_later();
}

void RequestDesk::look_again_later() {
    const std::lock_guard lock{mutex_};
    if (stopped_ || every_ <= Duration::zero()) {
        return;
    }
    timer_ = hub_->runtime().schedule(every_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->look();
            self->look_again_later();
        }
    });
}

void RequestDesk::try_again_later() {
    const std::lock_guard lock{mutex_};
    if (stopped_ || again_) {
        return;
    }
    again_ = hub_->runtime().schedule(pause_before_trying_again, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            {
                const std::lock_guard inner{self->mutex_};
                self->again_.reset();
            }
            self->look();
        }
    });
}

void RequestDesk::look() {
    {
        const std::lock_guard lock{mutex_};
        if (stopped_) {
            return;
        }
        if (looking_) {
            look_again_ = true;
            return;
        }
        looking_ = true;
        after_ = 0;
    }
    hub_->runtime().pool().post([self = shared_from_this()] { self->take_next(); });
}

bool RequestDesk::idle() {
    const std::lock_guard lock{mutex_};
    return !looking_;
}

void RequestDesk::stop() {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    for (auto* timer : {&timer_, &grown_, &again_}) {
        if (*timer) {
            hub_->runtime().cancel(**timer);
            timer->reset();
        }
    }
}

void RequestDesk::take_next() {
    std::uint64_t after = 0;
    {
        const std::lock_guard lock{mutex_};
        after = after_;
        if (stopped_) {
            looking_ = false;
        }
    }
    if (idle()) {
        hub_->note_change();
        return;
    }
    std::vector<RequestRecord> open;
    try {
        open = store_.requests(after, 1, true);
    } catch (const std::exception& error) {
        try_again_later();
        if (!is_store_lost(std::current_exception())) {
            hub_->teller().on_trouble(std::string{"requests of operators: "} + error.what());
        }
    }
    if (open.empty()) {
        end_look();
        return;
    }
    {
        const std::lock_guard lock{mutex_};
        after_ = open.front().number;
    }
    const auto work = std::make_shared<Work>(Work{.request = std::move(open.front())});
    try {
        begin(work);
    } catch (const std::exception& error) {
        work->trouble = error.what(); // only of this request: the next one may succeed
        hub_->runtime().pool().post([self = shared_from_this(), work] { self->answer(work); });
    }
}

void RequestDesk::begin(const std::shared_ptr<Work>& work) {
    {
        const std::lock_guard lock{mutex_};
        if (const auto before = done_before_.find(work->request.number);
            before != done_before_.end()) {
            work->done = before->second;
        }
    }
    switch (work->request.action) {
    case DeliveryAction::redrive:
    case DeliveryAction::retry:
    case DeliveryAction::discard: carry_out(work); return;
    case DeliveryAction::replay:
    case DeliveryAction::replay_with_effects: replay(work); return;
    case DeliveryAction::forget: forget(work); return;
    case DeliveryAction::prune:
    case DeliveryAction::prune_requests:
    case DeliveryAction::prune_streams: prune(work); return;
    case DeliveryAction::rename: // it is done together with the request, or not at all
        work->result = "nothing: an agent is renamed by its program, bus::formerly(), or by `bus "
                       "agents rename` while no program runs the store";
        answer(work);
        return;
    }
    work->result = "nothing: this program does not know what is asked; use a newer one";
    answer(work);
}

RequestAnswer RequestDesk::answer_of(const RequestRecord& request, std::string result) const {
    return {request.number, hub_->runtime().now(), std::move(result)};
}

std::string RequestDesk::what_was_done(const RequestRecord& request, std::size_t done) const {
    const std::string verb = past_of(request.action);
    if (request.position != 0) {
        return done != 0 ? "1" + verb : why_nothing(request);
    }
    // For a group without a limit, an earlier program may have done some of the work.
    const bool some = request.limit == 0 && older_than_this(request);
    return std::to_string(done) + verb + (some ? " by this program" : "");
}

std::string RequestDesk::why_nothing(const RequestRecord& request) const {
    const auto delivery = store_.delivery(request.agent, request.position);
    if (!delivery) {
        return "nothing: there is no such delivery, it may have finished";
    }
    const bool retry = request.action == DeliveryAction::retry;
    const DeliveryState wanted = retry ? DeliveryState::deferred : DeliveryState::dead;
    if (delivery->state == DeliveryState::parked) {
        return "nothing: the delivery is parked behind others of its sequence, and follows them";
    }
    if (delivery->state != wanted) {
        return std::string{"nothing: the delivery is "} + to_text(delivery->state) + ", not " +
               to_text(wanted);
    }
    return retry ? "nothing: the delivery was tried again after this was asked, and has failed; "
                   "look at "
                   "it, and ask again"
                 : "nothing: the delivery died after this was asked; look at it, and ask again";
}

/// The answer is stored with the last command, which is issued after the others are done. So it
/// states what was really done, even if something fails or the process dies in between.
void RequestDesk::carry_out(const std::shared_ptr<Work>& work) {
    if (work->request.limit != 0) {
        work->done = done_of(work->request);
    }
    std::vector<Position> positions = positions_of(work->request);
    if (positions.empty()) {
        answer(work);
        return;
    }
    work->last = positions.back();
    positions.pop_back();
    work->open = 1 + positions.size();
    for (const Position position : positions) {
        command(work, position, {});
    }
    on_command(work, {});
}

void RequestDesk::command(const std::shared_ptr<Work>& work, Position position,
                          std::optional<RequestAnswer> answer) {
    const RequestRecord& request = work->request;
    try {
        command_({request.action, request.agent, position, valid_utf8(request.who),
                  valid_utf8(request.why), std::move(answer), request.number},
                 [self = shared_from_this(), work](const PartResult& result) {
                     self->on_command(work, result);
                 });
    } catch (const std::exception&) {
        on_command(work, {.error = std::current_exception()});
    }
}

/// Whether the delivery got its state after the request was made.
bool RequestDesk::came_later(const DeliveryRecord& delivery, const RequestRecord& request) {
    return delivery.after_request >= request.number;
}

std::vector<Position> RequestDesk::positions_of(const RequestRecord& request) {
    if (request.position == 0) {
        const std::uint64_t done = request.limit == 0 ? 0 : done_of(request);
        return request.limit != 0 && done >= request.limit
                   ? std::vector<Position>{}
                   : group_of(request,
                              request.limit == 0 ? EventStore::unlimited : request.limit - done);
    }
    const auto delivery = store_.delivery(request.agent, request.position);
    const bool discards = request.action == DeliveryAction::discard;
    return delivery && !discards && came_later(*delivery, request) ? std::vector<Position>{}
                                                                   : std::vector{request.position};
}

/// The oldest `most` deliveries of a group, among those that existed when the request was made.
std::vector<Position> RequestDesk::group_of(const RequestRecord& request, std::uint64_t most) {
    const DeliveryState state = request.state.value_or(
        request.action == DeliveryAction::retry ? DeliveryState::deferred : DeliveryState::dead);
    const std::optional<std::string> cause =
        request.error ? std::optional{cause_text(*request.error)} : std::nullopt;
    std::vector<Position> positions;
    Position after = 0;
    for (;;) {
        const std::vector<DeliveryRecord> page =
            store_.deliveries(request.agent, state, after, deliveries_a_page);
        for (const DeliveryRecord& delivery : page) {
            after = delivery.position;
            const AttemptRecord last =
                delivery.attempts.empty() ? AttemptRecord{} : delivery.attempts.back();
            if (!came_later(delivery, request) && (!request.kind || *request.kind == last.kind) &&
                (!cause || *cause == cause_text(last.message))) {
                positions.push_back(delivery.position);
            }
            if (positions.size() >= most) {
                return positions;
            }
        }
        if (page.size() < deliveries_a_page) {
            return positions;
        }
    }
}

/// How many deliveries a request has changed. It counts the traces of the request, including those
/// of earlier programs.
std::uint64_t RequestDesk::done_of(const RequestRecord& request) {
    std::uint64_t done = 0;
    std::uint64_t after = request.number;
    for (;;) {
        const std::vector<RequestRecord> page = store_.requests(after, deliveries_a_page, false);
        for (const RequestRecord& trace : page) {
            after = trace.number;
            done +=
                trace.part_of == request.number && !trace.result.starts_with("nothing") ? 1U : 0U;
        }
        if (page.size() < deliveries_a_page) {
            return done;
        }
    }
}

void RequestDesk::on_command(const std::shared_ptr<Work>& work, const PartResult& result) {
    bool last = false;
    {
        const std::lock_guard lock{mutex_};
        work->done += result.changed.size();
        work->answered = work->answered || (work->last == 0 && !result.changed.empty());
        if (result.error && work->trouble.empty()) {
            work->trouble = Failure::from(result.error).what();
        }
        last = --work->open == 0;
    }
    if (last) {
        hub_->runtime().pool().post([self = shared_from_this(), work] { self->go_on(work); });
    }
}

/// Called when all commands that were issued have a result.
void RequestDesk::go_on(const std::shared_ptr<Work>& work) {
    if (work->last == 0 || !work->trouble.empty()) {
        answer(work);
        return;
    }
    const Position last = std::exchange(work->last, 0);
    work->open = 1;
    command(work, last, answer_of(work->request, what_was_done(work->request, work->done + 1)));
}

void RequestDesk::answer(const std::shared_ptr<Work>& work) {
    {
        const std::lock_guard lock{mutex_};
        done_before_[work->request.number] = work->done;
        if (work->answered && work->trouble.empty()) {
            done_before_.erase(work->request.number);
        }
    }
    if (!work->trouble.empty()) {
        // The request stays open and is tried again in a moment.
        try_again_later();
        hub_->teller().on_trouble("request " + std::to_string(work->request.number) +
                                  " could not be carried out: " + work->trouble);
        take_next();
        return;
    }
    if (work->answered) {
        take_next();
        return;
    }
    Part part;
    part.answers.push_back(answer_of(work->request, work->result.empty()
                                                        ? what_was_done(work->request, work->done)
                                                        : work->result));
    writer_.submit(std::move(part), [self = shared_from_this(), work](PartResult&& result, Part&&) {
        if (result.error) {
            self->try_again_later();
        } else {
            const std::lock_guard lock{self->mutex_};
            self->done_before_.erase(work->request.number);
        }
        self->hub_->runtime().pool().post([self] { self->take_next(); });
    });
}

void RequestDesk::end_look() {
    bool again = false;
    {
        const std::lock_guard lock{mutex_};
        looking_ = false;
        again = std::exchange(look_again_, false);
    }
    hub_->note_change();
    if (again) {
        look();
    }
}

} // namespace bus
