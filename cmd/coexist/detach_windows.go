package main

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// apart makes a process without a console, which neither Ctrl-C nor closing the window reaches.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.DETACHED_PROCESS | windows.CREATE_NEW_PROCESS_GROUP}
}
