// Under a sanitizer too, an allocation that cannot be had is refused and does not end the program, so that
// tests can ask for one.
extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizers look for these names
const char* __asan_default_options();
const char* __tsan_default_options();

const char* __asan_default_options() {
    return "allocator_may_return_null=1";
}
const char* __tsan_default_options() {
    return "allocator_may_return_null=1";
}
// NOLINTEND(bugprone-reserved-identifier)
}
