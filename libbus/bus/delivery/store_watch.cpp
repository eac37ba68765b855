#include <bus/delivery/store_watch.hpp>

namespace bus {

void StoreWatch::start(Duration every) {
    Lock lock{mutex_};
    every_ = every;
    stopped_ = every <= Duration::zero();
    look_later(lock);
}

void StoreWatch::look_later(Lock& /*lock*/) {
    if (stopped_) {
        return;
    }
    timer_ = hub_->runtime().schedule(every_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            Lock lock{self->mutex_};
            if (!self->stopped_) {
                self->writer_.look();
                self->look_later(lock);
            }
        }
    });
}

void StoreWatch::stop() {
    const Lock lock{mutex_};
    stopped_ = true;
    if (timer_) {
        hub_->runtime().cancel(*timer_);
        timer_.reset();
    }
}

} // namespace bus
