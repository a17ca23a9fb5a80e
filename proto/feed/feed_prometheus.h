#pragma once

#include <string>
#include <string_view>

#include "feed.h"

namespace pinwheel {

/// Appends a feed's statistics in Prometheus' text exposition format 0.0.4: of the feed under names that
/// begin with `pinwheel_feed_`, of each leg with a label `leg`, of each channel with a label `channel`. Times
/// are in seconds. `labels` goes between the braces of each sample as in append_prometheus() of a session;
/// its values must be escaped. A text has one feed. Threading: the reactor's thread.
void append_prometheus(std::string& out, const Feed& feed, std::string_view labels = {});

}  // namespace pinwheel
