// Running one piece of work on several threads at once. A thread that the system refuses is done without:
// the work must be such that fewer threads, down to the caller alone, finish it all the same.
#pragma once

namespace ermine::base {

// Threads that the process may use at once, at least 1.
unsigned hardware_threads();

// Calls f(context) on the calling thread and on up to `threads - 1` more; returns when all have returned.
void run_on_threads(unsigned threads, void (*f)(void*), void* context);

template <class F>
void run_on_threads(unsigned threads, F& f) {
  run_on_threads(threads, [](void* context) { (*static_cast<F*>(context))(); }, &f);
}

}  // namespace ermine::base
