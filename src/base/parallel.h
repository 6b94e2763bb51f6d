// Runs one piece of work on several threads at once. If the system cannot create a thread, fewer threads do the work:
// it must be such that any number of threads, down to the caller alone, finishes it.
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
