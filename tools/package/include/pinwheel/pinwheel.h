#pragma once

#include "../../../../proto/pinwheel.h"
