(component (type (list (tuple $x "a\u{41}")) (@name "n")) (@custom "c" "\00\ff") (export "\"" (func 0 "a" "b")) (start 0 (value 1) (result (value $v))) ;; (
