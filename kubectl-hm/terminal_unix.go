//go:build unix

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// terminalSize asks the terminal behind the file; false if there is none.
func terminalSize(file *os.File) (columns, rows int, ok bool) {
	var size struct{ rows, columns, x, y uint16 }
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	return int(size.columns), int(size.rows), failed == 0
}
