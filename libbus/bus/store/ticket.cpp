#include <bus/store/internal/ticket_state.hpp>

namespace bus {

Position Ticket::wait() {
    state_->home.check("a ticket");
    const PartResult& result = state_->wait();
    if (result.error) {
        std::rethrow_exception(result.error);
    }
    return result.places.empty() ? 0 : result.places.front().position;
}

std::optional<Position> Ticket::poll() {
    state_->home.check("a ticket");
    {
        const std::lock_guard lock{state_->mutex};
        if (!state_->result) {
            return std::nullopt;
        }
    }
    return wait();
}

std::exception_ptr Ticket::error() {
    state_->home.check("a ticket");
    return state_->wait().error;
}

} // namespace bus
