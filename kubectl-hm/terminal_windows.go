package main

import (
	"os"
	"syscall"
	"unsafe"
)

var (
	kernel32   = syscall.NewLazyDLL("kernel32.dll")
	bufferInfo = kernel32.NewProc("GetConsoleScreenBufferInfo")
	setMode    = kernel32.NewProc("SetConsoleMode")
)

const virtualTerminal = 0x0004 // ENABLE_VIRTUAL_TERMINAL_PROCESSING: the console obeys escape sequences

// terminalSize asks the console behind the file; false if there is none. A console obeys escape sequences from then on.
func terminalSize(file *os.File) (columns, rows int, ok bool) {
	var info struct {
		size, cursor             [2]int16
		attributes               uint16
		left, top, right, bottom int16
		largest                  [2]int16
	}
	if done, _, _ := bufferInfo.Call(file.Fd(), uintptr(unsafe.Pointer(&info))); done == 0 {
		return 0, 0, false
	}
	var mode uint32
	if syscall.GetConsoleMode(syscall.Handle(file.Fd()), &mode) == nil {
		setMode.Call(file.Fd(), uintptr(mode|virtualTerminal))
	}
	return int(info.right-info.left) + 1, int(info.bottom-info.top) + 1, true
}
