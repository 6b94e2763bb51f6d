// Goroutines, channels, a map and a timer in WebAssembly: squares numbers in parallel and prints them in order.
package main

import (
	"fmt"
	"os"
	"sort"
	"sync"
	"time"
)

func main() {
	type square struct{ n, n2 int }
	results := make(chan square)
	var workers sync.WaitGroup
	for n := 1; n <= 5; n++ {
		workers.Add(1)
		go func(n int) {
			defer workers.Done()
			time.Sleep(time.Duration(6-n) * time.Millisecond)
			results <- square{n, n * n}
		}(n)
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	squares := map[int]int{}
	for s := range results {
		squares[s.n] = s.n2
	}
	keys := make([]int, 0, len(squares))
	for n := range squares {
		keys = append(keys, n)
	}
	sort.Ints(keys)
	for _, n := range keys {
		fmt.Printf("%d squared is %d\n", n, squares[n])
	}
	if len(os.Args) > 1 && os.Args[1] == "panic" {
		panic("as you asked")
	}
}
