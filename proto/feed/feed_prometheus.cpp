#include "feed_prometheus.h"

#include <chrono>
#include <vector>

#include "../delivery/prometheus.h"
#include "../delivery/prometheus_family_impl.h"

namespace pinwheel {
namespace {

using detail::PrometheusFamily;

/// A label's value, as the format wants it escaped.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char byte : text) {
        if (byte == '\n') {
            out += "\\n";
            continue;
        }
        if (byte == '"' || byte == '\\') out += '\\';
        out += byte;
    }
    return out;
}

struct Labelled {
    std::string labels;
    std::size_t index;
};

void append_feed(std::string& out, const FeedStats& stats, std::string_view labels) {
    const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
        PrometheusFamily(out, name, "counter", help).sample("", labels, "", value);
    };
    counter("pinwheel_feed_messages_total", "Messages handed on.", stats.messages);
    counter("pinwheel_feed_dropped_total", "Messages for which the feed's ring had no room.", stats.dropped);
    counter("pinwheel_feed_duplicates_total", "Messages of one leg whose number came before.",
            stats.duplicates);
    counter("pinwheel_feed_gaps_total", "Holes in the venue's numbers that no leg filled.", stats.gaps);
    counter("pinwheel_feed_unmatched_total", "Messages that the profile does not know.", stats.unmatched);
    counter("pinwheel_feed_refused_total", "Channels that the venue refused.", stats.refused);
    counter("pinwheel_feed_stale_total", "Channels that had no data within their time.", stats.stale);
    counter("pinwheel_feed_resubscribes_total", "Channels subscribed anew for a snapshot.",
            stats.resubscribes);
    counter("pinwheel_feed_drains_total", "Notices that the venue will cut soon.", stats.drains);
    counter("pinwheel_feed_held_connects_total", "Attempts that waited for the venue's limit of connects.",
            stats.held_connects);
    counter("pinwheel_feed_rotations_total", "Sessions that a new one took over from.", stats.rotations);
}

void append_legs(std::string& out, const Feed& feed, const std::vector<Labelled>& legs) {
    const auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        PrometheusFamily samples(out, name, type, help);
        for (const auto& leg : legs) samples.sample("", leg.labels, "", value(feed.leg_stats(leg.index)));
    };
    family("pinwheel_feed_leg_up", "gauge", "1 while the leg's session is up.",
           [](const FeedLegStats& stats) { return stats.state == LegState::up ? 1 : 0; });
    family("pinwheel_feed_leg_firsts_total", "counter", "Messages that the leg was the first to bring.",
           [](const FeedLegStats& stats) { return stats.firsts; });
    family("pinwheel_feed_leg_duplicates_total", "counter", "Messages of the leg that had come before.",
           [](const FeedLegStats& stats) { return stats.duplicates; });
    family("pinwheel_feed_leg_holes_total", "counter", "Holes in the leg's own numbers.",
           [](const FeedLegStats& stats) { return stats.holes; });
    family("pinwheel_feed_leg_filled_total", "counter", "Messages that filled another leg's hole.",
           [](const FeedLegStats& stats) { return stats.filled; });
    std::vector<LabelledHistogram> leads;
    leads.reserve(legs.size());
    for (const auto& leg : legs) leads.push_back({feed.leg_lead(leg.index), leg.labels});
    append_prometheus(out, leads, "pinwheel_feed_leg_lead_seconds",
                      "Of samples: by how much the leg was before another one.");
}

void append_channels(std::string& out, const Feed& feed, const std::vector<Labelled>& channels) {
    if (channels.empty()) return;
    PrometheusFamily live(out, "pinwheel_feed_channel_live", "gauge", "1 while the channel is subscribed.");
    for (const auto& channel : channels) {
        const auto id = static_cast<ChannelId>(channel.index);
        live.sample("", channel.labels, "", feed.state(id) == ChannelState::live ? 1 : 0);
    }
    const auto family = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        PrometheusFamily samples(out, name, type, help);
        for (const auto& channel : channels)
            samples.sample("", channel.labels, "",
                           value(feed.channel_stats(static_cast<ChannelId>(channel.index))));
    };
    family("pinwheel_feed_channel_last_number", "gauge",
           "The venue's last number that was handed on; 0: none.",
           [](const FeedChannelStats& stats) { return stats.last.value_or(0); });
    family("pinwheel_feed_channel_gaps_total", "counter", "Holes in the channel's numbers.",
           [](const FeedChannelStats& stats) { return stats.gaps; });
    family("pinwheel_feed_channel_resubscribes_total", "counter", "Times the channel was subscribed anew.",
           [](const FeedChannelStats& stats) { return stats.resubscribes; });
    family("pinwheel_feed_channel_last_message_timestamp_seconds", "gauge",
           "Unix time of the channel's last message; 0: never.", [](const FeedChannelStats& stats) {
               return std::chrono::duration<double>(stats.last_time.time_since_epoch()).count();
           });
}

}  // namespace

void append_prometheus(std::string& out, const Feed& feed, std::string_view labels) {
    const std::string before = std::string(labels) + (labels.empty() ? "" : ",");
    std::vector<Labelled> legs;
    for (std::size_t leg = 0; leg < feed.leg_slots(); ++leg)
        legs.push_back({before + "leg=\"" + std::to_string(leg) + "\"", leg});
    std::vector<Labelled> channels;
    for (std::size_t channel = 0; channel < feed.channels(); ++channel) {
        const ChannelName& name = feed.channel(static_cast<ChannelId>(channel));
        const std::string text = name.symbol.empty() ? name.name : name.name + " " + name.symbol;
        channels.push_back({before + "channel=\"" + escaped(text) + "\"", channel});
    }
    append_feed(out, feed.stats(), labels);
    append_legs(out, feed, legs);
    append_channels(out, feed, channels);
}

}  // namespace pinwheel
