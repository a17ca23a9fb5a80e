// Under a sanitizer too, an impossible allocation is refused instead of ending the program, so that tests can
// make one.
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
