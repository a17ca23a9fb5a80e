#pragma once

#include <gtest/gtest.h>  // `#include <gtest/gtest.h>` alone: parsed once for a program of many tests
