int sandbox_test_half(void) { return 21; }
