#include <cli/watching.hpp>

namespace bus::cli {

Watching::Watching(Shared& shared) : shared_{shared} {
    shared_.console().watch_interrupts();
}

void Watching::see(const VerifyProgress& progress) {
    shared_.check_interrupted();
    if (progress.doing != doing_ || !line_) {
        doing_ = progress.doing;
        line_.reset();
        line_.emplace(shared_, doing_,
                      progress.total == 0 ? std::nullopt : std::optional{progress.total});
    }
    line_->update(progress.done);
}

} // namespace bus::cli
