(module $forms
  ;; folded and flat, abbreviations, identifiers, numbers
  (type $t (func (param $a i32) (param i64 f32) (result f64)))
  (import "m" "f" (func $f (type $t)))
  (import "m" "g" (global $g (mut i32)))
  (memory $mem (export "mem") (data "a\00\u{1F600}\n\"" "more"))
  (table $tab funcref (elem $f $h))
  (global $x (export "x") i64 (i64.const -0x8000_0000_0000_0000))
  (func $h (export "h") (param $p i32) (result i32) (local $l i32) (local f32 f64)
    local.get $p
    if $done (result i32)
      i32.const 0x7fff_ffff
      br_if $done (i32.const 1)
    else
      (i32.add (i32.const 1) (i32.const +1_000))
    end $done
    (drop (f32.const nan:0x200000)) (drop (f64.const -0x1.8p-3)) (drop (f32.const inf))
    (block $b (loop $c (br_table $b $c 0 (i32.const 2))))
    (drop (call_indirect $tab (type $t) (i32.const 0) (i64.const 1) (f32.const 0.1) (i32.const 0))))
  (elem $e declare func $h)
  (start $s) (func $s)
  (@custom "note" (after code) "text\ff")
  (@name "deeper" "x") (; a (; nested ;) comment ;)
)
