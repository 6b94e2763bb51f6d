/* A library that needs another one. */
int sandbox_test_half(void);
int sandbox_test_answer(void) { return 2 * sandbox_test_half(); }
