package handover

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// protect encrypts with the Data Protection API, for this account or for every account of this machine. There is no further
// entropy, so that PowerShell's ProtectedData.Unprotect reads it too.
func protect(plain []byte, machine bool) ([]byte, error) {
	var flags uint32 = windows.CRYPTPROTECT_UI_FORBIDDEN
	if machine {
		flags |= windows.CRYPTPROTECT_LOCAL_MACHINE
	}
	var out windows.DataBlob
	if err := windows.CryptProtectData(blob(plain), nil, nil, 0, nil, flags, &out); err != nil {
		return nil, fmt.Errorf("protect with DPAPI: %w", err)
	}
	return taken(&out)
}

func unprotect(sealed []byte) ([]byte, error) {
	var out windows.DataBlob
	if err := windows.CryptUnprotectData(blob(sealed), nil, nil, 0, nil, windows.CRYPTPROTECT_UI_FORBIDDEN, &out); err != nil {
		return nil, fmt.Errorf("read with DPAPI, which only the account and the machine that wrote it can: %w", err)
	}
	return taken(&out)
}

func blob(b []byte) *windows.DataBlob {
	if len(b) == 0 {
		return &windows.DataBlob{}
	}
	return &windows.DataBlob{Size: uint32(len(b)), Data: &b[0]}
}

// taken copies what Windows allocated, wipes it and gives it back.
func taken(out *windows.DataBlob) ([]byte, error) {
	if out.Data == nil {
		return nil, nil
	}
	theirs := unsafe.Slice(out.Data, out.Size)
	ours := append([]byte(nil), theirs...)
	clear(theirs)
	_, err := windows.LocalFree(windows.Handle(unsafe.Pointer(out.Data)))
	return ours, err
}
