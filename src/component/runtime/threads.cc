#include "component/runtime/threads.h"

#include "base/format.h"
#include "component/runtime/handles.h"

namespace ermine::component {

void ThreadQueue::push_back(Thread& thread) {
  thread.queue = this;
  thread.next = nullptr;
  thread.previous = tail_;
  (tail_ ? tail_->next : head_) = &thread;
  tail_ = &thread;
}

void ThreadQueue::remove(Thread& thread) {
  ThreadQueue* queue = thread.queue;
  if (!queue) return;
  (thread.previous ? thread.previous->next : queue->head_) = thread.next;
  (thread.next ? thread.next->previous : queue->tail_) = thread.previous;
  thread.queue = nullptr;
  thread.next = thread.previous = nullptr;
}

void ThreadTable::add(Thread& thread) {
  if (free_.empty()) {
    thread.index = static_cast<uint32_t>(threads_.size());
    threads_.push_back(&thread);
    return;
  }
  thread.index = free_.back();
  free_.pop_back();
  threads_[thread.index] = &thread;
}

void ThreadTable::remove(Thread& thread) {
  if (thread.index == 0) return;
  threads_[thread.index] = nullptr;
  free_.push_back(thread.index);
  thread.index = 0;
}

Result<Thread*> ThreadTable::get(uint32_t index) const {
  if (index >= threads_.size() || !threads_[index])
    return component_trap(base::format("unknown thread index {}", index));
  return threads_[index];
}

}  // namespace ermine::component
