//go:build unix

package main

import "syscall"

// apart makes a process that is in no way tied to the terminal: a session of its own, which no hang-up and no Ctrl-C reaches.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
