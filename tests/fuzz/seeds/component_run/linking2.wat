(component (import "other" (instance $o (export "closed" (func (result u32)))))
  (export "closed" (func $o "closed")))
