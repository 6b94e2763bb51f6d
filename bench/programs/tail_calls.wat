;; A machine whose instructions are functions that end by tail calls, as compilers of functional languages and threaded
;; interpreters write them: the next instruction is found by a table, and steps of more and fewer parameters are called
;; directly.
(module
  ;; @include wasi.inc.wat
  (type $op (func (param i32 i64 i64) (result i64)))
  (table 5 funcref)
  (elem (i32.const 0) $stop $add $multiply $rotate $branch)
  ;; The program: numbers of instructions, from 2000 on.
  (data (i32.const 2000) "\01\02\03\01\03\02\01\04")

  ;; The position, an accumulator, and the number of rounds that are left.
  (func $stop (type $op) (local.get 1))
  (func $add (type $op)
    (return_call_indirect (type $op)
      (i32.add (local.get 0) (i32.const 1))
      (i64.add (local.get 1) (i64.load32_u (local.get 0)))
      (local.get 2)
      (i32.load8_u offset=1 (local.get 0))))
  (func $multiply (type $op)
    (return_call_indirect (type $op)
      (i32.add (local.get 0) (i32.const 1))
      (i64.mul (local.get 1) (i64.const 0x9e3779b97f4a7c15))
      (local.get 2)
      (i32.load8_u offset=1 (local.get 0))))
  (func $rotate (type $op) (return_call $turn (local.get 0) (local.get 1) (local.get 2) (i64.const 29)))
  (func $turn (param i32 i64 i64 i64) (result i64)
    (return_call_indirect (type $op)
      (i32.add (local.get 0) (i32.const 1))
      (i64.rotl (local.get 1) (local.get 3))
      (local.get 2)
      (i32.load8_u offset=1 (local.get 0))))
  (func $branch (type $op)
    (if (i64.eqz (local.get 2)) (then (return_call $stop (local.get 0) (local.get 1) (local.get 2))))
    (return_call $add (i32.const 2000) (local.get 1) (i64.sub (local.get 2) (i64.const 1))))

  (func $run (param $work i32) (result i64)
    (call $mix (i64.const 0)
      (call $add (i32.const 2000) (i64.const 1) (i64.extend_i32_u (i32.mul (local.get $work) (i32.const 10000)))))))
