#pragma once

#include <gtest/gtest.h>  // alone: what is parsed once for a program of many tests
