// What `go build -race` is shown to: goroutines that make path calls, signals and children; with the argument "race" a data race.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
)

var shared int

func race() {
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() { shared++; group.Done() }()
	}
	group.Wait()
}

func work(wrong *int64, group *sync.WaitGroup, number int) {
	defer group.Done()
	for i := 0; i < 100; i++ {
		name := fmt.Sprintf("/tmp/race.%d.%d", number, i)
		_, missing := os.Stat("/no/such")
		if os.WriteFile(name, []byte(name), 0600) != nil || !os.IsNotExist(missing) {
			atomic.AddInt64(wrong, 1)
		}
		text, err := os.ReadFile(name)
		if err != nil || string(text) != name || os.Remove(name) != nil {
			atomic.AddInt64(wrong, 1)
		}
	}
}

func main() {
	if len(os.Args) > 1 {
		race()
		return
	}
	var wrong int64
	var group sync.WaitGroup
	for i := 0; i < 20; i++ {
		group.Add(1)
		go work(&wrong, &group, i)
	}
	group.Wait()
	seen := make(chan os.Signal, 1)
	signal.Notify(seen, syscall.SIGUSR1, syscall.SIGSYS)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("signal", <-seen)
	syscall.Kill(os.Getpid(), syscall.SIGSYS)
	fmt.Println("signal", <-seen)
	for i := 0; i < 10; i++ {
		if out, err := exec.Command("/bin/echo", "child").Output(); err != nil || string(out) != "child\n" {
			wrong++
		}
	}
	files := 0
	filepath.Walk("/etc", func(string, os.FileInfo, error) error { files++; return nil })
	fmt.Println("wrong", wrong, "files", files > 100)
}
