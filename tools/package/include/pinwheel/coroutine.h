#pragma once

#include "../../../../proto/coroutine.h"
