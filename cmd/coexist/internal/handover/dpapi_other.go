//go:build !windows

package handover

import "errors"

// errNotWindows says that the Data Protection API is not here.
var errNotWindows = errors.New("DPAPI is part of Windows, and this is another system")

func protect([]byte, bool) ([]byte, error) { return nil, errNotWindows }
func unprotect([]byte) ([]byte, error)     { return nil, errNotWindows }
