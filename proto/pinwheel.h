#pragma once

/// Everything that a user of the library includes. Installed, it is reached as <pinwheel/pinwheel.h>.

#include "../core/clock.h"
#include "../core/cpu.h"
#include "../core/error.h"
#include "../core/histogram.h"
#include "../core/message_queue.h"
#include "../net/reactor.h"
#include "../net/resolver.h"
#include "../net/socket_dialer.h"
#include "../net/tls_context.h"
#include "callback_sink.h"
#include "connection.h"
#include "message.h"
#include "queue_sink.h"
#include "url.h"
