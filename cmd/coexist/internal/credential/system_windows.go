package credential

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/coexistsync/coexist/engine/secret"
)

// System gives the Windows Credential Manager of the account that the process runs as.
func System() (s Store, ok bool) { return manager{}, true }

// manager keeps generic credentials under names that begin with prefix. Their comment says of which kind they are.
// Source: https://learn.microsoft.com/windows/win32/api/wincred/.
type manager struct{}

const prefix = "coexist:"

const (
	credTypeGeneric         = 1
	credPersistLocalMachine = 2
)

// credentialW is CREDENTIALW.
type credentialW struct {
	Flags              uint32
	Type               uint32
	TargetName         *uint16
	Comment            *uint16
	LastWritten        windows.Filetime
	CredentialBlobSize uint32
	CredentialBlob     *byte
	Persist            uint32
	AttributeCount     uint32
	Attributes         uintptr
	TargetAlias        *uint16
	UserName           *uint16
}

// proc finds a function of advapi32.dll in the system's folder.
func proc(name string) *windows.LazyProc {
	return windows.NewLazySystemDLL("advapi32.dll").NewProc(name)
}

// call calls a function that gives FALSE and an error code.
func call(name string, args ...uintptr) error {
	p := proc(name)
	if err := p.Find(); err != nil {
		return err
	}
	if ok, _, err := p.Call(args...); ok == 0 {
		return err
	}
	return nil
}

func free(p unsafe.Pointer) { _ = call("CredFree", uintptr(p)) } // CredFree gives nothing

// Where implements Store.
func (manager) Where() string { return "Windows Credential Manager of this account" }

// List implements Store.
func (manager) List() ([]Entry, error) {
	filter, err := windows.UTF16PtrFromString(prefix + "*")
	if err != nil {
		return nil, err
	}
	var count uint32
	var list **credentialW
	err = call("CredEnumerateW", uintptr(unsafe.Pointer(filter)), 0, uintptr(unsafe.Pointer(&count)), uintptr(unsafe.Pointer(&list)))
	if errors.Is(err, windows.ERROR_NOT_FOUND) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list credentials: %w", err)
	}
	defer free(unsafe.Pointer(list))
	var out []Entry
	for _, c := range unsafe.Slice(list, count) {
		out = append(out, Entry{Name: strings.TrimPrefix(windows.UTF16PtrToString(c.TargetName), prefix), Kind: windows.UTF16PtrToString(c.Comment),
			User: windows.UTF16PtrToString(c.UserName), Set: time.Unix(0, c.LastWritten.Nanoseconds()).UTC()})
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// Get implements Store.
func (manager) Get(name string) (secret.Text, error) {
	target, err := windows.UTF16PtrFromString(prefix + name)
	if err != nil {
		return secret.Text{}, err
	}
	var c *credentialW
	err = call("CredReadW", uintptr(unsafe.Pointer(target)), credTypeGeneric, 0, uintptr(unsafe.Pointer(&c)))
	if errors.Is(err, windows.ERROR_NOT_FOUND) {
		return secret.Text{}, missing(name)
	}
	if err != nil {
		return secret.Text{}, fmt.Errorf("read credential %s: %w", name, err)
	}
	defer free(unsafe.Pointer(c))
	if c.CredentialBlob == nil {
		return secret.Text{}, nil
	}
	theirs := unsafe.Slice(c.CredentialBlob, c.CredentialBlobSize)
	defer clear(theirs)
	return secret.New(string(theirs)), nil
}

// Set implements Store. The system dates it by itself.
func (manager) Set(e Entry, text secret.Text) error {
	if err := check(e, text); err != nil {
		return err
	}
	blob := []byte(text.Reveal())
	defer clear(blob)
	c := credentialW{Type: credTypeGeneric, CredentialBlobSize: uint32(len(blob)), CredentialBlob: &blob[0], Persist: credPersistLocalMachine}
	for _, f := range []struct {
		to   **uint16
		text string
	}{{&c.TargetName, prefix + e.Name}, {&c.Comment, e.Kind}, {&c.UserName, e.User}} {
		p, err := windows.UTF16PtrFromString(f.text)
		if err != nil {
			return fmt.Errorf("write credential %s: %w", e.Name, err)
		}
		*f.to = p
	}
	if err := call("CredWriteW", uintptr(unsafe.Pointer(&c)), 0); err != nil {
		return fmt.Errorf("write credential %s: %w", e.Name, err)
	}
	return nil
}

// Remove implements Store.
func (manager) Remove(name string) error {
	target, err := windows.UTF16PtrFromString(prefix + name)
	if err != nil {
		return err
	}
	err = call("CredDeleteW", uintptr(unsafe.Pointer(target)), credTypeGeneric, 0)
	if errors.Is(err, windows.ERROR_NOT_FOUND) {
		return missing(name)
	}
	if err != nil {
		return fmt.Errorf("remove credential %s: %w", name, err)
	}
	return nil
}
