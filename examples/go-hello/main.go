// Goroutines, channels, a map and a timer in WebAssembly: squares numbers in parallel and prints them in order.
// With "save FILE" it writes them to a file and reads it again; with "panic" it does.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
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
	var text strings.Builder
	for _, n := range keys {
		fmt.Fprintf(&text, "%d squared is %d\n", n, squares[n])
	}
	fmt.Print(text.String())
	if len(os.Args) > 2 && os.Args[1] == "save" {
		if err := save(os.Args[2], text.String()); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(3)
		}
	}
	if len(os.Args) > 1 && os.Args[1] == "panic" {
		panic("as you asked")
	}
}

func save(name, text string) error {
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines++
	}
	fmt.Println(lines, "lines saved")
	return nil
}
